"""Lay out a folder to work in: chapters, exercises and data, as copies that may be changed.

`python tools/work.py` writes `book/_build/work`. Files that somebody changed stay as they are.
`python tools/work.py branch` commits the same folder, and what Binder installs for it, to the
branch `work` of this repository, from which Binder, Colab and a class's hub open notebooks.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import execute
import exercises
import parcel
import sheets
import yaml
from build import shown
from execute import ROOT
from filelock import FileLock

RECORD = ".laid.json"
BRANCH = "work"
PRIVATE = (
    "The study is private and gives no tables away, which this needs: name a folder with a "
    "synthetic twin in study.toml (twin = ...), or do without"
)
ON_BINDER = "jupyterlab>=4.3,<5\nnbgitpuller>=1.2,<2\n"
PYTHON_ON_BINDER = "python-3.12\n"


def main() -> None:
    """Do what the command line asks for."""
    book, is_public = ROOT / "book", sys.argv[1:] == ["branch"]
    data = parcel.given_away() if is_public else execute.data_folder()
    if data is None:
        sys.exit(PRIVATE)
    try:
        files = contents(book, data)
    except sheets.ExerciseError as error:
        sys.exit(str(error))
    if is_public:
        commit(files | for_binder(), ROOT)
    else:
        for line in lay(files, book / "_build" / "work"):
            print(line)


# --- What is in it ---


def contents(book: Path, data: Path) -> dict[str, bytes]:
    """Return the folder's files, with the tables of `data`, by their names in it."""
    settings = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    site = settings["html"]["baseurl"]
    with tempfile.TemporaryDirectory() as place:
        cell = parcel.first_cell(site and site.rstrip("/") + "/", Path(place), data)
    notebooks = {name: book / name for name in execute.chapters(book)}
    notebooks |= {f"exercises/{path.name}": path for path in student_notebooks(book)}
    return {
        name: parcel.with_cell(path.read_text(encoding="utf-8"), cell).encode()
        for name, path in notebooks.items()
    } | {
        f"data/{path.relative_to(data).as_posix()}": path.read_bytes()
        for path in parcel.tables(data)
    }


def student_notebooks(book: Path) -> list[Path]:
    """Return the exercises' notebooks, made anew if anything that they depend on changed."""
    import nbformat

    tools = [Path(module.__file__) for module in (exercises, sheets)]
    sources = sorted((book / "exercises").glob("*.md"))
    key = execute.digest(*sources, ROOT / "src", execute.data_folder(), *tools)
    store = book / "_build" / "student"
    kept = store / key[:16]
    store.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(store.with_suffix(".lock")):  # another program may want them at the same time
        if not kept.exists():
            shutil.rmtree(store, ignore_errors=True)
            unfinished = store / "unfinished"
            unfinished.mkdir(parents=True)
            for path in sources:
                notebook = exercises.student(sheets.read(path))
                nbformat.write(notebook, unfinished / f"{path.stem}.ipynb")
            unfinished.rename(kept)
    return sorted(kept.iterdir())


def for_binder() -> dict[str, bytes]:
    """Return what Binder, or repo2docker for a hub, installs for the folder."""
    with tempfile.TemporaryDirectory() as place:
        wheel = parcel.build_wheel(Path(place))
        needed = f"./binder/{wheel.name}\n{ON_BINDER}"
        return {
            f"binder/{wheel.name}": wheel.read_bytes(),
            "binder/requirements.txt": needed.encode(),
            "binder/runtime.txt": PYTHON_ON_BINDER.encode(),
        }


# --- Where it goes ---


def lay(files: dict[str, bytes], folder: Path) -> list[str]:
    """Bring a folder up to date without touching what somebody changed in it; say what was done.

    The folder's record has the SHA-256 of each file as it was laid. A file that is no longer like
    that was changed by whoever works there: it stays, and a newer version is put beside it.
    """
    record = folder / RECORD
    laid = json.loads(record.read_text()) if record.exists() else {}
    said = []
    for name, content in files.items():
        target = folder / name
        new, now = digest(content), digest(target.read_bytes()) if target.exists() else None
        if now in (None, laid.get(name)):
            write(target, content)
        elif new not in (now, laid.get(name)):
            beside = target.with_stem(f"{target.stem} (new)")
            write(beside, content)
            said.append(f"{shown(target)} is as you changed it; the book's is {beside.name!r}")
        laid[name] = new
    for name in laid.keys() - files.keys():  # no longer in the book
        last, target = laid.pop(name), folder / name
        if target.exists() and digest(target.read_bytes()) == last:
            target.unlink()
    write(record, json.dumps(laid, indent=1).encode())
    return said


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def write(path: Path, content: bytes) -> None:
    """Write a file in one step, so that there is never half a one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def commit(files: dict[str, bytes], repository: Path) -> None:
    """Commit files to the branch on top of what it has; nothing else in the repository changes."""

    def git(*options: str, **variables: str) -> str:
        command = ["git", "-C", repository, *options]
        done = subprocess.run(
            command, env=os.environ | variables, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.strip()

    with tempfile.TemporaryDirectory() as place:
        for name, content in files.items():
            write(Path(place) / "files" / name, content)
        index = {"GIT_INDEX_FILE": f"{place}/index"}
        git(f"--work-tree={place}/files", "add", "--all", "--force", f"{place}/files", **index)
        tree = git("write-tree", **index)
    parent = git("for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")
    if parent and git("rev-parse", f"{parent}^{{tree}}") == tree:
        return
    source = git("rev-parse", "HEAD")
    on_top = ("-p", parent) if parent else ()
    made = git("commit-tree", tree, *on_top, "-m", f"The folder to work in, of commit {source}")
    git("update-ref", f"refs/heads/{BRANCH}", made)


if __name__ == "__main__":
    main()
