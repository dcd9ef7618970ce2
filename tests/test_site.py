"""The pages that `make book` built, read as files and by a new reader on a phone."""

import csv
import functools
import json
import re
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
import yaml
from browsing import PAGES, SITE, every_chapter, every_page
from bs4 import BeautifulSoup

from helpers.compute.scorecard import VERDICTS, compare, compute

ROOT = Path(__file__).parents[1]
# In bytes, uncompressed. Each figure has two drawings, one for phones.
FIRST_VISIT, LATER_VISIT, EXPLORERS = 450_000, 190_000, 230_000
FACTS = ROOT / "data" / "published" / "facts.csv"
FILE_NAME = re.compile(r"\S*/\S*|\S+\.\w{2,4}")


def contents():
    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    below = [page["file"] for chapter in chapters for page in chapter.get("sections", [])]
    on_every_page = [toc["root"], *(chapter["file"] for chapter in chapters)]
    return [[f"{name}.html" for name in names] for names in (on_every_page, below)]


LINKED, BELOW = contents()
LISTED = LINKED + BELOW
every_listed_page = pytest.mark.parametrize("name", LISTED)


@pytest.fixture(scope="module", autouse=True)
def _built():
    if not (SITE / "index.html").exists():
        pytest.fail(f"there is no {SITE}: run `make book` first", pytrace=False)


@functools.cache
def soup(name):
    return BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")


def article(name):
    return soup(name).find("article")


def words(name):
    """Return the words of a page, with the apostrophes of its sources."""
    return " ".join(article(name).get_text(" ").replace("’", "'").split())


# What is on the pages


@every_listed_page
def test_the_page_is_there_and_leads_to_all_others(name):
    page = soup(name)
    assert page.html["lang"] == "en"
    assert len(article(name).find_all("h1")) == 1
    assert page.title.get_text(strip=True)
    here = Path(name).parent
    linked = {
        normpath(here / unquote(urlsplit(a["href"]).path)) for a in page.find_all("a", href=True)
    }
    assert set(LINKED) - {name} <= linked


def test_the_index_is_the_first_page():
    assert (SITE / "index.html").read_bytes() == (SITE / LISTED[0]).read_bytes()


@every_listed_page
def test_links_and_anchors_inside_the_book_resolve(name):
    page = soup(name)
    wrong = []
    for tag, attribute in [("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")]:
        for element in page.find_all(tag, {attribute: True}):
            url = urlsplit(element[attribute])
            if url.scheme or url.netloc:
                continue
            target = (SITE / name).parent / unquote(url.path) if url.path else SITE / name
            if not target.resolve().is_file():
                wrong.append(element[attribute])
            elif url.fragment and target.suffix == ".html":
                other = soup(target.resolve().relative_to(SITE.resolve()).as_posix())
                if not other.find(id=unquote(url.fragment)):
                    wrong.append(element[attribute])
    assert not wrong


@every_listed_page
def test_ids_are_unique(name):
    ids = [element["id"] for element in soup(name).find_all(id=True)]
    assert {one for one in ids if ids.count(one) > 1} == set()


@every_listed_page
def test_pictures_say_what_they_show(name):
    page = soup(name)
    for image in page.find_all("img"):
        assert image.has_attr("alt")
        assert image["alt"].strip() or image.get("role") == "presentation"
        assert not FILE_NAME.fullmatch(image["alt"].strip())
    for drawing in article(name).select("figure > svg"):
        # One with links is a group, whose parts are heard; an img hides them.
        assert drawing["role"] == ("group" if drawing.find("a") else "img")
        label = drawing["aria-label"]
        assert len(label.split()) >= 8
        # It says more than that there is a picture: a number, several of the words in it, or which
        # table says the same.
        shown = {text.get_text(strip=True) for text in drawing.find_all("text")}
        words_in_it = sum(text in label for text in shown if len(text) > 3)
        assert re.search(r"\d", label) or words_in_it >= 2 or "table" in label


@every_listed_page
def test_figures_and_tables_are_captioned(name):
    for figure in article(name).find_all("figure"):
        assert len(figure.figcaption.get_text(strip=True)) > 15
    for table in article(name).find_all("table"):
        assert table.caption.get_text(strip=True)
        heads = table.find_all("th")
        assert all(head.get_text(strip=True) for head in heads)
    for table in article(name).find_all("table", class_="study"):
        assert {head["scope"] for head in table.find_all("th")} == {"col", "row"}
        assert "table-box" in table.parent["class"]
        assert table.parent["tabindex"] == "0"


@every_listed_page
def test_nothing_failed_and_nothing_is_left_unfilled(name):
    assert not article(name).select(".stderr, .traceback, .problematic, .system-message")
    strings = article(name).find_all(string=True)
    text = " ".join(s for s in strings if not s.find_parent(class_="highlight"))
    text = text.replace("NaN", "") if name in BELOW else text  # it says where it stands
    assert not re.search(r"\{(glue|doc|cite)|\bnan\b|\bNaN\b|<NA>|DataFrame\(", text)
    # Who builds the book, and where, is not the reader's business.
    assert str(ROOT) not in (SITE / name).read_text(encoding="utf-8")


@every_listed_page
def test_no_part_of_a_page_lies_on_another_host(name):
    parts = soup(name).find_all(["script", "link", "img", "iframe", "source"])
    addresses = [part.get("src") or part.get("href") or "" for part in parts]
    assert not [address for address in addresses if urlsplit(address).netloc]


# The numbers on them


def test_the_scorecard_has_every_fact_and_none_differs(study):
    rows = json.loads((SITE / "scorecard.json").read_text(encoding="utf-8"))
    with FACTS.open(encoding="utf-8", newline="") as file:
        facts = {row["fact_id"]: row["printed"] for row in csv.DictReader(file)}
    assert {row["fact_id"]: row["printed"] for row in rows} == facts
    assert {row["verdict"] for row in rows} == set(VERDICTS) - {"differs"}
    board = compare(study.facts, compute(study)).set_index("fact_id")
    for row in rows:
        assert list(row) == ["fact_id", "label", "printed", "computed", "verdict", "note"]
        assert row["verdict"] == board.loc[row["fact_id"], "verdict"]
        computed = board.loc[row["fact_id"], "computed"]
        if pd.isna(computed):
            assert row["computed"] is None
        else:
            assert row["computed"] == (
                computed if isinstance(computed, str) else pytest.approx(computed)
            )


def test_every_fact_is_on_the_scorecard_page_and_in_its_chapter():
    with FACTS.open(encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file))
    everywhere = words("chapters/scorecard.html")
    for fact in facts:
        assert fact["label"] in everywhere
        assert fact["label"] in words(f"chapters/{fact['chapter']}.html")
    rows = [row["id"] for row in soup("chapters/scorecard.html")("tr", id=True)]
    assert sorted(rows) == sorted(f"fact-{fact['fact_id']}" for fact in facts)


def test_opinions_on_the_page_are_those_of_the_records(study):
    opinions = study.participants["recovery_opinion"].value_counts()
    text = words("chapters/03_is_recovery_possible.html")
    share = opinions["depends"] / opinions.sum()
    assert f"{opinions['depends']}" in text
    assert f"({share:.1%})" in text
    assert f"{opinions['possible']} that recovery is possible" in text
    assert f"{opinions['not_possible']} that it is not" in text


def test_ages_on_the_page_are_those_of_the_records(study):
    people = study.participants
    text = words("chapters/02_demographics.html")
    assert f"people are {people['age'].mean():.1f} years old" in text
    assert f"in the field for {people['years_experience'].mean():.1f} years" in text
    assert f"Of {len(people)} people, {people['own_diagnosis'].sum()} report a diagnosis" in text


@every_chapter
def test_a_chapter_says_how_long_its_sentences_take_to_read(name):
    [line] = soup(name).select("p.records")
    [told] = re.findall(r"About (\d+) min to read", line.text)
    skipped = {id(text) for text in soup(name).select("#check-yourself p, #exercises p")}
    least, most = (
        sum(len(p.text.split()) for p in soup(name).select(ps) if id(p) not in skipped) / 238
        for ps in ["section > p", "article p"]  # the text alone, or with remarks of figures
    )
    assert least - 1 < int(told) < most + 1


@every_chapter
def test_all_code_is_on_the_page_folded_or_not(name):
    empty_fold = ".tag_hide-input:not(:has(.cell_output))"
    assert not soup(name).select(f"{empty_fold} + .tag_hide-input")
    notebook = json.loads((ROOT / "book" / name).with_suffix(".ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert "".join("".join(cell["source"]).split()) in "".join(words(name).split())


# In a browser


@pytest.fixture(scope="module")
def visits(browser, address):
    """Open every page on a phone that was never here, and return what happened."""
    opened = {name: first_visit(browser, f"{address}/{name}") for name in PAGES}
    opened["404.html"][0].wait_for_timeout(500)  # for what a script may do late
    return {name: what_happened(*one) for name, one in opened.items()}


def first_visit(browser, url):
    context = browser.new_context(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    page = context.new_page()
    requests, responses, faults = [], [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("response", lambda response: responses.append(response))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(url)
    return page, requests, responses, faults


def what_happened(page, requests, responses, faults):
    seen = {
        "requests": list(requests),
        "bytes": sum(len(response.body()) for response in responses),
        "faults": faults + [f"{r.status}: {r.url}" for r in responses if r.status >= 400],
        "width": page.evaluate("document.documentElement.scrollWidth"),
        "too wide": page.evaluate(TOO_WIDE),
        "themes": {theme: page.evaluate(COLOURS, theme) for theme in ("light", "dark")},
    }
    # A script of ours that a mistake or an attack made ask elsewhere.
    page.evaluate("fetch('https://example.org/').catch(() => {})")
    page.context.close()
    return seen | {"refused": faults[-1]}


# What sticks out of the article, unless a box around it scrolls.
TOO_WIDE = """() => {
  const scrolls = (e) => e && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)
    || scrolls(e.parentElement === document.body ? null : e.parentElement));
  return [...document.querySelectorAll("article *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement))
    .map((e) => e.outerHTML.slice(0, 80));
}"""
COLOURS = """(theme) => {
  document.documentElement.dataset.theme = theme;
  const text = document.querySelector("figure.study text, figure.study figcaption");
  return {
    page: getComputedStyle(document.body).backgroundColor,
    drawn: text && getComputedStyle(text)[text.tagName === "text" ? "fill" : "color"],
  };
}"""


@every_page
def test_no_request_leaves_the_host(visits, address, name):
    assert {url for url in visits[name]["requests"] if not url.startswith(f"{address}/")} == set()


@every_page
def test_nothing_goes_wrong_in_the_browser(visits, name):
    assert visits[name]["faults"] == []


@every_page
def test_a_script_could_not_ask_another_host(visits, name):
    assert "Content Security Policy" in visits[name]["refused"]


@every_page
def test_a_page_is_light(visits, name):
    explorers = sum(len(one.encode(formatter=None)) for one in soup(name).select(".explorer"))
    assert explorers <= EXPLORERS
    assert 10_000 < visits[name]["bytes"] <= FIRST_VISIT + explorers
    assert (SITE / name).stat().st_size <= LATER_VISIT + explorers


@every_page
def test_a_page_never_scrolls_sideways_on_a_phone(visits, name):
    assert visits[name]["too wide"] == []
    assert visits[name]["width"] <= 320


def lightness(colour):
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3


@every_page
def test_figures_follow_light_and_dark(visits, name):
    light, dark = (visits[name]["themes"][theme] for theme in ("light", "dark"))
    assert lightness(light["page"]) > 200
    assert lightness(dark["page"]) < 60
    if light["drawn"]:
        assert lightness(light["drawn"]) < 110
        assert lightness(dark["drawn"]) > 150
