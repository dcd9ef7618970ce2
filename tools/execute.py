"""Execute the chapters side by side, and each again only if something it depends on changed.

What a chapter put out is kept under a key: the SHA-256 over its own bytes, the helpers, the data,
the installed packages, Python and this program. So nothing stale can survive, whatever changed.
"""

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
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import cells
import sheets

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = (Path(__file__), Path(cells.__file__))
KEPT = 100  # results in store, beyond which the ones unused for longest go
SCORE = "scorecard.json"
LOCK = "requirements.txt"  # the packages that the book needs
NOT_INPUTS = {"_build", "__pycache__", ".ipynb_checkpoints"}
COLOURS = re.compile(r"\x1b\[[\d;]*m")
SCORECARD = """\
from helpers import scorecard
from helpers.load import load_study
from helpers.load.settings import load_settings
data = load_study()
rows = scorecard.compare(data.facts, scorecard.compute(data))
rows = rows[["fact_id", "label", "printed", "computed", "verdict", "note"]]
rows = rows.assign(computed=None) if load_settings().private else rows
print(rows.to_json(orient="records", indent=1, force_ascii=False), end="")
"""


@dataclass(frozen=True)
class Fault:
    """Something that must not be in the book: where it is, what it is, and how it came about."""

    where: str
    what: str
    detail: str = ""


def told(faults: list[Fault]) -> str:
    """Return lines that name every fault; the same one in several places is told once."""
    lines = []
    for what, same in groupby(sorted(faults, key=attrgetter("what")), key=attrgetter("what")):
        first, *others = same
        lines += [f"{fault.where}:" for fault in (first, *others)]
        lines += [first.detail] * bool(first.detail) + [f"  {what}", ""]
    number = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    return "\n" + "\n".join(lines) + f"The book was not built: {number}"


def say(line: str) -> None:
    """Tell the reader at once how far the build is, where what Sphinx says is caught, too."""
    print(line, file=sys.__stdout__, flush=True)


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
            lines.append(f"{file.relative_to(path.parent).as_posix()} {sha256(file)}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def data_folder() -> Path:
    """Return the folder of the data, as `helpers.load` does, which is slow to load."""
    return Path(os.environ.get("STUDY_DATA", ROOT / "data")).resolve()


def environment() -> str:
    """Return a key for all that every chapter depends on."""
    spec = importlib.util.find_spec("helpers")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(2, "the package is not installed; run make setup", "helpers")
    parts = [
        digest(Path(spec.origin).parents[1], data_folder(), *PROGRAMS),
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
        "STUDY_CHECKED": str(work / "checked"),  # so that the first chapter checks for all
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


def store(entry: Path, key: str, content: bytes) -> None:
    """Keep content under a key, in one step, so that there is never half of it."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    unfinished = entry.with_suffix(".unfinished")
    with gzip.GzipFile(unfinished, "wb", compresslevel=3, mtime=0) as file:
        file.write(_seal(key, content) + content)
    unfinished.replace(entry)


def stored(entry: Path, key: str) -> bytes | None:
    """Return what was kept under a key; None if it is not there, damaged, or another's."""
    try:
        seal, content = gzip.decompress(entry.read_bytes()).split(b"\n", 1)
    except (OSError, EOFError, ValueError, zlib.error):
        return None
    if seal + b"\n" != _seal(key, content):
        return None
    os.utime(entry)
    return content


def _seal(key: str, content: bytes) -> bytes:
    """Return a line that fits no other key and no other content."""
    return f"{key} {hashlib.sha256(content).hexdigest()}\n".encode()


def prune(folder: Path) -> None:
    """Remove the entries that were not used for longest."""
    entries = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for entry in entries[KEPT:]:
        entry.unlink()


# --- Executing ---


def execute(notebook: Path, source: bytes, variables: dict[str, str]) -> tuple[bytes, list[Fault]]:
    """Run a notebook in its own folder and return it with its outputs."""
    import nbformat

    where = notebook.name
    try:
        checked = nbformat.reads(source.decode(), as_version=4)
        nbformat.validate(checked)
    except (ValueError, nbformat.ValidationError) as error:
        return b"", [Fault(where, f"no valid notebook: {str(error).splitlines()[0]}")]
    try:
        done = cells.run(nbformat.writes(checked), notebook.parent, variables)
    except cells.CellsError as stop:
        return b"", [Fault(f"{where}, code cell {stop.number}", str(stop))]
    executed = nbformat.reads(done, as_version=4)
    faults = list(cell_faults(where, executed))
    return tidy(executed), faults


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


def score(book: Path, variables: dict[str, str]) -> tuple[bytes, list[Fault]]:
    """Hold every fact of the paper against the data; return the rows as JSON."""
    from nbformat import reads, v4, writes

    source = writes(v4.new_notebook(cells=[v4.new_code_cell(SCORECARD)])).encode()
    executed, faults = execute(book / SCORE, source, variables)
    if faults:
        return b"", [replace(fault, where=SCORE) for fault in faults]
    return reads(executed.decode(), as_version=4).cells[0].outputs[0].text.encode(), []


def score_faults(rows: bytes) -> list[Fault]:
    """Find the facts that synthetic records do not give; of real ones that is a finding."""
    from helpers.load.settings import load_settings

    if load_settings(data_folder()).records != "synthetic":
        return []
    return [
        Fault(
            f"scorecard.json, {row['fact_id']}",
            f"{row['label']}: the paper prints {row['printed']}, computed {row['computed']}",
        )
        for row in json.loads(rows)
        if row["verdict"] == "differs"
    ]


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


def sources(book: Path) -> tuple[dict[str, bytes], list[Fault]]:
    """Return by path what is to be run, the scorecard among it, and what is wrong in exercises."""
    is_own = data_folder() == ROOT / "data"
    found, faults = {SCORE: b""}, []
    for name in chapters(book):
        path = book / name
        exercises = book / "exercises" / f"{path.stem}.md"
        try:
            found[name] = sheets.splice(path.read_bytes(), exercises, is_own)
        except sheets.ExerciseError as error:
            faults.append(Fault(f"exercises/{exercises.name}", str(error)))
    return found, faults


@cache
def begin(book: Path, shared: str) -> Future[tuple[dict[str, bytes], list[Fault]]]:
    """Run the chapters of a book in the background, once; `shared` is what `environment` gives.

    The result: the executed chapters and scorecard.json by path, and everything wrong in them.
    """
    say("Chapters")
    work = book / "_build"
    variables = kernel_variables(work)
    texts, faults = sources(book)
    keys = {
        name: hashlib.sha256(f"{name} {shared} ".encode() + text).hexdigest()
        for name, text in texts.items()
    }
    entries = {name: work / "executed" / f"{key}.gz" for name, key in keys.items()}
    contents = {name: stored(entry, keys[name]) for name, entry in entries.items()}
    missing = [name for name, content in contents.items() if content is None]
    for name in sorted(set(texts) - set(missing)):
        say(f"  {name:<40} unchanged")

    def make(name: str) -> None:
        start = perf_counter()
        if name == SCORE:
            content, wrong = score(book, variables)
            wrong += score_faults(content) if content else []
        else:
            content, wrong = execute(book / name, texts[name], variables)
        contents[name] = content
        faults.extend(wrong)
        if not wrong and environment() == shared:  # nobody edited a helper in the meantime
            store(entries[name], keys[name], content)
        say(f"  {name:<40} {perf_counter() - start:.1f} s" + (", FAILED" if wrong else ""))

    def make_missing() -> tuple[dict[str, bytes], list[Fault]]:
        # The longest begin first, or one of them might be left at the end, with a core for itself.
        longest = sorted(missing, key=lambda name: len(texts[name]), reverse=True)
        cores = ThreadPoolExecutor(os.cpu_count())
        try:
            list(cores.map(make, longest))
        finally:
            cores.shutdown(wait=False, cancel_futures=True)
        if not faults:
            say("Pages")
        return contents, faults

    if missing:
        cells.start(variables)
    return ThreadPoolExecutor(1).submit(make_missing)
