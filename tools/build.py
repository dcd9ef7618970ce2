"""Build the book: execute what changed, let Jupyter Book make the pages, check them, swap them in.

`python tools/build.py [FOLDER]` builds the book in a folder, by default `book`, into its
`_build/html`. Any fault ends the build with status 1 and its place; the last good site then stays.
"""

import contextlib
import gc
import io
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from time import perf_counter

import check_site
import colophon
import contracts
import execute
from execute import COLOURS, ROOT, Fault, say
from filelock import FileLock, Timeout

RECORD = "what the site was built from"
SPHINX = "jupyter_book.cli.main"
CELL_LINE = re.compile(r"\.ipynb:(\d+)(\d{4}):")  # myst-nb counts 10 000 lines for a cell


class BuildError(Exception):
    """The book cannot be built; the message says why."""


def main() -> int:
    """Build the book named on the command line and return the exit status."""
    gc.disable()  # which takes much of the time that pages take, and finds little
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupted)
    book = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "book").resolve()
    try:
        with alone(book / "_build"):
            build(book, book / "_build")
    except BuildError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        print(f"The book was not built: {error.strerror}{place}", file=sys.stderr)
    else:
        return 0
    finally:
        gc.freeze()  # or Python would go through all that Sphinx left once more before it ends
    return 1


def interrupted(*_: object) -> None:
    """End at once, where Sphinx would go on; the chapters end with this process."""
    os.write(sys.__stderr__.fileno(), b"Interrupted; the last good site is as it was\n")
    os._exit(130)


def build(book: Path, work: Path) -> None:
    """Carry out the steps, each only if the ones before it went well."""
    start = perf_counter()
    site, record = work / "html", work / "last_build.gz"
    restore(site)
    now = inputs(book)
    last = json.loads(execute.stored(record, RECORD) or "{}")
    is_whole = site.is_dir() and last.get("site") == execute.digest(site)
    if is_whole and last == now | {"site": last["site"]}:
        say(f"Nothing changed since the last build; open {shown(site / 'index.html')}")
        return

    # Jupyter Book reads again only what changed. That may not be relied on after a fault, when
    # there is no record, or when something changed that bears on every page.
    if last.get("settings") != now["settings"]:
        shutil.rmtree(work / "sphinx", ignore_errors=True)
    record.unlink(missing_ok=True)
    only_chapters = all(last.get(key) == now[key] for key in now if key != "all")
    chapters = execute.begin(book, now["shared"])  # which the extension `executed` waits for
    try:
        new = make_pages(book, work / "sphinx", site if is_whole and only_chapters else None)
    except BuildError:
        if faults := chapters.result()[1]:  # then no page was read
            execute.store(record, RECORD, json.dumps(last).encode())
            raise BuildError(execute.told(faults)) from None
        raise
    if faults := [Fault(*fault) for fault in check_site.faults(new, book == contracts.WHOLE)]:
        raise BuildError(execute.told(faults))
    if inputs(book) != now:
        raise BuildError("Files changed while the book was being built: build it again")
    swap(new, site)
    execute.store(record, RECORD, json.dumps(now | {"site": execute.digest(site)}).encode())
    execute.prune(work / "executed")
    say(f"Built in {perf_counter() - start:.1f} s; open {shown(site / 'index.html')}")


def inputs(book: Path) -> dict[str, str]:
    """Return keys for all that the site depends on, and for what every page depends on."""
    texts, settings = [], []
    for path in execute.files(book):
        folder = path.relative_to(book).parts[0]
        if path.suffix == ".ipynb" or folder == "exercises":
            continue
        if path.suffix == ".md" or folder == "_static":
            texts.append(path)
        else:
            settings.append(path)
    tools = Path(__file__).parent
    return {
        "all": execute.digest(book, tools),
        "texts": execute.digest(*texts),
        "settings": execute.digest(*settings, tools),
        "shared": execute.environment(),
        "colophon": colophon.text() if (book / colophon.PAGE).exists() else "",
    }


def shown(path: Path) -> str:
    """Return a path as short as it can be from here."""
    return os.path.relpath(path)


@contextlib.contextmanager
def alone(work: Path) -> Iterator[None]:
    """Hold a lock, which the system takes back when this process ends in whatever way."""
    work.mkdir(parents=True, exist_ok=True)
    holder = work / "builder"  # the lock itself may hold nothing
    try:
        with FileLock(work / "lock", timeout=0):
            holder.write_text(str(os.getpid()))
            yield
    except Timeout:
        raise BuildError(
            f"Process {holder.read_text()} is building this book; wait for it to end"
        ) from None


def make_pages(book: Path, work: Path, last: Path | None = None) -> Path:
    """Let Jupyter Book make the pages as its command does; any warning is a fault.

    `last` is the last site if nothing changed but chapters, whose pages alone are then written. A
    changed text may explain a term that is linked from every page.
    """
    jupyter_book = import_module(SPHINX).main
    pages = work / "_build" / "html"
    shutil.rmtree(pages, ignore_errors=True)
    if last:
        shutil.copytree(last, pages)
    warnings = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(warnings):
        try:
            jupyter_book(
                ["build", str(book), "--path-output", str(work), "-W", "--keep-going"],
                standalone_mode=False,
            )
        except RuntimeError as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise BuildError(f"{error.__cause__}\nThe book was not built: Sphinx failed") from None
        except SystemExit:
            text = COLOURS.sub("", warnings.getvalue()).replace(f"{book}/", "").strip()
            text = CELL_LINE.sub(lambda m: f".ipynb, cell {m[1]}, line {int(m[2])}:", text)
            raise BuildError(f"{text}\nThe book was not built: Sphinx warned") from None
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
