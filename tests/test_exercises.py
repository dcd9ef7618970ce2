"""Exercises: told right from wrong, the same on the page and in notebooks, worked to the end."""

import ast
import asyncio
import json
import math
import shutil
import subprocess
import symtable
import sys
import zipfile
from base64 import b64decode
from pathlib import Path

import execute
import exercises
import nbformat
import numpy as np
import pandas as pd
import pytest
import sheets
from hypothesis import given
from hypothesis import strategies as st
from nbclient import NotebookClient

from learn.check import RIGHT, check, seal

BOOK = Path(__file__).parents[1] / "book"
SHEETS = {path.stem: sheets.read(path) for path in sorted((BOOK / "exercises").glob("*.md"))}
EXERCISES = [(sheet, exercise) for sheet in SHEETS.values() for exercise in sheet.exercises]
LABELS = [exercise.label for _, exercise in EXERCISES]
CHAPTERS = [sheet for name, sheet in SHEETS.items() if name[0].isdigit()]
every_exercise = pytest.mark.parametrize(("sheet", "exercise"), EXERCISES, ids=LABELS)
every_sheet = pytest.mark.parametrize("sheet", SHEETS.values(), ids=list(SHEETS))
SOURCE = """---
file_format: mystnb
---

```{code-cell}
:tags: [setup]
people = [1, 2, 3]
```

## Exercises

```{exercise} How many
:label: how-many
:class: judge

*Trains: counting · easy · 2 minutes.*

How many people? Put it into `n`, a whole number.
```

```{solution-start} how-many
:class: dropdown
```

```{code-cell}
n = len(people)
```

Three is few.

```{solution-end}
```

```{code-cell}
:tags: [test]
assert n == sum(1 for _ in people)
```

```{code-cell}
:tags: [wrong]
# Somebody was
# forgotten.
n = 2
```

```{code-cell}
:tags: [wrong]
n = sum(people)
```

```{code-cell}
:tags: [wrong]
n = people
```
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "01_small.md"
    path.write_text(SOURCE)
    return path


# --- Answers ---

answers = st.recursive(
    st.booleans() | st.integers(-999, 999) | st.text(max_size=5) | st.floats(-99, 99).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(answers)
def test_every_answer_is_equal_to_itself_and_unlike_dots(answer):
    assert check(answer, seal(answer)) == RIGHT
    assert check(..., seal(answer)) != RIGHT


@pytest.mark.parametrize(
    ("right", "same"),
    [
        (40, [40.0, np.int64(40), np.float64(40), 40 + 1e-9]),
        (0.5, [np.float32(0.5), pd.Series([0.5])[0]]),
        ("nurse", [" Nurse", "NURSE\n"]),
        ([1, 2], [(1, 2), np.array([1, 2]), pd.Index([1.0, 2.0])]),
        ({"b", "a"}, [{"a", "b"}, frozenset("ab")]),
        ({"a": 1, "b": 2}, [{"b": 2, "a": 1}, pd.Series({"b": 2, "a": 1})]),
        (True, [np.True_]),
        (math.nan, [np.nan, float("nan")]),
        (0.0, [-0.0, 0]),
    ],
)
def test_equal_answers_in_other_types_are_right(right, same):
    for answer in same:
        assert check(answer, seal(right)) == RIGHT


@pytest.mark.parametrize(
    ("right", "other"),
    [
        (40, [41, "40", [40], 40.4, True, None]),
        (1, [True]),
        ([1, 2], [[2, 1], {1, 2}, [1, 2, 3]]),
        ({"a": 1}, [{"a": 2}, {"b": 1}, {}]),
        ("nurse", ["nurses", ""]),
        (0.7, [0.66, 0.74]),
    ],
)
def test_other_answers_are_not(right, other):
    for answer in other:
        assert check(answer, seal(right)) != RIGHT


def test_a_near_miss_gets_a_word_that_helps():
    sealed = seal(12.3, [(45.6, "Which base?")])
    assert check(45.6, sealed) == check(45.61, sealed) == "Which base?"
    assert "rounded" in check(12.345, sealed)
    assert "100" in check(0.123, sealed)
    assert "100" in check(0.12345, sealed)
    assert "7" in check(7, sealed)


@pytest.mark.parametrize(
    ("right", "answer", "said"),
    [
        (40, "40", "This is text; a number is asked for."),
        (40, [40], "This is a list; a number is asked for."),
        (40, None, "This is None: "),
        ("nurse", 3, "This is a number; text is asked for."),
        (True, 1, "This is a number; True or False is asked for."),
        ([10.5, 20.2], {10.5, 20.2}, "This is a set; a list is asked for."),
        ([10.5, 20.2], (0.105, 0.202), "Right but for a factor of 100"),
        ({"a": 10.5}, pd.Series({"a": 0.10512}), "Right but for a factor of 100"),
        ({"a": 1}, {"b": 1}, "The labels are not those that the question names."),
        ({"a": 1}, {"a": 2}, "Not this one."),
        (40, len, "This is of the type builtin_function_or_method; a number is asked for."),
    ],
)
def test_a_wrong_answer_is_told_by_its_kind_first(right, answer, said):
    assert check(answer, seal(right)).startswith(said)


@given(st.text(min_size=8))
def test_what_is_sealed_cannot_be_read(text):
    assert text not in b64decode(seal(text)).decode()


# --- Every exercise of the book ---


def test_labels_are_unique():
    assert len(set(LABELS)) == len(LABELS)


@pytest.mark.parametrize("sheet", CHAPTERS, ids=lambda sheet: sheet.name)
def test_a_sheet_is_complete(sheet):
    text = (BOOK / "exercises" / f"{sheet.name}.md").read_text(encoding="utf-8")
    assert (BOOK / "chapters" / f"{sheet.name}.ipynb").exists()
    assert 7 <= len(sheet.exercises) <= 10
    assert {"easy", "hard"} <= {exercise.level for exercise in sheet.exercises}
    coded = [exercise for exercise in sheet.exercises if exercise.needs_code]
    assert len(coded) <= len(sheet.exercises) - 2
    assert 3 * sum(exercise.judges for exercise in sheet.exercises) >= len(coded)
    assert 3 <= text.count("{self-check}") <= 5
    for exercise in sheet.exercises:
        assert f"`{exercise.answer}`" in exercise.question
        assert len(exercise.reasons.split()) > (60 if exercise.judges else 10)


@every_exercise
def test_the_solution_is_right_and_nothing_else_is(sheet, exercise):
    right = sheet.run(exercise.code)[exercise.answer]
    sealed = exercises.seal_of(sheet, exercise)

    def passes(answer):
        try:
            for test in exercise.tests:
                sheet.run(test, **{exercise.answer: answer})
        except Exception:  # an assertion, or what comes of an answer of another kind
            return False
        return True

    assert check(right, sealed) == RIGHT
    assert passes(right)
    wrong = [sheet.run(code)[exercise.answer] for code in exercise.wrong]
    assert len(wrong) >= 3
    for answer in [..., *wrong]:
        assert check(answer, sealed) != RIGHT
        assert not passes(answer)


@every_exercise
def test_the_tests_come_to_the_answer_in_another_way(sheet, exercise):
    solved = ast.unparse(ast.parse(exercise.code).body[-1].value)
    assert solved not in ast.unparse(ast.parse("\n".join(exercise.tests)))


@every_sheet
def test_no_exercise_assigns_the_answer_of_another(sheet):
    """A notebook is graded when all of it has run."""
    for exercise in sheet.exercises:
        names = symtable.symtable(exercise.code, exercise.label, "exec").get_symbols()
        assigned = {name.get_name() for name in names if name.is_assigned()}
        others = {other.answer for other in sheet.exercises if other is not exercise}
        assert not assigned & others


@every_sheet
def test_exercises_leave_alone_what_an_explorer_looks_up_later(sheet):
    """On the page both run in one kernel, where an explorer's view is computed at each choice."""
    notebook = nbformat.read(BOOK / "chapters" / f"{sheet.name}.ipynb", as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    views = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Lambda)]
    named = [node for view in views for node in ast.walk(view) if isinstance(node, ast.Name)]
    looked_up = {node.id for node in named if isinstance(node.ctx, ast.Load)}
    looked_up -= {node.id for node in named if isinstance(node.ctx, ast.Store)}
    looked_up -= {argument.arg for view in views for argument in view.args.args}
    ours = "\n".join(code for e in sheet.exercises for code in [e.code, *e.tests])
    names = symtable.symtable(ours, sheet.name, "exec").get_symbols()
    assigned = {name.get_name() for name in names if name.is_assigned()}
    assert not assigned & looked_up


def test_every_numbered_chapter_has_exercises_and_their_place():
    chapters = sorted((BOOK / "chapters").glob("0*.ipynb"))
    assert [path.stem for path in chapters] == [sheet.name for sheet in CHAPTERS]
    for path in chapters:
        assert path.read_text(encoding="utf-8").count(sheets.PLACE) == 1


# --- From the source to the page ---


def chapter():
    cells = [{"source": [sheets.PLACE, "\n## Exercises"]}, {"source": ["## End"]}]
    return json.dumps({"cells": cells}).encode()


def test_the_page_has_question_solution_and_answer_but_nothing_wrong(source):
    cells = json.loads(sheets.splice(chapter(), source))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    assert texts[-1] == "## End"
    assert not any(sheets.PLACE in text for text in texts)
    assert not any("sum(people)" in text or "forgotten" in text for text in texts)
    assert "n = len(people)\nn" in texts
    removed = [cell["metadata"].get("tags") == ["remove-cell"] for cell in cells[:-1]]
    assert removed == [True, False, False, False, True]
    assert len({cell["id"] for cell in cells[:-1]}) == len(cells) - 1


def test_other_data_get_the_question_and_the_code_but_nothing_that_runs(source):
    cells = json.loads(sheets.splice(chapter(), source, is_own=False))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    assert all(cell.get("cell_type") != "code" for cell in cells)
    assert texts[0].startswith(f"## Exercises\n{sheets.NOT_THEIRS}")
    assert sum(sheets.NOT_THEIRS in text for text in texts) == 1
    assert "```python\nn = len(people)\n```" in texts
    assert "How many people?" in "\n".join(texts)
    assert not any("assert" in text or "forgotten" in text for text in texts)


def test_a_chapter_without_exercises_stays_as_it_is(source, tmp_path):
    assert sheets.splice(chapter(), tmp_path / "none.md") == chapter()
    assert sheets.splice(b'{"cells": []}', source) == b'{"cells": []}'


def test_a_chapter_that_is_no_json_is_left_to_who_executes_it(source, tmp_path):
    merged = b"<<<<<<< HEAD\n" + chapter()
    assert sheets.splice(merged, source) == merged
    _, [fault] = execute.execute(tmp_path / "01_small.ipynb", merged, {})
    assert fault.where == "01_small.ipynb"
    assert fault.what.startswith("no valid notebook")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":label: how-many\n", "", "no label"),
        (" · easy", "", "first line is not like"),
        ("n = len(people)\n", "len(people)\n", "naming its answer"),
        (":tags: [test]", ":tags: [wrong]", "tagged `test`"),
        ("```{code-cell}\n:tags: [wrong]\nn = people\n```\n", "", "at least 3"),
        (":tags: [test]", ":tags: [tset]", "tset"),
        (":tags: [test]", ":tags: [test, wrong]", "has test wrong"),
        ("```{code-cell}\n:tags: [test]", "```{code-cell}", "no tag"),
        (":tags: [setup]\n", "", "before the first exercise has no tag"),
        ("n = len(people)\n", "n = len(people\n", r"how-many: .* never closed: n = len\(people$"),
        ("n = sum(people)\n", "n = sum(\n", "how-many: .* never closed"),
        ("{solution-end}", "{solution-over}", "is not closed"),
    ],
)
def test_what_an_exercise_lacks_is_said(source, old, new, said):
    source.write_text(SOURCE.replace(old, new, 1))
    with pytest.raises(sheets.ExerciseError, match=said) as caught:
        sheets.read(source)
    assert "01_small.md" in str(caught.value)


# --- From the source to notebooks ---


TOOL = Path(exercises.__file__)
SHORT = "02_demographics"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder with the notebooks made from two sheets."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "exercises").mkdir()
    (folder / "exercises" / "01_small.md").write_text(SOURCE)
    shutil.copy(BOOK / "exercises" / f"{SHORT}.md", folder / "exercises")
    run = subprocess.run([sys.executable, TOOL, folder], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "student" in run.stdout
    return folder / "_build" / "exercises"


def worked(path, answers):
    """Put answers in the place of the blanks, run all, and return what the checks say."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        name, blank, rest = cell.source.partition(" = ...")
        if blank:
            assert not rest.strip()
            cell.source = f"{name} = {answers.get(name, '...')}"
    place = {"metadata": {"path": path.parent}}
    client = NotebookClient(notebook, kernel_name="python3", resources=place, allow_errors=True)
    asyncio.run(client.async_execute())
    checks = [cell for cell in notebook.cells if "report(" in cell.source]
    return ["".join(output.text for output in cell.outputs) for cell in checks]


def test_a_student_gets_blanks_and_neither_solution_nor_tests(made):
    text = (made / "student" / "01_small.ipynb").read_text()
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert "n = ..." in [cell.source for cell in notebook.cells]
    for secret in ["len(people)", "sum(", "forgotten", "few", "otter"]:
        assert secret not in text


@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("3", "Right."),
        ("2", "Somebody was forgotten."),
        ('"3"', "This is text; a number is asked for. What was checked: '3'"),
        ("nobody", "`n` has no value yet: run your cell above, and mend it if it shows an error."),
    ],
)
def test_a_check_is_one_line_that_begins_with_what_helps(made, answer, said):
    assert worked(made / "student" / "01_small.ipynb", {"n": answer}) == [f"{said}\n"]


def test_a_forgotten_setup_is_named(made):
    path = made / "student" / "01_small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "sealed" not in cell.source]
    forgetful = path.with_name("forgetful.ipynb")
    nbformat.write(notebook, forgetful)
    [said] = worked(forgetful, {"n": "3"})
    assert "Run All Above" in said
    assert said.count("\n") == 1


def test_a_notebook_begins_with_its_tables(made):
    notebook = nbformat.read(made / "student" / f"{SHORT}.ipynb", as_version=4)
    texts = [cell.source for cell in notebook.cells]
    assert texts.index("study.participants.head(3)") < texts.index("missing = ...")
    assert "`study.participants`: one row for each person interviewed" in texts


def test_a_teacher_gets_solution_and_grader(made):
    text = (made / "teacher" / "01_small.ipynb").read_text()
    assert "n = len(people)" in text
    assert "Three is few." in text
    with zipfile.ZipFile(made / "teacher" / "01_small-autograder.zip") as archive:
        assert any("how-many" in name for name in archive.namelist())


@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_a_sheet_of_the_book_can_be_worked_to_its_end(made):
    sheet = SHEETS[SHORT]
    answers = {e.answer: repr(_plain(sheet.run(e.code)[e.answer])) for e in sheet.exercises}
    said = worked(made / "student" / f"{SHORT}.ipynb", answers)
    assert len(said) == len(sheet.exercises)
    assert set(said) == {f"{RIGHT}\n"}


def _plain(answer):
    return answer.to_dict() if isinstance(answer, pd.Series) else answer


def test_a_sheet_that_lacks_something_is_one_line(tmp_path):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "01_small.md").write_text(SOURCE.replace("n = len", "len"))
    run = subprocess.run([sys.executable, TOOL, tmp_path], capture_output=True, text=True)
    assert run.returncode == 1
    [line] = run.stderr.splitlines()
    assert line.startswith("01_small.md, how-many: the solution does not end")
