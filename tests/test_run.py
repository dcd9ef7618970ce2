"""Where the book runs: any folder, any browser, a server; and that one commit gives one book."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import requires
from pathlib import Path
from threading import Thread

import build
import colophon
import execute
import lite
import nbformat
import pytest
import reproduce
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers import study

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
CHAPTER = BOOK / "chapters" / "01_study.ipynb"
CHROMIUM = shutil.which("chromium")
without_study_data = {k: v for k, v in os.environ.items() if k != "STUDY_DATA"}


# --- In any folder ---


def test_the_data_are_found_from_any_folder(tmp_path):
    program = (
        "from helpers.load.study import data_folder; print(data_folder() / 'datapackage.json')"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=without_study_data,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()).samefile(ROOT / "data" / "datapackage.json")


def test_other_data_are_taken_from_where_study_data_says(tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("STUDY_DATA", str(tiny))
    monkeypatch.chdir(tmp_path)
    assert len(study.load_study().participants) == 4


@pytest.mark.parametrize("place", [ROOT, CHAPTER.parent, Path("/")], ids=["root", "own", "other"])
def test_a_chapter_runs_by_itself_from_any_folder(place, tmp_path):
    """`jupyter execute` runs it in the notebook's folder; a copy has no project about it."""
    path = shutil.copy(CHAPTER, tmp_path) if place == Path("/") else CHAPTER.relative_to(place)
    done = tmp_path / "done.ipynb"
    subprocess.run(
        [Path(sys.executable).with_name("jupyter-execute"), path, "--output", done],
        cwd=place,
        env=without_study_data,
        capture_output=True,
        check=True,
        timeout=300,
    )
    code = [cell for cell in nbformat.read(done, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert any(cell.outputs for cell in code)


def test_import_is_lean():
    """Against starting Python at all, which a busy machine slows down as much."""

    def seconds(program):
        times = []
        for _ in range(5):
            start = os.times()
            subprocess.run([sys.executable, "-c", program], check=True)
            end = os.times()
            times.append(end.children_user + end.children_system)
            times[-1] -= start.children_user + start.children_system
        return min(times)

    assert seconds("import helpers") - seconds("pass") < 0.15


# --- One commit, one book ---


def test_two_folders_are_compared_file_by_file(tmp_path):
    for name, page in {"one": b"<p>1</p>", "other": b"<p>2</p>"}.items():
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "same.css").write_bytes(b"p {}")
        (tmp_path / name / "page.html").write_bytes(page)
    (tmp_path / "one" / "only.js").touch()
    (tmp_path / "other" / "empty").mkdir()
    assert list(reproduce.differences(tmp_path / "one", tmp_path / "other")) == [
        "empty: in one of the builds only",
        "only.js: in one of the builds only",
        "page.html: differs from byte 3 on",
    ]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of one commit in the place of the project's own."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "requirements.txt").write_text("packages")
    who = {f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME",)}
    who |= {f"GIT_{role}_EMAIL": "x@example.org" for role in ("AUTHOR", "COMMITTER")}
    who |= {f"GIT_{role}_DATE": "1700000000 +0000" for role in ("AUTHOR", "COMMITTER")}
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"]):
        subprocess.run(["git", *arguments], cwd=root, env=os.environ | who, check=True)
    monkeypatch.setattr(colophon, "ROOT", root)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    return root


def test_the_colophon_names_the_commit_and_the_data(repository, tiny, monkeypatch):
    monkeypatch.setenv("STUDY_DATA", str(tiny))
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    )
    page = colophon.fill("# Title\n\n<!-- colophon -->\n\nEnd")
    assert page.startswith("# Title\n\nCommit of 2023-11-14")
    assert page.endswith("\n\nEnd")
    assert f"\n{head.stdout.strip()}\n" in page
    assert hashlib.sha256(b"packages").hexdigest() in page
    omi = hashlib.sha256((tiny / "study" / "omi.csv").read_bytes()).hexdigest()
    assert f"\n{omi}  data/study/omi.csv\n" in page
    assert f"| Python | {sys.version.split()[0]} |" in page


def test_the_colophon_says_that_files_were_changed(repository):
    (repository / "requirements.txt").write_text("other packages")
    assert re.fullmatch("[0-9a-f]{40}-dirty", colophon.commit())


def test_the_colophon_takes_the_date_that_is_given(repository, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert colophon.date() == "2001-09-09"


def test_the_colophon_works_without_a_repository(repository, monkeypatch):
    shutil.rmtree(repository / ".git")
    page = colophon.text()
    assert "not built from a Git repository" in page
    assert "unknown date" in page


def test_the_colophon_works_without_git(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert colophon.commit() == "not built from a Git repository"


# --- Launch buttons ---


@pytest.mark.parametrize(
    ("address", "site", "places"),
    [
        ("", "https://some.example", []),
        ("https://github.com/some/book", "", ["Binder"]),
        ("https://github.com/some/book", "https://some.example", ["Binder", "Colab"]),
    ],
)
def test_launch_buttons_need_only_the_addresses_of_repository_and_site(
    tmp_path, address, site, places
):
    source = tmp_path / "book"
    (source / "chapters").mkdir(parents=True)
    settings = (BOOK / "_config.yml").read_text()
    for line, value in {'\n  url: ""\n': address, '\n  baseurl: ""\n': site}.items():
        assert settings.count(line) == 1
        settings = settings.replace(line, line.replace('""', f'"{value}"'))
    (source / "_config.yml").write_text(settings)
    (source / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n- file: chapters/one\n"
    )
    (source / "intro.md").write_text("# Intro\n\n{cite}`key`\n\n```{bibliography}\n```\n")
    (source / "references.bib").write_text("@misc{key, title={Title}, author={A. Name}}")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# One", id="one")],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, source / "chapters" / "one.ipynb")
    for folder in BOOK.glob("_*/"):
        if folder.name != "_build":
            shutil.copytree(folder, source / folder.name)
    page = (build.make_pages(source, tmp_path / "work") / "chapters" / "one.html").read_text()
    links = {
        "Binder": "https://mybinder.org/v2/gh/some/book/work?urlpath=lab/tree/chapters/one.ipynb",
        "Colab": "https://colab.research.google.com/github/some/book/blob/work/chapters/one.ipynb",
    }
    assert [place for place, link in links.items() if link in page] == places
    assert ("mybinder" in page) == bool(address)


# --- In the browser ---


def test_a_chapter_for_the_browser_has_one_more_cell_and_is_otherwise_unchanged():
    before = nbformat.read(CHAPTER, as_version=4)
    after = nbformat.reads(lite.for_browser(CHAPTER.read_text()), as_version=4)
    nbformat.validate(after)
    assert "recovery-book-helpers" in after.cells[0].source
    assert after.cells[1:] == before.cells


def test_the_button_stands_below_the_title_of_the_article():
    page = "<h1>For print</h1><article><section>\n<h1>Title</h1>\n<p>Text</p></section></article>"
    with_button = lite.with_button(page, "<aside/>")
    assert with_button == page.replace("Title</h1>", "Title</h1>\n<aside/>")
    with pytest.raises(build.BuildError):
        lite.with_button("<h1>No article</h1>", "<aside/>")


def test_what_pyodide_lacks_is_shipped_and_what_it_carries_is_new_enough():
    """The versions that Pyodide carries satisfy everybody who asks for them."""
    shipped = lite.needed()
    assert not shipped & set(lite.CARRIED)
    asked = set()
    for name in ["recovery-book-helpers", *shipped]:
        for text in requires(name) or []:
            requirement = Requirement(text)
            other = canonicalize_name(requirement.name)
            environment = lite.IN_PYODIDE | {"extra": ""}
            if requirement.marker is None or requirement.marker.evaluate(environment):
                assert other in shipped | set(lite.CARRIED)
                if other in lite.CARRIED:
                    asked.add(other)
                    assert lite.CARRIED[other] in requirement.specifier, f"{name} needs {text}"
    assert asked == set(lite.CARRIED)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site of the project's chapters, as `make site` makes it, around pages that say little."""
    work = tmp_path_factory.mktemp("site")
    downloads = BOOK / "_build" / "downloads"
    if downloads.exists():
        shutil.copytree(downloads, work / "downloads")
    for name in execute.chapters(BOOK):
        page = (work / "html" / name).with_suffix(".html")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("<title>Chapter</title><article><h1>Chapter</h1></article>")
    try:
        lite.assemble(BOOK, work, os.environ.get("PYODIDE", ""))
    except build.BuildError as error:
        if "pip failed" in str(error):
            pytest.skip("the wheels for the browser could not be downloaded")
        raise
    return work / "site"


def wheels(site):
    return sorted((site / "lite" / "pypi").glob("*.whl"))


def test_every_wheel_is_pure_and_in_the_index(site):
    index = json.loads((site / "lite" / "pypi" / "all.json").read_text())
    listed = {
        file["filename"]: file["digests"]["sha256"]
        for package in index.values()
        for release in package["releases"].values()
        for file in release
    }
    found = wheels(site)
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}
    names = {canonicalize_name(path.name.split("-")[0]) for path in found}
    assert names == lite.needed() | {"recovery-book-helpers"}
    assert all(path.name.endswith("-none-any.whl") for path in found)


def test_the_helpers_wheel_works_in_a_plain_python(site, tmp_path):
    [wheel] = [path for path in wheels(site) if path.name.startswith("recovery_book_helpers")]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", tmp_path, wheel], check=True, capture_output=True)
    for path in (ROOT / "src" / "helpers").glob("*.py"):
        assert (tmp_path / "helpers" / path.name).read_bytes() == path.read_bytes()
    program = "import helpers.load.study as s; print(s.__file__, len(s.load_study().participants))"
    data = site / "lite" / "files" / "data"
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "STUDY_DATA": str(data)},
        capture_output=True,
        text=True,
        check=True,
    )
    file, people = said.stdout.split()
    assert Path(file).is_relative_to(tmp_path)
    assert int(people) == len(study.load_study(ROOT / "data").participants)


def test_the_browser_gets_the_chapters_the_data_and_the_helpers(site):
    files = site / "lite" / "files"
    for folder in ("data", "src"):
        ours = {path.relative_to(ROOT): path.read_bytes() for path in execute.files(ROOT / folder)}
        theirs = {path.relative_to(files) for path in execute.files(files / folder)}
        assert theirs == set(ours)
        assert all((files / path).read_bytes() == ours[path] for path in ours)
    names = {path.name for path in (files / "book" / "chapters").iterdir()}
    assert names == {path.name for path in (BOOK / "chapters").glob("*.ipynb")}


@pytest.fixture
def clicked(site, tmp_path):
    """JupyterLab after a click on a chapter's button, and the requests to other hosts till then.

    The site is served from a folder of its host, as project pages are. No other host answers.
    """
    if not CHROMIUM:
        pytest.skip("this drives chromium: install it")
    from playwright.sync_api import sync_playwright

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "a project").symlink_to(site)
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "served"))
    )
    Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    outside, asked = [], []

    def refuse(route):
        outside.append(route.request.url)
        route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.route(lambda url: not url.startswith((host, "data:", "blob:")), refuse)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.asked = asked
        page.goto(f"{host}/a%20project/chapters/{CHAPTER.stem}.html")
        page.wait_for_load_state("networkidle")
        assert outside == []
        page.get_by_role("link", name="Run this chapter in your browser").click()
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        yield page, outside
        browser.close()
    server.shutdown()
    server.server_close()


def test_a_click_opens_the_chapter_in_jupyterlab(clicked):
    page, outside = clicked
    page.wait_for_selector(f".jp-DirListing-item:has-text('{CHAPTER.name}')")
    assert "recovery-book-helpers" in page.locator(".jp-Notebook .jp-CodeCell").first.inner_text()
    for _ in range(600):  # the kernel starts in its own time
        if any("pyodide.mjs" in url for url in page.asked + outside):
            break
        page.wait_for_timeout(200)
    else:
        pytest.fail("the kernel did not ask for Pyodide")
    assert all(url.startswith("https://cdn.jsdelivr.net/pyodide/") for url in outside)
    assert bool(outside) == ("PYODIDE" not in os.environ)


@pytest.mark.skipif("PYODIDE" not in os.environ, reason="runs where PYODIDE names an archive")
def test_a_chapter_runs_to_its_end_in_the_browser(clicked):
    page, outside = clicked
    page.locator(".jp-Notebook .cm-content").first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    number = len([c for c in nbformat.read(CHAPTER, 4).cells if c.cell_type == "code"]) + 1
    last = f".jp-InputPrompt:text('[{number}]:')"
    failed = ", ".join(
        f".jp-RenderedText[data-mime-type='application/vnd.jupyter.{kind}']"
        for kind in ("error", "stderr")
    )
    page.wait_for_selector(f"{last}, {failed}", timeout=600_000)
    assert page.locator(failed).all_inner_texts() == []
    assert outside == []
