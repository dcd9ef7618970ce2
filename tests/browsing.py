"""What tests in a browser share: the built pages, a way to open them, and axe."""

import contextlib
from pathlib import Path

import pytest

SITE = Path(__file__).parents[1] / "book" / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
# The first page has two names; the source of the helpers has no text but code.
PAGES = [name for name in PAGES if name != "index.html" and not name.startswith("_modules/")]
CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]
THEME = "document.documentElement.dataset.theme"
# Contrast takes axe most of its time, and depends on nothing but these: two texts stand for all.
MARK_SAMPLES = """() => {
  const ground = (e) => e ? [getComputedStyle(e)].map((s) =>
    s.backgroundColor + s.backgroundImage + s.opacity)[0] + ground(e.parentElement) : "";
  const seen = {};
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
    if (!e.checkVisibility({visibilityProperty: true})) continue;
    const s = getComputedStyle(e);
    const kind = [s.color, s.fontSize, s.fontWeight, s.position, ground(e)].join();
    seen[kind] = (seen[kind] ?? 0) + 1;
    e.toggleAttribute("data-sample", seen[kind] <= 2);
  }
}"""
CONTRAST_OF_SAMPLES = """
axe.configure({rules: [{id: "color-contrast", selector: "[data-sample]"}]});"""
every_page = pytest.mark.parametrize("name", PAGES)
every_chapter = pytest.mark.parametrize("name", CHAPTERS)


@contextlib.contextmanager
def opened(browser, url, width, scheme):
    """Open a page without the policy that would forbid axe."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


EVERY_RULE = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}  # all that colours can change


def axe_faults(page, rules=EVERY_RULE):
    """Return what axe finds on a page with all that folds open."""
    from axe_playwright_python.base import AXE_SCRIPT
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    page.evaluate(MARK_SAMPLES)
    axe = Axe(AXE_SCRIPT + CONTRAST_OF_SAMPLES)
    result = axe.run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response
    assert len(result["passes"]) > (20 if rules is EVERY_RULE else 0)
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
