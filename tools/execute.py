"""Execute the chapters side by side, and each again only if something it depends on changed.

What a chapter put out is kept under a key: the SHA-256 over its own bytes, the helpers, the data,
the installed packages, Python and this program. So nothing stale can survive, whatever changed.
"""

import asyncio
import gzip
import hashlib
import importlib.util
import json
import os
import platform
import re
import sys
import sysconfig
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import sheets

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 600  # seconds that a cell may take
KEPT = 100  # results in store, beyond which the ones unused for longest go
LOCK = "requirements.txt"  # the packages that the book needs
NOT_INPUTS = {"_build", "__pycache__", ".ipynb_checkpoints"}
COLOURS = re.compile(r"\x1b\[[\d;]*m")
# A traceback's end: the last line that is not indented, without module names, and what follows.
MESSAGE = re.compile(r"^(?:\w+\.)*(?P<what>\S.*(?:\n[ \t].*)*)\Z", re.MULTILINE)
SCORECARD = """
import sys
from helpers import scorecard
from helpers.load import StudyError, load_study
try:
    data = load_study()
    rows = scorecard.compare(data.facts, scorecard.compute(data))
except StudyError as error:
    sys.exit(str(error))
rows = rows[["fact_id", "label", "printed", "computed", "verdict", "note"]]
rows.to_json(sys.stdout, orient="records", indent=1, force_ascii=False)
"""


@dataclass(frozen=True)
class Fault:
    """Something that must not be in the book: where it is, what it is, and how it came about."""

    where: str
    what: str
    detail: str = ""


# --- What the results depend on ---


def files(folder: Path) -> Iterator[Path]:
    """Give the files below a folder in order, without what programs leave there."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - NOT_INPUTS)
        yield from (Path(place, name) for name in sorted(names))


def digest(*paths: Path) -> str:
    """Return one SHA-256 for the names and contents of files and of all files below folders."""
    lines = []
    for path in paths:
        for file in files(path) if path.is_dir() else [path]:
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            lines.append(f"{file.relative_to(path.parent).as_posix()} {content}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def data_folder() -> Path:
    """Return the folder of the data, as `helpers.load` does, which is slow to load."""
    return Path(os.environ.get("STUDY_DATA", ROOT / "data")).resolve()


def environment() -> str:
    """Return a key for all that every chapter depends on."""
    spec = importlib.util.find_spec("helpers")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(2, "the package is not installed; run make setup", "helpers")
    parts = [
        digest(Path(spec.origin).parents[1], data_folder(), Path(__file__)),
        *packages(),
        platform.python_version(),
        os.environ.get("SOURCE_DATE_EPOCH", ""),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def packages() -> list[str]:
    """Return the installed packages that the book needs, with their versions."""
    pins = (ROOT / LOCK).read_text(encoding="utf-8")
    needed = {normal(name) for name in re.findall(r"^([\w.-]+)", pins, re.MULTILINE)}
    installed = [path.stem for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info")]
    return sorted(one for one in installed if normal(one.rpartition("-")[0]) in needed)


def normal(name: str) -> str:
    """Return the name of a package as the names of installed ones are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def kernel_variables(work: Path) -> dict[str, str]:
    """Return environment variables that make kernels give the same bytes on every machine."""
    return os.environ | {
        "STUDY_DATA": str(data_folder()),  # kernels run in other folders
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or debugpy prints a warning
        "OMP_NUM_THREADS": "1",  # the cores are taken by other chapters
        "OPENBLAS_NUM_THREADS": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "IPYTHONDIR": str(work / "ipython"),  # not the user's own settings
        "MATPLOTLIBRC": os.devnull,
        "TQDM_DISABLE": "1",  # nobody watches the progress
    }


# --- The store ---


def stored(entry: Path) -> bytes | None:
    """Return what an entry holds, or None if there is none or it was damaged (gzip has a CRC)."""
    try:
        content = gzip.decompress(entry.read_bytes())
        os.utime(entry)
    except (OSError, EOFError, zlib.error):
        return None
    return content or None


def store(entry: Path, content: bytes) -> None:
    """Write an entry in one step, so that there is never half a one."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    unfinished = entry.with_suffix(".unfinished")
    unfinished.write_bytes(gzip.compress(content, compresslevel=3, mtime=0))
    unfinished.replace(entry)


def prune(folder: Path) -> None:
    """Remove the entries that were not used for longest."""
    entries = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for entry in entries[KEPT:]:
        entry.unlink()


# --- Executing ---


async def execute(
    notebook: Path, source: bytes, variables: dict[str, str]
) -> tuple[bytes, list[Fault]]:
    """Run a notebook in its own folder and return it with its outputs."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    where = notebook.name
    try:
        book = nbformat.reads(source.decode(), as_version=4)
    except (ValueError, nbformat.ValidationError) as error:
        return b"", [Fault(where, f"no valid notebook: {str(error).splitlines()[0]}")]
    client = NotebookClient(
        book,
        kernel_name="python3",
        timeout=TIMEOUT,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(notebook.parent)}},
    )
    stopped = []
    try:
        # The kernel's own stderr tells nothing about the cells.
        await client.async_execute(env=variables, stderr=asyncio.subprocess.DEVNULL)
    except CellExecutionError:
        pass  # the cell's output says it
    except Exception as error:  # the kernel died, or a cell took too long
        cell = f"{where}, code cell {client.code_cells_executed}"
        what = (str(error) or repr(error)).splitlines()[0]
        stopped = [Fault(cell, f"{type(error).__name__}: {what}")]
    faults = stopped + list(cell_faults(where, book))
    return tidy(book), faults


def cell_faults(where: str, notebook: "NotebookNode") -> Iterator[Fault]:
    """Find the cells that failed or wrote to stderr; code cells are numbered as Jupyter does."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for number, cell in enumerate(code, start=1):
        begin = [f"    {line}" for line in cell.source.splitlines()[:4]]
        for output in cell.outputs:
            if output.output_type == "error":
                what = f"{output.ename}: {output.evalue}"
                trace = COLOURS.sub("", "\n".join(output.traceback)).splitlines()
                # The message is the traceback's end and is reported by itself.
                end = trace[: len(trace) - len(what.splitlines())][-12:]
                detail = "\n".join([*begin, "  ...", *end])
                yield Fault(f"{where}, code cell {number}", what, detail)
            elif output.output_type == "stream" and output.name == "stderr":
                what = f"wrote to stderr: {output.text.strip()}"
                yield Fault(f"{where}, code cell {number}", what, "\n".join(begin))


def tidy(notebook: "NotebookNode") -> bytes:
    """Return the notebook as a file without anything that differs from run to run."""
    import nbformat

    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            views = output.get("data", {})
            views.pop("application/vnd.jupyter.widget-view+json", None)
            if len(views) > 1:  # plain text often holds an address in memory
                views.pop("text/plain", None)
    return nbformat.writes(notebook).encode()


async def score(variables: dict[str, str]) -> tuple[bytes, list[Fault]]:
    """Hold every fact of the paper against the data; return the rows as JSON."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCORECARD),
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    rows, errors = await process.communicate()
    if process.returncode or errors:
        text = errors.decode().strip() or f"ended with return code {process.returncode}"
        what = MESSAGE.search(text)["what"]
        return b"", [Fault("scorecard.json", what, text.removesuffix(what))]
    return rows, []


def score_faults(rows: bytes) -> list[Fault]:
    """Find the facts that the data do not give although some data could."""
    return [
        Fault(
            f"scorecard.json, {row['fact_id']}",
            f"{row['label']}: the paper prints {row['printed']}, computed {row['computed']}",
        )
        for row in json.loads(rows)
        if row["verdict"] == "differs"
    ]


async def results(
    book: Path, chapters: list[str], shared: str, say: Callable[[str], None]
) -> tuple[dict[str, bytes], list[Fault]]:
    """Return the executed chapters and scorecard.json by path, and everything wrong in them.

    `shared` is the key that `environment` gives.
    """
    work = book / "_build"
    variables = kernel_variables(work)
    cores = asyncio.Semaphore(os.cpu_count() or 1)
    faults: list[Fault] = []
    loop = asyncio.get_running_loop()
    # nbclient would keep Ctrl-C to itself and stop one kernel of many; and what it leaves running
    # when it is stopped complains at length.
    loop.add_signal_handler = lambda *_: None
    loop.set_exception_handler(lambda *_: None)

    async def result(name: str, source: bytes, run: Callable[[], Awaitable[Any]]) -> bytes:
        key = hashlib.sha256(f"{name} {shared} ".encode() + source).hexdigest()
        entry = work / "executed" / f"{key}.gz"
        content = stored(entry)
        if content is not None:
            say(f"  {name:<40} unchanged")
            return content
        async with cores:
            start = perf_counter()
            content, wrong = await run()
        faults.extend(wrong)
        if not wrong and environment() == shared:  # nobody edited a helper in the meantime
            store(entry, content)
        say(f"  {name:<40} {perf_counter() - start:.1f} s" + (", FAILED" if wrong else ""))
        return content

    sources = {}
    for name in chapters:
        path = book / name
        exercises = book / "exercises" / f"{path.stem}.md"
        try:
            sources[name] = sheets.splice(path.read_bytes(), exercises)
        except sheets.ExerciseError as error:
            faults.append(Fault(f"exercises/{exercises.name}", str(error)))
    jobs = {"scorecard.json": result("scorecard.json", b"", lambda: score(variables))}
    # The longest begin first, or one of them might be left at the end, with a core for itself.
    for name in sorted(sources, key=lambda name: len(sources[name]), reverse=True):
        run = partial(execute, book / name, sources[name], variables)
        jobs[name] = result(name, sources[name], run)
    contents = dict(zip(jobs, await asyncio.gather(*jobs.values()), strict=True))
    if contents["scorecard.json"]:
        faults += score_faults(contents["scorecard.json"])
    return contents, faults
