"""Write notebooks to work in, and to grade with, from the exercises of the chapters.

`python tools/exercises.py [FOLDER]` makes them for the book in a folder, by default `book`, in its
`_build/exercises`. A student's notebook has blanks, and checks that tell right from wrong; a
teacher's one, and the archive to grade with, come from otter-grader and have the solutions and
further tests.
"""

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from execute import ROOT
from sheets import Exercise, ExerciseError, Sheet, read

from learn.check import RIGHT, seal

if TYPE_CHECKING:
    from nbformat import NotebookNode

ASSIGNMENT = """# ASSIGNMENT CONFIG
init_cell: false
check_all_cell: false
export_cell: false
generate: true
tests:
  files: false
"""
HOW_TO = """# Exercises: {name}

First run all cells once: choose Run, then Run All Cells. Replace the dots by your answer, run the
cell (Shift and Enter), and then the check below it. A check tells whether an answer is right and,
for some wrong ones, where to look again. What you need stands in the book: {chapters}. Exercises
marked *no code* take paper and pencil: type in what you find. Nobody in the records exists: they
are synthetic.

{contents}"""
JUDGE = "**{number}, continued.** Your judgement, and the reasons on both sides:"
PROMPT = """# BEGIN SOLUTION NO PROMPT
{code}
# END SOLUTION
\"\"\" # BEGIN PROMPT
{answer} = ...
\"\"\" # END PROMPT"""
HIDDEN = """\"\"\" # BEGIN TEST CONFIG
hidden: true
\"\"\" # END TEST CONFIG
{code}"""
FOLDED = {"jupyter": {"source_hidden": True}}
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
COMMENT = re.compile(r"# *(.+(?:\n#.*)*)")


def student(sheet: Sheet) -> "NotebookNode":
    """Return a notebook to work in: a look at the tables, then blanks and a check for each."""
    from nbformat import v4

    text, code = v4.new_markdown_cell, v4.new_code_cell
    sealed = {exercise.label: seal_of(sheet, exercise) for exercise in sheet.exercises}
    parts = [
        text(how_to(sheet)),
        code(sheet.setup),
        code(f"# What the checks need\nsealed = {json.dumps(sealed, indent=4)}", metadata=FOLDED),
    ]
    for table, row in tables_of(sheet).items():
        parts += [
            text(f"`study.{table}`: {row.replace('One row', 'one row')}"),
            code(f"study.{table}.head(3)"),
        ]
    for number, exercise in enumerate(sheet.exercises, start=1):
        call = f'report("{exercise.label}", "{exercise.answer}")'
        parts += [
            text(f"## {number}. {exercise.title}\n\n{exercise.question}"),
            code(f"{exercise.answer} = ..."),
            code(f"from learn.check import report\n\n{call}"),
        ]
        if exercise.judges:
            parts += [text(JUDGE.format(number=number)), text("*Write here.*")]
    for number, part in enumerate(parts):
        part["id"] = f"cell-{number}"  # and not a random one
    told = {"sheet": sheet.name, "version": version_of(sealed)}
    return v4.new_notebook(cells=parts, metadata={"kernelspec": KERNEL, "exercises": told})


def version_of(sealed: dict[str, str]) -> str:
    """Return what tells notebooks apart that were made from other exercises or another study."""
    return sha256(json.dumps(sealed, sort_keys=True).encode()).hexdigest()[:12]


def how_to(sheet: Sheet) -> str:
    """Say how to work through a sheet, and what each of its exercises takes."""
    rows = [
        f"| {number} | {exercise.title} | {exercise.level} | {exercise.minutes} |"
        f" {'' if exercise.needs_code else 'no code'} |"
        for number, exercise in enumerate(sheet.exercises, start=1)
    ]
    head = ["| | Exercise | Level | Minutes | |", "|---|---|---|---|---|"]
    names = [
        f"`{name}`"
        for name in dict.fromkeys([sheet.name, "primer"])
        if (ROOT / "book" / "chapters" / f"{name}.ipynb").exists()
    ]
    return HOW_TO.format(
        name=sheet.name, chapters=" and ".join(names), contents="\n".join(head + rows)
    )


def tables_of(sheet: Sheet) -> dict[str, str]:
    """Return which tables of the study the code of a sheet reads, and what a row of each is."""
    code = "\n".join([sheet.setup, *(exercise.code for exercise in sheet.exercises)])
    named = re.findall(r"\bstudy\.(\w+)", code)
    if not named:
        return {}
    resources = sheet.prepared["study"].package["resources"]
    return {r["name"]: r["description"].partition(". ")[0] for r in resources if r["name"] in named}


def master(sheet: Sheet) -> "NotebookNode":
    """Return a notebook of the form that otter-grader's assign reads."""
    from nbformat import v4

    raw, text, code = v4.new_raw_cell, v4.new_markdown_cell, v4.new_code_cell
    sealed = {exercise.label: seal_of(sheet, exercise) for exercise in sheet.exercises}
    parts = [
        raw(ASSIGNMENT),
        text(how_to(sheet)),
        code(sheet.setup),
        code(f"# What the checks need\nsealed = {json.dumps(sealed, indent=4)}", metadata=FOLDED),
    ]
    for number, exercise in enumerate(sheet.exercises, start=1):
        # Students' notebooks do not import it.
        call = "from learn.check import check\n\n"
        call += f'check({exercise.answer}, sealed["{exercise.label}"])'
        parts += [
            raw(f"# BEGIN QUESTION\nname: {exercise.label}\npoints: 1"),
            text(f"## {number}. {exercise.title}\n\n{exercise.question}"),
            raw("# BEGIN SOLUTION"),
            code(PROMPT.format(code=exercise.code, answer=exercise.answer)),
            raw("# END SOLUTION"),
            raw("# BEGIN TESTS"),
            code(call, outputs=[v4.new_output("execute_result", {"text/plain": repr(RIGHT)})]),
            *(code(HIDDEN.format(code=test)) for test in exercise.tests),
            raw("# END TESTS"),
            raw("# END QUESTION"),
        ]
        if exercise.judges:
            parts += [
                raw(f"# BEGIN QUESTION\nname: {exercise.label}-why\nmanual: true\npoints: 2"),
                text(JUDGE.format(number=number)),
                raw("# BEGIN SOLUTION"),
                text(exercise.reasons),
                raw("# END SOLUTION"),
                raw("# END QUESTION"),
            ]
    return v4.new_notebook(cells=parts, metadata={"kernelspec": KERNEL})


def seal_of(sheet: Sheet, exercise: Exercise) -> str:
    """Return what tells students right from wrong, with hints from the wrong answers' comments."""

    def result(code: str) -> object:
        return sheet.run(code)[exercise.answer]

    hints = [
        (result(wrong), hint[1].replace("\n# ", " "))
        for wrong in exercise.wrong
        if (hint := COMMENT.match(wrong))
    ]
    return seal(result(exercise.code), hints)


def make(path: Path, work: Path) -> None:
    """Write the notebooks for one chapter into `work/student` and `work/teacher`."""
    import nbformat
    import otter.assign

    sheet = read(path)
    for folder in ("student", "teacher"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    nbformat.write(student(sheet), work / "student" / f"{path.stem}.ipynb")
    with tempfile.TemporaryDirectory() as place:
        source, result = Path(place) / f"{path.stem}.ipynb", Path(place) / "result"
        nbformat.write(master(sheet), source)
        with quiet():
            otter.assign.main(str(source), str(result))
        [archive] = (result / "autograder").glob("*.zip")
        shutil.copy(result / "autograder" / source.name, work / "teacher")
        shutil.copy(archive, work / "teacher" / f"{path.stem}-autograder.zip")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what kernels and otter write to stderr from the reader, unless something fails."""
    with tempfile.TemporaryFile("w+") as kept:
        stderr = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(stderr, kept.read().encode())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def main() -> None:
    """Write the notebooks of the book named on the command line."""
    book = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "book").resolve()
    work = book / "_build" / "exercises"
    shutil.rmtree(work, ignore_errors=True)
    try:
        for path in sorted((book / "exercises").glob("*.md")):
            make(path, work)
            print(f"  {path.stem}", flush=True)
    except ExerciseError as error:
        sys.exit(str(error))
    print(f"For students: {os.path.relpath(work / 'student')}")
    print(f"For teachers, with solutions and graders: {os.path.relpath(work / 'teacher')}")


if __name__ == "__main__":
    main()
