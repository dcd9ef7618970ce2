"""What pages say of a study and no chapter knows by heart: `study.toml`, beside the data package.

Each table of the file is optional: a study without a scale has no `[scale]`.
"""

import dataclasses
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from helpers.load.files import TOLD, Problem, StudyError, read, stop_on

FILE = "study.toml"
_HOW = "text stands in quotes, true and false are written small"
_LARGEST = 20_000  # bytes; some of more, such as a key of thousands of dots, take minutes to read


def data_folder() -> Path:
    """Return the folder that holds `datapackage.json`: `STUDY_DATA`, or the project's own `data`.

    Examples
    --------
    >>> (data_folder() / "datapackage.json").exists()
    True
    """
    own = Path(__file__).parents[3] / "data"
    return Path(os.environ.get("STUDY_DATA", own))


@dataclass(frozen=True)
class Compare:
    """Who is compared.

    Parameters
    ----------
    group
        The column that tells the groups apart; `paired` says that it tells times apart instead, at
        which the same people answered.
    labels
        What pages call each level, in the plural; the levels compared, in this order.
    """

    group: str
    labels: Mapping[str, str]
    paired: bool = False


@dataclass(frozen=True)
class Scale:
    """What people ticked.

    Parameters
    ----------
    answers, items
        The tables that hold the answers, a column an item, and the items.
    low, high, ends
        The lowest and the highest answer, and what these two stand for.
    reversed
        Items in which a high answer means little.
    """

    answers: str
    items: str
    low: int
    high: int
    ends: tuple[str, ...]
    reversed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Themes:
    """How answers in free text were read.

    Parameters
    ----------
    coder
        Whose reading counts.
    residual
        The themes for what fits no other one, such as "other": rankings put them last.
    language
        Of the answers, if it is not that of the pages.
    """

    coder: str
    residual: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Quotes:
    """What may stand beside a quotation.

    Parameters
    ----------
    beside
        Columns of the participants that say who speaks.
    units
        What follows a number among them: { years_experience = "years in the field" }.
    bands
        How wide the bands are in which a private study gives numbers: 10 makes of 34 "30 to 39".
    """

    beside: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The content of study.toml.

    Parameters
    ----------
    title, author, citation
        As they stand on pages.
    language
        Of the pages: "en", "es".
    licence, licence_url
        Of text and data; empty if all rights are reserved.
    records
        "real", or "synthetic" where no row describes a person.
    private
        Whether pages show only counts that are large enough, and what was released.
    safe_threshold
        Cells of fewer people are not shown while the study is private.
    chapters
        What the chapters are called to which printed numbers belong.
    twin
        A folder with synthetic tables of the same form, the only ones that a private study gives
        away; relative to the study's folder, empty if there is none.
    """

    title: str
    records: Literal["real", "synthetic"]
    language: str = "en"
    author: str = ""
    licence: str = ""
    licence_url: str = ""
    citation: str = ""
    private: bool = True
    safe_threshold: int = 10
    twin: str = ""
    chapters: Mapping[str, str] = field(default_factory=dict)
    compare: Compare | None = None
    scale: Scale | None = None
    themes: Themes | None = None
    quotes: Quotes = field(default_factory=Quotes)

    @property
    def threshold(self) -> int:
        """The fewest people that a cell may show: none, unless the study is private."""
        return self.safe_threshold if self.private else 0


def load_settings(folder: Path | None = None) -> Settings:
    """Read study.toml of a folder, by default of the one that `data_folder` returns.

    Raises
    ------
    StudyError
        If the file is missing, too large or no TOML, a key is unknown, missing or of another kind
        than it must be, or a value makes no sense; all of them at once. If the twin lies outside
        of the folder, or is not called synthetic.

    Examples
    --------
    >>> load_settings().records
    'synthetic'
    """
    folder = (folder or data_folder()).resolve()
    missing = f"no such file in {folder}; it has what pages say of a study (README, Your own study)"
    settings = _settings(read(folder, FILE, _LARGEST, missing))
    if not (folder / settings.twin).resolve().is_relative_to(folder):
        advice = "leads out of the folder of the study; put the twin into it"
        raise StudyError([Problem(FILE, 0, "twin", settings.twin, advice)])
    twin = f"{settings.twin}/{FILE}"
    if settings.twin and _settings(read(folder, twin, _LARGEST)).records != "synthetic":
        advice = 'is given away, so its study.toml has to say records = "synthetic"'
        raise StudyError([Problem(FILE, 0, "twin", settings.twin, advice)])
    return settings


@cache
def _settings(content: bytes) -> Settings:
    try:
        text = content.decode()
        told = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of TOML, or of UTF-8; or nested too deeply
        advice = f"is no TOML in UTF-8: {error}; {_HOW}"
        raise StudyError([Problem(FILE, 0, "", "", advice)]) from None
    problems: list[Problem] = []
    lines = text.splitlines()
    settings = _read(Settings, told, "", lines, problems)
    if not problems:
        problems += _value_problems(settings, lines)
    if (more := len(problems) - TOLD) > 0:
        problems[TOLD:] = [Problem(FILE, 0, "", "", f"and {more:,} more problems")]
    stop_on(problems)
    return settings


def _value_problems(settings: Settings, lines: list[str]) -> Iterator[Problem]:
    """Find values of the right kind that make no sense."""
    address, scale = settings.licence_url, settings.scale
    if address and not address.startswith(("https://", "http://")):
        advice = "use an address that begins with https://"
        yield setting_problem("licence_url", address, advice, lines)
    if settings.safe_threshold < 1:
        yield setting_problem("safe_threshold", settings.safe_threshold, "use 1 or more", lines)
    if scale and scale.low >= scale.high:
        advice = f"must be below high, which is {scale.high}"
        yield setting_problem("low", scale.low, advice, lines, "scale")
    for column, width in settings.quotes.bands.items():
        if width < 1:
            band = f"{column} = {width}"
            yield setting_problem("bands", band, "use bands of 1 or more", lines, "quotes")


def setting_problem(
    key: str, value: object, advice: str, lines: list[str], table: str = ""
) -> Problem:
    """Say what is wrong with a key of study.toml, and on which of its lines it is set, if on any.

    Examples
    --------
    >>> print(setting_problem("low", 9, "must be below 5", ["[scale]", "low = 9"], "scale"))
    study.toml, line 2, column scale.low: '9': must be below 5
    """
    name, inside, at = f"{table}.{key}" if table else key, not table, 0
    for number, line in enumerate(lines, start=1):
        if line.startswith("["):
            inside = line.strip() == f"[{table}]"
        elif inside and not at and line.partition("=")[0].strip() == key:
            at = number
    return Problem(FILE, at, name, str(value), advice)


def _read(
    kind: type, told: dict[str, Any], table: str, lines: list[str], problems: list[Problem]
) -> Any:  # noqa: ANN401, an instance of `kind`
    hints, values = get_type_hints(kind), {}
    fields = {f.name: f for f in dataclasses.fields(kind)}

    def wrong(key: str, value: object, advice: str) -> None:
        problems.append(setting_problem(key, value, advice, lines, table))

    for key, value in told.items():
        if key not in fields:
            wrong(key, "", f"no such setting; there are {', '.join(fields)}")
            continue
        hint = hints[key]
        inner = [h for h in get_args(hint) if dataclasses.is_dataclass(h)] or [hint]
        if dataclasses.is_dataclass(inner[0]):
            if isinstance(value, dict):
                values[key] = _read(inner[0], value, key, lines, problems)
            else:
                wrong(key, value, f"is a table: [{key}]")
        elif advice := _misfit(value, hint):
            wrong(key, value, advice)
        else:
            values[key] = tuple(value) if isinstance(value, list) else value
    for key, about in fields.items():
        needed = about.default is about.default_factory is dataclasses.MISSING
        if needed and key not in told:
            wrong(key, "", "must be set")
    return None if problems else kind(**values)


def _misfit(value: object, hint: Any) -> str:  # noqa: ANN401, types are not of one type
    """Say what a value would have to be; nothing if it is."""
    kinds = {str: "text in quotes", bool: "true or false", int: "a whole number"}
    origin = get_origin(hint)
    if origin is Literal:
        names = [str(name) for name in get_args(hint)]
        return "" if value in names else f"use one of {', '.join(names)}"
    if origin is tuple:
        is_list = isinstance(value, list) and all(isinstance(part, str) for part in value)
        return "" if is_list else 'use a list of texts: ["one", "two"]'
    if origin is Mapping:
        inner = get_args(hint)[1]
        is_table = isinstance(value, dict) and not any(_misfit(v, inner) for v in value.values())
        return "" if is_table else f"use a table whose values are {kinds[inner]}"
    is_kind = isinstance(value, hint) and isinstance(value, bool) == (hint is bool)
    return "" if is_kind or isinstance(hint, UnionType) else f"use {kinds[hint]}"
