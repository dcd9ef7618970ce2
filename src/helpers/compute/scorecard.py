"""Hold every number that the paper prints against the data.

How a number is computed stands in `published/facts.csv`, beside the number: the table, the
statistic, the column and the rows that count. Another study brings its own facts, not new code.
"""

import math
import re
from collections.abc import Callable
from tokenize import TokenError

import pandas as pd

from audit.printed import SHOWN_DECIMALS, parse, reads_as
from helpers import omi
from helpers.load.study import Problem, Study, StudyError

# What a misspelt table, column or condition comes to, and a printed number that is none.
WRONG_RECIPE = (
    *(LookupError, NameError, SyntaxError, TypeError, ValueError, AttributeError),
    *(NotImplementedError, TokenError, re.error),
)
VERDICTS = {
    "match": "the same digits, rounded half up",
    "truncated": "the same digits, if surplus ones are left out instead of rounded",
    "inconsistent": "cannot stand beside other printed numbers if all are about the same people",
    "differs": "the data do not give it, though some data could",
    "not recoverable": "the paper does not print enough to compute it",
    "background": "cited from another source",
}


def tables(study: Study) -> dict[str, pd.DataFrame]:
    """Return the tables that facts are computed from.

    Beside the study's own: `participants` says who answered each question
    (`answered_<question>`), and `gender_tests` holds the attitude items compared between the sexes,
    with the direction of each.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> "p" in tables(load_study())["gender_tests"]
    True
    """
    people = study.participants.copy()
    for question, answers in study.responses.groupby("question", observed=False):
        people[f"answered_{question}"] = people["participant_id"].isin(answers["participant_id"])
    items = study.omi_items[["item", "direction"]]
    tests = omi.gender_tests(study.omi, items["item"]).merge(items, on="item")
    return {
        "participants": people,
        "responses": study.responses,
        "codings": study.codings,
        "codebook": study.codebook,
        "omi": study.omi,
        "facts": study.facts,
        "gender_tests": tests,
    }


def compute(study: Study) -> dict[str, float | str]:
    """Compute every fact that the records can carry.

    Returns
    -------
    dict
        The computed value by `fact_id`: a number, or words where the fact is put in words.

    Raises
    ------
    StudyError
        If recipes cannot be carried out, or printed numbers not be compared. It lists all of them.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> study = load_study()
    >>> compute(study)["P1"] == len(study.participants)
    True
    """
    sources = tables(study)
    path = next(r["path"] for r in study.package["resources"] if r["name"] == "facts")
    breaks = sum(study.facts[text].str.count("\n") for text in ["label", "note"])
    lines = study.facts.index + 2 + breaks.cumsum().shift(fill_value=0)
    carried = study.facts[study.facts["statistic"].notna()]
    computed, problems = {}, []
    for row, fact in carried.iterrows():
        try:
            value = STATISTICS[fact["statistic"]](fact, sources[fact["table"]])
            _verdict(fact, value)
        except WRONG_RECIPE as error:
            advice = f"correct its recipe or what is printed: {type(error).__name__}: {error}"
            problems.append(Problem(path, int(lines[row]), "", fact["fact_id"], advice))
        else:
            computed[fact["fact_id"]] = value
    if problems:
        raise StudyError(problems)
    return computed


def compare(facts: pd.DataFrame, computed: dict[str, float | str]) -> pd.DataFrame:
    """Give each printed number its verdict.

    Parameters
    ----------
    facts
        The study's `facts` table.
    computed
        The values that `compute` returns.

    Returns
    -------
    pandas.DataFrame
        One row a fact: `fact_id`, `chapter`, `label`, `unit`, `printed`, `computed` (missing if it
        is none), `verdict` (a key of `VERDICTS`) and `note`.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> study = load_study()
    >>> compare(study.facts, compute(study)).set_index("fact_id").loc["P1", "verdict"]
    'match'
    """
    board = facts[["fact_id", "chapter", "label", "unit", "printed"]].copy()
    board["computed"] = facts["fact_id"].map(computed).astype(object)
    board["verdict"] = [
        _verdict(fact, computed.get(fact["fact_id"])) for _, fact in facts.iterrows()
    ]
    board["note"] = facts["note"]
    return board


def _verdict(fact: pd.Series, value: float | str | None) -> str:
    if fact["table"] == "elsewhere":
        return "background"
    if not fact["table"] or not fact["printed"]:
        return "not recoverable"
    if not pd.isna(value) and (agreement := _agreement(fact["printed"], fact["unit"], value)):
        return agreement
    return "inconsistent" if fact["conflicts_with"] else "differs"


def _agreement(printed: str, unit: str, value: float | str) -> str | None:
    """Return how a value gives what is printed, match or truncated, or None if it does not."""
    if isinstance(value, str):
        return "match" if value == printed else None
    if printed.startswith(">="):
        return "match" if value >= parse(printed.removeprefix(">=")) else None
    if reads_as(value, printed, "half_up"):
        return "match"
    shown = SHOWN_DECIMALS.get({"%": "percent", "F": "f"}.get(unit, unit), 4)
    return "truncated" if reads_as(value, printed, "dropped", shown) else None


def _rows(fact: pd.Series, table: pd.DataFrame, which: str = "where") -> pd.DataFrame:
    if not fact[which]:
        return table
    fits = table.eval(fact[which], engine="python")
    if not pd.api.types.is_bool_dtype(fits):
        raise TypeError(f"{fact[which]!r} is no condition")
    return table[fits]


def _people(rows: pd.DataFrame) -> int:
    return rows["participant_id"].nunique()


def _percent(fact: pd.Series, table: pd.DataFrame) -> float:
    base = _rows(fact, table, "base")
    return 100 * _people(_rows(fact, base)) / _people(base) if len(base) else math.nan


def _levels(fact: pd.Series, table: pd.DataFrame) -> float:
    """Count the different answers given to all items whose name begins with the column's."""
    items = table.filter(regex=f"^{fact['column']}")
    return float(items.melt()["value"].nunique())


def _value(fact: pd.Series, table: pd.DataFrame) -> float | str:
    value = _rows(fact, table)[fact["column"]].iloc[0]
    return value if isinstance(value, str) else float(value)


def _person(fact: pd.Series, table: pd.DataFrame) -> str:
    """Describe the people who fit as the paper describes the people it quotes."""
    found = _rows(fact, table)
    texts = {f"{p.age} y, {p.years_experience} y" for p in found.itertuples()}
    return "; ".join(sorted(texts)) or "nobody"


def _ranking(fact: pd.Series, table: pd.DataFrame) -> str:
    """Rank the column's values by the people who have them, as many as are printed."""
    people = _rows(fact, table).groupby(fact["column"])["participant_id"].nunique()
    ranked = people.sort_values(ascending=False, kind="stable").head(fact["printed"].count(">") + 1)
    signs = ["", *(" = " if step == 0 else " > " for step in ranked.diff()[1:])]
    return "".join(sign + value for sign, value in zip(signs, ranked.index, strict=True))


def _p_of_f(fact: pd.Series, table: pd.DataFrame) -> float:
    """Return the p of a printed F for two groups, its second df printed in another fact."""
    from scipy import stats

    printed = table.set_index("fact_id")["printed"]
    return float(stats.f.sf(float(printed[fact["column"]]), 1, float(printed[fact["where"]])))


STATISTICS: dict[str, Callable[[pd.Series, pd.DataFrame], float | str]] = {
    "count": lambda fact, table: float(len(_rows(fact, table))),
    "people": lambda fact, table: float(_people(_rows(fact, table))),
    "percent": _percent,
    "mean": lambda fact, table: float(_rows(fact, table)[fact["column"]].mean()),
    "min": lambda fact, table: float(_rows(fact, table)[fact["column"]].min()),
    "max": lambda fact, table: float(_rows(fact, table)[fact["column"]].max()),
    "levels": _levels,
    "value": _value,
    "person": _person,
    "ranking": _ranking,
    "p_of_f": _p_of_f,
}
