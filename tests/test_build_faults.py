"""Faults of chapters, data and pages end the build of a book, and each is named with its place."""

import subprocess
import sys
import tempfile
from pathlib import Path

import cells
import check_site
import execute
import nbformat
import pytest
from building import INTRO, build, site_bytes, write_notebook


def test_every_fault_of_every_chapter_is_named(project):
    before = site_bytes(project)
    chapters = project / "book" / "chapters"
    write_notebook(chapters / "one.ipynb", "x = 1", "first = 1\nx / 0")
    write_notebook(chapters / "two.ipynb", "import warnings\nwarnings.warn('mind the gap')")
    status, _, complaints = build(project)
    assert status == 1
    assert "one.ipynb, code cell 2:\n    first = 1\n    x / 0" in complaints
    assert "ZeroDivisionError: division by zero" in complaints
    assert "two.ipynb, code cell 1:" in complaints
    assert "mind the gap" in complaints
    assert complaints.endswith("The book was not built: 2 faults\n")
    assert site_bytes(project) == before


def test_a_fault_in_the_data_is_told_once(project):
    chapters = project / "book" / "chapters"
    for name in ["one.ipynb", "two.ipynb"]:
        write_notebook(chapters / name, "from helpers.load import load_study", "load_study()")
    (project / "data" / "facts.csv").unlink()
    status, _, complaints = build(project)
    assert status == 1
    assert complaints.count("No such file or directory") == 1
    for place in ["scorecard.json:", "one.ipynb, code cell 2:", "two.ipynb, code cell 2:"]:
        assert place in complaints


def test_a_fact_that_differs_is_a_fault(project):
    (project / "data" / "facts.csv").write_text("S.n,96,differs")
    status, said, complaints = build(project)
    assert status == 1
    assert "unchanged" not in said  # every chapter might show it
    assert "scorecard.json, S.n:\n  people: the paper prints 96, computed 95" in complaints


def test_a_cell_that_ends_its_process_is_a_fault(project, monkeypatch):
    write_notebook(project / "book" / "chapters" / "two.ipynb", "1", "import os; os._exit(1)")
    status, _, complaints = build(project)
    assert status == 1
    assert "two.ipynb, code cell 2:\n  it ended its process, with status 1\n" in complaints


def run(*sources):
    """Run cells as a chapter, and return what they put out."""
    code = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.writes(nbformat.v4.new_notebook(cells=code))
    with tempfile.TemporaryDirectory() as work:
        done = cells.run(notebook, Path.cwd(), execute.kernel_variables(Path(work)))
    return [cell.outputs for cell in nbformat.reads(done, as_version=4).cells]


def test_a_cell_that_never_ends_is_told_by_its_number(monkeypatch):
    soon = "import signal; signal.setitimer(signal.ITIMER_REAL, 0.1)"  # in place of ten minutes
    with pytest.raises(cells.CellsError, match="longer than") as stop:
        run("1", f"{soon}\nwhile True: pass", "2")
    assert stop.value.number == 2


def test_cells_put_out_what_they_do_in_jupyter(tmp_path):
    """The chapters run without Jupyter's own process for a kernel, and show the same."""
    sources = [
        "import sys, numpy as np; np.set_printoptions(legacy='1.25')",
        "print(1); print(2, file=sys.stderr); display(3); print(4); np.float64(13.5)",
        "shown = display('before', display_id='a')",
        "shown.update('after')",
        "from IPython.display import clear_output; print(5); clear_output(); print(6)",
        "import asyncio; await asyncio.sleep(0, 7)",
        "%matplotlib inline\nimport matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
        "__name__, sys.modules['__main__'].np is np",
        "!echo 8",
        "1 / 0",
        "9",
    ]
    code = [nbformat.v4.new_code_cell(source) for source in sources]
    path = tmp_path / "notebook.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=code), path)
    program = [
        Path(sys.executable).with_name("jupyter-execute"),
        path,
        "--inplace",
        "--allow-errors",
    ]
    setting = execute.kernel_variables(tmp_path)
    subprocess.run(program, env=setting, capture_output=True, check=True, timeout=300)
    theirs = [cell.outputs for cell in nbformat.read(path, as_version=4).cells]
    assert [len(outputs) for outputs in theirs[-2:]] == [1, 1]  # it goes on after a fault
    assert run(*sources) == [*theirs[:-1], []]


def test_a_sphinx_warning_is_a_fault_at_its_place(project):
    intro = project / "book" / "intro.md"
    intro.write_text(INTRO + "\nSee {doc}`chapters/three`.\n")
    for _ in range(2):  # Sphinx by itself would not warn again of a page that it has read
        status, _, complaints = build(project)
        assert status == 1
        assert "intro.md:8: WARNING: unknown document: 'chapters/three'" in complaints


def test_pictures_and_links_are_checked_on_the_pages(project):
    before = site_bytes(project)
    intro = project / "book" / "intro.md"
    intro.write_text(INTRO + '\n<a href="gone.html">x</a> <img src="index.html" alt="a/b.png">\n')
    status, _, complaints = build(project)
    assert status == 1
    assert "intro.html, line " in complaints
    assert "gone.html leads to no file" in complaints
    assert "img index.html has a file name for its alt text: a/b.png" in complaints
    assert site_bytes(project) == before


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<img src="x.png">', "img x.png has no alt text"),
        ('<img src="x.png" alt=" ">', "img x.png has an empty alt text"),
        ('<img src="x.png" alt="../x">', "file name for its alt text: ../x"),
        ('<img src="x.png" alt="x.png">', "file name for its alt text: x.png"),
        ('<img src="x.png" alt="" role="presentation">', ""),
        ('<img src="x.png" alt="" aria-hidden="true">', ""),
        ('<img src="x.png" alt="Opinions: 48 of 89 said it depends">', ""),
        ("<svg><path/></svg>", 'svg is neither role="img" nor aria-hidden'),
        ('<svg role="img"><path/></svg>', "svg has neither an aria-label nor a title"),
        ('<svg role="img" aria-label="a/b.svg"></svg>', "svg has a file name for its label"),
        ('<svg role="img" aria-label="A flow of people"></svg>', ""),
        ('<svg role="img"><title>A flow of people</title></svg>', ""),
        ('<svg role="img"><title></title><path/></svg>', "svg has neither"),
        ('<svg aria-hidden="true"></svg>', ""),
        ('<a href="#here">x</a>', ""),
        ('<a href="#there">x</a>', "#there leads to no place"),
        ('<a href="sub/other.html#t%C3%BCr">x</a>', ""),
        ('<a href="sub/other.html#gone">x</a>', "sub/other.html#gone leads to no place"),
        ('<a href="sub/">x</a>', "sub/ leads to no file"),
        ('<a href="/page.html">x</a>', "/page.html begins at the server's root"),
        ('<a href="https://example.org/gone">x</a>', ""),
        ('<a href="mailto:a@example.org">x</a>', ""),
        ('<a href="../secret.txt">x</a>', "../secret.txt leads out of the site"),
        ('<a href="http://[x">x</a>', "http://[x is no address"),
        ('<script src="gone.js?v=1"></script>', "gone.js?v=1 leads to no file"),
        ('<img src="x.png" srcset="x.png 1x, x2.png 2x" alt="Two dots">', "x2.png leads to no"),
    ],
)
def test_what_counts_as_a_fault_of_a_page(tmp_path, html, fault):
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").touch()
    (site / "x.png").touch()
    (site / "sub" / "other.html").write_text('<h2 id="tür">x</h2>')
    (site / "page.html").write_text(f'<title>Page</title>\n<h1 id="here">x</h1>\n{html}\n')
    found = list(check_site.faults(site))
    assert len(found) == bool(fault)
    if fault:
        assert found[0][0] == "page.html, line 3 (after #here)"
        assert fault in found[0][1]
