"""Slides: what they name is in the chapters, and they ask no other host for anything."""

import json
import re
from pathlib import Path

import pytest
import slides

SOURCES = sorted((Path(__file__).parents[1] / "book" / "slides").glob("*.md"))
TABLE = '<div class="table-box"><table><caption>Half say yes</caption></table></div>'
FIGURE = '<figure class="study flow"><figcaption>Who answered</figcaption></figure>'


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with one built chapter, which holds a figure, a table and a number."""
    source = 'page.say(f"""\nF is {row["f"]:.2f} with {df} df, t is {-t}: -{t}.\n""")'
    said = [{"data": {"text/markdown": ["F is 6.60 with 1, 93 df, ", "t is −2: −2."]}}]
    shown = [{"data": {"text/html": [html]}} for html in (FIGURE, TABLE)]
    place = tmp_path / "_build" / "html" / "_sources" / "chapters"
    place.mkdir(parents=True)
    cells = [{"source": "", "outputs": shown}, {"source": source, "outputs": said}]
    chapter = {"cells": [{"cell_type": "markdown"}, *({"cell_type": "code"} | c for c in cells)]}
    (place / "one.ipynb").write_text(json.dumps(chapter))
    monkeypatch.setattr(slides, "BOOK", tmp_path)
    kept = (slides.cells, slides.pieces, slides.said)
    for function in kept:
        function.cache_clear()
    yield tmp_path
    for function in kept:
        function.cache_clear()


def test_slides_take_over_what_they_name(book):
    text = (
        "# Hello\n\nF is {{ one: row['f']:.2f }} ({{ one:df }}), t {{ one: -t }}.\n\n"
        "Notes:\nSlowly.\n\n---\n\n## Who\n\n{{ one#flow }}"
        "\n\n---\n\n## How many\n\n{{ one#table: Half say }}\n"
    )
    cells = slides.notebook(text).cells
    kinds = [cell.metadata["slideshow"]["slide_type"] for cell in cells]
    assert kinds == ["slide", "notes", "slide", "slide"]
    assert [cell.source for cell in cells] == [
        "# Hello\n\nF is 6.60 (1, 93), t −2.",
        "Slowly.",
        f"## Who\n\n{FIGURE}",
        f"## How many\n\n{TABLE}",
    ]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("{{ two: f }}", "no built chapter two"),
        ("{{ one: g }}", "no sentence of chapter one has f'{g}'"),
        ("{{ one#chart }}", "has no chart"),
        ("{{ one#table: Nobody }}", "has no table: Nobody"),
    ],
)
def test_what_no_chapter_has_is_named_with_the_session(book, named, said):
    source = book / "session_1.md"
    source.write_text(f"# Hello\n\n{named}\n")
    with pytest.raises(slides.SlideError, match=re.escape(said)) as caught:
        slides.slides(source)
    assert str(caught.value).startswith("session_1.md: ")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_session_is_whole_and_needs_no_other_host(source):
    page = slides.slides(source)
    assert "{{" not in page
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', page)
    assert loaded
    assert not [address for address in loaded if ":" in address]
    assert page.count('<aside class="notes">') >= 8


def test_there_are_slides_for_six_sessions():
    assert len(SOURCES) == 6
