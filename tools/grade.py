"""Grade a folder of notebooks: `python grade.py SUBMISSIONS`, beside the folder `key`.

Writes `marks.csv`, one row a file, and `report.md`, which says what most got wrong and which files
could not be graded and why. Every notebook is run by otter-grader in a process of its own, which is
ended after TIME_LIMIT seconds. It runs what students wrote with your rights: use an account or a
container that has nothing to lose.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

KEY = Path(__file__).resolve().parent / "key"
TIME_LIMIT = 300
KERNEL_DIED = "otter-grader gave up: RuntimeError: Kernel died before replying to kernel_info"
"""What is said where two notebooks started at the same time, and picked the same port."""
CALL = re.compile(r'^report\("([^"]+)"', re.MULTILINE)


@dataclass
class Result:
    """What became of one file: marks by exercise, or why there are none."""

    file: str
    sheet: str = ""
    marks: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def total(self) -> float:
        """The sum of the marks, of which each exercise has one at most."""
        return round(sum(self.marks.values()), 2)


def main() -> int:
    """Grade the folder named on the command line; return the exit status."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("Name the folder with the notebooks: python grade.py SUBMISSIONS", file=sys.stderr)
        return 2
    files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file())
    if not files:
        print(f"There is nothing in {sys.argv[1]}", file=sys.stderr)
        return 2
    versions = json.loads((KEY / "versions.json").read_text(encoding="utf-8"))
    copies = same(files)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        graded = pool.map(lambda paths: grade(paths[0], versions), copies)
        results = [
            replace(result, file=path.relative_to(sys.argv[1]).as_posix())
            for paths, result in zip(copies, graded, strict=True)
            for path in paths
        ]
    results.sort(key=lambda result: result.file)
    exercises = list(dict.fromkeys(label for result in results for label in result.marks))
    with Path("marks.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "sheet", "total", "out_of", *exercises, "fault"])
        for result in results:
            marks = [result.marks.get(label, "") for label in exercises]
            total = ["", ""] if result.fault else [result.total, len(result.marks)]
            rows.writerow([result.file, result.sheet, *total, *marks, result.fault])
    Path("report.md").write_text("\n".join(report(results)) + "\n", encoding="utf-8")
    faults = sum(bool(result.fault) for result in results)
    print(f"{len(results)} files: {len(results) - faults} graded, {faults} not; see report.md")
    return 0


def same(files: list[Path]) -> list[list[Path]]:
    """Put files together that are the same byte for byte; each content is graded once."""
    by_content: dict[bytes, list[Path]] = {}
    for path in files:
        by_content.setdefault(sha256(path.read_bytes()).digest(), []).append(path)
    return list(by_content.values())


def grade(path: Path, versions: dict[str, str]) -> Result:
    """Grade one file, or say why it cannot be graded."""
    result = Result(path.name)
    try:
        notebook = json.loads(path.read_bytes())
        told = notebook["metadata"]["exercises"]
        result.sheet, version = told["sheet"], told["version"]
        result.said = dict(said(notebook))
    except (ValueError, KeyError, TypeError, AttributeError):
        result.fault = fault_of(path)
        return result
    if versions.get(result.sheet) != version:
        result.fault = "was made from another version of the exercises than this key"
        return result
    tests = run_otter(path, result.sheet)
    if tests == KERNEL_DIED:
        tests = run_otter(path, result.sheet)
    if isinstance(tests, str):
        result.fault = tests
        return result
    for test in tests:
        if "score" in test and not test["name"].endswith("-why") and " " not in test["name"]:
            result.marks[test["name"]] = round(test["score"], 2)
    if not result.marks:
        result.fault = "otter-grader found none of the exercises in it"
    return result


def run_otter(path: Path, sheet: str) -> list[dict] | str:
    """Return the tests of a notebook with their scores, or why there are none."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "otter", "run", "--no-logo", "-o", place]
        command += ["-a", str(KEY / f"{sheet}-autograder.zip"), str(path.resolve())]
        environment = os.environ | {"STUDY_DATA": str(KEY / "study")}
        if sheet != "replication":
            environment.pop("STUDY_DATA")  # the chapters' exercises are about the book's own study
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            _, stderr = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            return f"was still running after {TIME_LIMIT} seconds"
        made = Path(place, "results.json")
        if process.returncode or not made.exists():
            last = stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            return f"otter-grader gave up: {last[0][:200]}"
        return json.loads(made.read_text(encoding="utf-8"))["tests"]


def fault_of(path: Path) -> str:
    """Say why a file is no notebook that can be graded."""
    if path.stat().st_size == 0:
        return "is empty"
    try:
        notebook = json.loads(path.read_bytes())
    except ValueError:
        return "is no notebook: it cannot be read as JSON"
    if not isinstance(notebook, dict) or "cells" not in notebook:
        return "is no notebook of format 4: it has no cells"
    return "is not made from these exercises: it does not say from which"


def said(notebook: dict) -> Iterator[tuple[str, str]]:
    """Return what the checks said when the notebook was saved, by exercise."""
    for cell in notebook["cells"]:
        call = CALL.search("".join(cell["source"]))
        for output in cell.get("outputs", []):
            if call and "text" in output:
                yield call[1], "".join(output["text"]).strip()


def report(results: list[Result]) -> Iterator[str]:
    """Return the lines of the report."""
    graded = [result for result in results if not result.fault]
    yield f"# {len(graded)} of {len(results)} files graded"
    yield "\n## What most got wrong\n"
    yield "| Exercise | Wrong | Of | What the check said most often |"
    yield "|---|---|---|---|"
    of, wrong, hints = Counter(), Counter(), {}
    for result in graded:
        for label, mark in result.marks.items():
            of[label] += 1
            if mark < 1:
                wrong[label] += 1
                hints.setdefault(label, Counter())[result.said.get(label, "not run")] += 1
    for label, number in wrong.most_common():
        hint = hints[label].most_common(1)[0][0].replace("|", "\\|")
        yield f"| {label} | {number} | {of[label]} | {hint} |"
    yield "\n## Not graded\n"
    for result in results:
        if result.fault:
            yield f"- `{result.file}` {result.fault}"


if __name__ == "__main__":
    sys.exit(main())
