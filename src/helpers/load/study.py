"""Load a study's tables and check them once, so that nothing later has to.

The folder's `datapackage.json` says what the tables look like (a Frictionless Data Package,
https://specs.frictionlessdata.io/, of whose version 1 `package.schema.json` lists the part that is
known here), and `needs.toml` what the helpers need of them. Nothing in a data folder is executed,
nothing outside it is read, and no address in it is opened.
"""

import dataclasses
import hashlib
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from helpers.load.conditions import ConditionError, holds
from helpers.load.files import (
    TOLD,
    Problem,
    StudyError,
    blank_problems,
    cell_problems,
    key_problems,
    misfits,
    read,
    read_cells,
    reference_problems,
    stop_on,
    told,
    typed,
)
from helpers.load.settings import FILE, Scale, Settings, data_folder, load_settings, setting_problem

PACKAGE = "datapackage.json"
LANGUAGE = "language"
"""The column that tells rows in several languages apart; tables in one language do without."""
NEEDS = tomllib.loads(Path(__file__).with_name("needs.toml").read_text(encoding="utf-8"))
"""What the helpers need of each table that a study may have.

:meta hide-value:
"""

_LARGEST_PACKAGE = 1_000_000  # bytes
# Two characters between which something ends: ASCII, and not both in a word.
_IS_APART = re.compile(r"(?=[\0-\x7f]{2})([^\w']|.[^\w'])", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Study:
    """The validated tables, one field a table; `datapackage.json` describes their columns.

    Categories are ordered as the schema lists them, which is the paper's order. Yes-or-no columns
    are nullable booleans, whole numbers that may be missing nullable integers. `package` is the
    content of `datapackage.json`, `settings` that of `study.toml`. A table that the package does
    not describe is None: a study needs participants, and of the others what it has. Tables with
    words in several languages hold those of `language` alone; `every` has them whole.
    """

    package: dict[str, Any]
    settings: Settings
    participants: pd.DataFrame
    responses: pd.DataFrame | None = None
    codings: pd.DataFrame | None = None
    remarks: pd.DataFrame | None = None
    codebook: pd.DataFrame | None = None
    omi: pd.DataFrame | None = None
    omi_items: pd.DataFrame | None = None
    answers: pd.DataFrame | None = None
    items: pd.DataFrame | None = None
    released: pd.DataFrame | None = None
    facts: pd.DataFrame | None = None
    vocabulary: pd.DataFrame | None = None
    language: str = ""
    every: Mapping[str, pd.DataFrame] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def languages(self) -> list[str]:
        """The languages of the answers, the one that was spoken first."""
        found = self.every["responses"][LANGUAGE].unique() if "responses" in self.every else []
        return sorted(found, key=lambda one: one != self.settings.spoken) or [self.language]

    def in_language(self, language: str) -> "Study":
        """Return the study with answers, codes, codebook and vocabulary in another language.

        Raises
        ------
        ValueError
            If there are no answers in this language.

        Examples
        --------
        >>> load_study().in_language("es").codebook["label"][0]
        'Apego al tratamiento'
        """
        if language not in self.languages:
            raise ValueError(f"no answers in {language!r}; there are {', '.join(self.languages)}")
        one = {n: table[table[LANGUAGE].eq(language)] for n, table in self.every.items()}
        one = {n: t.drop(columns=LANGUAGE).reset_index(drop=True) for n, t in one.items()}
        return dataclasses.replace(self, language=language, **one)

    def book(self, question: str) -> pd.DataFrame:
        """Return the codebook of a question, by theme."""
        return self.codebook[self.codebook["question"].eq(question)].set_index("theme")

    def texts(self, question: str) -> pd.Series:
        """Return the answers to a question, by `participant_id`."""
        answers = self.responses[self.responses["question"].eq(question)]
        return answers.set_index("participant_id")["text"]

    def scale_answers(self) -> pd.DataFrame:
        """Return the table that study.toml names as the scale's answers."""
        return getattr(self, self.settings.scale.answers)

    def scale_items(self) -> pd.DataFrame:
        """Return the table that study.toml names as the scale's items."""
        return getattr(self, self.settings.scale.items)


class _Table(NamedTuple):
    """What the package says of a table, and the cells of its file."""

    path: str
    schema: dict[str, Any]
    cells: pd.DataFrame


def load_study(folder: str | Path | None = None) -> Study:
    """Read and validate all tables.

    If `STUDY_CHECKED` names a file, the SHA-256 of tables that were found in order is kept there,
    and what has this SHA-256 is not checked again.

    Parameters
    ----------
    folder
        The folder that holds `datapackage.json`; by default what `data_folder` returns.

    Raises
    ------
    StudyError
        If anything is wrong. It lists every problem at once, each with file, line, column, the
        value found and what is allowed; the rules that compare cells and tables are checked once
        every file and every cell is in order. Nothing is ever written to the folder. A private
        study is loaded only from the folder that `data_folder` returns, since pages ask there
        whether they may show what they are given.

    Examples
    --------
    >>> study = load_study()
    >>> list(study.participants["sex"].cat.categories)
    ['woman', 'man']
    """
    folder = Path(folder) if folder is not None else data_folder()
    missing = f"no such file in {folder}; give the folder that holds it, or set STUDY_DATA to it"
    content = read(folder, PACKAGE, _LARGEST_PACKAGE, missing)
    package = _package(content)
    contents, tables, problems = _read_tables(folder, package)
    files = [table.path for table in tables.values()]
    settings = load_settings(folder)
    if settings.private and folder.resolve() != data_folder().resolve():
        advice = f"pages keep only the study private that STUDY_DATA names: set it to {folder}"
        text = read(folder, FILE).decode()
        raise StudyError([setting_problem(["private"], "true", advice, text)])
    checked = Path(os.environ.get("STUDY_CHECKED", os.devnull))
    state = _digest(content, read(folder, FILE), *contents)
    is_known = checked.exists() and checked.read_bytes() == state
    if not is_known:
        problems += _cell_problems(tables)
        problems += _key_problems(tables, problems)
        stop_on(problems, files)
    frames = {name: typed(table.cells, table.schema["fields"]) for name, table in tables.items()}
    # An empty text is an answer or a note of no words; about a person it is missing.
    people = frames["participants"]
    texts = people.select_dtypes(exclude=["number", "boolean", "category"]).columns
    people[texts] = people[texts].mask(people[texts] == "")
    stop_on(_settings_problems(settings, frames, folder))
    if not is_known:
        stop_on(_rule_problems(settings, frames, tables), files)
        checked.write_bytes(state)
    every = {name: frame for name, frame in frames.items() if LANGUAGE in frame}
    told = {"package": package, "settings": settings, "language": settings.spoken, "every": every}
    study = Study(**frames, **told)
    first, *others = study.languages
    shown = settings.language if settings.language in others else first
    return study.in_language(shown) if every else study


def _digest(*contents: bytes) -> bytes:
    """Return one SHA-256 for contents and for what checks them."""
    code = (path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.*")))
    hashes = (hashlib.sha256(content).digest() for content in (*contents, *code))
    return hashlib.sha256(b"".join(hashes)).digest()


# --- The package ---


def _package(content: bytes) -> dict[str, Any]:
    """Return what `datapackage.json` says if it is in order."""
    try:
        package = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        advice = f"no valid JSON in UTF-8: {error}"
        raise StudyError([Problem(PACKAGE, 0, "", "", advice)]) from None
    found = islice(misfits(package, "package.schema.json"), TOLD)
    stop_on(Problem(PACKAGE, 0, _place(package, at), str(v), advice) for at, v, advice in found)
    stop_on(_package_problems(package))
    return package


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _place(package: object, path: Iterable[str | int]) -> str:
    """Say where in the package something is, by names where there are any."""
    steps = []
    for step in path:
        package = package[step] if isinstance(step, int) or step in package else None
        name = package.get("name") if isinstance(package, dict) else None
        steps.append(name if isinstance(step, int) and isinstance(name, str) else f"{step}")
    return ".".join(steps)


def _package_problems(package: dict[str, Any]) -> Iterator[Problem]:
    """Find what is wrong with a package of the right form."""
    names = [resource["name"] for resource in package["resources"]]
    wrong = {name for name, times in Counter(names).items() if times > (name in NEEDS)}
    for name in sorted(wrong):
        advice = f"is one table too many; there may be each of {', '.join(NEEDS)}"
        yield Problem(PACKAGE, 0, "resources", name, advice)
    needed = {o for name in NEEDS.keys() & names for o in NEEDS[name].get("references", [])}
    lost = {"participants", *(needed - {"omi"})} - set(names)
    for name in sorted(lost):
        yield Problem(PACKAGE, 0, "resources", name, "is missing; other tables rest on it")
    if wrong or lost:
        return
    schemas = {resource["name"]: resource["schema"] for resource in package["resources"]}
    columns = {name: [f["name"] for f in schema["fields"]] for name, schema in schemas.items()}
    for name, schema in schemas.items():
        place = f"resources.{name}.schema"
        for column, times in Counter(columns[name]).items():
            if times > 1:
                yield Problem(PACKAGE, 0, f"{place}.fields", column, "is there more than once")
        for field in schema["fields"]:
            yield from _field_problems(f"{place}.fields.{field['name']}", field)
        types = {field["name"]: field["type"] for field in schema["fields"]}
        for column, needed in NEEDS[name]["columns"].items():
            if types.get(column) != needed:
                advice = f"the helpers need this column, of type {needed}"
                yield Problem(PACKAGE, 0, f"{place}.fields", column, advice)
        named = [(f"{place}.primaryKey", name, _names(schema.get("primaryKey", [])))]
        for number, key in enumerate(schema.get("foreignKeys", [])):
            at, other = f"{place}.foreignKeys.{number}", key["reference"]["resource"] or name
            own, others = _names(key["fields"]), _names(key["reference"]["fields"])
            if other not in columns or len(own) != len(others):
                advice = "must name a table, and as many columns there as here"
                yield Problem(PACKAGE, 0, at, other, advice)
            named += [(at, name, own), (at, other, others)]
        named += [(f"{place}.rules", name, [rule["column"]]) for rule in schema.get("rules", [])]
        for at, table, found in named:
            for column in found:
                if table in columns and column not in columns[table]:
                    yield Problem(PACKAGE, 0, at, column, f"{table} has no such column")


def _field_problems(place: str, field: dict[str, Any]) -> Iterator[Problem]:
    import regex

    rules = _rules(field)
    try:
        regex.compile(rules.get("pattern", ""))
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        at = f"{place}.constraints.pattern"
        yield Problem(PACKAGE, 0, at, rules["pattern"], f"is no regular expression: {error}")


def _rules(field: dict[str, Any]) -> dict[str, Any]:
    return field.get("constraints", {})


def _names(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


# --- Files, cells, keys ---


def _read_tables(
    folder: Path, package: dict[str, Any]
) -> tuple[list[bytes], dict[str, _Table], list[Problem]]:
    """Return contents and cells of all files, and rows that are too short or long."""
    contents, tables = [], {}
    fatal: list[Problem] = []
    lengths: list[Problem] = []
    for resource in package["resources"]:
        name, path, schema = (resource[key] for key in ("name", "path", "schema"))
        try:
            contents.append(read(folder, path))
        except StudyError as error:
            place = f"resources.{name}.path"
            fatal += (Problem(PACKAGE, 0, place, path, p.advice) for p in error.problems)
            continue
        columns = [field["name"] for field in schema["fields"]]
        try:
            cells, found = read_cells(path, contents[-1], columns, NEEDS[name]["most"])
        except StudyError as error:
            fatal += error.problems
            continue
        tables[name] = _Table(path, schema, cells)
        lengths += found
    stop_on(fatal, (resource["path"] for resource in package["resources"]))
    return contents, tables, lengths


def _cell_problems(tables: dict[str, _Table]) -> Iterator[Problem]:
    for name, table in tables.items():
        of_keys = {column for key in NEEDS[name].get("keys", []) for column in key}
        for field in table.schema["fields"]:
            rules = _rules(field) | ({"required": True} if field["name"] in of_keys else {})
            try:
                yield from cell_problems(table.path, table.cells, field | {"constraints": rules})
            except TimeoutError:
                place = f"resources.{name}.schema.fields.{field['name']}.constraints.pattern"
                advice = "takes too long on the cells of this column; write a simpler one"
                yield Problem(PACKAGE, 0, place, rules["pattern"], advice)


def _key_problems(tables: dict[str, _Table], known: list[Problem]) -> Iterator[Problem]:
    """Find rows with the key of another row, and rows that refer to none.

    What may only follow from problems that are known already is not looked for.
    """
    faulty = {(problem.file, column) for problem in known for column in problem.column.split(", ")}

    def sound(table: _Table, columns: list[str]) -> bool:
        return faulty.isdisjoint((table.path, column) for column in ["", *columns])

    for name, table in tables.items():
        keys = _keys(name, table)
        for column in dict.fromkeys(chain(*keys)):
            for problem in blank_problems(table.path, table.cells, column):
                faulty.add((table.path, column))
                yield problem
        for key in keys:
            for problem in key_problems(table.path, table.cells, key) if sound(table, key) else ():
                faulty.update((table.path, column) for column in key)
                yield problem
    for name, table in tables.items():
        for other, columns in _references(name, tables):
            own, others = list(columns), list(columns.values())
            if sound(table, own) and sound(tables[other], others):
                there = tables[other].cells[others]
                yield from reference_problems(table.path, table.cells, own, other, there)


def _keys(name: str, table: _Table) -> list[list[str]]:
    """Return the columns that together tell the rows of a table apart."""
    has, fields = {*table.cells}, table.schema["fields"]
    needed = [[c for c in key if c in has or c != LANGUAGE] for key in NEEDS[name].get("keys", [])]
    keys = [key for key in needed if has.issuperset(key)]
    keys += [[field["name"]] for field in fields if _rules(field).get("unique")]
    keys += [_names(table.schema.get("primaryKey", []))]
    return [list(key) for key in dict.fromkeys(map(tuple, keys)) if key]


def _references(name: str, tables: dict[str, _Table]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the tables to which a table refers, and the columns there by the columns here."""
    schema, seen = tables[name].schema, []
    references = [*NEEDS[name].get("references", {}).items()]
    for key in schema.get("foreignKeys", []):
        pairs = zip(_names(key["fields"]), _names(key["reference"]["fields"]), strict=True)
        references.append((key["reference"]["resource"] or name, dict(pairs)))
    for other, columns in references:
        if other in tables:
            here, there = tables[name].cells, tables[other].cells
            fit = {a: b for a, b in columns.items() if a != LANGUAGE or (a in here and b in there)}
            if {*fit} <= {*here} and (other, fit) not in seen:
                seen.append((other, fit))
                yield other, fit


# --- Rules ---


def _settings_problems(
    settings: Settings, tables: dict[str, pd.DataFrame], folder: Path
) -> Iterator[Problem]:
    """Find what study.toml names and the tables have not, beside what they have."""
    text = read(folder, FILE).decode()

    def unknown(
        table: str,
        key: str,
        names: Iterable[str],
        there: Iterable[str],
        fault: str = "is not there",
    ) -> Iterator[Problem]:
        for name in sorted({*names} - {*there}):
            advice = f"{fault}; use one of {', '.join(there) or 'nothing'}"
            yield setting_problem([table, key], name, advice, text)

    scale, compare, themes = settings.scale, settings.compare, settings.themes
    people = tables["participants"]
    yield from unknown("quotes", "beside", settings.quotes.beside, people)
    if scale:
        yield from unknown("scale", "answers", [scale.answers], tables)
        of_items = {name: table["item"] for name, table in tables.items() if "item" in table}
        for name in {scale.answers, scale.items} & {*tables}:
            if tables[name].empty:
                yield Problem(FILE, 0, "scale", name, "has no row; leave [scale] out, or fill it")
        fault = "must be a table with a column item"
        yield from unknown("scale", "items", [scale.items], of_items, fault)
        if scale.items in of_items:
            yield from unknown("scale", "reversed", scale.reversed, of_items[scale.items])
    if compare:
        columns = {**people, **(tables.get(scale.answers, {}) if scale else {})}
        yield from unknown("compare", "group", [compare.group], columns)
        if compare.group in columns:
            levels = [level for level in columns[compare.group].dropna().unique() if level != ""]
            if all(isinstance(level, str) for level in levels):
                yield from unknown("compare", "labels", compare.labels, levels)
            else:
                advice = f"is no column of text; make its type string, with an enum, in {PACKAGE}"
                yield setting_problem(["compare", "group"], compare.group, advice, text)
    if themes and "codings" in tables:
        coders, known = tables["codings"]["coder"], tables["codebook"]["theme"]
        yield from unknown("themes", "coder", [themes.coder], dict.fromkeys(coders))
        yield from unknown("themes", "residual", themes.residual, dict.fromkeys(known))
    elif "codings" in tables:
        advice = "must say whose reading of the answers counts: [themes] with coder"
        yield Problem(FILE, 0, "themes", "", advice)
    if themes and themes.language and LANGUAGE in tables.get("responses", ()):
        spoken = tables["responses"][LANGUAGE].unique()
        yield from unknown("themes", "language", [themes.language], spoken)


def _rule_problems(
    settings: Settings, frames: dict[str, pd.DataFrame], tables: dict[str, _Table]
) -> Iterator[Problem]:
    """Check what no single cell can tell."""
    for name, table in tables.items():
        rows, rules = frames[name], table.schema.get("rules", [])
        if rules and name != "participants" and "participant_id" in rows:
            people, key = frames["participants"], "participant_id"
            rows = rows.merge(people, "left", key, suffixes=("", "_of_participant"))
        for number, rule in enumerate(rules):
            try:
                broken = ~holds(rule["holds"], rows).fillna(True)
            except ConditionError as error:
                place = f"resources.{name}.schema.rules.{number}.holds"
                yield Problem(PACKAGE, 0, place, rule["holds"], str(error))
                continue
            wrong = table.cells.loc[broken.to_numpy(dtype=bool), rule["column"]]
            yield from told(table.path, rule["column"], wrong.items(), rule["advice"])
    if "codings" in tables:
        yield from _span_problems(tables, settings.records == "synthetic")
    if settings.scale:
        numbers = frames[settings.scale.answers].select_dtypes("number").columns
        yield from _scale_problems(settings.scale, tables, numbers)
    if "facts" in tables:
        path, _, cells = tables["facts"]
        others = cells["conflicts_with"].str.split().explode().dropna()
        wrong = others[~others.isin(cells["fact_id"])]
        yield from told(path, "conflicts_with", wrong.items(), "no fact has this fact_id")


def _span_problems(tables: dict[str, _Table], is_ours: bool) -> Iterator[Problem]:
    """Find stretches that are none, that cut a word or a letter, and that are coded twice.

    Words may be cut where the texts were not written with their codes: people select as they do.
    """
    file, _, cells = tables["codings"]
    codings = cells.astype({"start": int, "end": int})
    key = [c for c in ("participant_id", "question", LANGUAGE) if c in codings]
    spans = codings.join(tables["responses"].cells.set_index(key)["text"], on=key)
    faults: dict[tuple[str, str], list[int]] = {}
    rows = zip(spans.index, spans["text"], spans["start"], spans["end"], strict=True)
    for line, answer, start, end in rows:
        for fault in _span_faults(answer, start, end, is_ours):
            faults.setdefault(fault, []).append(line)
    for (column, advice), lines in faults.items():
        yield from told(file, column, cells.loc[lines, column].items(), advice)
    group = [*key, "theme", "coder"]
    order = codings.sort_values([*group, "start"])
    groups = order.groupby(group, sort=False).ngroup()
    reached = order["end"].groupby(groups).cummax().groupby(groups).shift()
    wrong = cells.loc[order.index[order["start"] < reached], "start"].sort_index()
    advice = "the same coder gave the same theme to words before it that reach beyond this start"
    yield from told(file, "start", wrong.items(), advice)


def _span_faults(answer: str, start: int, end: int, is_ours: bool) -> Iterator[tuple[str, str]]:
    """Say what is wrong with a stretch of an answer: the column at fault, and what to do."""
    if end > len(answer):
        yield "end", "lies beyond the end of the answer"
    elif start >= end:
        yield "end", "must lie after start"
    elif not answer[start:end].strip():
        yield "start", "begins a stretch of nothing but spaces; code words"
    else:
        for column, offset in [("start", start), ("end", end)]:
            if _is_within(answer, offset, words=is_ours):
                yield column, "lies within a word or a letter; move it to where one begins or ends"


def _is_within(answer: str, offset: int, words: bool) -> bool:
    """Tell whether an offset cuts a character as readers see it, or a word if that matters."""
    around = answer[max(offset - 1, 0) : offset + 1]
    if len(around) < 2 or _IS_APART.match(around):
        return False
    return offset not in _borders(answer, words)


@lru_cache
def _borders(answer: str, words: bool) -> frozenset[int]:
    """Return where characters, or also words, begin and end (Unicode Standard Annex 29)."""
    import regex

    letters = {0, *(letter.end() for letter in regex.finditer(r"\X", answer))}
    borders = {word.start() for word in regex.finditer(r"(?w)\b", answer)}
    return frozenset(letters & borders if words else letters)


def _scale_problems(
    scale: Scale, tables: dict[str, _Table], numbers: pd.Index
) -> Iterator[Problem]:
    """Find items that nobody answered in numbers, and answers that nobody could tick."""
    (path, _, items), (file, _, answers) = tables[scale.items], tables[scale.answers]
    lost = items.loc[~items["item"].isin(numbers), "item"]
    kind = "its type must be integer or number, without an enum"
    advice = f"{scale.answers} has no such column of numbers; {kind}"
    yield from told(path, "item", lost.items(), advice)
    for item in items["item"].drop(lost.index):
        given = pd.to_numeric(answers[item], errors="coerce")
        wrong = answers.loc[(given < scale.low) | (given > scale.high), item]
        advice = f"lies outside the scale, which goes from {scale.low} to {scale.high} in {FILE}"
        yield from told(file, item, wrong.items(), advice)
