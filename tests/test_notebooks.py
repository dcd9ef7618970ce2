"""Every executed chapter as JupyterLab would show it: whole sentences, and nothing empty or raw."""

import re
from pathlib import Path

import nbformat
import pytest
from browsing import SITE
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter

BOOK = Path(__file__).parents[1] / "book"
EXECUTED = SITE / "_sources"
CHAPTERS = [BOOK / "intro.ipynb", *sorted((BOOK / "chapters").glob("*.ipynb"))]
# What only the book's own pages understand: a role, a directive, a label, an attribute.
RAW = re.compile(r"\{[\w:-]+\}`|(```|:::)\s*\{|^\(.+\)=$|\{#[\w-]+\}", re.MULTILINE)

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def executed(path):
    """Return a chapter with what its cells put out, without the exercises, which are pages only."""
    own = {cell.source for cell in nbformat.read(path, as_version=4).cells}
    notebook = nbformat.read(EXECUTED / path.relative_to(BOOK), as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.source in own]
    assert {cell.source for cell in notebook.cells} >= {s for s in own if "exercises -->" not in s}
    return notebook


@every_chapter
def test_no_output_is_empty(path):
    for cell in executed(path).cells:
        for output in cell.get("outputs", []):
            shown = output["text"] if output.output_type == "stream" else output["data"].values()
            assert "".join(shown).strip()
            # The sentence itself is what any notebook shows.
            if "page.say(" in cell.source:
                assert list(output["data"]) == ["text/markdown"]


@every_chapter
def test_no_sentence_has_a_hole_in_jupyter(path):
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(executed(path))
    texts = BeautifulSoup(page, "html.parser").select(".jp-RenderedMarkdown")
    assert len(texts) >= 3
    for text in texts:
        for code in text.find_all(["code", "pre"]):
            code.decompose()
        said = re.sub(r"\$[^$]+\$", "", text.get_text())  # formulas, which Jupyter typesets
        assert not RAW.search(said)
        assert "{" not in said  # nor the name of a value
