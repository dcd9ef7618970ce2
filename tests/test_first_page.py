"""What the first page says at once, and shows, is what the rest of the book found."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from browsing import SITE
from bs4 import BeautifulSoup
from building import build, write_notebook
from PIL import Image

import audit
from helpers import maps, plots
from helpers.compute.scorecard import VERDICTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CSS = (ROOT / "book" / "_static" / "book.css").read_text(encoding="utf-8")


def soup(name):
    return BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")


def words(part):
    return " ".join(part.get_text().split())


@pytest.fixture(scope="module")
def first():
    return soup("intro.html")


@pytest.fixture(scope="module")
def fits(study):
    """Return what the items fit when digits are read in the one way that finds anything."""
    items = study.omi_items[study.omi_items["t"] != ""]
    tried = {"women": range(30, 81), "men": range(15, 66)}
    return audit.splits(items, tried, digits="dropped")


def test_the_sentence_counts_what_the_scorecard_lists(first, fits):
    rows = json.loads((SITE / "scorecard.json").read_text(encoding="utf-8"))
    verdicts = pd.Series([row["verdict"] for row in rows])
    held = (~verdicts.isin(["not recoverable", "background"])).sum()
    exact = verdicts.isin(["match", "truncated"]).sum()
    wrong = (verdicts == "inconsistent").sum()
    [(women, men)] = fits.loc[fits["all"], ["women", "men"]].to_numpy()
    assert (
        f"Of {len(rows)} statements taken from the paper, {held} can be checked against data: "
        f"{exact} agree, and {wrong} cannot all be true, "
        "if all are about the same people."
    ) in words(first)
    assert f"the text never prints: {women} women and {men} men." in words(first)


def test_readme_opens_with_what_the_first_page_says(first):
    said = words(first.find("strong", string=re.compile("women")).parent).removesuffix("Code")
    opening = README.split("\n\n")[1]
    numbers = re.findall(r"\d+", said)
    assert len(numbers) == 7
    assert re.findall(r"\d+", opening) == numbers


def test_each_tile_leads_to_the_row_of_its_verdict(first):
    rows = soup("chapters/scorecard.html")
    tiles = first.select("a.tile")
    assert len({tile["href"] for tile in tiles}) == len(rows("tr", id=True)) == len(tiles)
    for tile in tiles:
        page, place = tile["href"].split("#")
        assert page == "chapters/scorecard.html"
        [verdict] = {verdict.replace(" ", "-"): verdict for verdict in VERDICTS}.keys() & set(
            tile["class"]
        )
        assert verdict.replace("-", " ") in words(rows.find(id=place))


def test_chapters_go_by_their_titles(first):
    links = first.select(".tiles .chapters > li > a")
    for link in links:
        title = soup(link["href"]).h1
        title.find(class_="headerlink").decompose()
        assert words(link) == words(title)
    assert len(links) == len({link["href"] for link in links})


@pytest.mark.parametrize("width", [390, 1440])
def test_tiles_are_large_enough_for_fingers_and_few_stop_the_keyboard(visit, address, width):
    page = visit(f"{address}/intro.html", width=width)
    tiles = page.locator("a.tile")
    sizes = tiles.evaluate_all(
        "(all) => all.map((e) => e.getBoundingClientRect()).map((b) => [b.width, b.height])"
    )
    assert min(min(size) for size in sizes) >= 24
    stops = page.locator("a.tile:not([tabindex])")
    assert stops.count() == page.locator("a.tile.inconsistent:not([tabindex])").count() > 0
    assert stops.count() < tiles.count() / 5
    # Sentence and picture, or its beginning, are on the first screen.
    assert page.locator(".tiles .verdicts").bounding_box()["y"] < 700


def test_tiles_have_the_colours_of_their_verdicts():
    rules = dict(re.findall(r"\.tile:is\(\.(\w+), \.\w+\) {\s*--tile: var\((--[\w-]+)\)", CSS))
    named = {f"--figure-{i}": colour for i, colour in enumerate(plots.COLOURS, 1)}
    given = [named[rules[verdict]] for verdict in ("match", "inconsistent")]
    # No other meaning has these colours: in figures they are neither a group nor yes or no.
    assert len({*given, *plots.GROUPS, plots.YES, plots.NO, plots.NEITHER}) == 7
    assert "--tile: var(--figure-6)" in CSS
    assert named["--figure-6"] == plots.NEITHER


# The map of group sizes


@pytest.fixture
def drawn(fits):
    items = list(fits.columns[2:-1])
    return fits, dict(zip(items, "ABCD", strict=True)), 95, 61


def test_the_map_tells_in_words_what_it_shows(drawn):
    shown = maps.split_map(*drawn).text
    assert "A fits 60 women and 35 men. B fits 55 women and 35 men, 60 women" in shown
    assert "All fit 60 women and 35 men." in shown
    nothing = drawn[0].assign(all=False)
    assert "All fit none of them." in maps.split_map(nothing, *drawn[1:]).text


def test_one_map_is_on_the_first_page_and_in_the_audit(first):
    here, there = (page.find(id="split-map") for page in (first, soup("chapters/09_audit.html")))
    assert str(here.find_all("svg")) == str(there.find_all("svg"))


def test_the_explorer_of_sizes_opens_on_a_pair(fits):
    view = soup("chapters/09_audit.html").find(id="explore-splits").find(class_="view")
    [pair] = fits.loc[fits["all"], ["women", "men"]].astype(str).to_numpy().tolist()
    [row] = view.tbody("tr")
    assert [cell.get_text() for cell in row.find_all(["th", "td"])][:2] == pair


def test_links_show_a_picture_of_the_size_that_they_have_room_for(first):
    with Image.open(SITE / "share.png") as picture:
        assert picture.size == (1200, 630)
        assert picture.info.keys() <= {"dpi"}  # neither a date nor a program
    for name, up in [("intro.html", ""), ("chapters/09_audit.html", "../")]:
        assert soup(name).find("meta", property="og:image")["content"] == f"{up}share.png"


PICTURE = """
class Both:
    def _repr_html_(self): return "<p>Seen</p>"
    def _repr_png_(self): return b"picture"
Both()"""


def test_links_name_the_picture_by_its_full_address_where_the_site_has_one(project):
    (project / "book" / "intro.md").unlink()
    write_notebook(project / "book" / "intro.ipynb", PICTURE)
    config = project / "book" / "_config.yml"
    config.write_text(config.read_text().replace('baseurl: ""', "baseurl: https://example.org/b"))
    status, _, complaints = build(project)
    assert (status, complaints) == (0, "")
    site = project / "book" / "_build" / "html"
    assert (site / "share.png").read_bytes() == b"picture"
    shown = BeautifulSoup((site / "chapters" / "one.html").read_text(), "html.parser")
    address = shown.find("meta", property="og:image")["content"]
    assert address == "https://example.org/b/share.png"


def test_the_picture_is_the_same_bytes_each_time(drawn):
    once, again = (maps.split_card(*drawn, "A title", "A finding") for _ in range(2))
    assert once == again
    assert once != maps.split_card(*drawn, "A title", "Another finding")
