"""Slides: what they name is in the chapters, and they ask no other host for anything."""

import json
import re
import shutil
from pathlib import Path

import pytest
import slides

SOURCES = sorted((Path(__file__).parents[1] / "book" / "slides").glob("*.md"))
TABLE = (
    '<div class="table-box"><table>{}<tbody><tr><th>a</th><td>1</td><td>2</td></tr>'
    "<tr><th>b</th><td>3</td><td>4</td></tr></tbody></table></div>"
)
FIGURE = '<figure class="study flow">{}</figure>'
CAPTIONS = "<caption>Half say yes</caption>", "<figcaption>Who answered</figcaption>"


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with one built chapter, which holds a figure, a table and a number."""
    source = 'page.say(f"""\nF is {row["f"]:.2f} with {df} df, t is {-t}: -{t}.\n""")'
    said = [{"data": {"text/markdown": ["F is 6.60 with 1, 93 df, ", "t is −2: −2."]}}]
    pieces = TABLE.format(CAPTIONS[0]), FIGURE.format(CAPTIONS[1])
    shown = [{"data": {"text/html": [html]}} for html in pieces]
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
        f"## Who\n\n{FIGURE.format('')}",
        f"## How many\n\n{TABLE.format('')}",
    ]


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        ("rows 2", ["b34"]),
        ("columns 1 3", ["a2", "b4"]),
        ("rows 1-2 | columns 2-3", ["12", "34"]),
        ("rows 2-9", ["b34"]),
    ],
)
def test_a_table_is_cut_to_what_is_spoken_about(book, cut, left):
    rows = slides.piece("one", "table: Half say", f"| {cut}")("tr")
    assert [row.get_text() for row in rows] == left


def test_parts_of_a_figure_fill_the_slide_with_text_that_can_be_read():
    text = '<text y="{}" style="font-size: 5px">x</text>'
    rule = '<path d="M150 380V10"/>'
    lines = "".join(f"M0 {y}H90V{y + 20}H0z" for y in range(0, 400, 50))
    bars = f'<path d="{lines}"/>'
    figure = slides.BeautifulSoup(
        '<svg viewbox="0 0 300 400" style="font-size: 10px">'
        + rule
        + bars
        + "".join(text.format(y) for y in (10, 150, 250, 390))
        + "</svg>",
        "html.parser",
    )
    slides.enlarge(figure.svg, [(25, 47), (80, 100)])
    # Bars end at 70, 120, ...; the text at 390 ends the last but one space.
    parts = figure("svg")
    assert [part["viewbox"] for part in parts] == ["0 85.0 300 100.0", "0 335.0 300 65.0"]
    assert [[text["y"] for text in part("text")] for part in parts] == [["150"], ["390"]]
    scale = min(slides.ROOM[0] / 300, slides.ROOM[1] / 165)
    assert f"width: {300 * scale:.1f}px; height: {100 * scale:.1f}px" in parts[0]["style"]
    sizes = [float(size) for size in re.findall(r"size: ([\d.]+)px", str(figure("text")))]
    assert all(size * scale >= 24 for size in sizes)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("{{ two: f }}", "no built chapter two"),
        ("{{ one: g }}", "no sentence of chapter one has f'{g}'"),
        ("{{ one#chart }}", "has no chart"),
        ("{{ one#table: Nobody }}", "has no table: Nobody"),
        ("{{ one#table: Half say | rows 3-4 }}", "rows 3-4: there are only 2"),
        ("{{ one#table: Half say | lines 3 }}", "no way to cut is called lines 3"),
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


READABLE = """() => {
  const faults = [];
  const slide = document.querySelector(".slides section.present section.present");
  const about = (e) => `${e.tagName}: ${e.textContent.trim().slice(0, 40)}`;
  for (const e of slide.querySelectorAll("*")) {
    if (e.closest("aside.notes") || !e.checkVisibility()) continue;
    const box = e.getBoundingClientRect();
    if (e.clientHeight && getComputedStyle(e).overflowY !== "visible"
        && e.scrollHeight > e.clientHeight + 2) faults.push(`scrolls: ${about(e)}`);
    if (![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;
    const matrix = e.closest("svg") ? e.getScreenCTM() : { a: 1, b: 0 };
    const size = parseFloat(getComputedStyle(e).fontSize) * Math.hypot(matrix.a, matrix.b);
    if (size < 24) faults.push(`${size.toFixed(1)} px: ${about(e)}`);
    if (box.left < 16 || box.top < 0 || box.right > 1264 || box.bottom > 710)
      faults.push(`cut off: ${about(e)}`);
  }
  for (const path of slide.querySelectorAll("figure path:not(defs path)"))
    path.replaceWith(...path.getAttribute("d").split(/(?=M)/).map((line) => {
      const one = path.cloneNode();  // a path may hold many lines that look the same
      one.setAttribute("d", line);
      return one;
    }));
  for (const svg of slide.querySelectorAll("figure svg")) {
    const { top, bottom } = svg.getBoundingClientRect();
    for (const e of svg.querySelectorAll("path, text, use")) {
      const box = e.getBoundingClientRect();
      const slack = e.tagName === "text" ? box.height / 4 : 1;  // letters do not fill their line
      for (const edge of [top, bottom])  // a line of the grid may go through
        if (box.width > 3 && box.top < edge - slack && box.bottom > edge + slack)
          faults.push(`cut through: ${about(e)} ${e.getAttribute("d") ?? ""}`);
    }
  }
  return faults;
}"""


@pytest.fixture(scope="module")
def made():
    """The folder with the slides of the built book."""
    if not shutil.which("npm"):
        pytest.skip("reveal.js comes from npm")
    slides.main()
    return slides.SLIDES


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_slide_can_be_read_from_the_last_row(made, browser, source):
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto((made / f"{source.stem}.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    faults = {}
    for _ in range(page.evaluate("Reveal.getTotalSlides()")):
        title = page.locator(".slides section.present section.present :is(h1, h2)").inner_text()
        faults[title] = page.evaluate(READABLE)
        page.evaluate("Reveal.next()")
    page.close()
    assert not {title: found for title, found in faults.items() if found}


def test_there_are_slides_for_six_sessions():
    assert len(SOURCES) == 6
