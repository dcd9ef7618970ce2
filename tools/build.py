"""Build the book: execute what changed, let Jupyter Book make the pages, check them, swap them in.

`python tools/build.py [FOLDER]` builds the book in a folder, by default `book`, into its
`_build/html`. Any fault ends the build with status 1 and its place; the last good site then stays.
"""

import asyncio
import contextlib
import fcntl
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from time import perf_counter

import check_site
import colophon
import execute
from execute import COLOURS, ROOT, Fault

CELL_LINE = re.compile(r"\.ipynb:(\d+)(\d{4}):")  # myst-nb counts 10 000 lines for a cell


class BuildError(Exception):
    """The book cannot be built; the message says why."""


def main() -> int:
    """Build the book named on the command line and return the exit status."""
    book = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "book").resolve()
    try:
        with alone(book / "_build"):
            build(book, book / "_build")
    except BuildError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        print(f"The book was not built: {error.strerror}{place}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted; the last good site is as it was", file=sys.stderr)
        os._exit(130)  # what nbclient would still do at the exit only fails by now
    else:
        return 0
    return 1


def build(book: Path, work: Path) -> None:
    """Carry out the steps, each only if the ones before it went well."""
    start = perf_counter()
    site, record = work / "html", work / "last_build.json"
    restore(site)
    now = inputs(book)
    last = json.loads(record.read_text()) if record.exists() else {}
    if site.is_dir() and last == now | {"site": execute.digest(site)}:
        say(f"Nothing changed since the last build; open {shown(site / 'index.html')}")
        return

    say("Chapters")
    contents, faults = asyncio.run(execute.results(book, chapters(book), now["shared"], say))
    stop_on(faults)
    scorecard = contents.pop("scorecard.json")
    page = book / colophon.PAGE
    if page.exists():
        contents[page.name] = colophon.fill(page.read_text(encoding="utf-8")).encode()
    # Jupyter Book reads again only what changed. That may not be relied on after a fault, when
    # there is no record, or when something changed that bears on every page.
    if last.get("settings") != now["settings"]:
        shutil.rmtree(work / "sphinx", ignore_errors=True)
    record.unlink(missing_ok=True)

    say("Pages")
    stage(book, work / "stage", contents)
    new = make_pages(work / "stage", work / "sphinx")
    (new / "scorecard.json").write_bytes(scorecard)
    stop_on([Fault(*fault) for fault in check_site.faults(new)])
    if inputs(book) != now:
        raise BuildError("Files changed while the book was being built: build it again")
    swap(new, site)
    record.write_text(json.dumps(now | {"site": execute.digest(site)}))
    execute.prune(work / "executed")
    say(f"Built in {perf_counter() - start:.1f} s; open {shown(site / 'index.html')}")


def inputs(book: Path) -> dict[str, str]:
    """Return keys for all that the site depends on, and for parts of it."""
    pages = {".md", ".ipynb"}
    settings = [
        path
        for path in execute.files(book)
        if path.suffix not in pages and path.relative_to(book).parts[0] != "_static"
    ]
    tools = Path(__file__).parent
    return {
        "all": execute.digest(book, tools),
        "settings": execute.digest(*settings, tools),
        "shared": execute.environment(),
        "colophon": colophon.text() if (book / colophon.PAGE).exists() else "",
    }


def say(line: str) -> None:
    """Tell the reader at once how far the build is."""
    print(line, flush=True)


def shown(path: Path) -> str:
    """Return a path as short as it can be from here."""
    return os.path.relpath(path)


def stop_on(faults: list[Fault]) -> None:
    """Raise an error that names every fault; the same one in several places is told once."""
    if not faults:
        return
    lines = []
    for what, same in groupby(sorted(faults, key=attrgetter("what")), key=attrgetter("what")):
        first, *others = same
        lines += [f"{fault.where}:" for fault in (first, *others)]
        lines += [first.detail] * bool(first.detail) + [f"  {what}", ""]
    number = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    raise BuildError("\n" + "\n".join(lines) + f"The book was not built: {number}")


@contextlib.contextmanager
def alone(work: Path) -> Iterator[None]:
    """Hold a lock, which the system takes back when this process ends in whatever way."""
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise BuildError(
                f"Process {lock.read()} is building this book; wait for it to end"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def chapters(book: Path) -> list[str]:
    """Return the notebooks that the table of contents names, in its order."""
    import yaml  # not needed when nothing changed

    def named(entry: dict) -> Iterator[str]:
        yield from (entry[key] for key in ("root", "file") if key in entry)
        for key in ("parts", "chapters", "sections"):
            for below in entry.get(key, []):
                yield from named(below)

    toc = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))
    notebooks = [name.removesuffix(".ipynb") + ".ipynb" for name in named(toc)]
    return [name for name in notebooks if (book / name).exists()]


def stage(book: Path, folder: Path, contents: dict[str, bytes]) -> None:
    """Lay the book out with its chapters executed; only what changed is written anew."""
    sources = {path.relative_to(book).as_posix(): path for path in execute.files(book)}
    for name, source in sources.items():
        content = contents.get(name) or source.read_bytes()
        target = folder / name
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    for path in list(execute.files(folder)):
        if path.relative_to(folder).as_posix() not in sources:
            path.unlink()


def make_pages(source: Path, work: Path) -> Path:
    """Let Jupyter Book make the pages from executed chapters; any warning is a fault."""
    import yaml  # these are slow to load, and often not needed
    from jupyter_book.sphinx import build_sphinx

    pages = work / "html"
    shutil.rmtree(pages, ignore_errors=True)
    overrides = {
        "external_toc_path": str(source / "_toc.yml"),
        "latex_individualpages": False,
        "nb_execution_mode": "off",
        "nitpicky": True,
    }
    warnings = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(warnings):
        status = build_sphinx(
            source,
            pages,
            noconfig=True,
            path_config=source / "_config.yml",
            confoverrides=overrides,
            doctreedir=work / "doctrees",
            force_all=True,  # all are written, since a title may stand on every page
            warningiserror=True,
            keep_going=True,
        )
    if isinstance(status, OSError):
        raise status
    if status:
        text = COLOURS.sub("", warnings.getvalue()).replace(f"{source}/", "").strip()
        text = CELL_LINE.sub(lambda m: f".ipynb, cell {m[1]}, line {int(m[2])}:", text)
        raise BuildError(f"{text}\nThe book was not built: Sphinx warned")
    # What Sphinx and its themes leave: a key over paths of this machine, and templates.
    for leftover in [pages / ".buildinfo", *pages.glob("_static/*webpack-macros.html")]:
        leftover.unlink()
    # An address that ends in the folder shows the first page itself, not a page that leads to it.
    root = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8"))["root"]
    if root != "index":
        shutil.copy(pages / f"{root}.html", pages / "index.html")
    return pages


def swap(new: Path, site: Path) -> None:
    """Put the new site in the place of the old one."""
    old = site.with_name(f"{site.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def restore(site: Path) -> None:
    """Bring the old site back if a build was killed in the middle of the swap."""
    old = site.with_name(f"{site.name}.old")
    if old.exists() and not site.exists():
        old.rename(site)


if __name__ == "__main__":
    sys.exit(main())
