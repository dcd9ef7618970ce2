"""Read a CSV file and check its cells, so that each fault is told once: where it is and what to do.

What a table must look like stands in a schema (Table Schema, of which `allowed` knows the part that
is used here). Nothing in a file or a schema is executed, and no file outside its folder is read.
"""

import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import pandas as pd

LARGEST = 64_000_000  # bytes of a file
TOLD = 10  # values of which one fault is told one by one; the last one speaks for those left
PATIENCE = 2  # seconds that a pattern may take over a column

_NUMBER = r"-?(0|[1-9][0-9]{0,17})"
_FORMS = {
    "integer": re.compile(_NUMBER),
    "number": re.compile(_NUMBER + r"(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?"),
    "boolean": re.compile("true|false"),
    "string": re.compile(".*", re.DOTALL),
}
# Control characters but for tab and line ends, what turns the direction of all that follows, and
# what no page may hold.
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\ufffe\uffff]")

# What to say of a keyword of a JSON Schema that a document breaks.
_MUST = {
    "type": "must be of type {}",
    "enum": "must be one of {}",
    "const": "must be {}",
    "pattern": "must match {}",
    "minimum": "must be {} or more",
    "uniqueItems": "must not hold the same twice",
    "minItems": "must hold {} or more",
    "minProperties": "must hold {} or more",
    "maxItems": "must hold {} or fewer",
    "minLength": "must have {} characters or more",
    "maxLength": "must have {} characters or fewer",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the data, and what would be right.

    `line` counts from 1, the header's line; where it is 0, the whole file is meant, or in
    `datapackage.json` the place that `column` names. `more` are further lines of the same fault.
    """

    file: str
    line: int
    column: str
    value: str
    advice: str
    more: tuple[int, ...] = ()

    def __str__(self) -> str:
        place = _shown(self.file, 200) + (f", line {self.line}" if self.line else "")
        if self.column:
            place += f", {'column' if self.line else 'at'} {_shown(self.column, 120)}"
        told = [place, repr(_cut(self.value, 60))] if self.value else [place]
        text = ": ".join([*told, _shown(self.advice, 400)])
        if not self.more:
            return text
        lines = [f"{line}" for line in self.more[:3]]
        lines += [f"{len(self.more) - 3:,} more"] if len(self.more) > 3 else []
        several = len(self.more) > 1
        return f"{text} (the same in line{'s' if several else ''} {_listed(lines)})"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _shown(text: str, length: int) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in _cut(text, length))


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in [", ".join(words[:-1]), words[-1]] if part)


class StudyError(ValueError):
    """The data break their schema or their rules; `problems` lists every way in which they do."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        number = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"the data have {number}:", *map(str, problems)]))


def stop_on(problems: Iterable[Problem], files: Iterable[str] = ()) -> None:
    """Raise a `StudyError` of all problems, file by file and line by line, if there are any."""
    if listed := list(problems):
        files = list(dict.fromkeys([*files, *(problem.file for problem in listed)]))
        raise StudyError(sorted(listed, key=lambda p: (files.index(p.file), p.line)))


def told(
    file: str,
    column: str,
    faults: Iterable[tuple[int, str]],
    advice: str | Callable[[str, list[int]], str],
    first: int = 0,
) -> Iterator[Problem]:
    r"""Tell the same fault of many lines once for each value, and of many values in few words.

    Parameters
    ----------
    file, column
        Where the fault is.
    faults
        The lines at fault, each with its value: what `Series.items` yields of cells.
    advice
        What would be right, or what says it from a value and its lines.
    first
        Which of the lines of a value is the first that is at fault.

    Examples
    --------
    >>> faults = [(2, "men"), (3, "wife"), (4, "men")]
    >>> print(*told("people.csv", "sex", faults, "use man or woman"), sep="\n")
    people.csv, line 2, column sex: 'men': use man or woman (the same in line 4)
    people.csv, line 3, column sex: 'wife': use man or woman
    """
    lines: dict[str, list[int]] = {}
    for line, value in faults:
        lines.setdefault(value, []).append(line)
    values = list(lines)
    for number, value in enumerate(values[:TOLD], start=1):
        more = lines[value][first + 1 :]
        if number == TOLD:
            more += [line for other in values[TOLD:] for line in lines[other][first:]]
        right = advice if isinstance(advice, str) else advice(value, lines[value])
        yield Problem(file, lines[value][first], column, value, right, tuple(more))


def misfits(document: object, schema: str) -> Iterator[tuple[list[str | int], object, str]]:
    """Find what a JSON Schema does not allow: where in the document, the value, and what to do.

    Parameters
    ----------
    document
        What JSON or TOML can hold.
    schema
        The name of a file beside this module. Where it has an `advice`, this is what to do.

    Examples
    --------
    >>> list(misfits({"title": "Our study"}, "settings.schema.json"))
    [(['records'], '', 'must be set')]
    """
    import jsonschema

    rules = json.loads(Path(__file__).with_name(schema).read_bytes())
    # As of draft 4, for which 5.0 is no whole number.
    types = jsonschema.Draft4Validator.TYPE_CHECKER
    kind = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=types)
    for error in kind(rules).iter_errors(document):
        path, found = list(error.absolute_path), error.instance
        if error.validator == "required":
            yield [*path, error.message.split("'")[1]], "", "must be set"
        elif error.validator == "additionalProperties":
            known = error.schema["properties"]
            advice = f"is not known here; use one of {', '.join(known)}"
            yield from (([*path, key], "", advice) for key in found if key not in known)
        else:
            advice = _MUST[error.validator].format(json.dumps(error.validator_value))
            value = "" if found is None or isinstance(found, dict | list) else found
            yield path, value, error.schema.get("advice", advice)


def read(folder: Path, path: str, most: int = LARGEST, missing: str = "no such file") -> bytes:
    """Return the content of a file in a folder.

    Parameters
    ----------
    folder, path
        The folder, and the path of the file in it.
    most
        How many bytes the file may have.
    missing
        What to say if there is no such file.

    Raises
    ------
    StudyError
        If the path, or a link on it, leads out of the folder, or to no plain file, or the file is
        too large or cannot be read.

    Examples
    --------
    >>> read(Path(), "../secret.csv")
    Traceback (most recent call last):
    ...
    helpers.load.files.StudyError: the data have one problem:
      ../secret.csv: leads out of the folder of the data; only files in it are read
    """
    try:
        file = (folder / path).resolve()
        if "://" in path:
            advice = "is an address; only files in the folder of the data are read"
        elif not file.is_relative_to(folder.resolve()):
            advice = "leads out of the folder of the data; only files in it are read"
        elif not file.is_file():
            advice = missing
        else:
            with file.open("rb") as opened:
                content = opened.read(most + 1)
            if len(content) <= most:
                return content
            advice = f"is larger than {most:,} bytes, more than is read here"
    # No permission, a circle of links, a name that is too long or holds what no name may.
    except (OSError, RuntimeError, ValueError) as error:
        advice = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise StudyError([Problem(path, 0, "", "", advice)])


def read_cells(
    file: str, content: bytes, columns: Sequence[str], most: int = 1_000_000
) -> tuple[pd.DataFrame, list[Problem]]:
    r"""Read the cells of a CSV file, all as text.

    Parameters
    ----------
    file
        What the file is called in messages.
    content
        What it holds: UTF-8, with a byte order mark or not, lines that end as anywhere, columns
        with commas between them.
    columns
        What its first line must name, in this order.
    most
        How many rows there may be.

    Returns
    -------
    cells
        One row for each row of the file that has as many cells as there are columns, indexed
        by the line on which it begins.
    problems
        What is wrong with the length of the other rows.

    Raises
    ------
    StudyError
        If the text, the header, the marks around cells or the number of rows is not in order. It
        lists all faults of the first of these that has any.

    Examples
    --------
    >>> read_cells("people.csv", b"name;age\nAna;40\n", ["name", "age"])
    Traceback (most recent call last):
    ...
    helpers.load.files.StudyError: the data have one problem:
      people.csv, line 1: has semicolons between columns; save with commas
    """
    text = _text(file, content)
    if not text.strip():
        stop_on([Problem(file, 0, "", "", "the file is empty; it needs at least a header")])
    rows: dict[int, list[str]] = {}
    seen: dict[str, str] = {}  # a million rows fit into memory if equal cells are one text
    lengths: dict[int, list[tuple[int, str]]] = {}  # lines of rows with a wrong number of cells
    reader = csv.reader(io.StringIO(text, newline=None), strict=True)
    line = 1
    try:
        stop_on(_header_problems(file, next(reader), columns))
        line = reader.line_num + 1
        for number, row in enumerate(reader):
            if number == most:
                stop_on([Problem(file, line, "", "", f"more than {most:,} rows are not read here")])
            if len(row) == len(columns) and any(row):
                rows[line] = [seen.setdefault(cell, cell) for cell in row]
            else:
                lengths.setdefault(len(row) * any(row), []).append((line, ""))
            line = reader.line_num + 1
    except csv.Error as error:
        advice = f"no valid CSV in the row that begins here ({error}); is a quotation mark astray?"
        raise StudyError([Problem(file, line, "", "", advice)]) from None
    problems = [
        problem
        for length, lines in lengths.items()
        for problem in told(file, "", lines, _length_advice(length, len(columns)))
    ]
    index = pd.Index(rows, name="line", dtype=int)
    return pd.DataFrame(list(rows.values()), index, list(columns), dtype=str), problems


def _length_advice(length: int, columns: int) -> str:
    if not length:
        return "an empty line; remove it"
    stray = " (a stray comma?)" if length > columns else ""
    return f"the row has {length} cells and needs {columns}{stray}"


def _text(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        value = content[error.start : error.start + 1].decode("latin-1")
        advice = "is not UTF-8 here; save the file in UTF-8"
        raise StudyError([Problem(file, line, "", value, advice)]) from None


def _header_problems(file: str, found: list[str], columns: Sequence[str]) -> Iterator[Problem]:
    """Find how the first line of a file differs from the columns that it must name."""
    separators = {";": "semicolons", "\t": "tabs"}
    for separator, name in separators.items():
        if ",".join(found).count(separator) >= max(len(found), 1):
            yield Problem(file, 1, "", "", f"has {name} between columns; save with commas")
            return
    exactly = f"the header must be exactly: {','.join(columns)}"
    has, needs = Counter(found), Counter(columns)
    wrong = [column for column in {**needs, **has} if has[column] != needs[column]]
    for column in wrong[:TOLD]:
        fault = "one column too many" if column in has else "this column is missing"
        yield Problem(file, 1, column, "", f"{fault}; {exactly}")
    if len(wrong) > TOLD:
        yield Problem(file, 1, "", "", f"and {len(wrong) - TOLD:,} more columns; {exactly}")
    if not wrong and found != list(columns):
        yield Problem(file, 1, "", ",".join(found), f"the columns are in another order; {exactly}")


def cell_problems(file: str, cells: pd.DataFrame, field: dict[str, Any]) -> Iterator[Problem]:
    """Find the cells of a column that its field in a schema does not allow.

    Parameters
    ----------
    file
        What the file is called in messages.
    cells
        Text, indexed by line, as `read_cells` returns it.
    field
        A field of a Table Schema.

    Raises
    ------
    TimeoutError
        If its pattern takes longer than `PATIENCE`.

    Examples
    --------
    >>> cells = pd.DataFrame({"age": ["40", "032"]}, index=[2, 3])
    >>> print(*cell_problems("people.csv", cells, {"name": "age", "type": "integer"}))
    people.csv, line 3, column age: '032': not allowed; use a whole number, or empty
    """
    column = cells[field["name"]]
    fits = _fits(field)
    wrong = [value for value in column.unique() if not fits(value)]
    if wrong:
        rows = column[column.isin(wrong)]
        yield from told(file, field["name"], rows.items(), _advice(field))


def _advice(field: dict[str, Any]) -> Callable[[str, list[int]], str]:
    def advice(value: str, _: list[int]) -> str:
        if _CONTROL.search(value):
            return "holds a control character; remove it"
        return f"{'not allowed' if value.strip() else 'empty'}; use {allowed(field)}"

    return advice


def _fits(field: dict[str, Any]) -> Callable[[str], bool]:
    """Return what tells whether a field allows a value."""
    import regex

    rules = field.get("constraints", {})
    levels = {text(level) for level in rules.get("enum", [])}
    form = _FORMS[field["type"]]
    largest = sys.float_info.max
    least, most = rules.get("minimum", -largest), rules.get("maximum", largest)
    pattern = regex.compile(rules["pattern"]) if "pattern" in rules else None
    end = monotonic() + PATIENCE

    def matches(value: str) -> bool:
        return bool(pattern.fullmatch(value, timeout=max(end - monotonic(), 0.001)))

    def fits(value: str) -> bool:
        if not value:
            return not rules.get("required", False)
        return bool(
            value.strip()
            and not _CONTROL.search(value)
            and form.fullmatch(value)
            and (not levels or value in levels)
            and (field["type"] not in ("integer", "number") or least <= float(value) <= most)
            and (pattern is None or matches(value))
        )

    return fits


def text(level: object) -> str:
    """Write a level as a cell does.

    Examples
    --------
    >>> text(True), text(3)
    ('true', '3')
    """
    return str(level).lower() if isinstance(level, bool) else str(level)


def allowed(field: dict[str, Any]) -> str:
    """Say in words which values a field of the schema allows.

    Examples
    --------
    >>> allowed({"name": "age", "type": "integer", "constraints": {"minimum": 18, "maximum": 99}})
    'a whole number from 18 to 99, or empty'
    """
    rules = field.get("constraints", {})
    if "enum" in rules:
        words = "one of " * (len(rules["enum"]) > 1) + ", ".join(map(text, rules["enum"]))
    elif field["type"] == "boolean":
        words = "true or false"
    elif field["type"] in ("integer", "number"):
        words = "a whole number" if field["type"] == "integer" else "a number"
        words += f" from {rules['minimum']}" if "minimum" in rules else ""
        words += f" to {rules['maximum']}" if "maximum" in rules else ""
    else:
        words = f"text that matches {rules['pattern']}" if "pattern" in rules else "text"
    return words if rules.get("required") else f"{words}, or empty"


def blank_problems(file: str, cells: pd.DataFrame, column: str) -> Iterator[Problem]:
    """Find cells with blanks around what they name, which nobody sees.

    Examples
    --------
    >>> print(*blank_problems("people.csv", pd.DataFrame({"name": ["Ana "]}, [2]), "name"))
    people.csv, line 2, column name: 'Ana ': has blanks around it; remove them
    """
    bare = cells[column].str.strip()
    around = cells.loc[(bare != cells[column]) & (bare != ""), column]
    yield from told(file, column, around.items(), "has blanks around it; remove them")


def key_problems(file: str, cells: pd.DataFrame, key: Sequence[str]) -> Iterator[Problem]:
    """Find rows that have the key of a row before them.

    Examples
    --------
    >>> print(*key_problems("people.csv", pd.DataFrame({"name": ["Ana", "Ana"]}, [2, 4]), ["name"]))
    people.csv, line 4, column name: 'Ana': already used in line 2; every row needs its own
    """
    same = cells.loc[cells.duplicated(list(key), keep=False), list(key)]
    yield from told(
        file,
        ", ".join(key),
        _joined(same).items(),
        lambda _, lines: f"already used in line {lines[0]}; every row needs its own",
        first=1,
    )


def reference_problems(
    file: str, cells: pd.DataFrame, columns: Sequence[str], name: str, known: pd.DataFrame
) -> Iterator[Problem]:
    """Find rows that refer to what is not there.

    Parameters
    ----------
    file, cells
        As for `cell_problems`.
    columns
        Which of its columns refer together; a row in which one is empty refers to nothing.
    name
        What the table is called to which they refer.
    known
        The columns of that table to which they refer, in the same order.

    Examples
    --------
    >>> cells, known = pd.DataFrame({"who": ["Ana", "Eva"]}, [2, 3]), pd.DataFrame({"id": ["Ana"]})
    >>> print(*reference_problems("answers.csv", cells, ["who"], "people", known))
    answers.csv, line 3, column who: 'Eva': no row of people has this; add it there or remove this \
row
    """
    refer = cells[list(columns)]
    refer = refer[(refer != "").all(axis=1)]
    known = known.drop_duplicates().set_axis(list(columns), axis=1)
    found = refer.merge(known, how="left", indicator="found")["found"].eq("both").to_numpy()
    lost = _joined(refer[~found])
    advice = f"no row of {name} has this; add it there or remove this row"
    yield from told(file, ", ".join(columns), lost.items(), advice)


def _joined(cells: pd.DataFrame) -> pd.Series:
    return pd.Series(map(", ".join, zip(*(cells[c] for c in cells), strict=True)), cells.index, str)


def typed(cells: pd.DataFrame, fields: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Give the columns of a checked table the types of its schema.

    Examples
    --------
    >>> fields = [{"name": "age", "type": "integer"}, {"name": "nurse", "type": "boolean"}]
    >>> typed(pd.DataFrame({"age": ["40", ""], "nurse": ["true", "false"]}, dtype=str), fields)
        age  nurse
    0    40   True
    1  <NA>  False
    """
    cells = cells.reset_index(drop=True)
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
