"""Load a study's tables and check them once, so that nothing later has to.

What the tables look like stands in the folder's `datapackage.json` (a Frictionless Data Package,
https://specs.frictionlessdata.io/, of whose version 1 `package.schema.json` lists the part that is
known here), and what the helpers need of them in `helpers.load.needs`. A data folder is data:
nothing in it is executed, nothing outside it is read, and no address in it is asked.
"""

import dataclasses
import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.load import needs
from helpers.load.conditions import ConditionError, holds
from helpers.load.files import (
    TOLD,
    Problem,
    StudyError,
    blank_problems,
    cell_problems,
    key_problems,
    read,
    read_cells,
    reference_problems,
    stop_on,
    told,
    typed,
)
from helpers.load.settings import FILE, Scale, Settings, data_folder, load_settings, setting_problem

PACKAGE = "datapackage.json"
_LARGEST_PACKAGE = 1_000_000  # bytes
# Two characters between which something ends: ASCII, and not both in a word.
_IS_APART = re.compile(r"(?=[\0-\x7f]{2})([^\w']|.[^\w'])", re.ASCII | re.DOTALL)

# What to say of a keyword of the schema that the package breaks; of others jsonschema says it.
_MUST = {
    "type": "must be of type {}",
    "enum": "must be one of {}",
    "const": "must be {}",
    "pattern": "must match {}",
    "uniqueItems": "must not hold the same twice",
    "minItems": "must hold {} or more",
    "maxItems": "must hold {} or fewer",
    "minLength": "must have {} characters or more",
    "maxLength": "must have {} characters or fewer",
}


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
        if "responses" not in self.every:
            return [self.language]
        return list(self.every["responses"][needs.LANGUAGE].astype("category").cat.categories)

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
        one = {n: table[table[needs.LANGUAGE].eq(language)] for n, table in self.every.items()}
        one = {n: t.drop(columns=needs.LANGUAGE).reset_index(drop=True) for n, t in one.items()}
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


_OTHERS = ("package", "settings", "language", "every")
_TABLES = [field.name for field in fields(Study) if field.name not in _OTHERS]


def load_study(folder: str | Path | None = None, language: str | None = None) -> Study:
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
        every file and every cell is in order. Nothing is ever written to the folder.

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
    schemas = {r["name"]: r["schema"] for r in package["resources"]}
    paths = {r["name"]: r["path"] for r in package["resources"]}
    contents, cells, problems = _read_tables(folder, paths, schemas)
    settings = load_settings(folder)
    checked = os.environ.get("STUDY_CHECKED")
    state = _digest(content, read(folder, FILE), *contents)
    is_known = bool(checked) and _is_kept(Path(checked), state)
    if not is_known:
        problems += _cell_problems(cells, paths, schemas)
        problems += _key_problems(cells, paths, schemas, problems)
        stop_on(problems, paths.values())
    tables = {name: typed(cells[name], schemas[name]["fields"]) for name in cells}
    stop_on(_settings_problems(settings, tables, folder))
    if not is_known:
        stop_on(_rule_problems(settings, tables, cells, paths, schemas), paths.values())
    if checked and not is_known:
        _keep(Path(checked), state)
    every = {name: table for name, table in tables.items() if needs.LANGUAGE in table}
    spoken = (settings.themes and settings.themes.language) or settings.language
    study = Study(**tables, package=package, settings=settings, language=spoken, every=every)
    return study.in_language(language or settings.language) if every else study


def _digest(*contents: bytes) -> str:
    """Return one SHA-256 for contents and for what checks them."""
    code = (path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.*")))
    hashes = (hashlib.sha256(content).digest() for content in (*contents, *code))
    return hashlib.sha256(b"".join(hashes)).hexdigest()


def _is_kept(file: Path, state: str) -> bool:
    try:
        return file.read_text(encoding="ascii") == state
    except (OSError, UnicodeDecodeError):
        return False


def _keep(file: Path, state: str) -> None:
    """Write a state beside a file and swap it in; without it, tables are only checked again."""
    with suppress(OSError):
        unfinished = file.with_name(f"{file.name}.{os.getpid()}")
        unfinished.write_text(state, encoding="ascii")
        unfinished.replace(file)


# --- The package ---


def _package(content: bytes) -> dict[str, Any]:
    """Return what `datapackage.json` says if it is in order."""
    try:
        package = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        advice = f"no valid JSON in UTF-8: {error}"
        raise StudyError([Problem(PACKAGE, 0, "", "", advice)]) from None
    stop_on(_form_problems(package))
    stop_on(_package_problems(package))
    return package


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _form_problems(package: object) -> Iterator[Problem]:
    """Hold the package against `package.schema.json`."""
    import jsonschema

    schema = json.loads(Path(__file__).with_name("package.schema.json").read_bytes())
    for error in islice(jsonschema.Draft202012Validator(schema).iter_errors(package), TOLD):
        must = _MUST.get(error.validator, error.message)
        advice = must.format(json.dumps(error.validator_value))
        value = error.instance if isinstance(error.instance, str | int | float) else ""
        yield Problem(PACKAGE, 0, _place(package, error.absolute_path), str(value), advice)


def _place(package: object, path: Iterable[str | int]) -> str:
    """Say where in the package something is, by names where there are any."""
    steps = []
    for step in path:
        package = package[step]
        name = package.get("name") if isinstance(package, dict) else None
        steps.append(name if isinstance(step, int) and isinstance(name, str) else f"{step}")
    return ".".join(steps)


def _package_problems(package: dict[str, Any]) -> Iterator[Problem]:
    """Find what is wrong with a package of the right form."""
    names = [resource["name"] for resource in package["resources"]]
    wrong = [name for name in dict.fromkeys(names) if names.count(name) > _TABLES.count(name)]
    for name in sorted(wrong):
        advice = f"is one table too many; there may be each of {', '.join(_TABLES)}"
        yield Problem(PACKAGE, 0, "resources", name, advice)
    lost = {"participants"} | {o for n, _, o, _ in needs.REFERENCES if n in names} - {"omi"}
    for name in sorted(lost - set(names)):
        yield Problem(PACKAGE, 0, "resources", name, "is missing; other tables rest on it")
    if wrong or lost - set(names):
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
        for column, needed in needs.COLUMNS[name].items():
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
    kinds = {"integer": int, "number": int | float, "boolean": bool, "string": str}
    for level in rules.get("enum", []):
        if not isinstance(level, kinds[field["type"]]):
            advice = f"is not of the field's type, {field['type']}"
            yield Problem(PACKAGE, 0, f"{place}.constraints.enum", str(level), advice)


def _rules(field: dict[str, Any]) -> dict[str, Any]:
    return field.get("constraints", {})


def _names(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


# --- Files, cells, keys ---


def _read_tables(
    folder: Path, paths: dict[str, str], schemas: dict[str, dict[str, Any]]
) -> tuple[list[bytes], dict[str, pd.DataFrame], list[Problem]]:
    """Return contents and cells of all files, and rows that are too short or long."""
    contents, cells = [], {}
    fatal: list[Problem] = []
    lengths: list[Problem] = []
    for name, path in paths.items():
        try:
            content = read(folder, path)
        except StudyError as error:
            place = f"resources.{name}.path"
            fatal += (Problem(PACKAGE, 0, place, path, p.advice) for p in error.problems)
            continue
        contents.append(content)
        columns = [field["name"] for field in schemas[name]["fields"]]
        try:
            cells[name], found = read_cells(path, content, columns, needs.MOST[name])
            lengths += found
        except StudyError as error:
            fatal += error.problems
    stop_on(fatal, paths.values())
    return contents, cells, lengths


def _cell_problems(
    cells: dict[str, pd.DataFrame], paths: dict[str, str], schemas: dict[str, dict[str, Any]]
) -> Iterator[Problem]:
    for name, schema in schemas.items():
        needed = needs.KEYS[name]
        for field in schema["fields"]:
            is_key = any(field["name"] in key for key in needed)
            rules = _rules(field) | ({"required": True} if is_key else {})
            try:
                yield from cell_problems(paths[name], cells[name], field | {"constraints": rules})
            except TimeoutError:
                place = f"resources.{name}.schema.fields.{field['name']}.constraints.pattern"
                advice = "takes too long on the cells of this column; write a simpler one"
                yield Problem(PACKAGE, 0, place, rules["pattern"], advice)


def _key_problems(
    cells: dict[str, pd.DataFrame],
    paths: dict[str, str],
    schemas: dict[str, dict[str, Any]],
    known: list[Problem],
) -> Iterator[Problem]:
    """Find rows with the key of another row, and rows that refer to none.

    What may only follow from problems that are known already is not looked for.
    """
    keys = {
        name: [key for key in _bare(needs.KEYS[name], table) if set(key) <= set(table)]
        for name, table in cells.items()
    }
    references = list(_references(cells))
    for name, schema in schemas.items():
        keys[name] += [[f["name"]] for f in schema["fields"] if _rules(f).get("unique")]
        keys[name] += [_names(schema["primaryKey"])] if "primaryKey" in schema else []
        for key in schema.get("foreignKeys", []):
            other, own = key["reference"]["resource"] or name, _names(key["fields"])
            references.append((name, own, other, _names(key["reference"]["fields"])))
    faulty = {(problem.file, column) for problem in known for column in problem.column.split(", ")}

    def sound(name: str, columns: list[str]) -> bool:
        return faulty.isdisjoint((paths[name], column) for column in ["", *columns])

    for name, table in cells.items():
        for column in dict.fromkeys(chain(*keys[name])):
            for problem in blank_problems(paths[name], table, column):
                faulty.add((paths[name], column))
                yield problem
        for key in map(list, dict.fromkeys(map(tuple, keys[name]))):
            for problem in key_problems(paths[name], table, key) if sound(name, key) else ():
                faulty.update((paths[name], column) for column in key)
                yield problem
    for name, own, other, others in {str(r): r for r in references}.values():
        if sound(name, own) and sound(other, others):
            known_there = cells[other][others]
            yield from reference_problems(paths[name], cells[name], own, other, known_there)


def _bare(keys: Iterable[list[str]], *tables: pd.DataFrame) -> list[list[str]]:
    """Leave the language out of keys where a table has none."""
    if all(needs.LANGUAGE in table for table in tables):
        return list(keys)
    return [[column for column in key if column != needs.LANGUAGE] for key in keys]


def _references(cells: dict[str, pd.DataFrame]) -> Iterator[needs.Reference]:
    """Return which of the needed references the tables can have."""
    for name, own, other, others in needs.REFERENCES:
        if name in cells and other in cells:
            own, others = _bare([own, others], cells[name], cells[other])
            if set(own) <= set(cells[name]) and set(others) <= set(cells[other]):
                yield name, own, other, others


# --- Rules ---


def _settings_problems(
    settings: Settings, tables: dict[str, pd.DataFrame], folder: Path
) -> Iterator[Problem]:
    """Find what study.toml names and the tables have not, beside what they have."""
    lines = read(folder, FILE).decode().splitlines()

    def unknown(table: str, key: str, names: Iterable[str], there: Iterable[str]) -> Iterator:
        for name in sorted({*names} - {*there}):
            advice = f"is not there; use one of {', '.join(map(str, there)) or 'nothing'}"
            yield setting_problem(key, name, advice, lines, table)

    scale, compare, themes = settings.scale, settings.compare, settings.themes
    people = tables["participants"]
    yield from unknown("quotes", "beside", settings.quotes.beside, people)
    if scale:
        yield from unknown("scale", "answers", [scale.answers], tables)
        yield from unknown("scale", "items", [scale.items], tables)
        if scale.items in tables:
            yield from unknown("scale", "reversed", scale.reversed, tables[scale.items]["item"])
    if compare:
        columns = {**people, **(tables.get(scale.answers, {}) if scale else {})}
        yield from unknown("compare", "group", [compare.group], columns)
        if compare.group in columns:
            levels = dict.fromkeys(columns[compare.group])
            yield from unknown("compare", "labels", compare.labels, levels)
    if themes and "codings" in tables:
        coders, known = tables["codings"]["coder"], tables["codebook"]["theme"]
        yield from unknown("themes", "coder", [themes.coder], dict.fromkeys(coders))
        yield from unknown("themes", "residual", themes.residual, dict.fromkeys(known))
    elif "codings" in tables:
        advice = "must say whose reading of the answers counts: [themes] with coder"
        yield Problem(FILE, 0, "themes", "", advice)


def _rule_problems(
    settings: Settings,
    tables: dict[str, pd.DataFrame],
    cells: dict[str, pd.DataFrame],
    paths: dict[str, str],
    schemas: dict[str, dict[str, Any]],
) -> Iterator[Problem]:
    """Check what no single cell can tell."""
    for name, schema in schemas.items():
        for number, rule in enumerate(schema.get("rules", [])):
            try:
                broken = ~holds(rule["holds"], tables[name]).fillna(True)
            except ConditionError as error:
                place = f"resources.{name}.schema.rules.{number}.holds"
                yield Problem(PACKAGE, 0, place, rule["holds"], str(error))
                continue
            wrong = cells[name].loc[broken.to_numpy(dtype=bool), rule["column"]]
            yield from told(paths[name], rule["column"], wrong.items(), rule["advice"])
    if "responses" in cells and "patient_contact" in cells["participants"]:
        yield from _asked_problems(cells, paths)
    if "codings" in cells:
        yield from _span_problems(cells, paths["codings"], settings.records == "synthetic")
    if settings.scale:
        yield from _item_problems(cells, paths, schemas, settings.scale)
    if "facts" in cells:
        others = cells["facts"]["conflicts_with"].str.split().explode().dropna()
        wrong = others[~others.isin(cells["facts"]["fact_id"])]
        yield from told(paths["facts"], "conflicts_with", wrong.items(), "no fact has this fact_id")


def _asked_problems(cells: dict[str, pd.DataFrame], paths: dict[str, str]) -> Iterator[Problem]:
    asked = cells["participants"].set_index("participant_id")["patient_contact"]
    people = cells["responses"]["participant_id"]
    wrong = people[people.map(asked).ne("true")]
    advice = "answered, but patient_contact is not true; only people with contact were asked"
    yield from told(paths["responses"], "participant_id", wrong.items(), advice)


def _span_problems(cells: dict[str, pd.DataFrame], file: str, is_ours: bool) -> Iterator[Problem]:
    """Find stretches that are none, that cut a word or a letter, and that are coded twice.

    Words may be cut where the texts were not written with their codes: people select as they do.
    """
    codings = cells["codings"].astype({"start": int, "end": int})
    key = [c for c in ("participant_id", "question", needs.LANGUAGE) if c in codings]
    spans = codings.join(cells["responses"].set_index(key)["text"], on=key)
    faults: dict[tuple[str, str], list[int]] = {}
    rows = zip(spans.index, spans["text"], spans["start"], spans["end"], strict=True)
    for line, answer, start, end in rows:
        for fault in _span_faults(answer, start, end, is_ours):
            faults.setdefault(fault, []).append(line)
    for (column, advice), lines in faults.items():
        yield from told(file, column, cells["codings"].loc[lines, column].items(), advice)
    group = [*key, "theme", "coder"]
    order = codings.sort_values([*group, "start"])
    groups = order.groupby(group, sort=False).ngroup()
    reached = order["end"].groupby(groups).cummax().groupby(groups).shift()
    wrong = cells["codings"].loc[order.index[order["start"] < reached], "start"].sort_index()
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


def _item_problems(
    cells: dict[str, pd.DataFrame],
    paths: dict[str, str],
    schemas: dict[str, dict[str, Any]],
    scale: Scale,
) -> Iterator[Problem]:
    """Find items that nobody answered, and printed figures that no answers can have."""
    items, path = cells[scale.items], paths[scale.items]
    lost = items.loc[~items["item"].isin(cells[scale.answers].columns), "item"]
    yield from told(path, "item", lost.items(), f"{scale.answers} has no column of this name")
    for item in items["item"].drop(lost.index):
        given = pd.to_numeric(cells[scale.answers][item], errors="coerce")
        wrong = cells[scale.answers].loc[(given < scale.low) | (given > scale.high), item]
        advice = f"lies outside the scale, which goes from {scale.low} to {scale.high} in {FILE}"
        yield from told(paths[scale.answers], item, wrong.items(), advice)
    rules = {field["name"]: _rules(field) for field in schemas[scale.answers]["fields"]}
    low, high = (
        items["item"].map({item: rule.get(end, math.nan) for item, rule in rules.items()})
        for end in ("minimum", "maximum")
    )
    possible = {
        "mean": (low, high, "lies outside the item's scale"),
        "sd": (0, math.inf, "an SD is not below 0"),
        "df": (math.ulp(0), math.inf, "degrees of freedom are more than 0"),
        "p": (0, 1, "a p lies from 0 to 1"),
    }
    for column in items:  # such as mean_women
        least, most, advice = possible.get(column.partition("_")[0], (math.nan, math.nan, ""))
        printed = pd.to_numeric(items[column], errors="coerce")
        wrong = items.loc[(printed < least) | (printed > most), column]
        yield from told(path, column, wrong.items(), advice)
