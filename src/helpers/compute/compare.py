"""Compare groups on items or scores, whatever is there: two groups, three or more, two times.

One row an item, its columns the same for all three designs; two groups and two times have more.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit import ALPHA
from helpers.compute import omi

_SIDES = {"women": "1", "men": "2"}

# fmt: off
_COLUMNS = [
    "item", "n", "test", "statistic", "df", "df2", "p", "rank_test", "p_rank",
    "effect", "size", "low", "high", "p_holm", "p_bh", "note",
]
# fmt: on


def compare(
    answers: pd.DataFrame,
    items: Sequence[str],
    group: str,
    levels: Sequence[str] = (),
    person: str = "",
) -> pd.DataFrame:
    r"""Compare every item between groups of people, or between two times.

    Missing answers drop out item by item, and with `person` so do people who answered once.

    Parameters
    ----------
    answers
        One row a person (and time): the column `group` and one numeric column an item.
    items
        Names of the item columns.
    group
        The column that tells groups, or times, apart.
    levels
        The values of that column to compare, in this order; by default all.
    person
        The column that names people, if the same ones stand at both times.

    Returns
    -------
    DataFrame
        One row an item. `n` answers, or pairs of them; `test` and its `statistic`, `df` (and `df2`)
        and `p`; `rank_test` with `p_rank`; the name of the `effect`, its `size` and its 95%
        interval `low` to `high`; `p` corrected for the number of items, `p_holm` (Holm 1979) and
        `p_bh` (Benjamini and Hochberg 1995); and why figures are NaN in `note`.

        Two groups: Welch's t, Mann-Whitney, Hedges' g of the first minus the second, and beside
        them what `helpers.compute.omi.gender_tests` returns, with `_1` and `_2` for the groups.
        Three or more: Welch's analysis of variance, Kruskal-Wallis, and

        .. math:: \omega^2 = \frac{df_1 (F - 1)}{df_1 (F - 1) + n}

        without an interval. Two times: the paired t test of the second minus the first, Wilcoxon's
        signed ranks, and :math:`d_z`, the mean of the differences over their SD, its interval from
        the noncentral t distribution; `diff`, `sd_diff`, `diff_low`, `diff_high` beside it.

    Raises
    ------
    ValueError
        If a column, a level or an item is unknown (the message names those that exist), or there
        are fewer than two levels, or other than two times.

    References
    ----------
    Welch, B. L. (1951). On the comparison of several mean values. Biometrika, 38, 330-336.
    https://doi.org/10.1093/biomet/38.3-4.330
    Lakens, D. (2013). Calculating and reporting effect sizes to facilitate cumulative science.
    Frontiers in Psychology, 4, 863. https://doi.org/10.3389/fpsyg.2013.00863

    Examples
    --------
    >>> answers = pd.DataFrame({"ward": [*"aaabbbccc"], "stress": [1, 2, 3, 2, 3, 4, 5, 6, 7]})
    >>> compare(answers, ["stress"], "ward")[["test", "statistic", "df", "df2"]].round(2)
                test  statistic  df  df2
    0  Welch's ANOVA      11.14   2  4.0
    """
    levels = _two_or_more(group, _known(answers, items, group, levels))
    if person:
        if len(levels) != 2:
            raise ValueError(f"the same people are compared at two times, not {len(levels)}")
        rows = [_paired(answers, item, group, levels, person) for item in items]
    elif len(levels) == 2:
        return _two(answers, items, group, levels)
    else:
        rows = [_several(_samples(answers, item, group, levels), item) for item in items]
    table = pd.DataFrame(rows)
    table["p_holm"] = omi.adjust(table["p"], "holm")
    table["p_bh"] = omi.adjust(table["p"], "fdr_bh")
    return table[[*_COLUMNS, *table.columns.difference(_COLUMNS, sort=False)]]


def moments(
    answers: pd.DataFrame, items: Sequence[str], group: str, levels: Sequence[str] = ()
) -> pd.DataFrame:
    """Return n, mean, median and SD (divisor n - 1) of each item in each group.

    Raises
    ------
    ValueError
        As `compare`.

    Examples
    --------
    >>> answers = pd.DataFrame({"ward": [*"aab"], "stress": [1, 2, 5]})
    >>> moments(answers, ["stress"], "ward")[["group", "n", "mean"]].values.tolist()
    [['a', 2, 1.5], ['b', 1, 5.0]]
    """
    levels = _known(answers, items, group, levels)
    rows = []
    for item in items:
        for level, sample in zip(levels, _samples(answers, item, group, levels), strict=True):
            given = pd.Series(sample)
            rows.append((item, level, len(given), given.mean(), given.median(), given.std()))
    return pd.DataFrame(rows, columns=["item", "group", "n", "mean", "median", "sd"])


def pairs(
    answers: pd.DataFrame, items: Sequence[str], group: str, levels: Sequence[str] = ()
) -> pd.DataFrame:
    """Compare each two of three groups or more, whatever their variances.

    Parameters
    ----------
    answers, items, group, levels
        As for `compare`.

    Returns
    -------
    DataFrame
        One row an item and a pair: `group`, `other`; `diff`, the mean of the first minus that of
        the other, with its simultaneous 95% interval `low` to `high` and its `p` by Games and
        Howell (1976); `t` and `df` of Welch's test, and `p_holm`, that test's p corrected for the
        pairs of the item.

    Raises
    ------
    ValueError
        As `compare`.

    References
    ----------
    Games, P. A., & Howell, J. F. (1976). Pairwise multiple comparison procedures with unequal n's
    and/or variances. Journal of Educational Statistics, 1, 113-125.
    https://doi.org/10.3102/10769986001002113

    Examples
    --------
    >>> answers = pd.DataFrame({"ward": [*"aaabbbccc"], "stress": [1, 2, 3, 2, 3, 4, 5, 6, 7]})
    >>> pairs(answers, ["stress"], "ward")[["group", "other", "diff", "p"]].round(3)
      group other  diff      p
    0     a     b  -1.0  0.501
    1     a     c  -4.0  0.018
    2     b     c  -3.0  0.045
    """
    from scipy import stats

    levels = _two_or_more(group, _known(answers, items, group, levels))
    tables = []
    for item in items:
        samples = dict(zip(levels, _samples(answers, item, group, levels), strict=True))
        rows = []
        for one, other in combinations(levels, 2):
            a, b = samples[one], samples[other]
            part_a, part_b = (_variance(x) / max(len(x), 1) for x in (a, b))
            error = part_a + part_b
            if not error > 0:
                rows.append((item, one, other, _mean(a) - _mean(b), *[np.nan] * 6))
                continue
            df = error**2 / (part_a**2 / (len(a) - 1) + part_b**2 / (len(b) - 1))
            diff, se = _mean(a) - _mean(b), np.sqrt(error)
            studentized = stats.studentized_range
            half = studentized.ppf(1 - ALPHA, len(levels), df) * se / np.sqrt(2)
            p = studentized.sf(np.sqrt(2) * abs(diff) / se, len(levels), df)
            welch = 2 * stats.t.sf(abs(diff) / se, df)
            rows.append((item, one, other, diff, diff - half, diff + half, diff / se, df, p, welch))
        columns = ["item", "group", "other", "diff", "low", "high", "t", "df", "p", "welch_p"]
        table = pd.DataFrame(rows, columns=columns)
        tables.append(table.assign(p_holm=omi.adjust(table.pop("welch_p"), "holm")))
    return pd.concat(tables, ignore_index=True)


def score(
    answers: pd.DataFrame,
    items: Sequence[str],
    low: float,
    high: float,
    reversed: Sequence[str] = (),
) -> pd.Series:
    """Return each person's mean over the items, reversed ones turned round.

    Whoever answered at least half of the items has a score (Fayers and Machin 2007), the mean of
    those that were answered.

    Parameters
    ----------
    answers
        One numeric column an item.
    items
        Names of the item columns.
    low, high
        The ends of the scale: a reversed answer x counts as low + high - x.
    reversed
        Which of the items are reversed.

    Raises
    ------
    ValueError
        If an item is unknown, or an answer lies outside the scale.

    References
    ----------
    Fayers, P. M., & Machin, D. (2007). Quality of life (2nd ed.). Wiley.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 5, None], "b": [5, 4, None]})
    >>> score(answers, ["a", "b"], 1, 5, reversed=["b"]).tolist()
    [1.0, 3.5, nan]
    """
    turned = _turned(answers, items, low, high, reversed)
    return turned.mean(axis=1).where(turned.notna().mean(axis=1) >= 0.5)


def cronbach_alpha(
    answers: pd.DataFrame,
    items: Sequence[str],
    low: float,
    high: float,
    reversed: Sequence[str] = (),
) -> dict[str, float]:
    r"""Return Cronbach's alpha of the people who answered all items.

    .. math:: \alpha = \frac{k}{k - 1} \left(1 - \frac{\sum_i s_i^2}{s_T^2}\right)

    for k items with variances :math:`s_i^2` and their sum's :math:`s_T^2`.

    Parameters
    ----------
    answers, items, low, high, reversed
        As for `score`.

    Returns
    -------
    dict
        `n` people, `items`, `alpha`, and the 95% interval `low` to `high` (Feldt 1965). NaN where
        there are fewer than two items or people, or no spread.

    References
    ----------
    Cronbach, L. J. (1951). Coefficient alpha and the internal structure of tests. Psychometrika,
    16, 297-334. https://doi.org/10.1007/BF02310555
    Feldt, L. S. (1965). The approximate sampling distribution of Kuder-Richardson reliability
    coefficient twenty. Psychometrika, 30, 357-370. https://doi.org/10.1007/BF02289499

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 2, 3, 4]})
    >>> cronbach_alpha(answers, ["a", "b"], 1, 4)["alpha"]
    1.0
    """
    from scipy import stats

    turned = _turned(answers, items, low, high, reversed).dropna()
    n, k = turned.shape
    if n < 2 or k < 2 or not (total := turned.sum(axis=1).var()) > 0:
        return {"n": n, "items": k, "alpha": np.nan, "low": np.nan, "high": np.nan}
    alpha = float(k / (k - 1) * (1 - turned.var().sum() / total))
    f = stats.f.ppf([1 - ALPHA / 2, ALPHA / 2], n - 1, (n - 1) * (k - 1))
    limits = 1 - (1 - alpha) * f
    return {"n": n, "items": k, "alpha": alpha, "low": float(limits[0]), "high": float(limits[1])}


# --- Designs ---


def _two(
    answers: pd.DataFrame, items: Sequence[str], group: str, levels: Sequence[str]
) -> pd.DataFrame:
    tests = omi.gender_tests(answers, items, group, tuple(levels))
    for word, side in _SIDES.items():
        tests.columns = tests.columns.str.replace(f"_{word}", f"_{side}")
        tests["note"] = tests["note"].str.replace(word, str(levels[int(side) - 1]))
    p = tests["welch_p"]
    own = {
        "n": tests["n_1"] + tests["n_2"],
        "test": "Welch's t",
        "statistic": tests["welch_t"],
        "df": tests["welch_df"],
        "df2": np.nan,
        "p": p,
        "rank_test": "Mann-Whitney",
        "p_rank": tests["mwu_p"],
        "effect": "Hedges' g",
        "size": tests["hedges_g"],
        "low": tests["g_low"],
        "high": tests["g_high"],
        "p_holm": omi.adjust(p, "holm"),
        "p_bh": omi.adjust(p, "fdr_bh"),
    }
    more = tests.columns.difference(_COLUMNS, sort=False).difference(["t"], sort=False)
    return tests.assign(**own)[[*_COLUMNS, *more]]


def _several(samples: list[NDArray[np.float64]], item: str) -> dict[str, object]:
    from scipy import stats
    from statsmodels.stats.oneway import anova_oneway

    n = sum(map(len, samples))
    row = {"item": item, "n": n, "test": "Welch's ANOVA", "rank_test": "Kruskal-Wallis"}
    row |= dict.fromkeys(["statistic", "df", "df2", "p", "p_rank", "size", "low", "high"], np.nan)
    row |= {"effect": "omega squared", "note": ""}
    if any(len(sample) < 2 for sample in samples):
        return row | {"note": "a group has fewer than two answers"}
    if any(np.ptp(sample) == 0 for sample in samples):
        return row | {"note": "no spread within a group"}
    welch = anova_oneway(samples, use_var="unequal", welch_correction=True)
    above = welch.df_num * (welch.statistic - 1)
    return row | {
        "statistic": float(welch.statistic),
        "df": int(welch.df_num),
        "df2": float(welch.df_denom),
        "p": float(welch.pvalue),
        "p_rank": float(stats.kruskal(*samples).pvalue),
        "size": float(max(0.0, above / (above + n))),
    }


def _paired(
    answers: pd.DataFrame, item: str, group: str, levels: Sequence[str], person: str
) -> dict[str, object]:
    from scipy import stats

    known = answers.dropna(subset=[item])
    if person not in answers:
        raise ValueError(f"no column {person!r}; there are {', '.join(answers)}")
    wide = known.pivot(index=person, columns=group, values=item)
    wide = wide.reindex(columns=list(levels)).dropna().astype(float)
    gaps = (wide[levels[1]] - wide[levels[0]]).to_numpy()
    n = len(gaps)
    row = {"item": item, "n": n, "test": "paired t", "rank_test": "Wilcoxon", "effect": "d_z"}
    names = ["statistic", "df", "df2", "p", "p_rank", "size", "low", "high"]
    row |= dict.fromkeys([*names, "diff", "sd_diff", "diff_low", "diff_high"], np.nan)
    if n < 2 or np.ptp(gaps) == 0:
        return row | {"note": "fewer than two pairs" if n < 2 else "everybody changed alike"}
    diff, sd = gaps.mean(), gaps.std(ddof=1)
    t = diff / (sd / np.sqrt(n))
    half = stats.t.ppf(1 - ALPHA / 2, n - 1) * sd / np.sqrt(n)
    low, high = omi.noncentrality(t, n - 1)
    return row | {
        "statistic": t,
        "df": n - 1,
        "p": 2 * stats.t.sf(abs(t), n - 1),
        "p_rank": float(stats.wilcoxon(gaps, method="asymptotic", correction=True).pvalue),
        "size": diff / sd,
        "low": low / np.sqrt(n),
        "high": high / np.sqrt(n),
        "diff": diff,
        "sd_diff": sd,
        "diff_low": diff - half,
        "diff_high": diff + half,
        "note": "",
    }


# --- What all share ---


def _known(
    answers: pd.DataFrame, items: Sequence[str], group: str, levels: Sequence[str]
) -> list[str]:
    """Return the levels to compare, or name what does not exist beside what does."""
    _check([group], answers.columns, "column")
    _check(items, answers.columns, "item")
    column = answers[group]
    is_ordered = isinstance(column.dtype, pd.CategoricalDtype)
    there = list(column.cat.categories if is_ordered else dict.fromkeys(column.dropna()))
    _check(levels, there, f"level of {group}")
    return list(levels) or [level for level in there if column.eq(level).any()]


def _two_or_more(group: str, levels: list[str]) -> list[str]:
    if len(levels) < 2:
        raise ValueError(f"{group} has {len(levels)} level; a comparison needs two")
    return levels


def _check(names: Sequence[str], there: Sequence[str], what: str) -> None:
    unknown = [str(name) for name in names if name not in there]
    if unknown:
        known = ", ".join(map(str, there))
        raise ValueError(f"no {what} {', '.join(unknown)}; there are {known}")


def _samples(
    answers: pd.DataFrame, item: str, group: str, levels: Sequence[str]
) -> list[NDArray[np.float64]]:
    return [
        answers.loc[answers[group] == level, item].dropna().to_numpy(dtype=float)
        for level in levels
    ]


def _mean(sample: NDArray[np.float64]) -> float:
    return sample.mean() if len(sample) else np.nan


def _variance(sample: NDArray[np.float64]) -> float:
    return sample.var(ddof=1) if len(sample) > 1 else np.nan


def _turned(
    answers: pd.DataFrame,
    items: Sequence[str],
    low: float,
    high: float,
    reverse: Sequence[str],
) -> pd.DataFrame:
    _check(items, answers.columns, "item")
    _check(reverse, items, "item")
    given = answers[[*items]].astype("Float64").astype(float)
    outside = given.lt(low) | given.gt(high)
    if outside.any(axis=None):
        item = outside.any().idxmax()
        value = given.loc[outside[item], item].iloc[0]
        raise ValueError(f"{item} has the answer {value:g}; the scale goes from {low} to {high}")
    return given.assign(**{item: low + high - given[item] for item in reverse})
