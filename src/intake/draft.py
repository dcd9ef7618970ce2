"""Draft the folder of a study: its tables, their description, its settings, what was guessed."""

import json
import re
import shutil
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from intake import IntakeError, qdpx, tables
from intake.tables import Column

ID = re.compile(
    r"id|.*_id|id_.*|code|key|nr|no"
    r"|(case|participante?|person|resp|respondent|subject|user)_?(id|code|nr|no|number)?"
)
TIMES = [("before", "after"), ("pre", "post"), ("t1", "t2"), ("antes", "despues")]
FEW = 12  # levels, beyond which text in a column is no category
LONGEST = 50  # characters of a name; headers can be whole questions
LONG = 25  # characters on average, from which text in a column counts as answers
MANY = 20  # rows, from which whole numbers that all differ are taken for identifiers
RESIDUAL = {"other", "others", "otro", "otros", "otra", "otras", "residual", "misc", "rest"}
_KINDS = {
    "boolean": pd.api.types.is_bool_dtype,
    "integer": pd.api.types.is_integer_dtype,
    "number": pd.api.types.is_numeric_dtype,
}
# Words that nearly every text of some length holds.
COMMON = {
    "en": {"the", "and", "of", "to", "that", "is", "with"},
    "es": {"el", "la", "los", "que", "de", "y", "con", "una", "para"},
    "de": {"der", "die", "und", "das", "ist", "nicht", "mit"},
    "fr": {"le", "les", "et", "des", "est", "pour", "avec"},
    "pt": {"os", "que", "uma", "com", "para", "não", "e"},
}


@dataclass
class Draft:
    """What is to be written, and what to say about it.

    `frames` holds the tables by name, `fields` describes the columns of those that `draft.json`
    does not know, `levels` lists the values of columns that it knows, `settings` the lines of
    study.toml, and `took`, `guessed` and `left` what the report says.
    """

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    fields: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    levels: dict[str, list[str]] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    took: list[str] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def draft(sources: Sequence[Path]) -> Draft:
    """Take in at most one data file and one coded project.

    Raises
    ------
    IntakeError
        If a file cannot be read, or is of a kind that is not known.
    """
    known = (*tables.KINDS, ".qdpx")
    strange = [p for p in sources if p.suffix.lower() not in known]
    if strange or not sources:
        kinds = ", ".join(known)
        names = ", ".join(path.name for path in strange) or "nothing"
        raise IntakeError([f"{names}: give files that end in one of {kinds}"])
    data = [path for path in sources if path.suffix.lower() != ".qdpx"]
    projects = [path for path in sources if path.suffix.lower() == ".qdpx"]
    if len(data) > 1 or len(projects) > 1:
        raise IntakeError(["give one data file, one .qdpx, or one of each"])
    result = Draft()
    people: dict[str, str] = {}
    if data:
        people = _take_table(result, tables.read(data[0]), data[0].name)
    if projects:
        _take_project(result, qdpx.read(projects[0]), projects[0].name, people)
    texts = result.frames.get("responses")
    if texts is not None:
        language = _language(texts["text"])
        result.settings["themes"].setdefault("coder", "")
        result.settings["themes"]["language"] = language
        result.guessed.append(f"language of the answers: {language}, from their words")
    return result


# --- A data file ---


def _take_table(result: Draft, columns: list[Column], file: str) -> dict[str, str]:
    """Sort the columns of a data file into people, scale and answers; return ids by old ids."""
    names = _slugs(column.name for column in columns if column.name)
    named = dict(zip(names, (column for column in columns if column.name), strict=True))
    rows = len(columns[0].cells) if columns else 0
    if not rows:
        raise IntakeError([f"{file}: has no row of data"])
    result.took.append(f"{file}: {rows} rows, {len(columns)} columns")
    result.took += _declared(named)
    unnamed = [column for column in columns if not column.name and column.cells.notna().any()]
    result.left += [f"{len(unnamed)} columns without a name"] if unnamed else []

    named, time = _stacked(result, named)
    identifier = _identifier(named, time)
    old = named.pop(identifier).cells if identifier else pd.Series(range(1, rows + 1))
    ids = _new_ids(old.drop_duplicates())
    if identifier:
        why = "" if ID.fullmatch(identifier) else ", since no two are the same"
        first = ids[old.iloc[0]]
        result.left.append(
            f"{identifier}: the identifiers{why}; people are {first} … in their order"
        )
    else:
        result.guessed.append("no column identifies people: every row is taken for a person")
    person = old.map(ids)

    items = _items(named, time)
    scale = {name: named.pop(name) for name in items}
    if time:
        times = named.pop(time)
    people = {"participant_id": person}
    fields = [_id_field()]
    answers = {}
    for name, column in named.items():
        kind, values, about = _typed(name, column)
        if ID.fullmatch(name) and (kind == "integer" or name == "participant_id"):
            result.left.append(
                f"{name}: looks like identifiers, but {identifier or 'none'} is used"
            )
        elif kind == "text":
            answers[name] = (values, column.label)
        elif kind == "left":
            result.left.append(f"{name}: {about['why']}")
        else:
            people[name] = values
            fields.append(about)
    frame = pd.DataFrame(people)
    if time:
        frame = _constant(result, frame, fields)
    result.frames["participants"], result.fields["participants"] = frame, fields
    if scale:
        _take_scale(result, scale, person, times if time else None, time)
    if answers:
        _take_answers(result, answers, person)
    _guess_group(result, frame, fields, time)
    return {str(key): value for key, value in ids.items()}


def _new_ids(old: Iterable[Hashable]) -> dict[Hashable, str]:
    keys = list(old)
    width = max(2, len(str(len(keys))))
    return {key: f"P{n:0{width}d}" for n, key in enumerate(keys, start=1)}


def _declared(named: dict[str, Column]) -> list[str]:
    """Say which values the file declares to be missing, and in how many cells: they are empty."""
    cells: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, column in named.items():
        for value, n in column.declared.items():
            cells[value].append((name, n))
    return [
        f"{value} is declared missing: {sum(n for _, n in found)} cells are empty now, in "
        + (found[0][0] if len(found) == 1 else f"{len(found)} columns ({found[0][0]} …)")
        for value, found in cells.items()
    ]


def _identifier(named: dict[str, Column], time: str) -> str:
    for name, column in named.items():
        key = pd.DataFrame({"id": column.cells} | ({"t": named[time].cells} if time else {}))
        if ID.fullmatch(name) and column.cells.notna().all() and not key.duplicated().any():
            return name
    for name, column in named.items():  # a number that everybody has alone, whatever it is called
        whole = pd.api.types.is_integer_dtype(column.cells) and column.cells.notna().all()
        if not time and whole and len(column.cells) >= MANY and column.cells.is_unique:
            return name
    return ""


def _stacked(result: Draft, named: dict[str, Column]) -> tuple[dict[str, Column], str]:
    """Put columns such as calm_before and calm_after below each other, with a column `time`.

    A file that has two rows a person already keeps them; its column of two values is the time.
    """
    for first, second in TIMES:
        stems = [n.removesuffix(f"_{first}") for n in named if n.endswith(f"_{first}")]
        stems = [stem for stem in stems if f"{stem}_{second}" in named]
        if not stems:
            continue
        pairs = {f"{stem}_{end}" for stem in stems for end in (first, second)}
        rows = len(next(iter(named.values())).cells)
        long = {}
        for name, column in named.items():
            if name not in pairs:
                values = pd.concat([column.cells] * 2, ignore_index=True)
                long[name] = Column(column.name, column.label, values, column.codes)
        for stem in stems:
            one, other = named[f"{stem}_{first}"], named[f"{stem}_{second}"]
            values = pd.concat([one.cells, other.cells], ignore_index=True)
            long[_slugs([*long, stem])[-1]] = Column(stem, one.label, values, one.codes)
        times = pd.Series([first] * rows + [second] * rows)
        if "id" not in long and not _identifier(named, ""):
            long["id"] = Column("id", "", pd.Series([*range(1, rows + 1)] * 2))
        time = _slugs([*long, "time"])[-1]
        long[time] = Column(time, "", times)
        ends = f"_{first} and _{second}"
        result.guessed.append(f"columns that end in {ends} are the same people twice")
        return long, time
    for key, column in named.items():
        if not ID.fullmatch(key) or not column.cells.duplicated().any():
            continue
        for name, other in named.items():
            pair = pd.DataFrame({"id": column.cells, "t": other.cells})
            if name != key and other.cells.nunique() == 2 and not pair.duplicated().any():
                result.guessed.append(
                    f"the same people twice: {key} repeats, {name} tells the time"
                )
                return named, name
    return named, ""


def _constant(result: Draft, frame: pd.DataFrame, fields: list[dict[str, Any]]) -> pd.DataFrame:
    """Keep one row a person, and the columns that say the same in all of them."""
    groups = frame.groupby("participant_id", sort=False)
    for column in [f["name"] for f in fields[1:]]:
        if groups[column].agg(lambda cells: len(set(cells.fillna("")))).gt(1).any():
            result.left.append(f"{column}: changes between the times, and is no item of the scale")
            frame = frame.drop(columns=column)
            fields[:] = [f for f in fields if f["name"] != column]
    return frame.drop_duplicates("participant_id").reset_index(drop=True)


def _items(named: dict[str, Column], time: str) -> list[str]:
    """Return the columns that look like the items of one scale: the most that look alike.

    They are whole numbers, three columns or more, of which the file says the same codes; or whose
    names differ in their number only.
    """
    groups = defaultdict(list)
    for name, column in named.items():
        values = column.cells.dropna()
        whole = pd.api.types.is_integer_dtype(column.cells) and len(values)
        if name == time or not whole or values.nunique() < 2:
            continue
        if len(column.codes) > 2:
            groups[tuple(column.codes.items())].append(name)
        if values.max() - values.min() < 11:
            groups[re.sub(r"_?\d+[a-z]?$", "", name)].append(name)
    most = max(groups.values(), key=len, default=[])
    if time and len(most) < 3:  # a scale's score before and after stands for itself
        return [
            name
            for name, column in named.items()
            if name != time
            and not ID.fullmatch(name)
            and pd.api.types.is_numeric_dtype(column.cells)
            and not column.codes
            and _changes(column.cells)
        ]
    return most if len(most) >= 3 else []


def _changes(values: pd.Series) -> bool:
    half = len(values) // 2
    return not values[:half].reset_index(drop=True).equals(values[half:].reset_index(drop=True))


def _take_scale(
    result: Draft,
    scale: dict[str, Column],
    person: pd.Series,
    times: Column | None,
    time: str,
) -> None:
    values = pd.concat([column.cells.rename(name) for name, column in scale.items()], axis=1)
    codes = next(iter(scale.values())).codes
    low, high = _ends(values, codes)
    frame = values.copy()
    frame.insert(0, "participant_id", person)
    fields = [_id_field(unique=times is None)]
    if times is not None:
        levels = [str(level) for level in times.cells.drop_duplicates()]
        frame.insert(1, time, times.cells.astype(str))
        fields.append(_field(time, "string", "When.", {"required": True, "enum": levels}))
    whole = all(pd.api.types.is_integer_dtype(values[name]) for name in scale)
    limits = {"minimum": low, "maximum": high} if whole else {}
    kind = "integer" if whole else "number"
    fields += [_field(name, kind, f"Answer to {name}.", limits) for name in scale]
    result.frames["answers"], result.fields["answers"] = frame, fields
    labels = [column.label or column.name for column in scale.values()]
    result.frames["items"] = pd.DataFrame({"item": [*scale], "label": labels})
    ends = [codes[min(codes)], codes[max(codes)]] if codes else []
    about = {"answers": "answers", "items": "items", "low": low, "high": high, "ends": ends}
    result.settings["scale"] = about | {"reversed": []}
    missing = int(values.isna().sum().sum())
    result.guessed.append(
        f"scale: {len(scale)} items ({', '.join(list(scale)[:3])} …), {low} to {high}, none "
        f"reversed; {missing} answers are missing"
    )
    numbers = values.astype("Float64")
    rest = {name: numbers.drop(columns=name).mean(axis=1) for name in scale}
    against = [name for name in scale if len(scale) > 2 and numbers[name].corr(rest[name]) < 0]
    if against:
        result.guessed.append(
            f"items that go against the others: {', '.join(against)}; name them under reversed if "
            "a high answer means little there"
        )


def _ends(values: pd.DataFrame, codes: dict[float, str]) -> tuple[int, int]:
    """Return the ends that the file names, or round ones: the extremes are what two people said."""
    if codes:
        return int(min(codes)), int(max(codes))
    least, most = float(values.min(axis=None)), float(values.max(axis=None))
    if most - least < 11:
        return int(least // 1), int(-(-most // 1))
    round_numbers = [factor * 10**power for power in range(7) for factor in (1, 2, 5)]
    high = next(number for number in round_numbers if number >= max(abs(least), most))
    return (-high if least < 0 else 0), high


def _typed(name: str, column: Column) -> tuple[str, pd.Series, dict[str, Any]]:
    """Return what a column about people is: a kind of field, "text", or "left" with the reason."""
    values, codes, label = column.cells, column.codes, column.label or column.name
    known = values.dropna()
    if codes and set(known) <= set(codes):
        taken = values.map(lambda value: pd.NA if pd.isna(value) else codes[value])
        levels = list(dict.fromkeys(codes.values()))
        return "string", taken, _field(name, "string", label, {"enum": levels})
    if known.empty:
        return "left", values, {"why": "no value in any row"}
    for kind, is_kind in _KINDS.items():
        if is_kind(values):
            return kind, values, _field(name, kind, label, {})
    text = known.astype(str)
    if not known.map(lambda value: isinstance(value, str)).all():
        return "left", values, {"why": "dates and mixed values are not taken"}
    if text.str.len().mean() >= LONG and text.nunique() > len(text) / 2:
        return "text", values, {}
    if text.nunique() <= FEW:
        if set(text) == {"true", "false"}:
            return "boolean", values, _field(name, "boolean", label, {})
        return "string", values, _field(name, "string", label, {"enum": sorted(set(text))})
    return "left", values, {"why": f"{text.nunique()} different texts could tell who is meant"}


def _take_answers(
    result: Draft, answers: dict[str, tuple[pd.Series, str]], person: pd.Series
) -> None:
    rows = [
        (who, question, _lines(text))
        for question, (texts, _) in answers.items()
        for who, text in zip(person, texts, strict=True)
        if isinstance(text, str) and text.strip()
    ]
    _add_responses(result, rows, [*answers])
    result.guessed.append(f"answers in free text: {', '.join(answers)}")


def _guess_group(
    result: Draft, people: pd.DataFrame, fields: list[dict[str, Any]], time: str
) -> None:
    """Guess who is compared: the two times, or the first column with two to five levels."""
    if time:
        levels = [f for f in result.fields.get("answers", []) if f["name"] == time]
        if levels:
            names = levels[0]["constraints"]["enum"]
            labels = {level: level for level in names}
            result.settings["compare"] = {"group": time, "paired": True, "labels": labels}
            return
    for about in fields[1:]:
        levels = about["constraints"].get("enum", [])
        if 2 <= len(levels) <= 5 and people[about["name"]].nunique() >= 2:
            labels = {level: level for level in levels}
            result.settings["compare"] = {"group": about["name"], "labels": labels}
            result.guessed.append(f"groups compared: {about['name']} ({', '.join(levels)})")
            return


# --- Coded texts ---


def _take_project(result: Draft, project: qdpx.Project, file: str, people: dict[str, str]) -> None:
    number = sum(len(text.codings) for text in project.texts)
    result.took.append(
        f"{file}: {len(project.texts)} texts, {len(project.codes)} codes, {number} codings"
    )
    if not number:
        raise IntakeError([f"{file}: no stretch of a text is coded in it"])
    for kind, n in project.left.items():
        result.left.append(f"{n} of {kind}: only texts and their codes are taken")
    if project.unchecked:
        result.guessed.append(
            f"{project.unchecked} selections carry no words in the export, so that their place "
            "could not be checked"
        )
    speakers, questions = _speakers(project)
    if people:
        how = "name each text, or its case, by the identifier in the data file"
        if strangers := sorted({*speakers} - {*people}):
            raise IntakeError(
                [f"{file}: no row of the data file is about {who!r}; {how}" for who in strangers]
            )
        ids = people
    else:
        ids = _new_ids(dict.fromkeys(speakers))
        first = ids[speakers[0]]
        result.left.append(f"names of texts and cases; people are {first} … in their order")
        _people_of_cases(result, project, speakers, ids)
    themes = _slugs(["_".join(code.path) for code in project.codes.values()])
    theme = dict(zip(project.codes, themes, strict=True))
    coders = list(dict.fromkeys(c.coder for text in project.texts for c in text.codings))
    agreed = next((c for c in coders if "consens" in c.lower()), None)
    coder = {name: f"c{n}" for n, name in enumerate(coders, start=1)}
    if agreed:
        coder[agreed] = "consensus"
    used = list(dict.fromkeys(questions))
    told = [*zip((ids[s] for s in speakers), questions, project.texts, strict=True)]
    _add_responses(result, [(person, question, text.text) for person, question, text in told], used)
    codings = [
        (person, question, theme[c.code], coder[c.coder], c.start, c.end)
        for person, question, text in told
        for c in text.codings
    ]
    key = ["participant_id", "question", "theme", "coder", "start"]
    frame = pd.DataFrame(codings, columns=[*key, "end"]).sort_values([*key, "end"], kind="stable")
    once = _joined(frame)
    if twice := len(frame) - len(once):
        result.took.append(f"{twice} codings overlap another of the same code and coder: joined")
    result.frames["codings"] = once
    every = [theme[c.code] for text in project.texts for c in text.codings]
    kept = [guid for guid in project.codes if theme[guid] in set(every)]
    if unused := len(project.codes) - len(kept):
        result.left.append(f"{unused} codes that no text was given")
    book = [
        {
            "question": question,
            "theme": theme[guid],
            "label": _label(project, guid),
            "definition": project.codes[guid].description or None,
        }
        for question in used
        for guid in kept
        if ((once["question"] == question) & (once["theme"] == theme[guid])).any()
    ]
    result.frames["codebook"] = pd.DataFrame(book).dropna(axis="columns", how="all")
    given = result.levels["coder"] = [coder[name] for name in coders]
    most = once["coder"].value_counts().index[0] if len(once) else ""
    counts = "consensus" if agreed else most
    residual = [t for t in dict.fromkeys(every) if t.rpartition("_")[2] in RESIDUAL]
    result.settings["themes"] = {"coder": counts, "residual": residual}
    result.guessed += [
        f"the coder whose reading counts: {counts} of {', '.join(given)}",
        f"the residual theme: {', '.join(residual) or 'none'}",
    ]
    result.left.append("names of coders; they are " + ", ".join(given))
    result.settings["quotes"] = {"beside": []}


def _joined(codings: pd.DataFrame) -> pd.DataFrame:
    """Join stretches that overlap and were given the same theme by the same coder."""
    group = ["participant_id", "question", "theme", "coder"]
    rows: list[list[Any]] = []
    for row in codings.sort_values([*group, "start", "end"]).to_numpy().tolist():
        if rows and rows[-1][:4] == row[:4] and row[4] < rows[-1][5]:
            rows[-1][5] = max(rows[-1][5], row[5])
        else:
            rows.append(row)
    return pd.DataFrame(rows, columns=codings.columns)


def _label(project: qdpx.Project, guid: str) -> str:
    """Return a code's own name, or its path where another code has the same name."""
    path = project.codes[guid].path
    same = [c for c in project.codes.values() if c.path[-1] == path[-1]]
    return path[-1] if len(same) == 1 else " / ".join(path)


def _speakers(project: qdpx.Project) -> tuple[list[str], list[str]]:
    """Return who speaks in each text, and to which question: P01_work and P02_work have one."""
    names = [
        re.sub(r"\.(txt|docx?|rtf|pdf|odt)$", "", text.name, flags=re.I) for text in project.texts
    ]
    cases = [text.about.get("case", "") for text in project.texts]
    parts = [re.split(r"[_ -](?=[^_ -]+$)", name) for name in names]
    ends = [part[1] if len(part) == 2 else "" for part in parts]
    is_split = all(ends) and (
        len(set(ends)) <= 10 and len(set(ends)) < len({part[0] for part in parts})
    )
    speakers = [part[0] for part in parts] if is_split else names
    speakers = [case or speaker for case, speaker in zip(cases, speakers, strict=True)]
    questions = [_slug(end) for end in ends] if is_split else ["answer"] * len(names)
    times = Counter(zip(speakers, questions, strict=True))
    twice = sorted({speaker for (speaker, _), n in times.items() if n > 1})
    how = "tell them apart by their names, such as"
    if twice:
        raise IntakeError(
            [f"more than one text is by {s!r}: {how} {s}_work and {s}_family" for s in twice]
        )
    return speakers, questions


def _people_of_cases(
    result: Draft, project: qdpx.Project, speakers: list[str], ids: dict[str, str]
) -> None:
    rows: dict[str, dict[str, Any]] = {ids[speaker]: {} for speaker in speakers}
    for speaker, text in zip(speakers, project.texts, strict=True):
        rows[ids[speaker]].update({k: v for k, v in text.about.items() if k and k != "case"})
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    people = {"participant_id": pd.Series([*rows])}
    fields = [_id_field()]
    for slug, name in zip(_slugs(names), names, strict=True):
        cells = pd.Series([row.get(name) or None for row in rows.values()], dtype=object)
        column = Column(name, name, tables.as_typed(cells))
        kind, values, about = _typed(slug, column)
        if kind in ("left", "text"):
            result.left.append(f"{slug}: {about.get('why', 'long text about a person')}")
            continue
        people[slug] = values
        fields.append(about)
    frame = pd.DataFrame(people)
    result.frames["participants"], result.fields["participants"] = frame, fields
    _guess_group(result, frame, fields, "")


def _add_responses(result: Draft, rows: list[tuple[str, str, str]], questions: list[str]) -> None:
    before = result.frames.get("responses")
    frame = pd.DataFrame(rows, columns=["participant_id", "question", "text"])
    if before is not None:
        frame = pd.concat([before, frame], ignore_index=True)
        questions = list(dict.fromkeys([*before["question"], *questions]))
    result.frames["responses"] = frame
    columns = ["participant_id", "question", "start", "end"]
    result.frames["released"] = pd.DataFrame(columns=columns)
    result.levels["question"] = questions


# --- Words and fields ---


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain)
    slug = re.sub(r"\W+", "_", apart.lower())[:LONGEST].strip("_") or "unnamed"
    return f"q{slug}" if slug[0].isdigit() else slug


def _slugs(names: Iterable[str]) -> list[str]:
    """Return names in lower case and ASCII, not too long and all different."""
    taken: list[str] = []
    for name in names:
        slug, n = _slug(name), 1
        while (unique := slug if n == 1 else f"{slug}_{n}") in taken:
            n += 1
        taken.append(unique)
    return taken


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _language(texts: pd.Series) -> str:
    words = pd.Series(" ".join(texts.str.lower()).split())
    return max(COMMON, key=lambda language: words.isin(COMMON[language]).sum())


def _field(name: str, kind: str, description: str, constraints: dict[str, Any]) -> dict[str, Any]:
    about = {"name": name, "type": kind, "description": description, "constraints": constraints}
    if kind == "boolean":
        about |= {"trueValues": ["true"], "falseValues": ["false"]}
    return about


def _id_field(unique: bool = True) -> dict[str, Any]:
    rules = {"required": True, "pattern": "P[0-9]{2,}"} | ({"unique": True} if unique else {})
    return _field("participant_id", "string", "The person.", rules)


# --- Writing ---


def write(result: Draft, folder: Path) -> None:
    """Write the folder in one step: it is there whole, or not at all.

    Raises
    ------
    IntakeError
        If the folder is there already: nothing that somebody wrote is overwritten.
    """
    if folder.exists():
        advice = "is there already; move it away, or name another folder with STUDY=name"
        raise IntakeError([f"{folder}: {advice}"])
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name, frame in result.frames.items():
        frame = frame.copy()
        for column in frame:
            if pd.api.types.is_bool_dtype(frame[column]):
                frame[column] = frame[column].map({True: "true", False: "false"})
        frame.to_csv(unfinished / f"{name}.csv", index=False, lineterminator="\n")
    package = json.loads(Path(__file__).with_name("draft.json").read_bytes())
    taken = [table for table in package["resources"] if table["name"] in result.frames]
    package["resources"] = [_described(table, result) for table in taken]
    text = json.dumps(package, ensure_ascii=False, indent=2)
    (unfinished / "datapackage.json").write_text(f"{text}\n", encoding="utf-8")
    (unfinished / "study.toml").write_text(settings(result), encoding="utf-8")
    (unfinished / ".gitignore").write_text("# Nothing here is committed by chance.\n*\n")
    unfinished.rename(folder)


def _described(table: dict[str, Any], result: Draft) -> dict[str, Any]:
    """Add to what `draft.json` says of a table what is known of its columns."""
    name, schema = table["name"], table["schema"]
    known = [about for about in schema["fields"] if about["name"] in result.frames[name]]
    schema["fields"] = result.fields.get(name, known)
    for about in known:
        if levels := result.levels.get(about["name"]):
            about["constraints"]["enum"] = levels
    return table


def settings(result: Draft) -> str:
    """Return study.toml, private until somebody decides otherwise."""
    told = result.settings
    lines = [
        "# What the book says of this study. Correct what was guessed; the rest is in README.",
        'title = "A study of your own"',
        'author = ""',
        'language = "en" # of the pages; that of the answers stands below',
        'licence = "" # such as CC BY 4.0; empty: all rights reserved',
        'licence_url = "" # where the licence stands',
        'citation = ""',
        'records = "real" # or "synthetic"',
        "private = true # false: pages and downloads show everything",
        "safe_threshold = 10 # cells of fewer people are suppressed while it is private",
    ]
    for name in ("compare", "scale", "themes", "quotes"):
        if told.get(name):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {_toml(value)}" for key, value in told[name].items()]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def report(result: Draft, folder: Path) -> str:
    """Say what was taken, guessed and left, and what comes next."""
    parts = [("Took", result.took), ("Guessed; correct it in study.toml", result.guessed)]
    parts.append(("Left", result.left))
    lines = [
        f"{title}:\n" + "\n".join(f"  {line}" for line in told) for title, told in parts if told
    ]
    lines.append(f"Wrote {folder}/: look at study.toml there, then make book STUDY={folder.name}")
    return "\n".join(lines)
