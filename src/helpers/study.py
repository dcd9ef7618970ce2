"""Load the study's tables and check them once, so that nothing later has to.

The schema is `datapackage.json` (a Frictionless Data Package), which frictionless holds every table
against. Rules that need more than one cell or table are checked beside it.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import frictionless


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
        return (
            f"{place}: {self.value!r}: {self.advice}" if self.value else f"{place}: {self.advice}"
        )


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
    own = Path(__file__).parents[2] / "data"
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
        value found and what is allowed. Nothing is ever written.

    Examples
    --------
    >>> study = load_study()
    >>> list(study.participants["sex"].cat.categories)
    ['woman', 'man']
    """
    folder = Path(folder) if folder is not None else data_folder()
    package = _read_package(folder / "datapackage.json")
    resources = package["resources"]
    problems = [p for resource in resources for p in _file_problems(folder, resource["path"])]
    if problems:
        raise StudyError(problems)
    problems = list(_schema_problems(folder, package))
    if problems:
        raise StudyError(problems)
    tables = {r["name"]: _read_table(folder / r["path"], r["schema"]["fields"]) for r in resources}
    study = Study(**tables, package=package)
    problems = list(_rule_problems(study))
    if problems:
        raise StudyError(problems)
    return study


def _read_package(path: Path) -> dict[str, Any]:
    if not path.is_file():
        advice = (
            "no such file; give the folder that holds datapackage.json, or set STUDY_DATA to it"
        )
        raise StudyError([Problem(str(path), 0, "", "", advice)])
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise StudyError(
            [Problem(str(path), 0, "", "", f"no valid JSON in UTF-8: {error}")]
        ) from None
    expected = [name for name in Study.__dataclass_fields__ if name != "package"]
    found = [resource["name"] for resource in package.get("resources", [])]
    if sorted(found) != sorted(expected):
        advice = f"must describe exactly these tables: {', '.join(expected)}"
        raise StudyError([Problem(str(path), 0, "resources", ", ".join(found), advice)])
    return package


def _file_problems(folder: Path, path: str) -> Iterator[Problem]:
    """Find what spreadsheet programs do to CSV files, each with its cure."""
    if not (folder / path).is_file():
        yield Problem(path, 0, "", "", "no such file; `make data` writes the synthetic tables anew")
        return
    content = (folder / path).read_bytes()
    header = content.partition(b"\n")[0]
    if not content.strip():
        yield Problem(path, 0, "", "", "the file is empty; it needs at least a header")
        return
    if content.startswith(b"\xef\xbb\xbf"):
        yield Problem(path, 1, "", "", "begins with a byte order mark; save as UTF-8 without BOM")
    if b"\r" in content:
        line = content[: content.index(b"\r")].count(b"\n") + 1
        yield Problem(path, line, "", "", "has Windows line ends; save with Unix line ends (LF)")
    if header.count(b";") > header.count(b","):
        yield Problem(path, 1, "", "", "has semicolons between columns; save with commas")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        value = content[error.start : error.start + 1].decode("latin-1")
        yield Problem(path, line, "", value, "is not UTF-8 here; save the file in UTF-8")


def _schema_problems(folder: Path, package: dict[str, Any]) -> Iterator[Problem]:
    # Imported here: it is slow to load, and reading a docstring should not wait for it.
    import frictionless

    with frictionless.system.use_context(trusted=True):
        report = frictionless.Package(str(folder / "datapackage.json")).validate()
    for error in report.errors:
        yield Problem("datapackage.json", 0, "", "", error.message)
    for task, resource in zip(report.tasks, package["resources"], strict=True):
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        for error in task.errors:
            # Said already by the error that names the blank row or the repeated value.
            if not (error.type == "primary-key" and _is_said(error, task.errors)):
                yield _explain(resource["path"], fields, error.to_dict())


def _is_said(error: "frictionless.Error", errors: list["frictionless.Error"]) -> bool:
    same_row = [e for e in errors if getattr(e, "row_number", None) == error.row_number]
    return any(e.type in ("blank-row", "unique-error") for e in same_row)


def _explain(path: str, fields: dict[str, Any], error: dict[str, Any]) -> Problem:
    """Say what a frictionless error means for the person who edits the file."""
    line = error.get("rowNumber", error.get("rowNumbers", [1])[0])
    column = error.get("fieldName", error.get("label", ""))
    value = error.get("cell", error.get("label", ""))
    kind = error["type"]
    expected = ", ".join(fields)
    if kind == "foreign-key":
        column, value = ", ".join(error["fieldNames"]), ", ".join(error["fieldCells"])
        advice = f"no row of {error['referenceName']} has this; add it there or remove this row"
    elif kind in ("constraint-error", "type-error"):
        advice = f"not allowed; use {allowed(fields[column])}"
    elif kind in ("unique-error", "primary-key"):
        advice = f"already used ({error['note']}); every row needs its own"
    elif kind in ("extra-label", "missing-label", "incorrect-label", "duplicate-label"):
        advice = f"the header must be exactly: {expected}"
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
        text = "one of " + ", ".join(rules["enum"])
    elif field["type"] == "boolean":
        text = "true or false"
    elif field["type"] == "integer":
        text = "a whole number"
        text += f" from {rules['minimum']}" if "minimum" in rules else ""
        text += f" to {rules['maximum']}" if "maximum" in rules else ""
    else:
        text = f"text that matches {rules['pattern']}" if "pattern" in rules else "text"
    return text if rules.get("required") else f"{text}, or empty"


def _read_table(path: Path, fields: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.DataFrame({field["name"]: _typed(table[field["name"]], field) for field in fields})


def _typed(column: pd.Series, field: dict[str, Any]) -> pd.Series:
    rules = field.get("constraints", {})
    if "enum" in rules:
        return column.mask(column == "").astype(pd.CategoricalDtype(rules["enum"], ordered=True))
    if field["type"] == "boolean":
        return column.map({"true": True, "false": False}).astype("boolean")
    if field["type"] == "integer":
        numbers = pd.to_numeric(column, errors="coerce")
        return numbers.astype("int64" if rules.get("required") else "Int64")
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
        for other in set(others.split()) - known:
            yield Problem(
                path["facts"], row + 2, "conflicts_with", other, "no fact has this fact_id"
            )
