"""Hold every number that the paper prints against the data.

Beside each number, `published/facts.csv` says how it is computed: the table, the statistic, the
column and the rows that count, as a condition that is read and never executed
(`helpers.load.conditions`). Another study brings its own facts, not new code.
"""

import math
from collections.abc import Callable, Iterator
from operator import attrgetter

import pandas as pd

from audit.printed import SHOWN_DECIMALS, parse, reads_as
from helpers.compute import agreement, words
from helpers.compute import compare as comparing
from helpers.compute.themes import coders
from helpers.load.conditions import ConditionError, holds
from helpers.load.files import Problem, stop_on
from helpers.load.study import Study

VERDICTS = {
    "match": "the same digits, rounded half up",
    "truncated": "the same digits, if surplus ones are left out instead of rounded",
    "inconsistent": "cannot stand beside other printed numbers if all are about the same people",
    "differs": "the data do not give it, though some data could",
    "not recoverable": "the paper does not print enough to compute it",
    "background": "cited from another source",
}


def tables(study: Study) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the tables that facts are computed from, and why others that they name are not there.

    These are the study's own, and of the following those that the facts name:

    - `gender_tests`: the attitude items compared between two groups, with each one's direction;
    - `comparisons`, `moments`, `pairs`: what `helpers.compute.compare` finds of the groups that
      study.toml compares, `item` by `item`, the score among them as "score";
    - `scale`: one row with Cronbach's `alpha`, its interval and n;
    - `agreement`: what `helpers.compute.agreement` finds, by `question` and `theme`;
    - `key_terms`: how often these are used, in each language.

    `participants` says who answered each question (`answered_<question>`) and on whose answers what
    was remarked (`remarked_<remark>`); `remarks` holds the columns of the participants too.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> there, lacking = tables(load_study())
    >>> "p" in there["gender_tests"], lacking
    (True, {})
    """
    people = study.participants.copy()
    own = {name: table for name in OWN if (table := getattr(study, name)) is not None}
    for table, column in [("responses", "question"), ("remarks", "remark")]:
        for told, rows in own[table].groupby(column, observed=False) if table in own else ():
            did = "answered" if table == "responses" else "remarked"
            people[f"{did}_{told}"] = people["participant_id"].isin(rows["participant_id"])
    if "remarks" in own:
        own["remarks"] = study.remarks.merge(study.participants, on="participant_id")
    lacking = {}
    for name, (make, needs) in MADE.items():
        if not study.facts["table"].eq(name).any():
            continue
        if lost := [NEEDED[need] for need in needs if attrgetter(need)(study) is None]:
            lacking[name] = f"needs {' and '.join(lost)}"
            continue
        try:
            own[name] = make(study)
        except ValueError as error:
            lacking[name] = str(error)
    return {"participants": people} | own, lacking


def _gender_tests(study: Study) -> pd.DataFrame:
    items, labels = study.scale_items().filter(["item", "direction"]), study.settings.compare.labels
    if len(labels) != 2:
        raise ValueError(f"compares two groups; [compare] labels in study.toml names {len(labels)}")
    answers, _, group, _ = _compared(study)
    return comparing.two_groups(answers, items["item"], group, labels).merge(items, on="item")


def _compared(study: Study) -> tuple[pd.DataFrame, list[str], str, list[str]]:
    """Return answers with a score and the groups beside them, what is compared, and by what."""
    told, by = study.settings.scale, study.settings.compare
    items = list(study.scale_items()["item"])
    answers = study.scale_answers()
    turned = {"low": told.low, "high": told.high, "reversed": told.reversed}
    answers = answers.assign(score=comparing.score(answers, items, **turned))
    if by.group not in answers:
        people = study.participants[["participant_id", by.group]]
        answers = answers.merge(people, on="participant_id")
    return answers, ["score", *items], by.group, list(by.labels)


def _comparisons(study: Study) -> pd.DataFrame:
    person = "participant_id" if study.settings.compare.paired else ""
    return comparing.compare(*_compared(study), person)


def _scale(study: Study) -> pd.DataFrame:
    told = study.settings.scale
    answers, items = study.scale_answers(), list(study.scale_items()["item"])
    found = comparing.cronbach_alpha(answers, items, told.low, told.high, told.reversed)
    return pd.DataFrame([found])


def _agreement(study: Study) -> pd.DataFrame:
    coded = [q for q in study.codebook["question"].unique() if len(coders(study, q)) > 1]
    if not coded:
        raise ValueError("needs the codings of two people for one question")
    frames = [agreement.agreement(study, q).assign(question=q) for q in coded]
    return pd.concat(frames, ignore_index=True)


OWN = ["responses", "remarks", "codings", "codebook", "omi", "answers", "facts"]
NEEDED = {
    "settings.scale": "[scale] in study.toml",
    "settings.compare": "[compare] in study.toml",
    "codings": "the table codings",
    "vocabulary": "the table vocabulary",
}
GROUPS = ["settings.scale", "settings.compare"]
MADE: dict[str, tuple[Callable[[Study], pd.DataFrame], list[str]]] = {
    "gender_tests": (_gender_tests, GROUPS),
    "comparisons": (_comparisons, GROUPS),
    "moments": (lambda study: comparing.moments(*_compared(study)), GROUPS),
    "pairs": (lambda study: comparing.pairs(*_compared(study)), GROUPS),
    "scale": (_scale, ["settings.scale"]),
    "agreement": (_agreement, ["codings"]),
    "key_terms": (words.key_terms, ["codings", "vocabulary"]),
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
    if study.facts is None:
        return {}
    sources, lacking = tables(study)
    carried = study.facts[study.facts["statistic"].notna() & study.facts["statistic"].ne("")]
    computed: dict[str, float | str] = {}
    faults: list[tuple[int, str, str]] = []
    for row, fact in carried.iterrows():
        found = list(_recipe_faults(fact, sources, lacking))
        if not found:
            column = "statistic"
            try:
                value = STATISTICS[fact["statistic"]](fact, sources[fact["table"]])
                column = "printed"
                _verdict(fact, value)
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                found = [(column, f"{fact['fact_id']} cannot be told from the records: {error}")]
            else:
                computed[fact["fact_id"]] = value
        faults += [(row, column, advice) for column, advice in found]
    path = next(r["path"] for r in study.package["resources"] if r["name"] == "facts")
    # A row begins after the lines of those before it, as cells can hold line ends.
    ends = study.facts.astype(str).apply(lambda column: column.str.count("\n")).sum(axis=1)
    before = (1 + ends).cumsum() - ends
    stop_on(
        Problem(path, 1 + int(before[row]), column, str(study.facts.loc[row, column]), advice)
        for row, column, advice in faults
    )
    return computed


def _recipe_faults(
    fact: pd.Series, sources: dict[str, pd.DataFrame], lacking: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Find what a recipe names that is not there: the column at fault, and what to do."""
    if fact["table"] not in sources:
        other = f"not allowed with a statistic; use one of {', '.join(sources)}"
        yield "table", lacking.get(fact["table"], other)
        return
    table, statistic = sources[fact["table"]], fact["statistic"]
    if statistic not in STATISTICS:
        yield "statistic", f"is not known; use one of {', '.join(STATISTICS)}"
    columns = fact["column"].split() if statistic == "kendall" else [fact["column"]]
    numbers = table.select_dtypes("number").columns
    if statistic in NUMBERS and not set(columns) <= set(numbers):
        yield "column", f"is no column of numbers; use one of {', '.join(numbers)}"
    elif statistic == "kendall" and len(columns) != 2:
        yield "column", "needs two columns of numbers, with a space between them"
    elif statistic in COLUMNS and fact["column"] not in table:
        yield "column", f"is no column of {fact['table']}; use one of {', '.join(table)}"
    elif statistic == "levels" and not _beginning(table, fact["column"]):
        yield "column", "no column begins with this"
    needed = {"people": ["participant_id"], "percent": ["participant_id"], "person": PERSON}
    for column in needed.get(statistic, []):
        if column not in table:
            yield "statistic", f"needs the column {column}, which {fact['table']} lacks"
    for which in ["where", "base"] if statistic != "p_of_f" else []:
        try:
            _rows(fact, table, which)
        except ConditionError as error:
            yield which, str(error)


def compare(facts: pd.DataFrame | None, computed: dict[str, float | str]) -> pd.DataFrame:
    """Give each printed number its verdict.

    Parameters
    ----------
    facts
        The study's `facts` table; None if nothing printed is given.
    computed
        The values that `compute` returns.

    Returns
    -------
    DataFrame
        One row a fact: `fact_id`, `chapter`, `label`, `unit`, `printed`, `computed` (missing if it
        is none), `verdict` (a key of `VERDICTS`) and `note`.

    Examples
    --------
    >>> from helpers.load import load_study
    >>> study = load_study()
    >>> compare(study.facts, compute(study)).set_index("fact_id").loc["P1", "verdict"]
    'match'
    """
    told = ["fact_id", "chapter", "label", "unit", "printed"]
    if facts is None:
        return pd.DataFrame(columns=[*told, "computed", "verdict", "note"])
    board = facts[told].copy()
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
    if not pd.isna(value) and (reading := _reading(fact["printed"], fact["unit"], value)):
        return reading
    return "inconsistent" if fact["conflicts_with"] else "differs"


def _reading(printed: str, unit: str, value: float | str) -> str | None:
    """Return how a value gives what is printed, match or truncated, or None if it does not."""
    if isinstance(value, str):
        return "match" if value == printed else None
    if printed.startswith(">="):
        return "match" if value >= parse(printed.removeprefix(">=")) else None
    if printed.startswith("<="):
        return "match" if value <= parse(printed.removeprefix("<=")) else None
    if reads_as(value, printed, "half_up"):
        return "match"
    shown = SHOWN_DECIMALS.get({"%": "percent", "F": "f"}.get(unit, unit), 4)
    return "truncated" if reads_as(value, printed, "dropped", shown) else None


def _rows(fact: pd.Series, table: pd.DataFrame, which: str = "where") -> pd.DataFrame:
    if not fact[which]:
        return table
    return table[holds(fact[which], table).fillna(False)]


def _people(rows: pd.DataFrame) -> int:
    return rows["participant_id"].nunique()


def _percent(fact: pd.Series, table: pd.DataFrame) -> float:
    base = _rows(fact, table, "base")
    return 100 * _people(_rows(fact, base)) / _people(base) if len(base) else math.nan


def _summary(fact: pd.Series, table: pd.DataFrame) -> float:
    column = _rows(fact, table)[fact["column"]].astype(float)
    return float(column.agg({"sd": "std"}.get(fact["statistic"], fact["statistic"])))


def _levels(fact: pd.Series, table: pd.DataFrame) -> float:
    """Count the different answers given to all items whose name begins with the column's."""
    return float(table[_beginning(table, fact["column"])].melt()["value"].nunique())


def _beginning(table: pd.DataFrame, prefix: str) -> list[str]:
    return [column for column in table if column.startswith(prefix)]


def _value(fact: pd.Series, table: pd.DataFrame) -> float | str:
    rows = _rows(fact, table)
    if rows.empty:
        raise LookupError("no row fits the condition")
    value = rows[fact["column"]].iloc[0]
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
    return "".join(f"{sign}{value}" for sign, value in zip(signs, ranked.index, strict=True))


def _kendall(fact: pd.Series, table: pd.DataFrame) -> float:
    """Return Kendall's tau-b of two columns, named one after the other."""
    from scipy import stats

    rows = _rows(fact, table)
    return float(stats.kendalltau(*(rows[column] for column in fact["column"].split())).statistic)


def _p_of_f(fact: pd.Series, table: pd.DataFrame) -> float:
    """Return the p of a printed F for two groups, its second df printed in another fact."""
    from scipy import stats

    printed = table.set_index("fact_id")["printed"]
    f, df = (parse(printed[fact[which]]) for which in ["column", "where"])
    return float(stats.f.sf(float(f), 1, float(df)))


NUMBERS = {"mean", "sd", "median", "min", "max", "kendall"}
COLUMNS = {"value", "ranking"}
PERSON = ["age", "years_experience"]
STATISTICS: dict[str, Callable[[pd.Series, pd.DataFrame], float | str]] = {
    "count": lambda fact, table: float(len(_rows(fact, table))),
    "people": lambda fact, table: float(_people(_rows(fact, table))),
    "percent": _percent,
    **dict.fromkeys(["mean", "sd", "median", "min", "max"], _summary),
    "levels": _levels,
    "value": _value,
    "person": _person,
    "ranking": _ranking,
    "kendall": _kendall,
    "p_of_f": _p_of_f,
}
