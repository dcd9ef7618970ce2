"""How readers move about: header, contents, search, what is folded, and tables on a phone."""

import json
import re

import pytest
from browsing import CHAPTERS, PAGES, SITE, every_page
from bs4 import BeautifulSoup

CHAPTER = "chapters/02_demographics.html"
IN_SIGHT = """(e) => { const box = e.getBoundingClientRect();
  return e.checkVisibility() && box.top >= 0 && box.bottom <= innerHeight; }"""
# With all folds and explorers open: boxes whose table is wider than they are.
WIDE_TABLES = """() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const view of document.querySelectorAll(".view")) view.hidden = false;
  return [...document.querySelectorAll(".table-box")].filter((box) =>
    box.scrollWidth > box.clientWidth + 1 || box.getBoundingClientRect().right > innerWidth)
    .map((box) => box.getAttribute("aria-label"));
}"""


def soup(name):
    return BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")


# Header and contents


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
def test_the_header_stays_and_is_one_line(visit, address, width):
    page = visit(f"{address}/{CHAPTER}", width)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    top = page.locator("header.top")
    assert top.evaluate(IN_SIGHT)
    assert top.bounding_box()["height"] <= 56


def test_the_section_that_is_read_is_marked(visit, address):
    page = visit(f"{address}/{CHAPTER}", 1440)
    links = page.locator("#contents li li a")
    ids = [section["id"] for section in soup(CHAPTER).select("article > section section[id]")]
    hrefs = links.evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")
    assert hrefs == [f"#{name}" for name in ids]
    marked = page.locator("#contents li li [aria-current]")
    for name in [ids[-1], ids[1]]:
        page.evaluate("(name) => document.getElementById(name).scrollIntoView()", name)
        page.locator(f"#contents a[href='#{name}'][aria-current]").wait_for()
        assert marked.count() == 1
        assert marked.evaluate(IN_SIGHT)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_on_a_phone_the_contents_open_over_the_page(visit, address, scripts):
    page = visit(f"{address}/{CHAPTER}", 360, java_script_enabled=scripts)
    page.evaluate("scrollTo(0, 2000)")
    page.get_by_role("link", name="Contents").click()
    contents = page.locator("#contents")
    assert contents.is_visible()
    page.get_by_role("link", name="Close").click()
    assert contents.is_hidden()
    assert page.evaluate("scrollY") > 1500
    page.get_by_role("link", name="Contents").click()
    section = contents.locator("li li a").first
    section.click()
    assert contents.is_hidden()
    assert page.locator(section.get_attribute("href") + " > h2").evaluate(IN_SIGHT)


def test_escape_closes_the_contents(visit, address):
    page = visit(f"{address}/{CHAPTER}", 360)
    page.get_by_role("link", name="Contents").click()
    page.keyboard.press("Escape")
    page.locator("#contents").wait_for(state="hidden")


def test_lines_have_70_to_78_letters(visit, address):
    page = visit(f"{address}/{CHAPTER}", 1440)
    letters = page.evaluate("""() => {
      const text = "the records of people who were asked what helps them and what does not, ";
      const p = document.querySelector("article p:not([class])");
      const span = document.createElement("span");
      span.style.whiteSpace = "nowrap";
      span.textContent = text.repeat(10);
      const width = p.clientWidth;
      p.append(span);
      return width / (span.getBoundingClientRect().width / span.textContent.length);
    }""")
    assert 70 <= letters <= 78


def test_the_page_is_centred_on_a_wide_screen(visit, address):
    page = visit(f"{address}/{CHAPTER}", 1920)
    box = page.locator("article").bounding_box()
    assert abs(box["x"] + box["width"] / 2 - 960) < 10


# Tables on a phone


@every_page
def test_no_column_of_a_table_is_off_screen_on_a_phone(visit, address, name):
    assert visit(f"{address}/{name}", 360).evaluate(WIDE_TABLES) == []


def test_a_card_begins_with_the_verdict_and_names_its_numbers(visit, address):
    page = visit(f"{address}/chapters/scorecard.html", 360)
    row = page.locator(".cards tbody tr:has(.verdict)").first
    tops = row.locator("th, td").evaluate_all(
        "(all) => all.map((e) => [e.getBoundingClientRect().top, e.className])"
    )
    assert min(tops)[1] == "verdict"
    labels = row.locator("td:not(.verdict)").evaluate_all(
        "(all) => all.map((e) => getComputedStyle(e, '::before').content)"
    )
    assert labels == ['"Printed"', '"Computed"', '"Note"']


# What is folded


def test_questions_and_exercises_are_folded_to_their_titles(visit, address):
    page = visit(f"{address}/{CHAPTER}")
    folds = page.locator("details.question, details.exercise")
    assert folds.count() > 5
    for fold in folds.all():
        assert not fold.evaluate("(e) => e.open")
        assert fold.locator("> summary").is_visible()
    text = page.locator("details.exercise > summary").first.inner_text()
    assert re.fullmatch(r"Exercise 1: \w.+ (easy|medium|hard)(, no code)?, \d+ minutes", text)


def test_a_link_opens_what_it_leads_to(visit, address):
    exercise = soup(CHAPTER).select("details.exercise")[-1]["id"]
    solution = soup(CHAPTER).select("details.exercise details.solution")[-1]["id"]
    page = visit(f"{address}/{CHAPTER}#{exercise}")
    fold = page.locator(f"[id='{exercise}']")
    assert fold.evaluate("(e) => e.open")
    page.goto(f"{address}/{CHAPTER}")
    page.evaluate("(id) => (location.hash = id)", solution)
    page.locator(f"details[id='{solution}'][open]").wait_for()
    assert fold.evaluate("(e) => e.open")


def test_what_is_folded_and_an_explorer_s_first_view_are_printed(visit, address):
    page = visit(f"{address}/{CHAPTER}")
    page.emulate_media(media="print")
    assert page.locator("details.exercise p").first.is_visible()
    explorer = page.locator(".explorer").first
    assert explorer.locator(".view").count() > 1
    assert explorer.locator(".view").first.is_visible()
    assert explorer.locator(".view:visible").count() == 1


def test_without_scripts_an_explorer_prints_its_first_view_too(visit, address):
    page = visit(f"{address}/{CHAPTER}", java_script_enabled=False)
    page.emulate_media(media="print")
    assert page.locator(".explorer").first.locator(".view:visible").count() == 1


# Search


def hits(page):
    """Return where the hits of a search lead, the best first."""
    page.locator(".hits a").first.wait_for()
    return page.locator(".hits a").evaluate_all("(all) => all.map((a) => a.getAttribute('href'))")


@pytest.mark.parametrize("place", ["folder", "server"])
def test_the_search_leads_to_sections(visit, address, place):
    root = SITE.as_uri() if place == "folder" else address
    page = visit(f"{root}/search.html")
    page.keyboard.type("krippendorff")  # it has the focus
    found = hits(page)
    assert any(re.match(r"chapters/04_coding\.html#.", link) for link in found)
    assert len(found) == len(set(found))
    assert page.complaints == []
    page.locator(".hits a").first.click()
    page.locator(f"[id='{found[0].partition('#')[2]}']").wait_for(state="attached")


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("60 women", "chapters/09_audit.html#"),
        ("kappa", "chapters/04_coding.html#"),
        ("word cloud", "chapters/06_words.html#"),
        ("word clouds", "chapters/06_words.html#"),
        ("GRIM", "chapters/09_audit.html#means-grim"),
    ],
)
def test_the_page_that_answers_leads(visit, query, answer):
    assert hits(visit(f"{SITE.as_uri()}/search.html?q={query}"))[0].startswith(answer)


def test_an_excerpt_is_prose_that_the_page_has():
    text = (SITE / "_static" / "search_index.js").read_text(encoding="utf-8")
    entries = json.loads(text.removeprefix("const SECTIONS = ").removesuffix(";\n"))
    assert {address.partition("#")[0] for address, *_ in entries} >= set(CHAPTERS)
    for address, _, title, said, _ in entries:
        assert title
        assert "import pandas" not in said
        assert "load_study()" not in said
        assert not re.search(r"(?:\b\d+ ){8}", said), address  # the marks of an axis
    [first] = [e for e in entries if e[0] == f"{CHAPTER}#table-1"]
    shown = " ".join(soup(CHAPTER).find("article").get_text(" ").replace("’", "'").split())
    for sentence in first[3].replace("’", "'").split(". ")[:2]:
        assert sentence.split(" ")[0] in shown


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_keys_lead_to_the_search(visit, address, key):
    page = visit(f"{address}/{CHAPTER}")
    page.keyboard.press(key)
    page.wait_for_url("**/search.html")
    page.keyboard.type("a/b")
    assert page.locator("#words").input_value() == "a/b"


def test_a_page_that_is_not_there_offers_the_search(visit, address):
    page = visit(f"{address}/404.html")
    page.get_by_label("Words to look for").fill("kappa")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=kappa")
    assert hits(page)


# The end of a page


def test_a_page_ends_with_ways_on():
    page = soup(CHAPTER)
    assert {link["rel"][0] for link in page.select(".turn a")} == {"prev", "next"}
    assert page.select_one(".part").get_text(strip=True)
    assert page.select_one(".foot a[href='#content']")
    cited = page.select_one(".foot .cite p").get_text()
    assert page.find("h1").find(string=True) in cited
    assert re.search(r"Version [\d.]+, \d{4}-\d\d-\d\d", page.footer.get_text())


def test_every_page_but_those_without_a_source_can_be_cited():
    missing = [name for name in PAGES if not soup(name).select(".cite")]
    assert [name for name in missing if not name.startswith("_modules")] == [
        "404.html",
        "search.html",
    ]
