"""Compare groups on items or scores, whatever is there: two groups, three or more, two times.

One row an item, its columns the same for all three designs; two groups and two times have more.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit import ALPHA, hedges_g, listed
from audit import compare as tested
from audit.corrections import adjust
from audit.two_groups import welch

Answers = NDArray[np.float64]

# fmt: off
_COLUMNS = [
    "item", "n", "test", "statistic", "df", "df2", "p", "rank_test", "p_rank",
    "effect", "size", "low", "high", "p_holm", "p_bh", "note",
]
_OF_TWO = [
    "levene_f", "levene_p", "student_t", "student_df", "student_p", "welch_t", "welch_df",
    "welch_p", "test", "t", "df", "p", "diff", "diff_low", "diff_high",
    "hedges_g", "g_low", "g_high", "mwu_p", "superiority", "p_holm", "p_bh", "note",
]
_SIDES = [f"{figure}_{side}" for side in (1, 2) for figure in ("n", "mean", "sd")]
# fmt: on
# What is in one column of `compare` for all designs, and what it is of two groups.
_AS_ANY = {
    "statistic": "welch_t",
    "df": "welch_df",
    "p": "welch_p",
    "p_rank": "mwu_p",
    "size": "hedges_g",
    "low": "g_low",
    "high": "g_high",
}


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
        them what `two_groups` returns, with `_1` and `_2` for the groups, but for the interval of
        `diff`.
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
    Welch, B. L. (1951). On the comparison of several mean values. Biometrika, 38, 330–336.
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
    levels = _known(answers, items, group, levels, least=2)
    if person:
        if len(levels) != 2:
            raise ValueError(f"the same people are compared at two times, not {len(levels)}")
        rows = [_paired(answers, item, group, levels, person) for item in items]
    elif len(levels) == 2:
        tests = _tests(answers, items, group, {level: str(level) for level in levels})
        names = {"test": "Welch's t", "rank_test": "Mann-Whitney", "effect": "Hedges' g"}
        figures = {name: tests[own] for name, own in _AS_ANY.items()}
        # The interval of the difference is that of the test which Levene's picks.
        rows = tests.drop(columns=["t", "diff_low", "diff_high"])
        rows = rows.assign(n=tests["n_1"] + tests["n_2"], **names, **figures)
    else:
        rows = [_several(*of_item) for of_item in _samples(answers, items, group, levels)]
    table = pd.DataFrame(rows)
    table = table.reindex(columns=[*_COLUMNS, *table.columns.difference(_COLUMNS, sort=False)])
    return table.assign(p_holm=adjust(table["p"], "holm"), p_bh=adjust(table["p"], "fdr_bh"))


def two_groups(
    answers: pd.DataFrame, items: Sequence[str], group: str, labels: Mapping[str, str]
) -> pd.DataFrame:
    r"""Compare every item between two groups, as a paper may have done it and as one would today.

    Missing answers drop out item by item, and so do people whose group is neither of the two.
    Where the answers allow no test, n, mean and SD stay, the rest is NaN and `note` says why.

    Parameters
    ----------
    answers
        One row a person: the column `group` and one numeric column an item, NaN or NA if missing.
    items
        Names of the item columns.
    group
        Name of the column that holds the groups.
    labels
        The two values of that column to compare, and what columns and notes call them, such as
        ``{"woman": "women", "man": "men"}``.

    Returns
    -------
    DataFrame
        One row an item, intervals at 95%:

        - `n_women`, `mean_women`, `sd_women`, `n_men`, `mean_men`, `sd_men`, or as the labels are:
          answers given, their mean and their SD with divisor :math:`n - 1`, in units of the
          item;
        - `levene_f`, `levene_p`, `student_t`, `student_df`, `student_p`, `welch_t`, `welch_df`,
          `welch_p`: as from `audit.compare`;
        - `test`, `t`, `df`, `p`: the one that Levene's test picks, "student" or "welch", and its
          figures;
        - `diff`, `diff_low`, `diff_high`: mean of the first minus mean of the second group, and its
          interval by the picked test;
        - `hedges_g`: Hedges' bias-corrected standardised difference, exact factor:

          .. math:: g = J \frac{\bar x_1 - \bar x_2}{s_\text{pooled}}

          .. math:: J = \frac{\Gamma(\nu/2)}{\sqrt{\nu/2}\,\Gamma((\nu - 1)/2)}

          where :math:`\nu = n_1 + n_2 - 2`;
        - `g_low`, `g_high`: interval for the population value that g estimates: the noncentrality
          parameters under which Student's t is the 97.5th and the 2.5th percentile, divided by
          :math:`\sqrt{n_1 n_2 / (n_1 + n_2)}` (Steiger and Fouladi). They are not multiplied by J,
          as some programs do, since that spoils their exact coverage. Like g they rest on the
          pooled SD: they leave out zero when `student_p` < .05, also where Welch is picked;
        - `mwu_p`: Mann-Whitney, two-sided normal approximation with corrections for ties
          and continuity;
        - `superiority`: the share of pairs in which the first is higher, ties counting half (Vargha
          and Delaney);
        - `p_holm`, `p_bh`: `p` adjusted over the items that have one, by Holm and by Benjamini
          and Hochberg;
        - `note`: empty, or why figures are NaN.

    Raises
    ------
    KeyError
        If `answers` lacks a column that was named.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
    estimators. Journal of Educational Statistics, 6(2), 107–128.
    https://doi.org/10.3102/10769986006002107

    Mann, H. B., & Whitney, D. R. (1947). On a test of whether one of two random variables is
    stochastically larger than the other. Annals of Mathematical Statistics, 18(1), 50–60.
    https://doi.org/10.1214/aoms/1177730491

    Steiger, J. H., & Fouladi, R. T. (1997). Noncentrality interval estimation and the evaluation of
    statistical models. In L. L. Harlow, S. A. Mulaik, & J. H. Steiger (Eds.), What if there were no
    significance tests? (pp. 221–257). Erlbaum.

    Vargha, A., & Delaney, H. D. (2000). A critique and improvement of the CL common language effect
    size statistics of McGraw and Wong. Journal of Educational and Behavioral Statistics, 25(2),
    101–132. https://doi.org/10.3102/10769986025002101

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "sex": ["woman"] * 4 + ["man"] * 4,
    ...     "item_01": [5, 4, 5, 3, 1, 0, 2, None],
    ...     "item_02": [0] * 8,
    ... })
    >>> labels = {"woman": "women", "man": "men"}
    >>> result = two_groups(table, ["item_01", "item_02"], "sex", labels).set_index("item")
    >>> result.loc["item_01", ["diff", "t", "df", "hedges_g"]].astype(float).round(3).to_dict()
    {'diff': 3.25, 't': 4.366, 'df': 5.0, 'hedges_g': 2.803}
    >>> result.loc["item_02", "note"]
    'every answer is the same'
    """
    named = [f"{figure}_{name}" for name in labels.values() for figure in ("n", "mean", "sd")]
    tests = _tests(answers, items, group, labels)
    return tests.rename(columns=dict(zip(_SIDES, named, strict=True)))


def moments(
    answers: pd.DataFrame, items: Sequence[str], group: str, levels: Sequence[str] = ()
) -> pd.DataFrame:
    """Return n, mean, median and SD (divisor :math:`n - 1`) of each item in each group.

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
    rows = [
        (item, level, *pd.Series(sample).agg(["size", "mean", "median", "std"]))
        for item, samples in _samples(answers, items, group, levels)
        for level, sample in zip(levels, samples, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["item", "group", "n", "mean", "median", "sd"])
    return table.astype({"n": int})


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
    and/or variances. Journal of Educational Statistics, 1, 113–125.
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

    levels = _known(answers, items, group, levels, least=2)
    rows = [(item, *pair) for item in items for pair in combinations(levels, 2)]
    table = pd.DataFrame(rows, columns=["item", "group", "other"])
    known = moments(answers, items, group, levels).set_index(["item", "group"])
    (n_1, mean_1, sd_1), (n_2, mean_2, sd_2) = (
        known.loc[pd.MultiIndex.from_frame(table[["item", side]]), ["n", "mean", "sd"]].to_numpy().T
        for side in ("group", "other")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        error, table["df"] = welch(sd_1**2, n_1, sd_2**2, n_2)
    se = np.sqrt(np.where(error > 0, error, np.nan))
    table["diff"] = mean_1 - mean_2
    table["t"] = table["diff"] / se
    studentized, k = stats.studentized_range, len(levels)
    half = studentized.ppf(1 - ALPHA, k, table["df"]) * se / np.sqrt(2)
    table["low"], table["high"] = table["diff"] - half, table["diff"] + half
    table["p"] = studentized.sf(np.sqrt(2) * table["t"].abs(), k, table["df"])
    of_welch = pd.Series(2 * stats.t.sf(table["t"].abs(), table["df"]))
    table["p_holm"] = of_welch.groupby(table["item"]).transform(adjust, "holm")
    columns = ["item", "group", "other", "diff", "low", "high", "t", "df", "p", "p_holm"]
    return table[columns]


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
        The ends of the scale: a reversed answer `x` counts as `low + high - x`.
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
    16, 297–334. https://doi.org/10.1007/BF02310555

    Feldt, L. S. (1965). The approximate sampling distribution of Kuder-Richardson reliability
    coefficient twenty. Psychometrika, 30, 357–370. https://doi.org/10.1007/BF02289499

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


def _tests(
    answers: pd.DataFrame, items: Sequence[str], group: str, labels: Mapping[str, str]
) -> pd.DataFrame:
    """Return what `two_groups` does, with `_1` and `_2` for the groups."""
    rows = [
        {"item": item} | _compared(*samples, list(labels.values()))
        for item, samples in _samples(answers, items, group, [*labels])
    ]
    result = pd.DataFrame(rows, columns=["item", *_SIDES, *_OF_TWO])
    words = result[["test", "note"]]  # pandas 2.2 would make a word of what is missing
    result = result.assign(**words.astype("str").where(words.notna()))
    return result.assign(p_holm=adjust(result["p"], "holm"), p_bh=adjust(result["p"], "fdr_bh"))


def _compared(first: Answers, second: Answers, names: Sequence[str]) -> dict[str, object]:
    """Return one row of `two_groups`, without the columns that need all items."""
    from scipy import special, stats

    both = [pd.Series(sample) for sample in (first, second)]
    moments = (figure for own in both for figure in (own.size, own.mean(), own.std()))
    described = dict(zip(_SIDES, moments, strict=True))
    if reason := _no_test(first, second, names):
        return described | {"note": reason}
    tests = tested(listed(first), listed(second))
    undecided = bool(np.isnan(tests.levene_p))
    margin = special.stdtrit(tests.df, 1 - ALPHA / 2) * tests.se
    g_low, g_high = (
        limit * np.sqrt(1 / first.size + 1 / second.size)
        for limit in _noncentrality(float(tests.student_t), first.size + second.size - 2)
    )
    pairs_won, mwu_p = stats.mannwhitneyu(first, second, method="asymptotic")
    notes = {
        "answers lie equally far from their group's mean, so Levene's test cannot pick": undecided,
        "t is too large for the interval of g": np.isnan(g_low),
    }
    return described | {
        **{name: float(value) for name, value in tests._asdict().items()},
        "test": None if undecided else "student" if tests.levene_p > ALPHA else "welch",
        "diff_low": float(tests.diff - margin),
        "diff_high": float(tests.diff + margin),
        "hedges_g": float(hedges_g(tests.student_t, first.size, second.size)),
        "g_low": g_low,
        "g_high": g_high,
        "mwu_p": mwu_p,
        "superiority": pairs_won / (first.size * second.size),
        "note": "; ".join(note for note, applies in notes.items() if applies),
    }


def _no_test(first: Answers, second: Answers, names: Sequence[str]) -> str:
    """Say why the two groups cannot be compared; empty if they can."""
    for answers, name in zip((first, second), names, strict=True):
        if answers.size < 2:
            return f"{('no answer', 'only one answer')[answers.size]} from {name}"
    if np.ptp(first) == np.ptp(second) == 0:
        apart = f"no spread within {names[0]} nor within {names[1]}"
        return "every answer is the same" if first[0] == second[0] else apart
    return ""


def _noncentrality(t: float, df: int) -> tuple[float, float]:
    """Return the noncentrality parameters that put t at the 97.5th and the 2.5th percentile."""
    from scipy import optimize, stats

    # The limits are quantiles of |t| S - Z, with S the root of a chi-squared over its df and Z
    # normal, so each lies within the sum of the quantiles at half the tail.
    tail = ALPHA / 4
    spread = np.sqrt(stats.chi2.ppf([tail, 1 - tail], df) / df)
    ends = abs(t) * spread + stats.norm.ppf([tail, 1 - tail])
    if not np.isfinite(stats.nct.cdf(abs(t), df, ends)).all():
        return np.nan, np.nan
    low, high = (
        optimize.brentq(lambda nc, p=p: stats.nct.cdf(abs(t), df, nc) - p, *ends, xtol=1e-13)
        for p in (1 - ALPHA / 2, ALPHA / 2)
    )
    return (low, high) if t >= 0 else (-high, -low)


def _several(item: str, samples: list[Answers]) -> dict[str, object]:
    from scipy import stats
    from statsmodels.stats.oneway import anova_oneway

    n = sum(map(len, samples))
    row = {"item": item, "n": n, "test": "Welch's ANOVA", "rank_test": "Kruskal-Wallis"}
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

    _check([person], answers.columns, "column")
    known = answers.dropna(subset=[item])
    wide = known.pivot(index=person, columns=group, values=item)
    wide = wide.reindex(columns=list(levels)).dropna().astype(float)
    before, after = wide[levels[0]], wide[levels[1]]
    gaps = (after - before).to_numpy()
    n = len(gaps)
    row = {"item": item, "n": n, "test": "paired t", "rank_test": "Wilcoxon", "effect": "d_z"}
    row |= dict.fromkeys(["diff", "sd_diff", "diff_low", "diff_high"], np.nan)
    if n < 2 or np.ptp(gaps) == 0:
        return row | {"note": "fewer than two pairs" if n < 2 else "everybody changed alike"}
    diff, sd = gaps.mean(), gaps.std(ddof=1)
    test = stats.ttest_rel(after, before)
    interval = test.confidence_interval(1 - ALPHA)
    low, high = _noncentrality(test.statistic, n - 1)
    return row | {
        "statistic": test.statistic,
        "df": n - 1,
        "p": test.pvalue,
        "p_rank": float(stats.wilcoxon(gaps, method="asymptotic", correction=True).pvalue),
        "size": diff / sd,
        "low": low / np.sqrt(n),
        "high": high / np.sqrt(n),
        "diff": diff,
        "sd_diff": sd,
        "diff_low": interval.low,
        "diff_high": interval.high,
        "note": "",
    }


# --- What all share ---


def _known(
    answers: pd.DataFrame, items: Sequence[str], group: str, levels: Sequence[str], least: int = 0
) -> list[str]:
    """Return the levels to compare, or name what does not exist beside what does."""
    _check([group], answers.columns, "column")
    _check(items, answers.columns, "item")
    column = answers[group]
    is_categorical = isinstance(column.dtype, pd.CategoricalDtype)
    there = list(column.cat.categories if is_categorical else dict.fromkeys(column.dropna()))
    _check(levels, there, f"level of {group}")
    levels = list(levels) or [level for level in there if column.eq(level).any()]
    if len(levels) < least:
        raise ValueError(f"{group} has {len(levels)} level; a comparison needs two")
    return levels


def _check(names: Sequence[str], there: Sequence[str], what: str) -> None:
    unknown = [str(name) for name in names if name not in there]
    if unknown:
        known = ", ".join(map(str, there))
        raise ValueError(f"no {what} {', '.join(unknown)}; there are {known}")


def _samples(
    answers: pd.DataFrame, items: Sequence[str], group: str, levels: Sequence[str]
) -> Iterator[tuple[str, list[Answers]]]:
    """Yield each item with the answers that each group gave."""
    of_groups = [answers.loc[answers[group] == level, [*items]] for level in levels]
    for item in items:
        yield item, [own[item].dropna().to_numpy(dtype=float) for own in of_groups]


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
