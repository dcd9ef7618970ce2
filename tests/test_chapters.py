"""What every chapter keeps to, read from the notebooks as they are committed."""

import ast
import asyncio
import csv
import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
CHAPTERS = [BOOK / "intro.ipynb", *sorted((BOOK / "chapters").glob("*.ipynb"))]
OWN = sorted((BOOK / "own").glob("*.ipynb"))
NUMBERED = [path for path in CHAPTERS if path.stem[:2].isdigit()]
FACTS = ROOT / "data" / "published" / "facts.csv"

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
every_numbered_chapter = pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)


def cells(path, kind):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def headings(path):
    lines = "\n".join(cells(path, "markdown")).splitlines()
    return [line for line in lines if line.startswith("#")]


def pages(entry):
    """Give every page below an entry of the table of contents."""
    yield from (entry[key] for key in ("root", "file") if key in entry)
    for key in ("parts", "chapters", "sections"):
        for below in entry.get(key, []):
            yield from pages(below)


def test_every_chapter_is_in_the_table_of_contents():
    toc = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
    listed = list(pages(toc))
    assert len(listed) == len(set(listed))
    notebooks = {path.relative_to(BOOK).with_suffix("").as_posix() for path in CHAPTERS}
    assert notebooks <= set(listed)
    assert all((BOOK / f"{page}.md").exists() for page in set(listed) - notebooks)
    numbers = [int(path.stem[:2]) for path in NUMBERED]
    assert numbers == list(range(1, len(numbers) + 1))


@every_chapter
def test_nothing_that_was_put_out_is_stored(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"


@every_chapter
def test_chapters_tell_and_helpers_compute(path):
    for source in cells(path, "code"):
        nodes = list(ast.walk(ast.parse(source)))
        assert not [n for n in nodes if isinstance(n, ast.ClassDef)]
        functions = [n for n in nodes if isinstance(n, ast.FunctionDef)]
        assert all(n.end_lineno - n.lineno < 20 for n in functions)
        taken = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
        assert not taken & {"read_csv", "read_json", "read_text", "to_csv"}
        private = {name for name in taken if name.startswith("_") and not name.startswith("__")}
        assert not private


@every_chapter
def test_folded_code_is_folded_in_jupyter_too(path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        is_hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert is_hidden == ("hide-input" in tags)
        assert set(tags) <= {"hide-input", "found", "in-context"}  # folded, never removed
        assert cell.cell_type == "code" or not tags


@every_numbered_chapter
def test_what_was_found_is_tagged_folded_and_computed(path):
    notebook = nbformat.read(path, as_version=4)
    found = [cell for cell in notebook.cells if "found" in cell.metadata.get("tags", [])]
    assert found == [cell for cell in notebook.cells if "**Found here.** " in cell.source]
    for cell in found:
        assert "hide-input" in cell.metadata.tags
        assert re.search(r'page\.say\(f"""\n\*\*Found here\.\*\* [^"]*\{', cell.source)


@every_chapter
def test_sentences_need_nothing_but_markdown(path):
    """No roles, directives, labels or lists of definitions, which Jupyter shows as they stand."""
    texts = cells(path, "markdown")
    for source in cells(path, "code"):
        calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
        says = [call for call in calls if getattr(call.func, "attr", "") == "say"]
        texts += [ast.unparse(call.args[0]).replace("\\n", "\n") for call in says]
    for text in texts:
        assert not re.search(
            r"\{[\w:-]+\}`|^ *(?:`{3,}|:{3,})\s*\{|^: |^\(.+\)=$", text, re.MULTILINE
        )


@pytest.mark.parametrize("path", [*CHAPTERS, *OWN], ids=lambda path: path.stem)
def test_cells_are_short_enough_to_see_whole(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert cell.source
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 25


@every_chapter
def test_a_chapter_has_one_title_and_begins_with_it(path):
    titles = [line for line in headings(path) if line.startswith("# ")]
    assert titles == headings(path)[:1]
    assert cells(path, "markdown")[0].startswith("# ")


@every_numbered_chapter
def test_a_chapter_ends_with_what_it_does_not_show(path):
    ends = ["## Checked against the paper", "## Exercises"]
    ends += ["## What to take away", "## What this does not show"]
    assert [line for line in headings(path) if line.startswith("## ")][-4:] == ends


@every_numbered_chapter
def test_a_chapter_says_what_it_needs_and_what_to_take_away(path):
    texts = cells(path, "markdown")
    assert texts[1].startswith("**You need** ")
    assert "**After this chapter** you can " in " ".join(texts[1].split())
    [taken] = [text for text in texts if text.startswith("## What to take away\n")]
    assert len(re.findall(r"[.!?](?= |$)", " ".join(taken.split()))) == 3


def test_each_chapter_shows_the_facts_that_concern_it():
    with FACTS.open(encoding="utf-8", newline="") as file:
        concerned = {row["chapter"] for row in csv.DictReader(file)}
    assert concerned <= {path.stem for path in NUMBERED}
    for path in NUMBERED:
        shown = f"chapter == '{path.stem}'" in "\n".join(cells(path, "code"))
        assert shown == (path.stem in concerned)


@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_a_chapter_runs_from_another_folder(tmp_path):
    notebook = nbformat.read(BOOK / "chapters" / "01_study.ipynb", as_version=4)
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=120, resources={"metadata": {"path": tmp_path}}
    )
    asyncio.run(client.async_execute())
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    assert {out.output_type for out in outputs} <= {"display_data", "execute_result"}
    assert list(tmp_path.iterdir()) == []
