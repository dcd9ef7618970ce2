"""What `make book` promises, tried on a book of two pages: strictness, reuse, and staying whole."""

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cells
import check_site
import execute
import nbformat
import pytest
from filelock import FileLock

PROGRAM = Path(__file__).parents[1] / "tools" / "build.py"
CONFIG = Path(__file__).parents[1] / "book" / "_config.yml"
STUDY = """
import os
from types import SimpleNamespace
from pathlib import Path

PEOPLE = 95

class StudyError(ValueError):
    pass

def load_study():
    return SimpleNamespace(facts=Path(os.environ["STUDY_DATA"], "facts.csv").read_text())
"""
SCORECARD = """
import pandas as pd

def compute(study):
    return {}

def compare(facts, computed):
    fact_id, printed, verdict = facts.split(",")
    return pd.DataFrame({"fact_id": [fact_id], "label": ["people"], "printed": [printed],
                         "computed": ["95"], "verdict": [verdict], "note": [""]})
"""
INTRO = "# Intro\n\nSee {doc}`chapters/one` and {cite}`key`.\n\n```{bibliography}\n```\n"


def write_notebook(path, *cells):
    """Write a notebook: a title, then code cells."""
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {path.stem}"}
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    numbered = [code | {"id": f"code-{i}", "source": cell} for i, cell in enumerate(cells)]
    notebook = {"cells": [title, *numbered], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


def write_project(root):
    """Write a small book with two chapters, its data and its helpers."""
    chapters = root / "book" / "chapters"
    helpers = root / "src" / "helpers"
    for folder in [chapters, helpers / "load", root / "data"]:
        folder.mkdir(parents=True)
    shutil.copy(CONFIG, root / "book")
    for folder in ["_ext", "_theme"]:
        shutil.copytree(CONFIG.parent / folder, root / "book" / folder)
    (root / "tools").symlink_to(PROGRAM.parent)
    (root / "book" / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n- file: chapters/one\n- file: chapters/two\n"
    )
    (root / "book" / "intro.md").write_text(INTRO)
    (root / "book" / "references.bib").write_text("@misc{key, title={Title}, author={A. Name}}")
    write_notebook(chapters / "one.ipynb", "from helpers.load.study import PEOPLE", "PEOPLE + 1")
    write_notebook(chapters / "two.ipynb", "print(6 * 7)")
    (root / "data" / "facts.csv").write_text("S.n,95,match")
    (root / "data" / "datapackage.json").write_text('{"resources": [{"path": "facts.csv"}]}')
    (helpers / "__init__.py").write_text("")
    (helpers / "load" / "__init__.py").write_text(
        "from helpers.load.study import StudyError, load_study"
    )
    (helpers / "load" / "study.py").write_text(STUDY)
    (helpers / "scorecard.py").write_text(SCORECARD)


def start(root, before="", **settings):
    """Start a build of the project in a folder, after a shell command."""
    own = {"PYTHONPATH": str(root / "src"), "STUDY_DATA": str(root / "data")}
    return subprocess.Popen(
        ["sh", "-c", f'{before}\nexec "$@"', "sh", sys.executable, PROGRAM, root / "book"],
        cwd=root,
        env=os.environ | own | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def build(root, **settings):
    """Build the project and return the exit status, what it said, and its complaints."""
    process = start(root, **settings)
    said, complaints = process.communicate(timeout=120)
    return process.returncode, said, complaints


def site_bytes(root):
    """Return a digest of every file of the built site, by path."""
    site = root / "book" / "_build" / "html"
    return {
        path.relative_to(site): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


def page(root, name):
    return (root / "book" / "_build" / "html" / name).read_text()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A project whose book was built."""
    root = tmp_path_factory.mktemp("built") / "project"
    write_project(root)
    status, said, complaints = build(root)
    assert (status, complaints) == (0, "")
    assert said.endswith("open book/_build/html/index.html\n")
    return root


@pytest.fixture
def project(built, tmp_path):
    """A copy of it for a test to break."""
    return shutil.copytree(built, tmp_path / "project", symlinks=True)


def test_pages_and_scorecard_are_built_and_nothing_is_done_twice(built):
    before = site_bytes(built)
    assert "96" in page(built, "chapters/one.html")
    [row] = json.loads(page(built, "scorecard.json"))
    assert (row["fact_id"], row["verdict"]) == ("S.n", "match")
    status, said, _ = build(built)
    assert status == 0
    assert said.startswith("Nothing changed")
    assert site_bytes(built) == before


def test_no_page_asks_another_host(built):
    pages = (built / "book" / "_build" / "html").rglob("*.html")
    assert not [path for path in pages if 'src="http' in path.read_text()]


def test_the_same_bytes_in_another_folder_with_other_settings(built, tmp_path):
    other = tmp_path / "some" / "where"
    write_project(other)
    setting = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"}
    assert build(other, **setting)[0] == 0
    assert site_bytes(other) == site_bytes(built)


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
    done = cells.run(notebook, Path.cwd(), execute.kernel_variables(Path.cwd()))
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


def is_running(process):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(process, 0)
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    return False


def wait_until(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("waited for a minute")


STARTS_ANOTHER = """
import os, subprocess
child = subprocess.Popen(["sleep", "600"])
open({!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
"""


def test_what_a_chapter_started_ends_with_it(project):
    started = project / "started"
    write_notebook(project / "book" / "chapters" / "two.ipynb", STARTS_ANOTHER.format(str(started)))
    assert build(project)[0] == 0
    for process in map(int, started.read_text().split()):
        wait_until(lambda process=process: not is_running(process))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_chapters_and_what_they_started_end_with_the_build(project, how):
    started = project / "started"
    cell = STARTS_ANOTHER.format(str(started)) + "child.wait()"
    write_notebook(project / "book" / "chapters" / "two.ipynb", cell)
    process = start(project)
    wait_until(lambda: started.exists() and len(started.read_text().split()) == 2)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode != 0
    for other in map(int, started.read_text().split()):
        wait_until(lambda other=other: not is_running(other))


def test_a_sphinx_warning_is_a_fault_at_its_place(project):
    intro = project / "book" / "intro.md"
    intro.write_text(INTRO + "\nSee {doc}`chapters/three`.\n")
    for _ in range(2):  # Sphinx by itself would not warn again of a page that it has read
        status, _, complaints = build(project)
        assert status == 1
        assert "intro.md:8: WARNING: unknown document: 'chapters/three'" in complaints


def test_an_address_without_a_slash_at_its_end_is_the_same_everywhere(project):
    config = project / "book" / "_config.yml"
    address = "https://example.org/book"
    config.write_text(config.read_text().replace('baseurl: ""', f"baseurl: {address}"))
    assert build(project)[0] == 0
    assert f"<loc>{address}/chapters/one.html</loc>" in page(project, "sitemap.xml")
    assert f'<base href="{address}/">' in page(project, "404.html")
    canonical = f'<link rel="canonical" href="{address}/chapters/one.html">'
    assert canonical in page(project, "chapters/one.html")


def test_a_page_may_cite_before_its_title_and_have_signs_in_it(project):
    book = project / "book"
    (book / "intro.md").write_text("Before, as {cite}`key` says.\n\n# R & D <*p*>\n")
    (book / "references.md").write_text("# References\n\n```{bibliography}\n```\n")
    (book / "_toc.yml").write_text((book / "_toc.yml").read_text() + "- file: references\n")
    assert build(project)[::2] == (0, "")
    before = page(project, "intro.html").partition("<h1>")[0]
    assert '<div class="source" role="note"><small>[Nam] A. Name. Title.</small>' in before
    data = re.search(r"ld\+json\">(.*?)</script>", page(project, "intro.html"))
    assert json.loads(data[1])["name"] == "R & D <p>"


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
        ('<svg role="group" aria-label="Words"><a href="#here">x</a></svg>', ""),
        ('<svg role="group"><a href="#here">x</a></svg>', "svg has neither"),
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


@pytest.mark.parametrize("content", [b"", b"outputs" * 99, b"\n\n"])
def test_what_is_kept_comes_back(tmp_path, content):
    entry = tmp_path / "entry.gz"
    execute.store(entry, "key", content)
    assert execute.stored(entry, "key") == content
    assert [path.name for path in tmp_path.iterdir()] == ["entry.gz"]
    assert execute.stored(entry, "another key") is None
    assert execute.stored(tmp_path / "none.gz", "key") is None


@pytest.mark.parametrize("damage", ["empty", "other", "cut", "whole but changed"])
def test_a_damaged_result_in_store_counts_as_none(tmp_path, damage):
    entry = tmp_path / "entry.gz"
    execute.store(entry, "key", b"outputs" * 99)
    kept = entry.read_bytes()
    damaged = {
        "empty": b"",
        "other": b"nonsense",
        "cut": kept[:-9],
        "whole but changed": gzip.compress(gzip.decompress(kept).replace(b"puts", b"stup", 1)),
    }
    entry.write_bytes(damaged[damage])
    assert execute.stored(entry, "key") is None


@pytest.mark.parametrize(
    "damage", [b"", b"{}", gzip.compress(b"key hash\n[1", mtime=0), b"\0" * 99]
)
def test_a_damaged_record_of_the_last_build_counts_as_none(project, damage):
    before = site_bytes(project)
    record = project / "book" / "_build" / "last_build.gz"
    record.write_bytes(damage)
    status, _, complaints = build(project)
    assert (status, complaints) == (0, "")
    assert site_bytes(project) == before
    assert build(project)[1].startswith("Nothing changed")


def test_what_was_damaged_or_lost_is_made_again(project):
    before = site_bytes(project)
    entries = sorted((project / "book" / "_build" / "executed").iterdir())
    entries[0].write_bytes(entries[1].read_bytes())  # another's
    for entry in entries[1:]:
        entry.write_bytes(entry.read_bytes()[:-1])
    (project / "book" / "_build" / "html" / "intro.html").unlink()
    status, said, _ = build(project)
    assert status == 0
    assert "unchanged" not in said
    assert site_bytes(project) == before


def test_a_changed_helper_reaches_every_page(project):
    (project / "src" / "helpers" / "load" / "study.py").write_text(STUDY.replace("95", "195"))
    status, said, _ = build(project)
    assert status == 0
    assert "unchanged" not in said
    assert "196" in page(project, "chapters/one.html")


@pytest.mark.parametrize("settings", [[], ["--all"]], ids=["", "all"])
def test_jupyter_book_by_itself_makes_the_same_pages(project, settings):
    before = site_bytes(project)
    shutil.rmtree(project / "book" / "_build")
    own = {"PYTHONPATH": str(project / "src"), "STUDY_DATA": str(project / "data")}
    program = Path(sys.executable).with_name("jupyter-book")
    for _ in range(2):
        subprocess.run(
            [program, "build", "book", *settings],
            cwd=project,
            env=os.environ | own,
            capture_output=True,
            check=True,
            timeout=300,
        )
        assert site_bytes(project) == before


def test_jupyter_book_by_itself_shows_what_became_of_a_changed_helper(project):
    own = {"PYTHONPATH": str(project / "src"), "STUDY_DATA": str(project / "data")}
    program = Path(sys.executable).with_name("jupyter-book")

    def jupyter_book():
        command = [program, "build", "book"]
        setting = os.environ | own
        return subprocess.run(command, cwd=project, env=setting, capture_output=True, text=True)

    assert jupyter_book().returncode == 0
    (project / "src" / "helpers" / "load" / "study.py").write_text(STUDY.replace("95", "195"))
    assert jupyter_book().returncode == 0
    assert "196" in page(project, "chapters/one.html")
    write_notebook(project / "book" / "chapters" / "one.ipynb", "x / 0")
    done = jupyter_book()
    assert done.returncode != 0
    assert "one.ipynb, code cell 1:" in done.stderr
    assert "NameError: name 'x' is not defined" in done.stderr


def test_two_builds_at_once_do_not_meet(project):
    work = project / "book" / "_build"
    with FileLock(work / "lock"):
        (work / "builder").write_text("4242")
        status, said, complaints = build(project)
    assert (status, said) == (1, "")
    assert complaints == "Process 4242 is building this book; wait for it to end\n"
    assert build(project)[0] == 0  # the file itself is no obstacle


def test_a_killed_build_leaves_the_old_site_and_the_next_does_only_what_is_left(project):
    before = site_bytes(project)
    chapter = project / "book" / "chapters" / "two.ipynb"
    started = project / "started"
    write_notebook(chapter, f"import time; open({str(started)!r}, 'w').close(); time.sleep(60)")
    process = start(project)
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode < 0
    assert site_bytes(project) == before
    write_notebook(chapter, "print(6 * 8)")
    status, said, _ = build(project)
    assert status == 0
    assert said.count("unchanged") == 2
    assert "48" in page(project, "chapters/two.html")


def test_a_build_killed_while_it_made_pages_is_begun_again(project):
    before = site_bytes(project)
    intro = project / "book" / "intro.md"
    intro.write_text(INTRO.replace("Intro", "Foreword"))
    process = start(project)
    while not (project / "book" / "_build" / "sphinx" / "_build" / "html").exists():
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode < 0
    assert site_bytes(project) == before
    assert build(project)[0] == 0
    assert "<h1>Foreword" in page(project, "intro.html")


def test_a_build_killed_in_the_swap_is_healed(project):
    before = site_bytes(project)
    site = project / "book" / "_build" / "html"
    site.rename(site.with_name("html.old"))
    status, said, _ = build(project)
    assert (status, said.split()[0]) == (0, "Nothing")
    assert site_bytes(project) == before


def test_where_nothing_can_be_written_one_line_says_so(tmp_path):
    write_project(tmp_path)
    (tmp_path / "book" / "_build").write_text("in the way")
    status, _, complaints = build(tmp_path)
    assert status == 1
    assert complaints == f"The book was not built: File exists: {tmp_path}/book/_build\n"


def test_a_full_disk_leaves_the_old_site_and_one_line_says_so(project):
    before = site_bytes(project)
    (project / "book" / "intro.md").write_text(INTRO + "\nMore.\n")

    # No file may grow beyond a few KB, which fails as a full disk does.
    status, _, complaints = build(project, before="ulimit -f 16")
    assert status == 1
    assert complaints.startswith("The book was not built: File too large")
    assert complaints.count("\n") == 1
    assert site_bytes(project) == before
