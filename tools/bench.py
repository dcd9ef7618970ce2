"""Time the building of the book beside other ways, and run the other benchmarks.

Run by `make bench`; writes docs/benchmarks.md. Everything is built in a copy of the project, so the
book itself stays as it is. The other ways get the chapters with their exercises put in, as the book
has them, so that all run the same cells. The ways take turns, so that a change in the machine's
load meets them all; of several rounds the median counts.
"""

import argparse
import ast
import contextlib
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import execute
import people
import sheets
import yaml
from cells import TIMEOUT
from execute import LOCK, ROOT, files

TABLE = ROOT / "docs" / "benchmarks.md"
COPIED = ("book", "data", "src", "tools", "pyproject.toml", "README.md", "LICENSE", LOCK)
PROGRAMS = Path(sys.executable).parent
LOADING_AT_MOST = {100: 1, 1_000: 1, 10_000: 5}  # seconds of the processor, by people
MINUTES, KILOBYTES = 4, 500  # the most that a book of the most people may take and a page weigh
# All cells of all chapters in one process: once to load what they need, once for the time.
COMPUTING = """
import contextlib, io, json, os, sys
from pathlib import Path
from time import perf_counter
import matplotlib
matplotlib.use("agg")
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()

def run(notebook):
    os.chdir(Path(notebook).parent)
    shell.reset(new_session=True)
    for cell in json.loads(Path(notebook).read_text())["cells"]:
        if cell["cell_type"] == "code":
            shell.run_cell("".join(cell["source"])).raise_error()

def forget():
    for name, module in list(sys.modules.items()):
        if name.startswith("helpers"):
            for value in vars(module).values():
                getattr(value, "cache_clear", int)()

with contextlib.redirect_stdout(io.StringIO()):
    for notebook in sys.argv[1:]:
        run(notebook)
    forget()
    start = perf_counter()
    for notebook in sys.argv[1:]:
        run(notebook)
    seconds = perf_counter() - start
print(seconds)
"""

LOADING = """
from time import process_time
from helpers.load import load_study
import jsonschema, pandas, regex
start = process_time()
load_study()
print(process_time() - start)
"""


def main() -> int:
    """Measure all, write the table and return the exit status."""
    parser = argparse.ArgumentParser(description="Write docs/benchmarks.md.")
    parser.add_argument("--rounds", type=int, default=3)
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder:
        project = Path(folder, "project")
        copy(project)
        write_plain(project)
        seconds = measure(project, parser.parse_args().rounds)
        books = [book_of(project, number) for number in LOADING_AT_MOST]
    others = other_benchmarks()
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(report(seconds, books, others, load), encoding="utf-8")
    print(f"Wrote {os.path.relpath(TABLE)}")
    built = not any(math.isnan(seconds) for _, _, seconds, _, _ in books)
    return int(not (built and all(passed for _, _, passed in others)))


# --- Measuring ---


def copy(project: Path) -> None:
    """Copy what the book is made from."""
    for path in (ROOT / name for name in COPIED):
        for file in files(path) if path.is_dir() else [path]:
            target = project / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)


def write_plain(project: Path) -> None:
    """Write the book with the exercises in their chapters, as other programs can build it."""
    plain = project / "plain"
    shutil.copytree(project / "book", plain)
    for path in chapters(plain):
        exercises = plain / "exercises" / f"{path.stem}.md"
        path.write_bytes(sheets.splice(path.read_bytes(), exercises))
    config = plain / "_config.yml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["execute"] = {"execute_notebooks": "force", "timeout": TIMEOUT}
    # Without our own extension that runs the chapters.
    del settings["sphinx"]["local_extensions"]["executed"]
    settings["sphinx"]["config"]["extensions"].remove("executed")
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")


def measure(project: Path, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each way of building, one number a round."""
    ways = {
        "cold": lambda: cold(project),
        "nothing": lambda: make(project),
        "one": lambda: one_changed(project, -1),
        "middle": lambda: one_changed(project, len(chapters(project / "book")) // 2),
        "pages": lambda: pages(project),
        "computing": lambda: computing(project),
        "stock": lambda: stock(project),
        "nbconvert": lambda: nbconvert(project),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            print(f"Round {number + 1} of {rounds}, {name}: ", end="", flush=True)
            seconds[name].append(way())
            print(f"{seconds[name][-1]:.1f} s", flush=True)
    return seconds


def timed(project: Path, *command: str | Path) -> float:
    """Return the seconds that a Python program takes in the copy of the project."""
    start = perf_counter()
    run(project, *command)
    return perf_counter() - start


def run(project: Path, *command: str | Path, data: Path | None = None) -> str:
    """Run a Python program in the copy of the project, and return what it printed.

    `data` is the folder of the data, by default the copy's own.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    own = {"PYTHONPATH": str(project / "src"), "STUDY_DATA": str(data or project / "data")}
    env = os.environ | own
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, and not by each program
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    done.check_returncode()
    return done.stdout


def chapters(book: Path) -> list[Path]:
    """Return the paths of the chapters, in the book's order."""
    return [book / name for name in execute.chapters(book)]


def make(project: Path) -> float:
    """Build as `make book` does."""
    return timed(project, "tools/build.py")


def cold(project: Path) -> float:
    """Build with nothing there."""
    shutil.rmtree(project / "book" / "_build", ignore_errors=True)
    return make(project)


def one_changed(project: Path, place: int) -> float:
    """Build after a cell of a chapter got a comment: the one in that place, by length."""
    chapter = sorted(chapters(project / "book"), key=lambda path: path.stat().st_size)[place]
    notebook = json.loads(chapter.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["source"] = [*cell["source"], "\n# once more"]
    chapter.write_text(json.dumps(notebook), encoding="utf-8")
    return make(project)


def pages(project: Path) -> float:
    """Make all pages anew from results in store."""
    work = project / "book" / "_build"
    for folder in ("html", "sphinx"):
        shutil.rmtree(work / folder)
    return make(project)


def computing(project: Path) -> float:
    """Run all cells in one process that has loaded all packages, without a kernel."""
    return float(run(project, "-c", COMPUTING, *chapters(project / "plain")).splitlines()[-1])


def stock(project: Path) -> float:
    """Build with Jupyter Book alone, which executes the chapters itself, its cache off."""
    shutil.rmtree(project / "plain" / "_build", ignore_errors=True)
    return timed(project, PROGRAMS / "jupyter-book", "build", "--all", "plain")


def nbconvert(project: Path) -> float:
    """Execute the chapters one by one, without making pages."""
    to = ("--to", "notebook", "--execute", "--output-dir", project / "converted")
    return sum(
        timed(project, PROGRAMS / "jupyter-nbconvert", *to, path)
        for path in chapters(project / "plain")
    )


def book_of(project: Path, number: int) -> tuple[int, float, float, float, str]:
    """Build the book of so many people.

    Return their number, the seconds that loading takes the processor, those of the whole build, and
    the size in bytes and name of the largest chapter; NaN if the book was not built.
    """
    print(f"The book of {number:,} people: ", end="", flush=True)
    data = project.parent / str(number)
    people.write(data, number)
    loading = float(run(project, "-c", LOADING, data=data))
    shutil.rmtree(project / "book" / "_build", ignore_errors=True)
    start = perf_counter()
    try:
        run(project, "tools/build.py", data=data)
    except subprocess.CalledProcessError:  # it has said why; the other figures are still to come
        return number, loading, math.nan, math.nan, "not built"
    seconds = perf_counter() - start
    pages = (project / "book" / "_build" / "html" / "chapters").glob("*.html")
    size, name = max((page.stat().st_size, page.stem) for page in pages)
    print(f"{seconds:.1f} s", flush=True)
    return number, loading, seconds, size, name


def other_benchmarks() -> list[tuple[str, str, bool]]:
    """Run tests/bench_*.py; return for each its first sentence, its output, and if it passed."""
    done = []
    for program in sorted((ROOT / "tests").glob("bench_*.py")):
        print(f"{program.name}:", flush=True)
        ended = subprocess.run([sys.executable, program], stdout=subprocess.PIPE, text=True)
        print(ended.stdout, flush=True)
        purpose = ast.get_docstring(ast.parse(program.read_text(encoding="utf-8")))
        done.append((purpose.splitlines()[0], ended.stdout, ended.returncode == 0))
    return done


# --- Telling ---


def aims(middle: dict[str, float], books: list[tuple]) -> list[tuple[str, float, float]]:
    """Return what was aimed at: the measure, what was found, and the most it should be."""
    most, _, seconds, size, _ = books[-1]
    floor = middle["computing"] + middle["pages"]
    return [
        ("Cold, as a share of stock Jupyter Book", middle["cold"] / middle["stock"], 0.45),
        ("Cold, as a multiple of the floor", middle["cold"] / floor, 1.1),
        ("Nothing changed, seconds", middle["nothing"], 2.5),
        ("Longest chapter changed, as a share of cold", middle["one"] / middle["cold"], 0.25),
        *(
            (f"Loading {number:,} people, seconds", loading, LOADING_AT_MOST[number])
            for number, loading, *_ in books
        ),
        (f"A book of {most:,} people, minutes", seconds / 60, MINUTES),
        (f"Largest chapter of {most:,} people, KB", size / 1000, KILOBYTES),
    ]


def report(
    seconds: dict[str, list[float]],
    books: list[tuple[int, float, float, float, str]],
    others: list[tuple[str, str, bool]],
    load: float,
) -> str:
    """Return the page of benchmarks."""
    middle = {name: median(times) for name, times in seconds.items()}
    floor = middle["computing"] + middle["pages"]
    rounds = len(seconds["cold"])
    names = {
        "cold": "`make book`, nothing there",
        "nothing": "`make book`, nothing changed",
        "one": "`make book`, the longest chapter changed",
        "middle": "`make book`, the chapter of median length changed",
        "stock": "(a) `jupyter-book build`, its cache off",
        "nbconvert": "(b) `jupyter nbconvert --execute`, one by one, no pages",
    }
    rows = [(name, middle[key], seconds[key]) for key, name in names.items()]
    rows += [
        ("(c) the floor: both of the next two", floor, []),
        ("all cells in one warm process", middle["computing"], seconds["computing"]),
        ("all pages, with execution off", middle["pages"], seconds["pages"]),
    ]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}, medians; rounds: {rounds}.",
            f"{machine()}; the load was {load:.1f} at the start. Seconds say little about another",
            "machine; ratios say more.",
            "",
            "## Building",
            "",
            "| Way | Seconds | From | To | Times cold |",
            "| --- | ---: | ---: | ---: | ---: |",
            *(row(name, time, times, middle["cold"]) for name, time, times in rows),
            "",
            "| Aim | Found | At most | Met |",
            "| --- | ---: | ---: | --- |",
            *(
                f"| {what} | {found:.2f} | {most:g} | {'yes' if found <= most else 'no'} |"
                for what, found, most in aims(middle, books)
            ),
            "",
            "## More people",
            "",
            "The people of the book are drawn again and again, with all their rows. Loading is in",
            "seconds of the processor; the build begins with nothing there.",
            "",
            "| People | Loading, s | Whole book, s | Largest chapter, KB | Which |",
            "| ---: | ---: | ---: | ---: | --- |",
            *(
                f"| {number:,} | {loading:.2f} | {build:.0f} | {size / 1000:.0f} | {name} |"
                for number, loading, build, size, name in books
            ),
            "",
            "## Computing",
            *(f"\n{purpose}\n\n```text\n{output.rstrip()}\n```" for purpose, output, _ in others),
            "",
        ]
    )


def row(name: str, time: float, times: list[float], cold: float) -> str:
    """Return a row of the table of builds."""
    span = f"{min(times):.1f} | {max(times):.1f}" if times else " | "
    return f"| {name} | {time:.1f} | {span} | {time / cold:.2f} |"


def machine() -> str:
    """Return what the program runs on."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        model = found[1] if found else model
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = f"Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()}, {python}"


if __name__ == "__main__":
    sys.exit(main())
