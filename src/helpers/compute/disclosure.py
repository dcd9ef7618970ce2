"""Statistical disclosure control: what may be shown of people who were promised confidentiality.

The rules, their parameters and their names are those of `acro`, the checker of the UK's secure data
services. A count below the threshold is suppressed, zero too; then as many others as it takes for
nobody to work it out from the totals. Frames that went through here say so, and
`helpers.show.guards` lets the pages of a private study show no others.

References
----------
Smith, J., Preen, R., Albashir, M., Ritchie, F., Green, E., Davy, S., Stokes, P., & Bacon, S.
(2023). SACRO: Semi-Automated Checking of Research Outputs. UNECE Expert Meeting on Statistical
Data Confidentiality. https://doi.org/10.5281/zenodo.10069997

Hundepool, A., et al. (2012). Statistical disclosure control. Wiley.
https://doi.org/10.1002/9781118348239
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.load.settings import Quotes, Settings

SAFE_NK_N = 2
"""How many of the largest values both rules tell from the others."""
SAFE_NK_K = 0.9
"""The share of a sum that these may not reach (n-k rule)."""
SAFE_PRATIO_P = 0.1
"""The others make up at least this share of the largest value (p-ratio rule)."""

_CHECKED = "disclosure"
PEOPLE = ("people", "persons", "participants", "respondents", "answers")


def declare(frame: pd.DataFrame, why: str) -> pd.DataFrame:
    """Mark a frame as one to show: what was suppressed, or why it says nothing of any person.

    Examples
    --------
    >>> is_checked(declare(pd.DataFrame({"theme": ["family"]}), "the codebook"))
    True
    """
    marked = frame.copy()
    marked.attrs = {**frame.attrs, _CHECKED: why}
    return marked


def is_checked(frame: pd.DataFrame) -> bool:
    """Say whether a frame came out of this module. What was put into it since is not seen."""
    return _CHECKED in frame.attrs


def small_counts(text: str, told: Settings) -> list[str]:
    """Find counts of people below the threshold, or what they leave of a whole.

    A count is a number in digits before "of" and another one, before a word for people, or before
    what study.toml calls a group. Another way to say it is not seen.

    Examples
    --------
    >>> told = Settings("A title", "real", private=True)
    >>> small_counts("48 of 50 agree, 12 people do not, 4 participants left, 1 person stayed", told)
    ['48 of 50', '4 participants', '1 person']
    """
    labels = told.compare.labels if told.compare else {}  # the levels themselves are singular
    nouns = [*PEOPLE, "person", "participant", "respondent", "answer", *labels, *labels.values()]
    words = "|".join(map(re.escape, nouns))
    pattern = rf"\b(\d[\d,]*) (?:of (\d[\d,]*)\b(?! rows)|(?:{words})\b)"
    found = []
    for match in re.finditer(pattern, text):
        n, whole = (int(part.replace(",", "")) if part else 0 for part in match.groups())
        if n < told.threshold or (whole and 0 < whole - n < told.threshold):
            found.append(match[0])
    return found


def remark(frame: pd.DataFrame) -> str:
    """Return what was suppressed in a frame, or why there was nothing to suppress.

    Examples
    --------
    >>> remark(declare(pd.DataFrame(), "the codebook"))
    'the codebook'
    """
    return frame.attrs.get(_CHECKED, "")


def told(n: int, threshold: int) -> str:
    """Return a count of people for a sentence, or that it is below the threshold.

    Examples
    --------
    >>> told(40, 10), told(4, 10)
    ('40', 'fewer than 10')
    """
    return f"{n}" if n >= threshold else f"fewer than {threshold}"


class Suppression(NamedTuple):
    """Which parts of a table of counts are suppressed, True where they are."""

    small: pd.DataFrame
    """The cells below the threshold (the primary suppression)."""
    cells: pd.DataFrame
    """All cells to suppress, the complementary ones too."""
    rows: pd.Series
    """The totals of rows to suppress."""
    columns: pd.Series
    """The totals of columns to suppress."""


def suppress(counts: pd.DataFrame, threshold: int, totals_known: bool = False) -> Suppression:
    """Find what to suppress in a table of counts whose totals are shown too.

    Whoever knows what is left learns no more of a cell below the threshold than what the totals
    alone and the rule itself tell: that it is below.

    Parameters
    ----------
    counts
        People by row and column, without totals.
    threshold
        The smallest count that may be shown.
    totals_known
        Whether readers know every total from elsewhere. By default, totals below the threshold
        are suppressed too, and whoever knows one of them can work out more.

    Notes
    -----
    What remains possible is found by linear programming: the smallest and the largest value of a
    cell over all tables with these totals, which are whole numbers when the totals are. Where that
    tells too much, the smallest cell that mends it is suppressed as well.

    Examples
    --------
    >>> counts = pd.DataFrame({"day": [30, 25, 28], "night": [20, 3, 15]}, [*"abc"])
    >>> suppress(counts, 10).cells.to_numpy().astype(int).tolist()
    [[0, 0], [1, 1], [1, 1]]
    """
    values = counts.to_numpy(dtype=int)
    least = 0 if totals_known else threshold
    sides = [
        _cover(values.sum(axis=axis), [range(values.shape[1 - axis])], least) for axis in (1, 0)
    ]
    number = np.arange(values.size).reshape(values.shape)
    known = [*_known(number, sides[0]), *_known(number.T, sides[1])]
    cells = _cover(values.ravel(), known, threshold).reshape(values.shape)
    return Suppression(
        counts < threshold,
        pd.DataFrame(cells, counts.index, counts.columns),
        pd.Series(sides[0], counts.index),
        pd.Series(sides[1], counts.columns),
    )


def table_one(rows: pd.DataFrame, people: int, threshold: int) -> pd.DataFrame:
    """Suppress in what `helpers.compute.describe.table_one` returns.

    The levels of a column add up to those of whom it is known, and how many these are is told by
    any percentage; so the missing are shown. The lowest and the highest number are each the answer
    of somebody, and are left out.

    Parameters
    ----------
    rows
        Columns `variable`, `level`, `n`, `percent`, `mean`, `sd`, `low`, `high`, `missing`.
    people
        How many there are.
    threshold
        The smallest count that may be shown.

    Examples
    --------
    >>> rows = pd.DataFrame({"variable": "job", "level": ["nurse", "clerk"], "n": [40, 3]})
    >>> table_one(rows.assign(missing=12, percent=50.0), 55, 10)["n"].tolist()
    [<NA>, <NA>]
    """
    hidden = pd.Series(False, rows.index)
    for _, of_variable in rows.groupby("variable", sort=False):
        rest = people - int(of_variable["missing"].iloc[0]) - int(of_variable["n"].sum())
        cells = [*of_variable["n"], *([rest] if rest else [])]
        found = suppress(pd.DataFrame({"n": cells}), threshold).cells["n"].to_numpy()
        hidden[of_variable.index] = found[: len(of_variable)]
    shown = rows.drop(columns=["low", "high"], errors="ignore") if threshold else rows
    return _without(shown, hidden)


def tally(
    rows: pd.DataFrame, column: str, threshold: int, by: str = "", totals_known: bool = False
) -> pd.DataFrame:
    """Suppress in what `helpers.compute.describe.tally` returns; the levels' totals are known.

    Parameters
    ----------
    rows
        Columns `n`, `base`, `share`, `low`, `high`, the level under `column` and the group under
        `by`.
    column, by
        As `tally` was given them.
    threshold, totals_known
        As for `suppress`.

    Returns
    -------
    DataFrame
        The rows, all numbers missing where they are suppressed.

    Examples
    --------
    >>> rows = pd.DataFrame({"job": ["nurse", "clerk", "aide"], "n": [40, 3, 12], "base": 55})
    >>> tally(rows, "job", 10)["n"].tolist()
    [40, <NA>, <NA>]
    """
    keyed = rows.assign(_all="all")
    counts = keyed.pivot(index=column, columns=by or "_all", values="n")
    found = suppress(counts, threshold, totals_known)
    keys = zip(keyed[column], keyed[by or "_all"], strict=True)
    hidden = [bool(found.cells.loc[level, group]) for level, group in keys]
    bases = [bool(found.columns[group]) for group in keyed[by or "_all"]]
    return _without(rows, hidden, bases)


def answers(rows: pd.DataFrame, threshold: int, by: str) -> pd.DataFrame:
    """Suppress how many gave each answer, in groups whose n, mean and SD are shown too.

    From these, two or three counts that are missing can be worked out. So a group's counts are
    shown all, or none if one of them is small.

    Parameters
    ----------
    rows
        As for `tally`, of all answers that can be given.
    threshold
        The smallest count that may be shown.
    by
        The column of the groups.

    Examples
    --------
    >>> rows = pd.DataFrame({"ward": [*"aabb"], "answer": [1, 2, 1, 2], "n": [10, 12, 30, 4]})
    >>> answers(rows, 10, "ward")["n"].tolist()
    [10, 12, <NA>, <NA>]
    """
    hidden = (rows["n"] < threshold).groupby(rows[by], observed=True).transform("any")
    return _without(rows, hidden, hidden)


def named(rows: pd.DataFrame, threshold: int, group: str = "") -> pd.DataFrame:
    """Suppress in shares of people: who names a theme, in all or in each group.

    The people who do not count as well: 48 of 50 tells of two. How many name the theme in all is
    taken to be known.

    Parameters
    ----------
    rows
        Columns `theme`, `n` of `base`, `share`, `low`, `high`, and the groups under `group`.
    threshold
        The smallest count that may be shown.
    group
        The column of the groups, if there are any; `by` beside it may hold what they are groups of.

    Examples
    --------
    >>> rows = pd.DataFrame({"theme": ["rest", "work"], "n": [30, 48], "base": 50})
    >>> named(rows, 10)["n"].tolist()
    [30, <NA>]
    """
    keys = [key for key in ("by", "theme") if key in rows]
    hidden = pd.Series(False, rows.index)
    bases = pd.Series(False, rows.index)
    for _, of_theme in rows.groupby(keys, observed=True, sort=False):
        counts = pd.DataFrame({"named": of_theme["n"], "not": of_theme["base"] - of_theme["n"]})
        # Of one group alone both are hidden or none, for they make up its total.
        found = suppress(counts, threshold)
        hidden[of_theme.index] = found.cells.any(axis=1)
        bases[of_theme.index] = found.rows
    return _without(rows, hidden, bases if group else False)


def moments(rows: pd.DataFrame, answers: pd.DataFrame, group: str, threshold: int) -> pd.DataFrame:
    """Suppress in what `helpers.compute.compare.moments` returns.

    A mean goes if it rests on too few answers, if they are all the same, or if few people dominate
    it: by the n-k rule (`SAFE_NK_N`, `SAFE_NK_K`) or the p-ratio rule (`SAFE_PRATIO_P`). Where one
    group of an item goes, the next smallest goes too, or the mean of all would tell.

    Parameters
    ----------
    rows
        Columns `item`, `group`, `n`, `mean`, `median`, `sd`.
    answers
        The answers that they describe, with the column `group`.
    group
        The column of the groups.
    threshold
        The smallest count that may be shown.

    Examples
    --------
    >>> answers = pd.DataFrame({"ward": ["a"] * 12 + ["b"] * 3 + ["c"] * 11, "x": [1, 2] * 13})
    >>> rows = pd.DataFrame({"item": "x", "group": [*"abc"], "n": [12, 3, 11], "mean": 1.5})
    >>> moments(rows, answers, "ward", 10)["mean"].tolist()
    [1.5, <NA>, <NA>]
    """
    hidden = pd.Series(False, rows.index)
    for item, of_item in rows.groupby("item", sort=False):
        given = (answers.loc[answers[group].eq(g), item].dropna() for g in of_item["group"])
        unsafe = [
            len(values) < threshold or (threshold > 0 and is_dominated(values)) for values in given
        ]
        hidden[of_item.index] = unsafe
        if sum(unsafe) == 1 and len(unsafe) > 1:
            hidden[of_item.loc[~hidden[of_item.index], "n"].idxmin()] = True
    # The spread of a middle answer is what single people said.
    shown = rows.drop(columns="median", errors="ignore") if threshold else rows
    return _without(shown, hidden)


def is_dominated(values: pd.Series) -> bool:
    """Say whether a sum or mean tells of its largest values, or everybody answered the same.

    Examples
    --------
    >>> is_dominated(pd.Series([900, 50, 30, 20])), is_dominated(pd.Series([3, 4, 5, 4, 3, 4]))
    (True, False)
    """
    if values.nunique() < 2:
        return True
    if (values < 0).any():
        return False  # dominance is not defined
    largest = values.astype(float).nlargest(SAFE_NK_N)
    total, top = values.sum(), largest.iloc[0]
    return bool(largest.sum() / total >= SAFE_NK_K or (total - largest.sum()) / top < SAFE_PRATIO_P)


def statistics(rows: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Suppress tests with fewer degrees of freedom than the threshold, and their effects.

    Parameters
    ----------
    rows
        As `helpers.compute.compare.compare` or `pairs` returns them: `df2` counts where it is
        known, else `df`.
    threshold
        The fewest degrees of freedom.

    Examples
    --------
    >>> rows = pd.DataFrame({"item": ["a", "b"], "df": [57.0, 4.0], "p": [0.01, 0.02]})
    >>> statistics(rows, 10)["p"].tolist()
    [0.01, nan]
    """
    freedom = rows["df2"].fillna(rows["df"]) if "df2" in rows else rows["df"]
    few = freedom < threshold
    numbers = rows.select_dtypes("number").columns
    shown = rows.copy()
    shown.loc[few, numbers] = np.nan
    return declare(shown, _told(int(few.sum())))


def words(rows: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Leave out the words that too few people use: what one person alone says may name them.

    Examples
    --------
    >>> rows = pd.DataFrame({"word": ["rest", "barge"], "n": [30, 4], "people": [20, 1]})
    >>> words(rows, 10)["word"].tolist()
    ['rest']
    """
    kept = rows[rows["people"] >= threshold]
    left = len(rows) - len(kept)
    return declare(kept, f"{left} words that fewer than {threshold} people use" if left else "")


def agreement(rows: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Suppress in what `helpers.compute.agreement.agreement` returns: themes that few name.

    Examples
    --------
    >>> rows = pd.DataFrame({"theme": ["a", "all"], "n": [50, 100], "prevalence": [0.1, 0.4]})
    >>> agreement(rows.assign(alpha=0.8), 10)["alpha"].tolist()
    [nan, 0.8]
    """
    named_by = (rows["prevalence"] * rows["n"]).round()
    few = (named_by < threshold) | (rows["n"] - named_by < threshold)
    shown = rows.copy()
    measures = [column for column in rows.select_dtypes("number") if column != "n"]
    shown[measures] = rows[measures].astype(float).mask(few)
    return declare(shown, _told(int(few.sum())))


def speakers(people: pd.DataFrame, told: Quotes, threshold: int) -> pd.Series:
    """Say who speaks, in words that at least `threshold` people share.

    A column is added to a description where at least so many people share what comes out, and of
    those who keep the shorter one there are none, or as many. What is left may be nothing.

    Parameters
    ----------
    people
        One row a person, with `participant_id`.
    told
        Which columns describe a speaker, the most telling first; their units; the bands in which
        numbers are given where there is a threshold; and levels that need other words.
    threshold
        How many people a description must fit; 0 if the study is not private.

    Returns
    -------
    Series
        The description of each person, indexed by `participant_id`.

    Examples
    --------
    >>> people = pd.DataFrame({"participant_id": ["P1", "P2", "P3"], "age": [31, 38, 52]})
    >>> people = people.assign(job="nurse")
    >>> told = Quotes(beside=("job", "age"), bands={"age": 10})
    >>> speakers(people, told, 2).tolist()
    ['nurse', 'nurse', 'nurse']
    >>> speakers(people.iloc[:2], told, 2).tolist()
    ['nurse, 30 to 39', 'nurse, 30 to 39']
    >>> speakers(people, told, 0).tolist()
    ['nurse, 31', 'nurse, 38', 'nurse, 52']
    """
    words = pd.DataFrame(index=people["participant_id"])
    for column in told.beside:
        width = told.bands.get(column, 1) if threshold else 1
        values = [told.called.get(value, value) for value in people[column]]
        words[column] = [_in_words(v, width, told.units.get(column, "")) for v in values]
    lines = pd.Series("", words.index)
    for size in range(1, len(told.beside) + 1):
        rows = words.iloc[:, :size].to_numpy()
        part = pd.Series([", ".join(filter(None, row)) for row in rows], words.index)
        enough = part.map(part.value_counts()) >= threshold
        # Or the shorter description would mean the few who have no longer one.
        others = lines.map(lines[~enough].value_counts()).fillna(0)
        lines = lines.mask(enough & ((others == 0) | (others >= threshold)), part)
    return lines


def released(stretches: pd.DataFrame, listed: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Keep the stretches of answers that the researcher has released.

    Parameters
    ----------
    stretches
        Rows that `helpers.compute.themes.examples` returns.
    listed
        What was released: `participant_id`, `question`, `start`, `end`. A stretch is, if it lies
        within one of these.
    threshold
        Everything is, if it is 0: the study is not private.

    Examples
    --------
    >>> stretches = pd.DataFrame({"participant_id": ["P1", "P2"], "question": "q"})
    >>> stretches = stretches.assign(start=3, end=9)
    >>> listed = pd.DataFrame({"participant_id": ["P1"], "question": "q", "start": 0, "end": 9})
    >>> released(stretches, listed, 10)["participant_id"].tolist()
    ['P1']
    """
    if not threshold:
        return declare(stretches, "")
    key = ["participant_id", "question"]
    pairs = stretches.reset_index(names="_row").merge(listed, on=key, suffixes=("", "_free"))
    fits = pairs["start"].ge(pairs["start_free"]) & pairs["end"].le(pairs["end_free"])
    kept = stretches.loc[stretches.index.isin(pairs.loc[fits, "_row"])]
    left = len(stretches) - len(kept)
    return declare(kept, f"{left} quotations that were not released" if left else "")


# --- How cells are covered ---


def _known(number: np.ndarray, hidden: np.ndarray) -> list[np.ndarray]:
    """Return which cells make up each sum that is known: rows whose total is shown, and the rest.

    The totals that are hidden are known together, from the grand total.
    """
    return [*number[~hidden], *([number[hidden].ravel()] if hidden.any() else [])]


def _cover(values: np.ndarray, known: Sequence[Sequence[int]], threshold: int) -> np.ndarray:
    """Return which values to hide, given the sums that are known.

    Parameters
    ----------
    values
        Counts, shape (cells,).
    known
        For each known sum, the cells that make it up.
    threshold
        Counts below it are hidden.
    """
    hidden = values < threshold
    small = np.flatnonzero(hidden)
    alone = {cell: _range(values, np.ones_like(hidden), known, cell) for cell in small}

    def is_told(cell: int, hidden: np.ndarray) -> bool:
        low, high = _range(values, hidden, known, cell)
        least, most = alone[cell]
        return low > max(0, least) or high < min(threshold - 1, most)

    while told := [cell for cell in small if is_told(cell, hidden)]:
        left = sorted(np.flatnonzero(~hidden), key=lambda cell: values[cell])
        trials = (hidden | (np.arange(len(values)) == cell) for cell in left)
        # The smallest that is enough; or one step, in a sum of which a single cell is hidden.
        lonely = [set(cells) for cells in known if hidden[[*cells]].sum() == 1]
        lonely = [cells for cells in lonely if told[0] in cells] or lonely
        near = [cell for cell in left if any(cell in cells for cells in lonely)] or left
        step = hidden | (np.arange(len(values)) == near[0])
        hidden = next((trial for trial in trials if not is_told(told[0], trial)), step)
    # What a later step made needless is shown again.
    for cell in sorted(np.flatnonzero(hidden), key=lambda cell: -values[cell]):
        fewer = hidden & (np.arange(len(values)) != cell)
        if cell not in alone and not any(is_told(c, fewer) for c in small):
            hidden = fewer
    return hidden


def _range(
    values: np.ndarray, hidden: np.ndarray, known: Sequence[Sequence[int]], cell: int
) -> tuple[int, int]:
    """Return the smallest and the largest value of a cell that fit what is shown."""
    from scipy.optimize import linprog

    unknown = np.flatnonzero(hidden)
    sums = [[c for c in cells if hidden[c]] for cells in known]
    sums = [cells for cells in sums if cells]
    if any(cells == [cell] for cells in sums):
        return int(values[cell]), int(values[cell])
    matrix = np.array([np.isin(unknown, cells) for cells in sums], dtype=float)
    right = [values[cells].sum() for cells in sums]
    aim = (unknown == cell).astype(float)
    ends = [linprog(sign * aim, A_eq=matrix, b_eq=right).fun for sign in (1, -1)]
    return round(ends[0]), -round(ends[1])


# --- Frames ---


def _without(rows: pd.DataFrame, hidden: ArrayLike, bases: ArrayLike = False) -> pd.DataFrame:
    """Empty the numbers of hidden rows; those of all people in a group only where it is hidden."""
    shown = rows.copy()
    for column in rows.select_dtypes("number"):
        gone = np.broadcast_to(bases if column in ("base", "missing") else hidden, len(rows))
        if gone.any():
            kind = "Int64" if pd.api.types.is_integer_dtype(rows[column]) else "Float64"
            shown[column] = rows[column].astype(kind).mask(gone)
    return declare(shown, _told(int(np.sum(hidden))))


def _told(hidden: int) -> str:
    return f"rows suppressed: {hidden}" if hidden else ""


def _in_words(value: object, width: int, unit: str) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, str):
        return value.replace("_", " ")
    low = value // width * width if width > 1 else value
    number = f"{low} to {low + width - 1}" if width > 1 else f"{value}"
    one = re.sub(r"s\b", "", unit, count=1) if number == "1" else unit
    return f"{number} {one}".strip()
