"""What every page promises its readers: accessible, light, at peace with other hosts, whole."""

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
    (s.outlineStyle !== "none"), shown: box.width > 0 && box.height > 0 && box.bottom > 0};
}"""
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


# Accessible


def axe_faults(page, **rules):
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    result = Axe().run(page, options={"runOnly": tags, "rules": rules}).response
    assert len(result["passes"]) > 20
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "width", "other"), [("light", 320, 1280), ("dark", 1280, 320)])
@every_page
def test_axe_finds_nothing(visit, address, name, scheme, width, other):
    page = visit(f"{address}/{name}", width, color_scheme=scheme, bypass_csp=True)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    if width == 320:
        page.get_by_role("link", name="Contents", exact=True).click()
    assert axe_faults(page) == []
    # Contrast takes most of the time and depends on the scheme, so one width is enough for it.
    page.set_viewport_size({"width": other, "height": 800})
    assert axe_faults(page, **{"color-contrast": {"enabled": False}}) == []


@every_page
def test_the_tab_key_reaches_everything_in_sight(visit, address, name):
    page = visit(f"{address}/{name}")
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
    assert "skip" in seen[0]["name"]
    assert [one for one in seen if not one["outline"] or not one["shown"]] == []
    assert "<footer" not in seen[-1]["name"]
    assert page.evaluate("document.activeElement.closest('footer, .turn, main') !== null")


@every_page
def test_wide_text_loses_nothing(visit, address, name):
    page = visit(f"{address}/{name}", 320, bypass_csp=True)
    page.add_style_tag(content=SPACING)
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@every_page
def test_what_is_pressed_is_large_enough(visit, address, name):
    page = visit(f"{address}/{name}", 320)
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, input, summary, header a, nav a')]"
        ".filter((e) => e.checkVisibility({visibilityProperty: true}))"
        ".filter((e) => e.getBoundingClientRect().height < 24 && !e.closest('label'))"
        ".filter((e) => !e.matches('.skip')).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert small == []


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
def test_the_policy_is_enforced(visit, address, name):
    page = visit(f"{address}/{name}")
    assert page.complaints == []
    page.evaluate("fetch('https://example.org/').catch(() => {})")
    assert "Content Security Policy" in page.complaints[0]


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


@pytest.fixture(scope="module")
def weights(browser, address):
    """Return the bytes that each chapter takes on a first visit and after another one."""
    found = {}
    for name in CHAPTERS:
        context = browser.new_context()
        page = context.new_page()
        sizes = []
        page.on("response", lambda response, sizes=sizes: sizes.append(len(response.body())))
        page.goto(f"{address}/{name}", wait_until="networkidle")
        found[name] = sum(sizes), (SITE / name).stat().st_size
        context.close()
    return found


@every_chapter
def test_a_chapter_is_light(weights, name):
    extra = EXPLORER * len(soup(name).select(".explorer"))
    first, later = weights[name]
    assert 10_000 < first <= FIRST_VISIT + extra
    assert later <= LATER_VISIT + extra


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


@every_chapter
def test_a_chapter_prints(visit, address, name):
    page = visit(f"{address}/{name}", 794, color_scheme="dark")
    page.emulate_media(media="print")
    for selector in ["header", "#contents", ".copy", ".turn", "footer"]:
        assert not page.locator(selector).first.is_visible()
    ink, paper = page.evaluate(
        "['color', 'backgroundColor'].map((p) => getComputedStyle(document.body)[p])"
    )
    assert sum(map(int, re.findall(r"\d+", ink)[:3])) < 200
    assert paper == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 794


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
