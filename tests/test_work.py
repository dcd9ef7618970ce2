"""Away from the project: the first cell, the folder to work in, and the branch that holds it."""

import importlib.metadata
import io
import os
import shutil
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import execute
import nbformat
import parcel
import pytest
import work
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from helpers.load import load_study

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
CHAPTERS = sorted((BOOK / "chapters").glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_chapters_are_as_jupyter_saves_them(path):
    text = path.read_text(encoding="utf-8")
    assert nbformat.writes(nbformat.reads(text, as_version=4)).rstrip("\n") + "\n" == text


# --- Wheel, ZIP file and first cell ---


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The folder that the site offers, and the cell that names its files."""
    folder = tmp_path_factory.mktemp("files")
    return folder, parcel.first_cell("https://some.example/", folder)


def test_wheel_and_zip_have_the_same_bytes_every_time(files, tmp_path):
    folder, cell = files
    assert parcel.first_cell("https://some.example/", tmp_path) == cell
    assert execute.digest(*tmp_path.iterdir()) == execute.digest(*folder.iterdir())
    assert all(execute.sha256(path) in cell for path in folder.iterdir())


def test_the_wheel_has_every_module_of_the_helpers(files):
    folder, _ = files
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if ".dist-" not in name}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]
    packages = [ROOT / package for package in settings["build"]["targets"]["wheel"]["packages"]]
    ours = [path for package in packages for path in execute.files(package)]
    named = {path.relative_to(ROOT / "src").as_posix(): path.read_bytes() for path in ours}
    assert packed == named


def test_the_zip_has_all_that_the_helpers_read(files, tmp_path):
    folder, _ = files
    zipfile.ZipFile(folder / "data.zip").extractall(tmp_path)
    theirs, ours = load_study(tmp_path), load_study(execute.data_folder())
    for name in ("participants", "responses", "codings", "omi", "facts", "codebook"):
        assert getattr(theirs, name).equals(getattr(ours, name))


def test_the_package_is_packed_last(files):
    """An unpacked folder that has it has everything."""
    with zipfile.ZipFile(files[0] / "data.zip") as archive:
        assert archive.namelist()[-1] == "datapackage.json"


def test_another_helper_gives_another_version(monkeypatch, tmp_path):
    before = parcel.exact_version()
    for path in parcel.sources():
        (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / path.name)
    monkeypatch.setattr(parcel, "ROOT", tmp_path)
    assert parcel.exact_version() == before
    (tmp_path / "src" / "helpers" / "new.py").touch()
    assert parcel.exact_version() != before
    assert parcel.exact_version().split("+")[0] == before.split("+")[0]


def test_the_cell_comes_first_and_the_rest_stays(files):
    before = nbformat.read(CHAPTERS[0], as_version=4)
    after = nbformat.reads(parcel.with_cell(CHAPTERS[0].read_text(), files[1]), as_version=4)
    nbformat.validate(after)
    assert after.cells[0].source == files[1]
    assert after.cells[1:] == before.cells


def run_cell(cell, folder, found, urlopen=None, **environment):
    """Run the cell in a folder, where a version of the helpers is installed or none."""
    program = TransformerManager().transform_cell(cell)
    asked, place = [], Path.cwd()

    class Shell:
        def run_line_magic(self, name, line):
            asked.append((name, line))

    def version(name):
        if not found:
            raise importlib.metadata.PackageNotFoundError(name)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(importlib.metadata, "version", version)
        patch.setattr(urllib.request, "urlopen", urlopen)
        inherited = {k: v for k, v in os.environ.items() if k != "STUDY_DATA"}
        patch.setattr(os, "environ", inherited | environment)
        exec(program, {"get_ipython": Shell})
        data = os.environ.get("STUDY_DATA")
    assert Path.cwd() == place
    return asked, data


def test_the_cell_does_nothing_where_the_project_is_installed(files, tmp_path):
    assert run_cell(files[1], tmp_path, parcel.project()["version"]) == ([], None)


def test_the_cell_takes_the_data_of_the_folder_to_work_in(files, tmp_path):
    for name in ("chapters", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "datapackage.json").touch()
    for folder in (tmp_path, tmp_path / "chapters"):
        asked, data = run_cell(files[1], folder, parcel.exact_version())
        assert (asked, data) == ([], str(tmp_path / "data"))


def test_the_cell_leaves_data_that_were_chosen(files, tmp_path):
    exact = parcel.exact_version()
    assert run_cell(files[1], tmp_path, exact, STUDY_DATA="/chosen") == ([], "/chosen")


@pytest.mark.parametrize("found", ["", "0.1.0+other"])
def test_the_cell_gets_what_is_missing_from_the_site_and_data_once(files, tmp_path, found):
    folder, cell = files

    def urlopen(address):
        assert address == "https://some.example/files/data.zip"
        return io.BytesIO((folder / "data.zip").read_bytes())

    asked, data = run_cell(cell, tmp_path, found, urlopen)
    [(magic, line)] = asked
    assert (magic, line.split()[:2]) == ("pip", ["install", "--quiet"])
    assert load_study(data).facts.equals(load_study().facts)
    assert run_cell(cell, tmp_path, parcel.exact_version()) == ([], data)


def test_other_data_than_the_notebook_s_are_refused(files, tmp_path):
    with pytest.raises(AssertionError, match="download this notebook again"):
        run_cell(files[1], tmp_path, parcel.exact_version(), lambda _: io.BytesIO(b"other"))
    assert list(tmp_path.iterdir()) == []


def test_without_an_address_the_cell_says_what_to_do(tmp_path):
    cell = parcel.first_cell("", tmp_path)
    for found in ("", parcel.exact_version()):
        with pytest.raises(AssertionError, match="between the quotes after SITE"):
            run_cell(cell, tmp_path, found)


# --- A folder to work in ---

contents = st.dictionaries(
    st.sampled_from(["chapters/one.ipynb", "two.ipynb", "data/a.csv"]), st.binary(max_size=3)
)


@given(before=contents, mine=contents, after=contents)
def test_what_somebody_wrote_is_never_lost(tmp_path_factory, before, mine, after):
    folder = tmp_path_factory.mktemp("work")
    work.lay(before, folder)
    for name, content in mine.items():
        work.write(folder / name, content)
    said = work.lay(after, folder)
    for name, content in mine.items():
        if content != before.get(name):
            assert (folder / name).read_bytes() == content
    for name, content in after.items():
        path = folder / name
        beside = path.with_stem(f"{path.stem} (new)")
        kept = {p.read_bytes() for p in (path, beside) if p.exists()}
        # The book's newest is there, unless it has not changed since somebody changed theirs.
        assert content in kept or content == before.get(name)
    again = {path: path.read_bytes() for path in execute.files(folder)}
    assert work.lay(after, folder) == []
    assert {path: path.read_bytes() for path in execute.files(folder)} == again
    assert len(said) <= len(mine)


def test_what_left_the_book_goes_unless_somebody_changed_it(tmp_path):
    work.lay({"a.ipynb": b"a", "b.ipynb": b"b"}, tmp_path)
    (tmp_path / "b.ipynb").write_bytes(b"mine")
    work.lay({}, tmp_path)
    assert [path.name for path in tmp_path.glob("*.ipynb")] == ["b.ipynb"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The project's folder to work in, as `make lab` opens it."""
    place = tmp_path_factory.mktemp("work")
    assert work.lay(work.contents(BOOK, ROOT / "data"), place) == []
    return place


def test_chapters_exercises_and_data_are_in_the_folder(folder):
    assert {path.name for path in (folder / "chapters").iterdir()} == {p.name for p in CHAPTERS}
    sheets = {path.stem for path in (BOOK / "exercises").glob("*.md")}
    assert {path.stem for path in (folder / "exercises").iterdir()} == sheets
    assert load_study(folder / "data").facts.equals(load_study().facts)


def test_nothing_of_it_dirties_the_clone():
    ignored = subprocess.run(["git", "check-ignore", "-q", BOOK / "_build" / "work"], cwd=ROOT)
    assert ignored.returncode == 0


# --- The branch ---


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "x")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "x@example.org")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "own").write_text("of the project")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


def git(root, *arguments):
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_branch_has_the_files_and_grows_only_when_they_change(repository):
    work.commit({"chapters/1.ipynb": b"one", "data/a.csv": b"a"}, repository)
    assert git(repository, "ls-tree", "-r", "--name-only", "work") == [
        "chapters/1.ipynb",
        "data/a.csv",
    ]
    work.commit({"chapters/1.ipynb": b"one", "data/a.csv": b"a"}, repository)
    assert len(git(repository, "log", "--format=%h", "work")) == 1
    work.commit({"chapters/1.ipynb": b"other"}, repository)
    assert len(git(repository, "log", "--format=%h", "work")) == 2
    assert git(repository, "show", "work:chapters/1.ipynb") == ["other"]
    assert git(repository, "status", "--porcelain") == []


def test_binder_installs_the_wheel_of_the_branch():
    files = work.for_binder()
    first = files["binder/requirements.txt"].decode().splitlines()[0]
    with zipfile.ZipFile(io.BytesIO(files[first.removeprefix("./")])) as wheel:
        assert wheel.testzip() is None


# --- A computer with nothing of the book ---


@pytest.fixture(scope="module")
def laptop(tmp_path_factory):
    """An environment that has JupyterLab and nothing else, or no test where none can be had."""
    place = tmp_path_factory.mktemp("laptop")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--seed", place / "venv"], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", place / "venv"]
    if subprocess.run([*install, "jupyterlab"], capture_output=True).returncode:
        pytest.skip("JupyterLab could not be downloaded")
    return place


def test_a_chapter_downloaded_from_the_site_runs_where_there_is_only_jupyterlab(
    laptop, visit, address
):
    page = visit(f"{address}/chapters/{CHAPTERS[0].stem}.html", bypass_csp=False)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Notebook", exact=True).click()
    notebook, done = laptop / waiting.value.suggested_filename, laptop / "done.ipynb"
    environment = {k: v for k, v in os.environ.items() if k not in {"STUDY_DATA", "PYTHONPATH"}}
    waiting.value.save_as(notebook)
    ran = subprocess.run(
        [laptop / "venv" / "bin" / "jupyter-execute", notebook, "--output", done],
        cwd=laptop,
        env=environment | {"PIP_COMPILE": "0"},  # which takes long, and is of no use here
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    cells = nbformat.read(done, as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    assert len(list(laptop.glob("data-*"))) == 1
