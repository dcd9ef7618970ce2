"""Read the exercises of the chapters, and put them on the pages.

`book/exercises/NAME.md` belongs to the chapter NAME. It is a MyST notebook with, for each exercise,

- `{exercise}` with a title and a label: a first line such as *Trains: choosing a base · easy · 10
  minutes.*, and the question, which says into which name the answer goes. Easy, medium and hard are
  the levels; `no code` stands before the minutes where paper and pencil do. The class `judge` is
  for those that ask for a judgement besides;
- between `{solution-start}` and `{solution-end}`: code cells, of which the last one ends by giving
  the answer that name, and the reasons;
- code cells tagged `test`: assertions that come to the answer in another way;
- at least three code cells tagged `wrong`: plausible wrong answers. A comment on the first line,
  where there is one, is the hint for those who come to it.

A code cell tagged `setup` at the beginning imports what the exercises need. Solutions and tests run
in the chapter when the book is built.
"""

import ast
import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

PLACE = "<!-- exercises -->"
"""Stands in the cell of a chapter in whose place its exercises come."""

TRAINS = re.compile(
    r"\*Trains: (?P<skill>[^·*]+) · (?P<level>easy|medium|hard)(?P<no_code> · no code)?"
    r" · (?P<minutes>\d+)\s+minutes\.\*\s+"
)
NOT_THEIRS = """
> **These questions are about the book's own study.** Their answers hold for its records, not for
> those on this page.

"""
"""Stands under the title of the exercises where the pages show other data."""

WRONG = 3
"""Wrong answers that an exercise needs at least."""

BLOCK = re.compile(
    r"^(?P<fence>`{3,})\{(?P<kind>exercise|solution-start|solution-end)\} *(?P<argument>[^\n]*)\n"
    r"(?P<options>(?::[^\n]*\n)*)(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


class ExerciseError(Exception):
    """An exercise lacks something; the message says which and what."""


@dataclass
class Exercise:
    """One exercise: what is asked, how it is solved, and how answers are told right from wrong."""

    label: str
    title: str
    question: str
    judges: bool
    solution: list[tuple[str, str]] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def level(self) -> str:
        """How hard it is: easy, medium or hard."""
        return TRAINS.match(self.question)["level"]

    @property
    def minutes(self) -> int:
        """How many minutes it takes a pair that has read the chapter."""
        return int(TRAINS.match(self.question)["minutes"])

    @property
    def needs_code(self) -> bool:
        """Whether it takes more than paper and pencil."""
        return not TRAINS.match(self.question)["no_code"]

    @property
    def codes(self) -> list[str]:
        """The code cells of the solution."""
        return [source for kind, source in self.solution if kind == "code"]

    @property
    def code(self) -> str:
        """The code of the solution."""
        return "\n\n".join(self.codes)

    @property
    def reasons(self) -> str:
        """The text of the solution."""
        return "\n\n".join(source for kind, source in self.solution if kind == "markdown")

    @property
    def answer(self) -> str:
        """The name that the solution gives the answer, or nothing."""
        match ast.parse(self.code).body:
            case [*_, ast.Assign(targets=[ast.Name(id=name)])]:
                return name
        return ""

    @property
    def lack(self) -> str:
        """What the exercise lacks, or nothing."""
        for code in [self.code, *self.tests, *self.wrong]:
            try:
                ast.parse(code)
            except SyntaxError as error:
                return f"{error.msg}: {error.text}".strip()
        if not TRAINS.match(self.question):
            return "the first line is not like *Trains: choosing a base · easy · 10 minutes.*"
        if not self.answer:
            return "the solution does not end by naming its answer"
        if not self.tests:
            return "there is no cell tagged `test`"
        if len(self.wrong) < WRONG:
            return f"there are not at least {WRONG} cells tagged `wrong`"
        return ""


@dataclass
class Sheet:
    """The exercises of a chapter, and the code that comes before them."""

    name: str
    setup: str
    exercises: list[Exercise]

    @cached_property
    def prepared(self) -> dict[str, Any]:
        """The names that are there before the first exercise."""
        import numpy as np
        import pandas as pd

        names: dict[str, Any] = {}
        # How it has numbers and tables shown ends with it.
        with np.printoptions(), pd.option_context("display.notebook_repr_html", True):
            exec(self.setup, names)  # our own source
        return names

    def run(self, code: str, **given: object) -> dict[str, Any]:
        """Return the names that are there after some code, given some names besides."""
        names = self.prepared | given
        exec(code, names)
        return names


def cells(path: Path) -> list["NotebookNode"]:
    """Return the cells of a file with exercises."""
    return copy.deepcopy(_parsed(path.read_text(encoding="utf-8")))


@cache  # the same file is asked for several times in a build
def _parsed(text: str) -> list["NotebookNode"]:
    from myst_nb.core.read import read_myst_markdown_notebook

    return read_myst_markdown_notebook(text).cells


def read(path: Path) -> Sheet:
    """Return the exercises of a file; what they lack raises an error."""
    sheet = Sheet(path.stem, "", [])
    is_open = False
    for cell in cells(path):
        tag = " ".join(cell.metadata.get("tags", [])) or "no tag"
        if tag == "setup":
            sheet.setup = cell.source
        elif cell.cell_type == "markdown":
            for kind, argument, text in _blocks(cell.source):
                if kind == "exercise":
                    sheet.exercises.append(_exercise(path, argument, text))
                elif kind == "text" and is_open:
                    sheet.exercises[-1].solution.append(("markdown", text))
                elif kind != "text":
                    is_open = kind == "solution-start"
        elif not sheet.exercises:
            raise ExerciseError(f"{path.name}: a code cell before the first exercise has {tag}")
        elif is_open and tag == "no tag":
            sheet.exercises[-1].solution.append(("code", cell.source))
        else:
            exercise = sheet.exercises[-1]
            kept = {"test": exercise.tests, "wrong": exercise.wrong}.get(tag)
            if is_open or kept is None:
                what = "the solution is not closed" if is_open else f"a code cell has {tag}"
                raise ExerciseError(f"{path.name}, {exercise.label}: {what}")
            kept.append(cell.source)
    for exercise in sheet.exercises:
        if lack := exercise.lack:
            raise ExerciseError(f"{path.name}, {exercise.label}: {lack}")
    return sheet


def _blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Split text into directives (kind, argument, options and body) and what is between them."""
    end = 0
    for block in BLOCK.finditer(text):
        if between := text[end : block.start()].strip():
            yield "text", "", between
        yield block["kind"], block["argument"], block["options"] + block["body"]
        end = block.end()
    if rest := text[end:].strip():
        yield "text", "", rest


def _exercise(path: Path, title: str, text: str) -> Exercise:
    label = re.search(r"^:label: *(\S+)$", text, re.MULTILINE)
    if label is None:
        raise ExerciseError(f"{path.name}, {title}: the exercise has no label")
    question = re.sub(r"\A(?::[^\n]*\n)*", "", text).strip()
    return Exercise(label[1], title, question, ":class: judge" in text)


def splice(chapter: bytes, path: Path, is_own: bool = True) -> bytes:
    """Return a chapter with its exercises in their place, solved and with the answers shown.

    They ask about the book's own study. Under other data (`is_own` false) a note says so, and their
    code is shown and not run.
    """
    if PLACE.encode() not in chapter or not path.exists():
        return chapter
    try:
        notebook = json.loads(chapter)
    except ValueError:  # which is told when it is to be executed
        return chapter
    place = next(i for i, c in enumerate(notebook["cells"]) if PLACE in "".join(c["source"]))
    ends = {exercise.codes[-1]: exercise.answer for exercise in read(path).exercises}
    spliced = [c for c in cells(path) if "wrong" not in c.metadata.get("tags", [])]
    if not is_own:
        spliced = list(_shown(spliced))
    for number, cell in enumerate(spliced):
        if set(cell.metadata.get("tags", [])) & {"setup", "test"}:
            cell.metadata["tags"] = ["remove-cell"]
        if cell.source in ends:
            cell.source += f"\n{ends[cell.source]}"
        spliced[number] = cell | {"id": f"exercises-{number}"}
    notebook["cells"][place : place + 1] = spliced
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def _shown(exercises: list["NotebookNode"]) -> Iterator["NotebookNode"]:
    """Turn solutions' code into text, leave out set-up and tests, and note whose they are."""
    from nbformat.v4 import new_markdown_cell

    note = NOT_THEIRS
    for cell in exercises:
        if cell.cell_type == "markdown":
            title, _, text = cell.source.partition("\n")
            yield new_markdown_cell(f"{title}\n{note}{text}")
            note = ""
        elif not cell.metadata.get("tags"):
            yield new_markdown_cell(f"```python\n{cell.source}\n```")
