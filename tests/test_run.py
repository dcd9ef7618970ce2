"""Where the book runs: any folder, any browser, a server; and that one commit gives one book."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import build
import colophon
import execute
import lite
import nbformat
import pyodide
import pytest
import reproduce
import work

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


@pytest.mark.parametrize(
    ("page", "written", "said"),
    [
        ("1", "1", []),
        ("os.environ['TZ']", "1", ["index.html: differs from byte 0 on"]),
        ("1", "2", ["data/numbers.csv: not what data/make_study.py writes"]),
    ],
)
def test_a_build_that_tells_where_it_was_made_is_found(tmp_path, page, written, said):
    site = f"import os; site = {str(reproduce.SITE)!r}; os.makedirs(site)"
    files = {
        "tools/build.py": f"{site}; open(site + '/index.html', 'w').write(str({page}))",
        "data/make_study.py": f"open('data/numbers.csv', 'w').write('{written}')",
        "data/numbers.csv": "1",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "First"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    done = subprocess.run(
        [sys.executable, reproduce.__file__, tmp_path], capture_output=True, text=True
    )
    assert done.returncode == bool(said)
    assert done.stderr.splitlines() == said
    assert ("NOT the same" if said else "are the same") in done.stdout


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
    monkeypatch.setattr(colophon, "epoch", colophon.epoch.__wrapped__)  # of this repository
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
    (source / "_build").mkdir()  # where IPython is to keep its settings
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
    mend = [
        "https://github.com/some/book/edit/main/book/chapters/one.ipynb",
        "https://github.com/some/book/issues/new?title=One%3A+",
    ]
    assert [f'href="{link}"' in page for link in mend] == [bool(address)] * 2
    cited = "In: The authors of this book (2026). Can people recover? An executable study."
    at = " https://some.example/chapters/one.html" if site else ""
    assert (
        f"\N{LEFT DOUBLE QUOTATION MARK}One.\N{RIGHT DOUBLE QUOTATION MARK} {cited}{at}</p>" in page
    )


# --- In the browser ---


def test_a_chapter_for_the_browser_differs_in_its_kernel_alone():
    before = nbformat.read(CHAPTER, as_version=4)
    changed = lite.for_browser({"a.ipynb": CHAPTER.read_bytes(), "a.csv": b"1"})
    after = nbformat.reads(changed["a.ipynb"].decode(), as_version=4)
    assert after.cells == before.cells
    assert after.metadata.kernelspec.name == "python"
    assert changed["a.csv"] == b"1"


def test_the_button_stands_below_the_title_of_the_article():
    page = "<h1>For print</h1><article><section>\n<h1>Title</h1>\n<p>Text</p></section></article>"
    with_button = lite.with_button(page, "<aside/>")
    assert with_button == page.replace("Title</h1>", "Title</h1>\n<aside/>")
    with pytest.raises(build.BuildError):
        lite.with_button("<h1>No article</h1>", "<aside/>")


def test_what_pyodide_carries_is_in_the_ranges_of_all_who_ask_for_it():
    lock = lite.lock_of(None)
    asked = lite.requirements(lock)
    assert {"numpy", "pandas", "scipy"} < {name for _, name in asked}
    for requirement, name in asked:
        if name in lock["packages"]:
            assert lock["packages"][name]["version"] in requirement.specifier, requirement


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
        archive = os.environ.get("PYODIDE")
        lite.assemble(BOOK, work, Path(archive) if archive else None)
    except build.BuildError as error:
        if "pip failed" in str(error):
            pytest.skip("the wheels for the browser could not be downloaded")
        raise
    return work / "site"


def wheels(site):
    return sorted((site / "lite" / lite.WHEELS).glob("*.whl"))


def test_the_lock_file_settles_what_the_browser_fetches(site):
    """Every package that is needed is in it, with its hash; none has to be looked for."""
    packages = json.loads((site / "lite" / lite.WHEELS / "pyodide-lock.json").read_text())[
        "packages"
    ]
    ours = {Path(p["file_name"]).name: p for p in packages.values() if "../" in p["file_name"]}
    assert set(ours) == {path.name for path in wheels(site)}
    assert all(path.name.endswith("-none-any.whl") for path in wheels(site))
    for path in wheels(site):
        assert ours[path.name]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    names, ahead = set(), [lite.HELPERS, *lite.KERNEL]
    while ahead:
        name = ahead.pop()
        names.add(name)
        ahead += [other for other in packages[name]["depends"] if other not in names]
    assert {name for _, name in lite.requirements(lite.lock_of(None))} <= names
    assert not names & lite.IN_THE_PAGE


def test_the_helpers_wheel_works_in_a_plain_python(site, tmp_path):
    [wheel] = [path for path in wheels(site) if path.name.startswith("recovery_book_helpers")]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", tmp_path, wheel], check=True, capture_output=True)
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


def test_the_browser_gets_the_folder_to_work_in(site):
    files = site / "lite" / "files"
    names = {path.relative_to(files).as_posix() for path in execute.files(files)}
    assert names == set(work.contents(BOOK, ROOT / "data"))


@pytest.fixture
def click(site, serve, visit, tmp_path):
    """Click a chapter's button, and say which other hosts are asked from then on.

    The site is served from a folder of its host, as project pages are. Of other hosts none
    answers, or each with an empty file.
    """
    (tmp_path / "a project").symlink_to(site)
    host = serve(tmp_path)

    def click(answers):
        outside = []

        def answer(route):
            outside.append(route.request.url)
            if answers:
                route.fulfill(body="", headers={"Access-Control-Allow-Origin": "*"})
            else:
                route.abort()

        page = visit(f"{host}/a%20project/chapters/{CHAPTER.stem}.html")
        page.context.route(lambda url: not url.startswith((host, "data:", "blob:")), answer)
        page.get_by_role("link", name="Run this chapter in your browser").click()
        return page, outside

    return click


def test_where_pyodide_cannot_be_had_a_sentence_says_so(click):
    page, outside = click(answers=False)
    page.get_by_text("Python cannot be had from cdn.jsdelivr.net now").wait_for()
    assert [url.rpartition("/")[2] for url in outside] == ["pyodide.mjs"]
    page.get_by_role("link", name="the chapter's page").click()
    page.get_by_role("link", name="Run this chapter in your browser").wait_for()


def test_a_click_opens_the_chapter_in_jupyterlab(click):
    page, outside = click(answers=True)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
    page.wait_for_selector(f".jp-DirListing-item:has-text('{CHAPTER.name}')")
    for _ in range(600):  # the kernel starts in its own time
        if len(outside) > 1:
            break
        page.wait_for_timeout(200)
    else:
        pytest.fail("the kernel did not ask for Pyodide")
    assert all(url.startswith("https://cdn.jsdelivr.net/pyodide/") for url in outside)


@pytest.mark.skipif("PYODIDE" not in os.environ, reason="runs where PYODIDE names an archive")
def test_a_chapter_runs_to_its_end_in_the_browser(click):
    page, outside = click(answers=False)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    number = len([c for c in nbformat.read(CHAPTER, 4).cells if c.cell_type == "code"]) + 1
    last = f".jp-InputPrompt:text('[{number}]:')"
    failed = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']"
    page.wait_for_selector(f"{last}, {failed}", timeout=600_000)
    assert page.locator(failed).all_inner_texts() == []
    assert outside == []


def test_what_pyodide_carries_is_taken_from_its_own_list(tmp_path, monkeypatch):
    kept = lite.LOCK.read_text()
    whole = json.loads(kept)
    whole["packages"]["another"] = {"depends": [], "name": "another", "version": "1"}
    (tmp_path / "package").mkdir()
    (tmp_path / pyodide.LOCK).write_text(json.dumps(whole))
    with tarfile.open(tmp_path / "pyodide.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\ncp "{tmp_path}/pyodide.tgz" "$4"\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(lite, "LOCK", tmp_path / "lock.json")
    assert pyodide.main() == 0
    assert lite.LOCK.read_text() == kept
    npm.write_text("#!/bin/sh\nexit 1\n")
    lite.LOCK.unlink()
    assert pyodide.main() == 1
    assert not lite.LOCK.exists()
