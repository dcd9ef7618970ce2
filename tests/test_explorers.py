"""Explorers in a real browser: on a page made for it, and in the book that `make book` built."""

import shutil
from itertools import product
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from helpers import tables
from helpers.show.page import Html, join
from helpers.show.widgets import Explorer

BOOK = Path(__file__).parents[1] / "book"
CHAPTERS = BOOK / "_build" / "html" / "chapters"
ADDS_AT_MOST = 160_000  # bytes, uncompressed; each view has two drawings

BASES = {str(n): f"The number {n}" for n in range(2, 7)} | {"7": "A number in many words " * 9}
POWERS = {"1": "itself", "2": "squared"}
ALL = [f"explore-powers:{base}:{power}" for base, power in product(BASES, POWERS)]
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Powers</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy"
content="default-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:">
<link rel="stylesheet" href="book.css"><script src="explorer.js"></script></head>
<body><main><h1>Powers</h1><p><a href="#explore-powers:4:2">four squared</a></p>{}{}</main></body>
</html>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a page that holds an explorer of twelve views, and forbids all but its own."""

    def view(base, power):
        frame = tables.pd.DataFrame({"base": [base], "result": [int(base) ** int(power)]})
        figure = Html(f'<figure id="of-{base}-{power}">{base}</figure>', "")
        return join(tables.table(frame, f"{base} to the power {power}"), figure)

    folder = tmp_path_factory.mktemp("powers")
    for name in ["book.css", "explorer.js"]:
        shutil.copy(BOOK / "_static" / name, folder)
    explorer = Explorer("powers", {"Base": BASES, "Power": POWERS}, view)
    (folder / "index.html").write_text(
        PAGE.format("<p>Much is said before.</p>" * 60, explorer._repr_html_())
    )
    return folder


@pytest.fixture(scope="module", params=["file", "http"])
def address(request, folder, serve):
    """The page's address as a file and from a server."""
    if request.param == "file":
        return (folder / "index.html").as_uri()
    return f"{serve(folder)}/index.html"


@pytest.fixture(scope="module")
def file(folder):
    return (folder / "index.html").as_uri()


def visible(page):
    """Return the ids of the views that can be seen."""
    return page.locator(".view:visible").evaluate_all("(views) => views.map((view) => view.id)")


def chosen(page):
    return page.get_by_label("Base").input_value(), page.locator("input:checked").input_value()


def is_in_view(page):
    """Tell whether the reader sees the controls without scrolling."""
    top = page.locator("form").bounding_box()["y"]
    return 0 <= top < page.viewport_size["height"]


# --- By a choice ---


def test_one_view_is_shown_until_another_is_chosen(visit, address):
    page = visit(address)
    assert visible(page) == ALL[:1]
    for base, power in product(BASES, POWERS):
        page.get_by_label("Base").select_option(base)
        page.get_by_label(POWERS[power]).check()
        assert visible(page) == [f"explore-powers:{base}:{power}"]
    assert not page.complaints


def test_a_choice_is_announced_and_becomes_the_address_but_no_step_back(visit, address):
    page = visit(address)
    assert page.get_by_role("status").text_content() == ""
    steps = page.evaluate("history.length")
    page.get_by_label("Base").select_option("5")
    assert (
        page.get_by_role("status").text_content() == "Now shown: Base: The number 5; Power: itself"
    )
    assert page.evaluate("location.hash") == "#explore-powers:5:1"
    assert page.evaluate("history.length") == steps


def test_explorers_that_offer_the_same_choice_follow_one_another(visit, folder):
    own = {"Base": {"2": "two"}, "Power": POWERS}
    made = [
        Explorer(name, own, lambda base, power: Html(f"<p>{base} {power}</p>", ""))
        for name in ("first", "second")
    ]
    alone = Explorer("third", {"Root": POWERS}, lambda power: Html(f"<p>{power}</p>", ""))
    page = PAGE.format(*("".join(e._repr_html_() for e in some) for some in ([*made], [alone])))
    (folder / "three.html").write_text(page)
    for at, place in enumerate(["", "#explore-second:2:2"]):
        page = visit((folder / "three.html").as_uri() + place)
        page.wait_for_load_state("load")
        if not place:
            page.locator("#explore-first").get_by_label("squared").check()
        assert visible(page) == ["explore-first:2:2", "explore-second:2:2", "explore-third:1"]
        told = page.get_by_role("status").all_text_contents()
        assert told == [["Now shown: Base: two; Power: squared", "", ""], ["", "", ""]][at]
    assert not page.complaints


def test_the_keyboard_alone_chooses(visit, file):
    page = visit(file)
    for name in ["four squared", "Base"]:
        page.keyboard.press("Tab")
        assert (
            page.evaluate(
                "document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText"
            )
            == name
        )
    page.keyboard.press("ArrowDown")
    assert visible(page) == ["explore-powers:3:1"]
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert visible(page) == ["explore-powers:3:2"]
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "3 to the power 2"


def test_touch_chooses(visit, file):
    page = visit(file, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    page.get_by_text("squared", exact=True).tap()
    assert visible(page) == ["explore-powers:2:2"]


# --- By an address ---


@pytest.mark.parametrize("fragment", ["explore-powers:4:2", "of-4-2", "explore-powers%3A4%3A2"])
def test_an_address_leads_to_a_view_or_to_what_is_in_it(visit, address, fragment):
    page = visit(f"{address}#{fragment}")
    assert visible(page) == ["explore-powers:4:2"]
    assert chosen(page) == ("4", "2")
    assert is_in_view(page)


def test_a_link_on_the_page_leads_to_a_view_and_back(visit, address):
    page = visit(f"{address}#explore-powers:7:1")
    page.get_by_role("link").click()
    assert visible(page) == ["explore-powers:4:2"]
    assert is_in_view(page)
    assert "The number 4" in page.get_by_role("status").text_content()
    page.go_back()
    assert visible(page) == ["explore-powers:7:1"]
    assert chosen(page) == ("7", "1")


@pytest.mark.parametrize("fragment", ["100%", "explore-powers", "explore-powers:4:9", "nowhere"])
def test_an_address_that_names_no_view_changes_nothing(visit, file, fragment):
    page = visit(f"{file}#{fragment}")
    assert visible(page) == ALL[:1]
    assert not page.complaints


# --- For everyone ---


def test_without_scripts_every_view_is_there_and_no_control(visit, file):
    page = visit(file, java_script_enabled=False)
    assert visible(page) == ALL
    assert not page.locator("form").is_visible()


def test_print_has_the_chosen_view_and_no_control(visit, file):
    page = visit(file)
    page.emulate_media(media="print")
    assert visible(page) == ALL[:1]
    assert not page.locator("form").is_visible()


@pytest.mark.parametrize(("touch", "least"), [(True, 44), (False, 24)])
def test_targets_are_large_enough(visit, file, touch, least):
    page = visit(file, has_touch=touch, is_mobile=touch)
    for target in [*page.locator("select").all(), *page.locator(".options label").all()]:
        assert target.bounding_box()["height"] >= least


def test_a_narrow_page_does_not_scroll_sideways(visit, file):
    page = visit(file, viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_script_is_small():
    assert (BOOK / "_static" / "explorer.js").stat().st_size < 4_000


# --- In the book ---

EXPLORERS = [
    (path, explorer["id"])
    for path in sorted(CHAPTERS.glob("*.html"))
    for explorer in BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")(
        class_="explorer"
    )
]


@pytest.fixture(params=EXPLORERS, ids=lambda one: f"{one[0].stem}-{one[1]}")
def chapter(request):
    """A built chapter that has an explorer, and the explorer's id."""
    return request.param


def test_the_built_book_has_explorers():
    assert len(EXPLORERS) > 5, "make book builds the pages that are tested"


def test_every_option_of_the_book_shows_a_view_of_its_own(visit, chapter):
    path, name = chapter
    page = visit(path.as_uri())
    explorer = page.locator(f"#{name}")
    seen = [explorer.locator(".view:visible").text_content()]
    for menu in explorer.locator("select").all():
        for option in menu.locator("option").all()[1:]:
            menu.select_option(option.get_attribute("value"))
            seen.append(explorer.locator(".view:visible").text_content())
    for button in explorer.locator("input:not(:checked)").all():
        button.check()
        seen.append(explorer.locator(".view:visible").text_content())
    assert len(seen) > 1
    assert len(set(seen)) == len(seen)


def test_an_address_leads_to_any_explorer_of_the_book(visit, chapter):
    path, name = chapter
    view = visit(path.as_uri()).locator(f"#{name} .view").last.get_attribute("id")
    page = visit(f"{path.as_uri()}#{view}")
    assert view in visible(page)
    top = page.locator(f"#{name} form").bounding_box()["y"]
    assert 0 <= top < page.viewport_size["height"]


def test_without_scripts_the_book_shows_every_view(visit, chapter):
    path, name = chapter
    page = visit(path.as_uri(), java_script_enabled=False)
    assert len(visible(page)) == page.locator(".view").count() > 1
    assert not page.locator(f"#{name} form").is_visible()


def test_an_explorer_of_the_book_is_light_and_its_ids_are_its_own(chapter):
    path, name = chapter
    page = BeautifulSoup(path.read_text(), "html.parser")
    explorer = page.find(id=name)
    assert len(explorer.encode(formatter=None)) <= ADDS_AT_MOST
    ids = [element["id"] for element in page.select("[id]")]
    assert not [place.get("id") for place in explorer("", id=True) if ids.count(place["id"]) > 1]
