"""What every page promises its readers: accessible, light, at peace with other hosts, whole."""

import contextlib
import functools
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

SITE = Path(__file__).parents[1] / "book" / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
PAGES = [name for name in PAGES if name != "index.html"]  # the same bytes as the first page
CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]
FIRST_VISIT, LATER_VISIT, EXPLORER = 500_000, 150_000, 150_000  # bytes, uncompressed
SPACING = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"""  # WCAG 1.4.12
# Elements whose text sticks out of them while they hide or cut off what does.
CUT_OFF = """() => [...document.querySelectorAll("main *, header *, footer *")].filter((e) =>
  /hidden|clip/.test(getComputedStyle(e).overflow) && !e.closest("svg, .sr-only, math") &&
  (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
).map((e) => e.outerHTML.slice(0, 80))"""
FOCUS = """() => {
  const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
  return {name: e.outerHTML.slice(0, 80), outline: parseFloat(s.outlineWidth) *
    (s.outlineStyle !== "none"), shown: box.width > 0 && box.height > 0 && box.bottom > 0,
    inside: e.closest("footer, .turn, main") !== null};
}"""
SMALL = """() => [...document.querySelectorAll("button, select, input, summary, header a, nav a")]
  .filter((e) => e.checkVisibility({visibilityProperty: true}))
  .filter((e) => e.getBoundingClientRect().height < 24 && !e.closest("label"))
  .filter((e) => !e.matches(".skip")).map((e) => e.outerHTML.slice(0, 80))"""
THEME = "document.documentElement.dataset.theme"
NOT_PRINTED = ["header", "#contents", ".copy", ".turn", "footer"]
WITHOUT_CONTRAST = {"color-contrast": {"enabled": False}}
every_page = pytest.mark.parametrize("name", PAGES)
every_chapter = pytest.mark.parametrize("name", CHAPTERS)


def test_the_book_was_built():
    assert CHAPTERS, "run `make book` first"


@functools.cache
def soup(name):
    return BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def address(serve):
    return serve(SITE)


# What is seen on each page


@pytest.fixture(scope="module")
def visits(browser, address):
    """Visit every page once as a new reader: bytes, complaints, and what a script may not do."""
    found = {}
    for name in PAGES:
        context = browser.new_context()
        page = context.new_page()
        sizes, complaints = [], []
        page.on("response", lambda response, sizes=sizes: sizes.append(len(response.body())))
        page.on("console", lambda message, said=complaints: said.append(message.text))
        page.on("pageerror", lambda error, said=complaints: said.append(str(error)))
        page.goto(f"{address}/{name}", wait_until="networkidle")
        found[name] = {"bytes": sum(sizes), "complaints": list(complaints)}
        page.evaluate("fetch('https://example.org/').catch(() => {})")
        found[name]["refused"] = complaints[-1]
        context.close()
    return found


@pytest.fixture(scope="module")
def on_a_phone(browser, address):
    """Return a function that looks at a page, once, as on a light phone; then it grows wide."""

    @functools.cache
    def look(name):
        with opened(browser, f"{address}/{name}", 320, "light") as page:
            seen = {"theme": page.evaluate(THEME), "small": page.evaluate(SMALL)}
            page.get_by_role("link", name="Contents", exact=True).click()
            seen["axe"] = axe_faults(page)
            # Contrast takes most of the time and depends on the scheme, so one width is enough.
            page.set_viewport_size({"width": 1280, "height": 800})
            seen["axe at another width"] = axe_faults(page, **WITHOUT_CONTRAST)
            page.set_viewport_size({"width": 320, "height": 800})
            page.add_style_tag(content=SPACING)
            seen["cut off"] = page.evaluate(CUT_OFF)
            seen["width"] = page.evaluate("document.documentElement.scrollWidth")
            return seen

    return look


@pytest.fixture(scope="module")
def on_a_desk(browser, address):
    """Return a function that looks at a page, once, on a wide dark screen; then as printed."""

    @functools.cache
    def look(name):
        with opened(browser, f"{address}/{name}", 1280, "dark") as page:
            seen = {"theme": page.evaluate(THEME), "tabs": tab_through(page)}
            seen["axe"] = axe_faults(page)
            page.set_viewport_size({"width": 320, "height": 800})
            seen["axe at another width"] = axe_faults(page, **WITHOUT_CONTRAST)
            page.set_viewport_size({"width": 794, "height": 800})
            page.emulate_media(media="print")
            seen["printed"] = [place for place in NOT_PRINTED if is_shown(page, place)]
            seen["print"] = page.evaluate(
                "['color', 'backgroundColor'].map((p) => getComputedStyle(document.body)[p])"
            )
            seen["width"] = page.evaluate("document.documentElement.scrollWidth")
            return seen

    return look


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


def is_shown(page, place):
    return page.locator(place).first.is_visible()


def axe_faults(page, **rules):
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    # Code has the same few colours everywhere, so the first blocks stand for all.
    page.evaluate(
        "[...document.querySelectorAll('.highlight pre')].slice(3)"
        ".forEach((pre) => (pre.textContent = pre.textContent))"
    )
    options = {"runOnly": tags, "rules": rules, "resultTypes": ["violations"]}
    result = Axe().run(page, options=options).response
    assert len(result["passes"]) > 20
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def tab_through(page):
    """Press Tab until everything in sight should have been reached, and return what was."""
    steps = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]"
        ".filter((e) => e.tabIndex >= 0)"
        ".filter((e) => e.checkVisibility({visibilityProperty: true})).length"
    )
    radios = page.locator("input[type=radio]:visible").count()
    groups = page.locator("fieldset:visible:has(input[type=radio])").count()
    seen = []
    for _ in range(steps - radios + groups):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
    return seen


# Accessible


@every_page
def test_axe_finds_nothing_on_a_light_page(on_a_phone, name):
    seen = on_a_phone(name)
    assert seen["theme"] == "light"
    assert seen["axe"] == seen["axe at another width"] == []


@every_page
def test_axe_finds_nothing_on_a_dark_page(on_a_desk, name):
    seen = on_a_desk(name)
    assert seen["theme"] == "dark"
    assert seen["axe"] == seen["axe at another width"] == []


@every_page
def test_the_tab_key_reaches_everything_in_sight(on_a_desk, name):
    seen = on_a_desk(name)["tabs"]
    assert "skip" in seen[0]["name"]
    assert [one for one in seen if not one["outline"] or not one["shown"]] == []
    assert "<footer" not in seen[-1]["name"]
    assert seen[-1]["inside"]


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
def test_the_policy_is_enforced(visits, name):
    assert visits[name]["complaints"] == []
    assert "Content Security Policy" in visits[name]["refused"]


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


@pytest.mark.parametrize("place", ["folder", "server"])
def test_the_search_finds(visit, address, place):
    root = SITE.as_uri() if place == "folder" else address
    page = visit(f"{root}/search.html")
    page.get_by_label("Words that a page contains").fill("krippendorff")
    page.keyboard.press("Enter")
    page.locator("ul.search li a").first.wait_for()
    links = page.locator("ul.search li a").evaluate_all("(all) => all.map((a) => a.href)")
    assert any("04_coding.html" in link for link in links)
    assert page.complaints == []


# Light


@every_chapter
def test_a_chapter_is_light(visits, name):
    extra = EXPLORER * len(soup(name).select(".explorer"))
    assert 10_000 < visits[name]["bytes"] <= FIRST_VISIT + extra
    assert (SITE / name).stat().st_size <= LATER_VISIT + extra


# Whole


@every_chapter
def test_without_scripts_nothing_is_missing(visit, address, name):
    page = visit(f"{address}/{name}", java_script_enabled=False)
    article = soup(name).find("article")
    for selector in ["figure", "table", ".explorer .view", ".pasted-text"]:
        places = page.locator(f"article {selector}")
        assert places.count() == len(article.select(selector))
        folded = len(article.select(f"details {selector}"))
        shown = sum(place.is_visible() for place in places.all())
        assert shown >= places.count() - folded
    assert page.locator("#colours").is_hidden()


def test_formulas_need_no_script():
    formulas = [math for name in PAGES for math in soup(name).find_all("math")]
    assert formulas
    assert not any("\\(" in soup(name).get_text() for name in PAGES)


@every_page
def test_a_page_prints(on_a_desk, name):
    seen = on_a_desk(name)
    assert seen["printed"] == []
    ink, paper = seen["print"]
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 200
    assert paper == "rgb(255, 255, 255)"
    assert seen["width"] <= 794


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
