"""Make the slides of the six sessions from the built chapters: `book/_build/slides`.

A source in `book/slides` is Markdown with slides between lines `---`. In it

- `{{ CHAPTER#ID }}` on a line of its own is the figure of that id or class in a built chapter,
- `{{ CHAPTER#table: WORDS }}` the table whose caption begins with these words,
- `| rows 1-4`, `| columns 1 3`, `| from 0 to 45 and 90 to 100` behind one of these keep rows and
  columns, counted from 1, or parts of a figure between heights, in per cent from its top, where the
  nearest place counts at which nothing is cut,
- `{{ CHAPTER: CODE }}` a number from one of the chapter's sentences, named by the code that stands
  in braces there, such as `holm[0]:.3f`,

so slides never disagree with the book. What follows a line `Notes:` is for the speaker. Titles take
the place of captions. On a slide of 1280 by 720 no text is smaller than 24 px. Jupyter's own slides
(nbconvert) use reveal.js, which npm fetches once; the slides need no network.
"""

import ast
import base64
import copy
import functools
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import contracts
from bs4 import BeautifulSoup, Tag
from execute import ROOT

if TYPE_CHECKING:
    from nbformat import NotebookNode

BOOK = ROOT / "book"
SLIDES = BOOK / "_build" / "slides"
REVEAL = "reveal.js@5.2.1"
REVEAL_SHA512 = (
    "r7//6mIM5p34hFiDMvYfXgyjXqGRta+/psd9YtytsgRlrpRzFv4RbH76TXd2qD+7ZPZEbpBDhdRhJaFgfQ7zNQ=="
)
PARTS = ["dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE"]
PIECE = re.compile(r"^\{\{ *(\w+)#([^|}]+?) *((?:\|[^|}]+)*)\}\}$", re.MULTILINE)
ROOM = 1216, 600
"""How many pixels of a slide a figure may have."""
LEAST = 24.1
"""How many pixels its text must have."""
NUMBER = re.compile(r"\{\{ *(\w+): *(.+?) *\}\}")


class SlideError(Exception):
    """A source names something that no chapter has."""


def main() -> None:
    """Write the slides of every session."""
    try:
        fetch_reveal(SLIDES / "reveal.js")
        shutil.copy(BOOK / "_static" / "book.css", SLIDES)
        theme = SLIDES / "reveal.js" / "dist" / "theme"
        theme.mkdir(exist_ok=True)
        shutil.copy(Path(__file__).parent / "slides.css", theme / "book.css")
        for source in sorted((BOOK / "slides").glob("*.md")):
            page = SLIDES / f"{source.stem}.html"
            page.write_text(slides(source), encoding="utf-8")
            print(page.relative_to(ROOT))
    except (SlideError, OSError) as error:
        sys.exit(f"The slides were not made: {error}")


def fetch_reveal(place: Path) -> None:
    """Get what is needed of reveal.js from npm, if it is not there yet."""
    if (place / PARTS[-1]).exists():
        return
    if not shutil.which("npm"):
        raise SlideError("npm is not installed, and reveal.js comes from there")
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, REVEAL]
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            raise SlideError(f"npm could not get {REVEAL}")
        [archive] = Path(folder).iterdir()
        digest = hashlib.sha512(archive.read_bytes()).digest()
        if base64.b64encode(digest).decode() != REVEAL_SHA512:
            raise SlideError(f"{REVEAL} is not what it was when this was written")
        with tarfile.open(archive) as packed:
            for part in PARTS:
                (place / part).parent.mkdir(parents=True, exist_ok=True)
                (place / part).write_bytes(packed.extractfile(f"package/{part}").read())


@functools.cache
def cells(chapter: str) -> list[dict]:
    """Return the code cells of a built chapter."""
    path = BOOK / "_build" / "html" / "_sources" / "chapters" / f"{chapter}.ipynb"
    if not path.exists():
        raise SlideError(f"there is no built chapter {chapter}: make book")
    every = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in every if cell["cell_type"] == "code"]


def shown(cell: dict, kind: str) -> str:
    """Return what a cell put out of one kind."""
    return "".join("".join(output.get("data", {}).get(kind, "")) for output in cell["outputs"])


@functools.cache
def pieces(chapter: str) -> BeautifulSoup:
    """Return the figures and tables of a built chapter."""
    html = "".join(shown(cell, "text/html") for cell in cells(chapter))
    return BeautifulSoup(html, "html.parser")


def piece(chapter: str, name: str, cut: str) -> Tag:
    """Return a figure or table of a chapter, whole or cut as a source asks, without its caption."""
    if name.startswith("table:"):
        start = name.removeprefix("table:").strip()
        captions = [c for c in pieces(chapter)("caption") if c.get_text().startswith(start)]
        found = captions[0].find_parent(class_=contracts.TABLE_BOX) if captions else None
    else:
        found = pieces(chapter).select_one(f"#{name}, figure.{name}")
    if found is None:
        raise SlideError(f"chapter {chapter} has no {name}")
    found = copy.copy(found)
    for left_out in found.select("caption, figcaption, svg.narrow"):
        left_out.decompose()
    parts = [(0, 100)]
    for part in filter(None, (part.strip() for part in cut.split("|"))):
        if part.startswith("from"):
            parts = re.findall(r"(\d+) to (\d+)", part)
        elif part.startswith("rows"):
            keep(found.tbody("tr"), part)
        elif part.startswith("columns"):
            for row in found("tr"):
                keep(row(["th", "td"]), part)
        else:
            raise SlideError(f"no way to cut is called {part}")
    for figure in found("svg"):
        enlarge(figure, [(float(top), float(bottom)) for top, bottom in parts])
    return found


def keep(elements: list[Tag], which: str) -> None:
    """Take out all elements but those that a text such as `rows 1-3 5` names, counted from 1."""
    spans = re.findall(r"(\d+)(?:-(\d+))?", which)
    kept = {n for first, last in spans for n in range(int(first), int(last or first) + 1)}
    if min(kept) > len(elements):
        raise SlideError(f"{which}: there are only {len(elements)}")
    for number, element in enumerate(elements, start=1):
        if number not in kept:
            element.decompose()


def enlarge(figure: Tag, parts: Sequence[tuple[float, float]] = ((0, 100),)) -> None:
    """Show parts of a figure, between heights in per cent, as large as fits, with text to match."""
    _, _, width, height = map(float, figure["viewbox"].split())
    parts = [[uncut(figure, share / 100 * height) for share in part] for part in parts]
    scale = min(ROOM[0] / width, ROOM[1] / sum(bottom - top for top, bottom in parts))
    for top, bottom in parts:
        part = copy.copy(figure)
        part["viewbox"] = f"0 {top:.1f} {width:g} {bottom - top:.1f}"
        part["style"] += f"; width: {scale * width:.1f}px; height: {scale * (bottom - top):.1f}px"
        for text in part("text"):
            if top <= height_of(text) <= bottom:
                size = f"font-size: {max(size_of(text), LEAST / scale):.2f}px"
                style = re.sub(r"font-size: [\d.]+px;? *", "", text.get("style", ""))
                text["style"] = f"{style}; {size}"
            else:
                text.decompose()
        figure.insert_before(part)
    figure.decompose()


def uncut(figure: Tag, height: float) -> float:
    """Return the height nearest to one at which nothing is drawn in a figure."""
    end = 0.0
    places = [0.0]
    for top, bottom in sorted(heights(figure)):
        if top > end:
            places.append((end + top) / 2)
        end = max(end, bottom)
    places.append(float(figure["viewbox"].split()[3]))
    return min(places, key=lambda place: abs(place - height))


def heights(figure: Tag) -> Iterator[tuple[float, float]]:
    """Yield from where to where shapes and texts reach down a figure."""
    for text in figure("text"):
        yield height_of(text) - size_of(text), height_of(text) + size_of(text) / 3
    for marker in figure("use"):
        yield float(marker["y"]) - 4, float(marker["y"]) + 4
    paths = "".join(path["d"] for path in figure.select("path:not(defs path)"))
    for line in paths.split("M")[1:]:  # one path may hold many lines that look the same
        xs, ys = zip(*re.findall(r"(-?[\d.]+) (-?[\d.]+)", line), strict=True)
        if len({*xs, *re.findall(r"H(-?[\d.]+)", line)}) > 1:  # else a line across everything
            reached = [float(y) for y in [*ys, *re.findall(r"V(-?[\d.]+)", line)]]
            yield min(reached), max(reached)


def size_of(text: Tag) -> float:
    """Return the size of a text in a figure: its own, or else its group's or the whole's."""
    style = "; ".join(tag.get("style", "") for tag in [text, *text.find_parents()])
    return float(re.search(r"font-size: ([\d.]+)px", style)[1])


def height_of(text: Tag) -> float:
    """Return how far down in its figure a text stands: its y, moved as it and its group are."""
    shift = re.compile(r"translate\(\S+ (-?[\d.]+)\)")
    moved = [shift.search(tag.get("transform", "")) for tag in (text, text.parent)]
    return float(text.get("y", 0)) + sum(float(move[1]) for move in moved if move)


def number(chapter: str, code: str) -> str:
    """Return what a chapter's sentence says in the place of some code."""
    numbers = said(chapter)
    if (code := _field(f"{{{code}}}")) not in numbers:
        raise SlideError(f"no sentence of chapter {chapter} has {code}")
    return numbers[code]


@functools.cache
def said(chapter: str) -> dict[str, str]:
    """Return what stands in a chapter's sentences in the place of each piece of code."""
    numbers = {}
    for cell in cells(chapter):
        text = shown(cell, "text/markdown")
        for call in ast.walk(ast.parse("".join(cell["source"]))) if text else ():
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "say":
                parts = getattr(call.args[0], "values", None)
                if parts is None:  # not an f-string: no number in it can be found again
                    continue
                codes = [ast.unparse(ast.JoinedStr([p])) for p in parts if not _is_text(p)]
                # Between the pieces of text that stay stands what was computed.
                pattern = "".join(_fixed(p.value) if _is_text(p) else "(.*?)" for p in parts)
                found = re.fullmatch(rf"\s*{pattern}\s*", f"\n{text}\n", re.DOTALL)
                numbers |= dict(zip(codes, found.groups(), strict=True))
    return numbers


def _is_text(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant)


def _fixed(text: str) -> str:
    """Return a pattern of a text in which hyphens may have become minus signs."""
    return re.escape(text).replace(r"\-", "[-\N{MINUS SIGN}]")


def _field(code: str) -> str:
    """Return code with its braces and format as Python would write it."""
    return ast.unparse(ast.parse(f'f"""{code}"""', mode="eval"))


def notebook(text: str) -> "NotebookNode":
    """Return the notebook of a session: cells for each slide, and for its notes."""
    from nbformat.v4 import new_markdown_cell, new_notebook

    def cell(source: str, kind: str) -> "NotebookNode":
        return new_markdown_cell(source, metadata={"slideshow": {"slide_type": kind}})

    text = NUMBER.sub(lambda found: number(*found.groups()), text)
    cells = []
    for slide in re.split(r"^---$", text, flags=re.MULTILINE):
        shown, _, notes = slide.partition("\nNotes:\n")
        shown = PIECE.sub(lambda found: str(piece(*found.groups())), shown.strip())
        cells.append(cell(shown, "slide"))
        if notes.strip():
            cells.append(cell(notes.strip(), "notes"))
    title = re.search(r"^# (.*)", text)[1]
    return new_notebook(cells=cells, metadata={"title": title})


def slides(source: Path) -> str:
    """Return the page with the slides of a session."""
    from nbconvert import SlidesExporter

    exporter = SlidesExporter(
        template_name="slides_template",
        extra_template_basedirs=[str(Path(__file__).parent)],
        reveal_url_prefix="reveal.js",
        reveal_theme="book",
    )
    try:
        page, _ = exporter.from_notebook_node(notebook(source.read_text(encoding="utf-8")))
    except SlideError as error:
        raise SlideError(f"{source.name}: {error}") from None
    return page


if __name__ == "__main__":
    main()
