"""Load the study's tables and check them once, so that nothing later has to.

The schema is `datapackage.json` (a Frictionless Data Package), which frictionless holds every table
against. Rules that need more than one cell or table are checked beside it.
"""

import csv
import json
import os
import re
import sys
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import frictionless

FORMS = {
    "integer": "-?[0-9]{1,18}|",
    "number": r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|",
    "boolean": "true|false|",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the data, and what would be right.

    `line` counts from 1, the header's line; it is 0 where the whole file is meant.
    """

    file: str
    line: int
    column: str
    value: str
    advice: str

    def __str__(self) -> str:
        place = self.file + (f", line {self.line}" if self.line else "")
        place += f", column {self.column}" if self.column else ""
        value = self.value if len(self.value) <= 60 else self.value[:57] + "..."
        return f"{place}: {value!r}: {self.advice}" if value else f"{place}: {self.advice}"


class StudyError(ValueError):
    """The data break their schema or their rules; `problems` lists every way in which they do."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        number = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"the data have {number}:", *map(str, problems)]))


@dataclass(frozen=True)
class Study:
    """The validated tables, one field a table; `datapackage.json` describes their columns.

    Categories are ordered as the schema lists them, which is the paper's order. Yes-or-no columns
    are nullable booleans, whole numbers that may be missing nullable integers. `package` is the
    content of `datapackage.json`.
    """

    participants: pd.DataFrame
    responses: pd.DataFrame
    codings: pd.DataFrame
    omi: pd.DataFrame
    facts: pd.DataFrame
    omi_items: pd.DataFrame
    codebook: pd.DataFrame
    package: dict[str, Any]


def data_folder() -> Path:
    """Return the folder that holds `datapackage.json`: `STUDY_DATA`, or the project's own `data`.

    Examples
    --------
    >>> (data_folder() / "datapackage.json").exists()
    True
    """
    own = Path(__file__).parents[3] / "data"
    return Path(os.environ.get("STUDY_DATA", own))


def load_study(folder: str | Path | None = None) -> Study:
    """Read and validate all tables.

    Parameters
    ----------
    folder
        The folder that holds `datapackage.json`; by default what `data_folder` returns.

    Raises
    ------
    StudyError
        If anything is wrong. It lists every problem at once, each with file, line, column, the
        value found and what is allowed; the rules that compare cells and tables are checked once
        every file and every cell is in order. Nothing is ever written.

    Examples
    --------
    >>> study = load_study()
    >>> list(study.participants["sex"].cat.categories)
    ['woman', 'man']
    """
    folder = Path(folder) if folder is not None else data_folder()
    package = _read_package(folder / "datapackage.json")
    resources = package["resources"]
    _stop_on(p for r in resources for p in _file_problems(folder, r["path"], r["schema"]["fields"]))
    _stop_on(_at_lines(_schema_problems(folder, package), folder))
    cells = {r["name"]: _read_cells(folder / r["path"]) for r in resources}
    wrong = (p for r in resources for p in _form_problems(cells[r["name"]], r))
    _stop_on(_at_lines(wrong, folder))
    tables = {r["name"]: _typed_table(cells[r["name"]], r["schema"]["fields"]) for r in resources}
    study = Study(**tables, package=package)
    _stop_on(_at_lines(_rule_problems(study), folder))
    return study


def _stop_on(problems: Iterable[Problem]) -> None:
    if listed := list(problems):
        raise StudyError(listed)


def _at_lines(problems: Iterable[Problem], folder: Path) -> Iterator[Problem]:
    """Put the line of the file where a problem has the number of the row; cells may have lines."""
    lines: dict[str, list[int]] = {}
    for problem in problems:
        if problem.line and problem.file not in lines:
            with (folder / problem.file).open(encoding="utf-8", newline="") as file:
                rows = csv.reader(file)
                lines[problem.file] = [1, *(rows.line_num + 1 for _ in rows)]
        line = lines[problem.file][problem.line - 1] if problem.line else 0
        yield replace(problem, line=line)


def _read_package(path: Path) -> dict[str, Any]:
    if not path.is_file():
        advice = (
            "no such file; give the folder that holds datapackage.json, or set STUDY_DATA to it"
        )
        raise StudyError([Problem(str(path), 0, "", "", advice)])
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        found = [resource["name"] for resource in package["resources"]]
        for resource in package["resources"]:
            _ = path / resource["path"]
            _ = [(field["name"], field["type"]) for field in resource["schema"]["fields"]]
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        advice = f"no valid JSON in UTF-8: {error}"
        raise StudyError([Problem(str(path), 0, "", "", advice)]) from None
    except (KeyError, TypeError) as error:
        advice = "every resource needs a name, a path and a schema of fields with name and type"
        advice += f" ({error})"
        raise StudyError([Problem(str(path), 0, "resources", "", advice)]) from None
    expected = [name for name in Study.__dataclass_fields__ if name != "package"]
    if sorted(found) != sorted(expected):
        advice = f"must describe exactly these tables: {', '.join(expected)}"
        raise StudyError([Problem(str(path), 0, "resources", ", ".join(found), advice)])
    return package


def _file_problems(folder: Path, path: str, fields: list[dict[str, Any]]) -> Iterator[Problem]:
    """Find what is wrong with a file before any of its rows is looked at."""
    if not (folder / path).is_file():
        yield Problem(path, 0, "", "", "no such file; `make data` writes the synthetic tables anew")
        return
    content = (folder / path).read_bytes()
    if not content.removeprefix(BOM_UTF8).strip():
        yield Problem(path, 0, "", "", "the file is empty; it needs at least a header")
        return
    if b"\r" in content:
        line = content[: content.index(b"\r")].count(b"\n") + 1
        yield Problem(path, line, "", "", "has Windows line ends; save with Unix line ends (LF)")
    yield from text_problems(path, content)
    with suppress(UnicodeDecodeError):
        header = content.decode("utf-8-sig").splitlines()[0]
        yield from header_problems(path, header, [field["name"] for field in fields])


def text_problems(file: str, content: bytes) -> Iterator[Problem]:
    r"""Find what spreadsheet programs do to the letters of a file, each with its cure.

    Examples
    --------
    >>> print(*text_problems("people.csv", "name\nBegoña".encode("latin-1")))
    people.csv, line 2: 'ñ': is not UTF-8 here; save the file in UTF-8
    """
    if content.startswith(BOM_UTF8):
        yield Problem(file, 1, "", "", "begins with a byte order mark; save as UTF-8 without BOM")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        value = content[error.start : error.start + 1].decode("latin-1")
        yield Problem(file, line, "", value, "is not UTF-8 here; save the file in UTF-8")


def header_problems(file: str, header: str, columns: Sequence[str]) -> Iterator[Problem]:
    """Find how the first line of a CSV file differs from the columns that it must name.

    Examples
    --------
    >>> print(*header_problems("people.csv", "name;age", ["name", "age"]))
    people.csv, line 1: has semicolons between columns; save with commas
    """
    for separator, name in {";": "semicolons", "\t": "tabs"}.items():
        if header.count(separator) > header.count(","):
            yield Problem(file, 1, "", "", f"has {name} between columns; save with commas")
            return
    found = next(csv.reader([header]))
    exactly = f"the header must be exactly: {','.join(columns)}"
    wrong = [c for c in dict.fromkeys([*columns, *found]) if found.count(c) != columns.count(c)]
    for column in wrong:
        fault = "one column too many" if column in found else "this column is missing"
        yield Problem(file, 1, column, "", f"{fault}; {exactly}")
    if not wrong and found != columns:
        yield Problem(file, 1, "", header, f"the columns are in another order; {exactly}")


def _schema_problems(folder: Path, package: dict[str, Any]) -> Iterator[Problem]:
    # Imported here: it is slow to load, and reading a docstring should not wait for it.
    import frictionless

    # As pandas reads; otherwise frictionless guesses, file by file.
    dialect = {"csv": {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False}}
    try:
        with frictionless.system.use_context(trusted=True):
            tables = frictionless.Package(str(folder / "datapackage.json"))
            for resource in tables.resources:
                resource.dialect = frictionless.Dialect.from_descriptor(dialect)
            report = tables.validate(limit_errors=sys.maxsize)
    except frictionless.FrictionlessException as error:
        yield Problem("datapackage.json", 0, "", "", error.error.message)
        return
    for error in report.errors:
        yield Problem("datapackage.json", 0, "", "", error.message)
    for task, resource in zip(report.tasks, package["resources"], strict=True):
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        for error in _telling(task.errors):
            yield _explain(resource["path"], fields, error.to_dict())


def _telling(errors: list["frictionless.Error"]) -> Iterator["frictionless.Error"]:
    """Leave out what only follows from another error in the same row."""
    by_row = defaultdict(list)
    for error in errors:
        by_row[getattr(error, "row_number", None)].append(error)
    for row, of_row in by_row.items():
        lengths = [e for e in of_row if e.type in ("blank-row", "extra-cell", "missing-cell")]
        if row and lengths:
            yield lengths[0]
            continue
        is_named = any(e.type == "unique-error" for e in of_row)
        for error in of_row:
            if error.type != "primary-key" or not (is_named or '"None"' in error.note):
                yield error


def _explain(path: str, fields: dict[str, Any], error: dict[str, Any]) -> Problem:
    """Say what a frictionless error means for the person who edits the file."""
    line = error.get("rowNumber", 0)
    column, value = error.get("fieldName", ""), error.get("cell", "")
    kind = error["type"]
    if kind == "foreign-key":
        column, value = ", ".join(error["fieldNames"]), ", ".join(error["fieldCells"])
        advice = f"no row of {error['referenceName']} has this; add it there or remove this row"
    elif kind in ("constraint-error", "type-error"):
        advice = f"{'not allowed' if value else 'empty'}; use {allowed(fields[column])}"
    elif kind in ("unique-error", "primary-key"):
        advice = f"already used ({error['note']}); every row needs its own"
    elif kind == "extra-cell":
        advice = f"one cell too many; a row has {len(fields)} cells (a stray comma?)"
    elif kind == "missing-cell":
        advice = f"the row ends before this column; a row has {len(fields)} cells"
    elif kind == "blank-row":
        advice = "an empty line; remove it"
    else:
        advice = error["message"]
    return Problem(path, line, column, value, advice)


def allowed(field: dict[str, Any]) -> str:
    """Say in words which values a field of the schema allows.

    Examples
    --------
    >>> allowed({"name": "age", "type": "integer", "constraints": {"minimum": 18, "maximum": 99}})
    'a whole number from 18 to 99, or empty'
    """
    rules = field.get("constraints", {})
    if "enum" in rules:
        text = "one of " + ", ".join(map(str, rules["enum"]))
    elif field["type"] == "boolean":
        text = "true or false"
    elif field["type"] in ("integer", "number"):
        text = "a whole number" if field["type"] == "integer" else "a number"
        text += f" from {rules['minimum']}" if "minimum" in rules else ""
        text += f" to {rules['maximum']}" if "maximum" in rules else ""
    else:
        text = f"text that matches {rules['pattern']}" if "pattern" in rules else "text"
    return text if rules.get("required") else f"{text}, or empty"


def _read_cells(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _form_problems(cells: pd.DataFrame, resource: dict[str, Any]) -> Iterator[Problem]:
    """Find what frictionless takes for a number or a yes, but few others: 3_2, +32, ٣٢, NaN, 1."""
    for field in resource["schema"]["fields"]:
        column = cells[field["name"]]
        form = FORMS.get(field["type"], ".*")
        for row, cell in column[~column.str.fullmatch(form, flags=re.DOTALL)].items():
            advice = f"not allowed; use {allowed(field)}"
            yield Problem(resource["path"], row + 2, field["name"], cell, advice)


def _typed_table(cells: pd.DataFrame, fields: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({field["name"]: _typed(cells[field["name"]], field) for field in fields})


def _typed(column: pd.Series, field: dict[str, Any]) -> pd.Series:
    rules = field.get("constraints", {})
    if field["type"] == "boolean":
        column = column.map({"true": True, "false": False}).astype("boolean")
    elif field["type"] == "integer":
        numbers = pd.to_numeric(column.mask(column == ""))
        column = numbers.astype("int64" if rules.get("required") else "Int64")
    elif field["type"] == "number":
        column = pd.to_numeric(column.mask(column == "")).astype("Float64")
    elif "enum" in rules:
        column = column.mask(column == "")
    if "enum" in rules:
        return column.astype(pd.CategoricalDtype(rules["enum"], ordered=True))
    return column


def _rule_problems(study: Study) -> Iterator[Problem]:
    """Check what no single cell can tell."""
    path = {resource["name"]: resource["path"] for resource in study.package["resources"]}
    people = study.participants

    strangers = people.loc[~people["participant_id"].isin(study.omi["participant_id"])]
    for row, person in strangers["participant_id"].items():
        advice = "has no row in omi; the same people must be in both tables"
        yield Problem(path["participants"], row + 2, "participant_id", person, advice)

    for column in ["recovery_opinion", "recovery_as_cure"]:
        wrong = people.index[people[column].isna() == people["patient_contact"]]
        for row in wrong:
            contact = people.loc[row, "patient_contact"]
            advice = "must be given" if contact else "must be empty"
            advice += f", since patient_contact is {str(bool(contact)).lower()}"
            value = "" if contact else str(people.loc[row, column]).lower()
            yield Problem(path["participants"], row + 2, column, value, advice)

    items = study.omi_items["item"]
    for row, item in items[~items.isin(study.omi.columns)].items():
        yield Problem(path["omi_items"], row + 2, "item", item, "omi has no column of this name")

    yield from _answer_problems(study, path)
    yield from _fact_problems(study, path)


def _answer_problems(study: Study, path: dict[str, str]) -> Iterator[Problem]:
    asked = study.participants.set_index("participant_id")["patient_contact"]
    answers = study.responses
    for row in answers.index[~answers["participant_id"].map(asked).astype(bool)]:
        person = answers.loc[row, "participant_id"]
        advice = "answered, but patient_contact is false; only people with contact were asked"
        yield Problem(path["responses"], row + 2, "participant_id", person, advice)

    key = ["participant_id", "question"]
    spans = study.codings.merge(answers, on=key, how="left")
    for row in spans.index[spans["start"] >= spans["end"]]:
        yield Problem(
            path["codings"], row + 2, "end", str(spans.loc[row, "end"]), "must lie after start"
        )
    for row in spans.index[spans["end"] > spans["text"].str.len()]:
        advice = f"lies beyond the answer, which has {len(spans.loc[row, 'text'])} characters"
        yield Problem(path["codings"], row + 2, "end", str(spans.loc[row, "end"]), advice)


def _fact_problems(study: Study, path: dict[str, str]) -> Iterator[Problem]:
    known = set(study.facts["fact_id"])
    for row, others in study.facts["conflicts_with"].items():
        for other in others.split():
            if other not in known:
                advice = "no fact has this fact_id"
                yield Problem(path["facts"], row + 2, "conflicts_with", other, advice)
