"""What pages say of a study and no chapter knows by heart: `study.toml`, beside the data package.

Each table of the file is optional: a study without a scale has no `[scale]`.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from helpers.load.files import TOLD, Problem, StudyError, misfits, read, stop_on

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
        What follows a number among them: `{ years_experience = "years in the field" }`.
    bands
        How wide the bands are in which a private study gives numbers: 10 makes of 34 "30 to 39".
    called
        Levels that need other words there: `{ other = "another job" }`.
    """

    beside: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, int] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)


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
    def spoken(self) -> str:
        """The language of the answers."""
        return (self.themes and self.themes.language) or self.language

    @property
    def threshold(self) -> int:
        """The fewest people that a cell may show; 0 unless the study is private."""
        return self.safe_threshold if self.private else 0


_TABLES = {"compare": Compare, "scale": Scale, "themes": Themes, "quotes": Quotes}


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
    problems = [setting_problem(*found, text) for found in _misfits(told)]
    if (more := len(problems) - TOLD) > 0:
        problems[TOLD:] = [Problem(FILE, 0, "", "", f"and {more:,} more problems")]
    stop_on(problems)
    return _made(Settings, told)


def _misfits(told: dict[str, Any]) -> Iterator[tuple[Sequence[str | int], object, str]]:
    """Find what `settings.schema.json` does not allow, and what makes no sense together."""
    found = list(misfits(told, "settings.schema.json"))
    yield from found
    scale, compare = told.get("scale"), told.get("compare", {})
    if scale and not found and scale["low"] >= scale["high"]:
        yield ["scale", "low"], scale["low"], f"must be below high, which is {scale['high']}"
    if not found and compare.get("paired") and len(compare["labels"]) != 2:
        yield ["compare", "labels"], "", "must be two, the times at which the same people answered"


def _made(kind: type, told: dict[str, Any]) -> Any:  # noqa: ANN401, an instance of `kind`
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in told.items()}
    values |= {key: _made(_TABLES[key], told[key]) for key in _TABLES.keys() & told.keys()}
    return kind(**values)


def setting_problem(path: Sequence[str | int], value: object, advice: str, text: str) -> Problem:
    r"""Say what is wrong with a key of study.toml, and on which of its lines it is set, if on any.

    Examples
    --------
    >>> print(setting_problem(["scale", "low"], 9, "must be below 5", "[scale]\nlow = 9"))
    study.toml, line 2, column scale.low: '9': must be below 5
    """
    table, key = ("", *path) if len(path) == 1 else path[:2]
    inside, at = not table, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            inside = line.strip() == f"[{table}]"
        elif inside and not at and line.partition("=")[0].strip() == key:
            at = number
    return Problem(FILE, at, ".".join(map(str, path)), str(value), advice)
