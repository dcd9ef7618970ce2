"""Every page on a wide dark screen, by the keyboard alone, and printed."""

import functools
import re

import pytest
from browsing import CONTRAST, THEME, axe_faults, every_page, opened

FOCUS = """() => {
  const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
  return {name: e.outerHTML.slice(0, 80), outline: parseFloat(s.outlineWidth) *
    (s.outlineStyle !== "none"), shown: box.width > 0 && box.height > 0 && box.bottom > 0,
    inside: e.closest("footer, .turn, main") !== null};
}"""
# How many things can have the focus, and how many of them come before the one that has it, or -1.
STOPS = """() => {
  const stops = [...document.querySelectorAll(
    "a[href], button, input, select, summary, [tabindex]")].filter((e) =>
    e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}));
  return [stops.length, stops.indexOf(document.activeElement)];
}"""
NOT_PRINTED = ["header", "#contents", ".copy", ".turn", "footer"]


@pytest.fixture(scope="module")
def on_a_desk(browser, address):
    """Return a function that looks at a page, once, on a wide dark screen; then as printed."""

    @functools.cache
    def look(name):
        with opened(browser, f"{address}/{name}", 1280, "dark") as page:
            seen = {"theme": page.evaluate(THEME)}
            seen["arrival"] = page.evaluate("document.activeElement.id")
            seen["tabs"] = tab_through(page)
            seen["axe"] = axe_faults(page, CONTRAST)
            page.set_viewport_size({"width": 320, "height": 800})
            seen["axe at another width"] = axe_faults(page, CONTRAST)
            page.set_viewport_size({"width": 794, "height": 800})
            page.emulate_media(media="print")
            seen["printed"] = [place for place in NOT_PRINTED if is_shown(page, place)]
            seen["print"] = page.evaluate(
                "['color', 'backgroundColor'].map((p) => getComputedStyle(document.body)[p])"
            )
            seen["width"] = page.evaluate("document.documentElement.scrollWidth")
            return seen

    return look


def is_shown(page, place):
    return page.locator(place).first.is_visible()


def tab_through(page):
    """Press Tab until everything in sight should have been reached, and return what was.

    From a field that has the focus on arrival, Shift+Tab leads to the beginning first.
    """
    steps, before = page.evaluate(STOPS)
    radios = page.locator("input[type=radio]:visible").count()
    groups = page.locator("fieldset:visible:has(input[type=radio])").count()
    for _ in range(before):
        page.keyboard.press("Shift+Tab")
    seen = [page.evaluate(FOCUS)] if before > 0 else []
    while len(seen) < steps - radios + groups:
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    return seen


@every_page
def test_axe_finds_enough_contrast_on_a_dark_page(on_a_desk, name):
    seen = on_a_desk(name)
    assert seen["theme"] == "dark"
    assert seen["axe"] == seen["axe at another width"] == []


@every_page
def test_the_tab_key_reaches_everything_in_sight(on_a_desk, name):
    assert on_a_desk(name)["arrival"] == ("words" if name == "search.html" else "")
    seen = on_a_desk(name)["tabs"]
    assert "skip" in seen[0]["name"]
    assert [one for one in seen if not one["outline"] or not one["shown"]] == []
    assert "<footer" not in seen[-1]["name"]
    assert seen[-1]["inside"]


@every_page
def test_a_page_prints(on_a_desk, name):
    seen = on_a_desk(name)
    assert seen["printed"] == []
    ink, paper = seen["print"]
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 200
    assert paper == "rgb(255, 255, 255)"
    assert seen["width"] <= 794
