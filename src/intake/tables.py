"""Read data files of other programs, with what they know of their columns."""

import csv
import io
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from intake import IntakeError

KINDS = (".sav", ".zsav", ".dta", ".xlsx", ".csv")


@dataclass(frozen=True)
class Column:
    """A column as its file has it.

    Parameters
    ----------
    name, label
        Its name, and what the file says it is; the label may be empty.
    cells
        One a row, missing ones NA: numbers, text, or dates.
    codes
        What the file calls each number, in the order of the numbers; empty where it names none.
    declared
        How many answers each value had that the file declares to be missing, such as -9.
    """

    name: str
    label: str
    cells: pd.Series
    codes: dict[float, str] = field(default_factory=dict)
    declared: dict[str, int] = field(default_factory=dict)


def read(path: Path) -> list[Column]:
    r"""Read a data file.

    Parameters
    ----------
    path
        A file of SPSS (.sav, .zsav), Stata (.dta), Excel (.xlsx, first sheet) or a CSV file in
        UTF-8 with commas or semicolons; with semicolons, 1,5 is a number. Excel and CSV name their
        columns in the first row; a column without a name is called "".

    Raises
    ------
    IntakeError
        If the file cannot be read as what its name says it is, names a column twice, or has no row.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "study.csv")
    >>> _ = path.write_text("age,job\n40,nurse\n,\n")
    >>> [column.cells.tolist() for column in read(path)]
    [[40, <NA>], ['nurse', nan]]
    """
    if not path.is_file():
        raise IntakeError([f"{path}: no such file"])
    suffix = path.suffix.lower()
    try:
        if suffix in (".sav", ".zsav", ".dta"):
            return _statistical(path)
        frame = _sheet(path) if suffix == ".xlsx" else _delimited(path)
    except IntakeError:
        raise
    except UnicodeDecodeError:
        advice = "is not in UTF-8; save it as CSV in UTF-8"
        raise IntakeError([f"{path.name}: {advice}"]) from None
    except Exception as error:  # each of the readers has exceptions of its own
        raise IntakeError([f"{path.name}: cannot be read as {suffix}: {error}"]) from None
    return [Column(str(name), "", values) for name, values in frame.items()]


def _statistical(path: Path) -> list[Column]:
    import pyreadstat

    reader = pyreadstat.read_dta if path.suffix.lower() == ".dta" else pyreadstat.read_sav
    frame, about = reader(path, user_missing=True)
    columns = []
    for name in frame:
        values = frame[name]
        ranges = about.missing_ranges.get(name, [])
        letters = about.missing_user_values.get(name, [])
        gone = values.isin(letters)
        for span in ranges:
            gone |= values.map(lambda value, span=span: _lies_in(value, span))
        codes = about.variable_value_labels.get(name, {})
        declared = {
            _told(value, codes): int(n)
            for value, n in values[gone].value_counts(sort=False).items()
        }
        kept = values.mask(gone | values.map(lambda value: value == ""))
        if len(letters) or len(ranges):
            kept = kept.infer_objects()
        known = {
            code: str(label)
            for code, label in sorted(codes.items(), key=lambda pair: str(pair[0]))
            if code not in letters and not any(_lies_in(code, span) for span in ranges)
        }
        if all(isinstance(code, int | float) for code in known):
            known = dict(sorted(known.items()))
        label = (about.column_names_to_labels.get(name) or "").strip()
        columns.append(Column(str(name), label, _plain(kept), known, declared))
    return columns


def _lies_in(value: Hashable, span: dict[str, Any]) -> bool:
    """Say whether a value lies in a range that SPSS has for missing; text has single values."""
    low, high = span["lo"], span["hi"]
    if isinstance(value, str) or isinstance(low, str):
        return str(value).rstrip() == str(low).rstrip()
    return low <= value <= high


def _told(value: Hashable, codes: dict[Any, str]) -> str:
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{number} ({codes[value]})" if value in codes else number


def _sheet(path: Path) -> pd.DataFrame:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    rows = [row for row in rows if any(cell is not None for cell in row)]
    if not rows:
        raise IntakeError([f"{path.name}: the first sheet is empty"])
    names = ["" if name is None else str(name).strip() for name in rows[0]]
    _refuse_repeated(path, names)
    frame = pd.DataFrame(rows[1:], columns=names)
    return frame.apply(lambda column: _plain(column.infer_objects()))


def _delimited(path: Path) -> pd.DataFrame:
    text = path.read_bytes().decode("utf-8-sig")
    head = text.partition("\n")[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    header, *rows = [*csv.reader(io.StringIO(text, newline=""), delimiter=separator)] or [[]]
    names = [name.strip() for name in header]
    _refuse_repeated(path, names)
    wrong = [n for n, row in enumerate(rows, start=2) if row and len(row) != len(names)]
    if wrong:
        lines = ", ".join(map(str, wrong[:5]))
        raise IntakeError([f"{path.name}: row {lines}: other than {len(names)} cells"])
    frame = pd.DataFrame([row for row in rows if row], columns=names)
    if separator == ";":
        frame = frame.replace(r"^\s*(-?[0-9]+),([0-9]+)\s*$", r"\1.\2", regex=True)
    return frame.apply(lambda column: as_typed(column.str.strip().replace("", None)))


def _refuse_repeated(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise IntakeError([f"{path.name}: more than one column is called {', '.join(twice)}"])


def as_typed(column: pd.Series) -> pd.Series:
    """Return text as numbers if all of it is in digits.

    Examples
    --------
    >>> as_typed(pd.Series(["1", None, "20"])).tolist()
    [1, <NA>, 20]
    """
    return _plain(_numbers(column))


def _numbers(column: pd.Series) -> pd.Series:
    """Turn a column into numbers if all of it is in digits; 007 is a name, as are 19 digits."""
    known = column.dropna().astype(str)
    form = r"-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?"
    is_number = len(known) and known.map(lambda text: bool(re.fullmatch(form, text))).all()
    return pd.to_numeric(column) if is_number else column


def _plain(column: pd.Series) -> pd.Series:
    """Return whole numbers as such."""
    known = column.dropna()
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        if (known % 1 == 0).all() and (known.abs() <= 1e18).all():
            return column.astype("Int64")
        return column.astype("Float64")
    return column
