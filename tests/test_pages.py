"""What every page promises its readers: accessible, at peace with other hosts, whole."""

import functools
from urllib.parse import urlsplit

import pytest
from browsing import (
    CHAPTERS,
    CONTRAST,
    PAGES,
    SITE,
    THEME,
    axe_faults,
    every_chapter,
    every_page,
    opened,
)
from bs4 import BeautifulSoup

SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"""  # WCAG 1.4.12
# Elements whose text sticks out of them while they hide or cut off what does. What is only read out
# may: it is what `.sr-only` holds, and the heading of a view, which its controls repeat.
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")].filter((e) =>
  /hidden|clip/.test(getComputedStyle(e).overflow) &&
  !e.closest("svg, .sr-only, .view > .heading:first-child, math") &&
  (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
).map((e) => e.outerHTML.slice(0, 80))"""
SMALL = """() => [...document.querySelectorAll("button, select, input, summary, header a, nav a")]
  .filter((e) => e.checkVisibility({visibilityProperty: true}))
  .filter((e) => e.getBoundingClientRect().height < 24 && !e.closest("label"))
  .filter((e) => !e.matches(".skip")).map((e) => e.outerHTML.slice(0, 80))"""


def test_the_book_was_built():
    assert CHAPTERS, "run `make book` first"


@functools.cache
def soup(name):
    return BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")


# What is seen on each page


@pytest.fixture(scope="module")
def on_a_phone(browser, address):
    """Return a function that looks at a page, once, as on a light phone; then it grows wide."""

    @functools.cache
    def look(name):
        with opened(browser, f"{address}/{name}", 320, "light") as page:
            seen = {"theme": page.evaluate(THEME), "small": page.evaluate(SMALL)}
            seen["axe"] = axe_faults(page)
            page.set_viewport_size({"width": 1280, "height": 800})
            seen["axe at another width"] = axe_faults(page)
            page.set_viewport_size({"width": 320, "height": 800})
            page.add_style_tag(content=SPACING)
            seen["cut off"] = page.evaluate(CUT_OFF)
            seen["width"] = page.evaluate("document.documentElement.scrollWidth")
            return seen

    return look


# Accessible


def test_axe_would_find_faults(browser):
    with opened(browser, (SITE / "intro.html").as_uri(), 1280, "light") as page:
        page.evaluate("document.querySelector('main').append(document.createElement('input'))")
        page.add_style_tag(content="article p { color: #ccc !important }")
        found = {fault.split(":")[0] for fault in axe_faults(page)}
        contrast = {fault.split(":")[0] for fault in axe_faults(page, CONTRAST)}
    assert {"label", "color-contrast"} <= found
    assert contrast == {"color-contrast"}


@every_page
def test_axe_finds_nothing_on_a_light_page(on_a_phone, name):
    seen = on_a_phone(name)
    assert seen["theme"] == "light"
    assert seen["axe"] == seen["axe at another width"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_contents_on_a_phone(browser, address, scheme):
    with opened(browser, f"{address}/{CHAPTERS[0]}#contents", 320, scheme) as page:
        assert page.locator("#contents").is_visible()
        assert axe_faults(page) == []


@every_page
def test_wide_text_loses_nothing(on_a_phone, name):
    seen = on_a_phone(name)
    assert seen["cut off"] == []
    assert seen["width"] <= 320


@every_page
def test_what_is_pressed_is_large_enough(on_a_phone, name):
    assert on_a_phone(name)["small"] == []


def test_the_choice_of_colours_is_kept(visit, address):
    page = visit(f"{address}/index.html", color_scheme="light")
    page.get_by_role("button", name="Dark").press("Enter")
    page.goto(f"{address}/{CHAPTERS[0]}")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"


def test_code_can_be_copied(visit, address):
    page = visit(f"{address}/{CHAPTERS[0]}", permissions=["clipboard-read", "clipboard-write"])
    box = page.locator("div.highlight:visible").first
    box.get_by_role("button").press("Enter")
    box.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == box.locator("pre").evaluate("(e) => e.textContent")


# At peace with other hosts


@every_page
def test_the_policy_allows_no_other_host(name):
    policy = soup(name).find("meta", {"http-equiv": "Content-Security-Policy"})
    assert policy.find_previous("script") is None
    rules = [rule.split() for rule in policy["content"].split(";")]
    assert ["default-src", "'self'", "file:"] in rules
    for rule in rules:
        assert not [source for source in rule if "//" in source or source in ("*", "https:")]
    assert "unsafe" not in " ".join(*[rule for rule in rules if rule[0] == "script-src"])


@every_page
def test_no_script_delays_the_page(name):
    for script in soup(name).find_all("script", src=True):
        assert script.has_attr("defer")
    inline = [s for s in soup(name).find_all("script", src=False) if not s.get("type")]
    assert [len(script.string) < 300 for script in inline] == [True]


@pytest.mark.parametrize("name", ["index.html", "404.html", "search.html", *CHAPTERS])
def test_pages_open_from_a_folder(visit, name):
    page = visit((SITE / name).as_uri())
    assert page.complaints == []
    assert page.evaluate("getComputedStyle(document.querySelector('.page')).display") == "grid"


# Whole


@every_chapter
def test_without_scripts_nothing_is_missing(visit, address, name):
    page = visit(f"{address}/{name}", java_script_enabled=False)
    article = soup(name).find("article")
    for selector in ["figure", "table", ".explorer .view", ".pasted-text"]:
        there = page.locator(f"article {selector}").count()
        assert there == len(article.select(selector))
        folded = len(article.select(f"details {selector}"))
        assert page.locator(f"article {selector}:visible").count() >= there - folded
    assert page.locator("#colours").is_hidden()


def test_formulas_need_no_script():
    formulas = [math for name in PAGES for math in soup(name).find_all("math")]
    assert formulas
    assert not any("\\(" in soup(name).get_text() for name in PAGES)


# Found and shared


@every_page
def test_the_page_says_what_it_is(name):
    page = soup(name)
    assert page.title.string.strip()
    icon = page.find("link", rel="icon")["href"]
    assert ((SITE / name).parent / icon).is_file()
    if name in ("404.html", "search.html"):
        assert page.find("meta", {"name": "robots"})["content"] == "noindex"
        return
    said = page.find("meta", {"name": "description"})["content"]
    assert said == page.find("meta", property="og:description")["content"]
    assert len(said) <= 200
    about = page.find("script", type="application/ld+json").string
    kind = "Dataset" if name == "chapters/data.html" else "ScholarlyArticle"
    assert f'"@type": "{kind}"' in about


def test_titles_and_descriptions_differ():
    pages = [soup(name) for name in PAGES if name not in ("404.html", "search.html")]
    for texts in (
        [page.title.string for page in pages],
        [page.find("meta", {"name": "description"})["content"] for page in pages],
    ):
        assert len(set(texts)) == len(texts)


def test_links_out_are_for_readers_to_click():
    for name in PAGES:
        outside = [a["href"] for a in soup(name).find_all(href=True) if urlsplit(a["href"]).netloc]
        assert {a.name for a in soup(name).find_all(href=outside)} <= {"a"}
