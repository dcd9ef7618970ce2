"""Attitude items compared between two groups, as the paper did it and as one would today."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Answers = NDArray[np.float64]

_ALPHA = 0.05  # for Levene's test, and what the 95% intervals leave out

# fmt: off
_COLUMNS = [
    "item", "n_women", "mean_women", "sd_women", "n_men", "mean_men", "sd_men",
    "levene_f", "levene_p", "student_t", "student_df", "student_p",
    "welch_t", "welch_df", "welch_p", "test", "t", "df", "p", "diff", "diff_low", "diff_high",
    "hedges_g", "g_low", "g_high", "mwu_p", "superiority", "p_holm", "p_bh", "note",
]
# fmt: on


def gender_tests(
    answers: pd.DataFrame,
    items: Sequence[str] | None = None,
    group: str = "sex",
    groups: tuple[str, str] = ("woman", "man"),
) -> pd.DataFrame:
    r"""Compare every item between women and men.

    Missing answers drop out item by item, and so do people whose group is neither of the two.
    Where the answers allow no test, n, mean and SD stay, the rest is NaN and `note` says why.

    Parameters
    ----------
    answers
        One row a person: the column `group` and one numeric column an item, NaN or NA if missing.
    items
        Names of the item columns; by default all that begin with "item_".
    group
        Name of the column that holds the groups.
    groups
        The two values of that column that stand for women and men, in this order.

    Returns
    -------
    DataFrame
        One row an item, intervals at 95%:

        - `n_women`, `mean_women`, `sd_women`, `n_men`, `mean_men`, `sd_men`: answers given, their
          mean and their SD with divisor n - 1, in units of the item;
        - `levene_f`, `levene_p`: Levene's test on absolute deviations from the group *mean*, as
          SPSS has it (Levene 1960; not the median of Brown and Forsythe 1974);
        - `student_t`, `student_df`, `student_p` (Student 1908, pooled variance) and `welch_t`,
          `welch_df`, `welch_p` (Welch 1947), two-sided;
        - `test`, `t`, `df`, `p`: "student" where `levene_p` > .05, else "welch", and its figures;
        - `diff`, `diff_low`, `diff_high`: mean of women minus mean of men, and its interval by
          the picked test;
        - `hedges_g`: the bias-corrected standardised difference (Hedges 1981), exact factor:

          .. math:: g = J \frac{\bar x_w - \bar x_m}{s_\text{pooled}}, \qquad
             J = \frac{\Gamma(\nu/2)}{\sqrt{\nu/2}\,\Gamma((\nu - 1)/2)}, \quad \nu = n_w + n_m - 2;

        - `g_low`, `g_high`: interval for the population value that g estimates: the noncentrality
          parameters under which Student's t is the 97.5th and the 2.5th percentile, divided by
          sqrt(n_w n_m / (n_w + n_m)) (Steiger and Fouladi 1997). They are not multiplied by J, as
          some programs do, since that spoils their exact coverage. Like g they rest on the pooled
          SD: they leave out zero when `student_p` < .05, also where Welch is picked;
        - `mwu_p`: Mann-Whitney (1947), two-sided normal approximation with corrections for ties
          and continuity;
        - `superiority`: P(woman > man) + P(tie) / 2 over all pairs (Vargha and Delaney 2000);
        - `p_holm`, `p_bh`: `p` adjusted over the items that have one (Holm 1979; Benjamini and
          Hochberg 1995);
        - `note`: empty, or why figures are NaN.

    Raises
    ------
    KeyError
        If `answers` lacks a column that was named.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "sex": ["woman"] * 4 + ["man"] * 4,
    ...     "item_01": [5, 4, 5, 3, 1, 0, 2, None],
    ...     "item_02": [0] * 8,
    ... })
    >>> result = gender_tests(table).set_index("item")
    >>> result.loc["item_01", ["diff", "t", "df", "hedges_g"]].astype(float).round(3).to_dict()
    {'diff': 3.25, 't': 4.366, 'df': 5.0, 'hedges_g': 2.803}
    >>> result.loc["item_02", "note"]
    'every answer is the same'
    """
    if items is None:
        items = [name for name in answers if name.startswith("item_")]
    women, men = (answers.loc[answers[group] == name, [*items]] for name in groups)
    rows = [{"item": item} | _compare(_given(women[item]), _given(men[item])) for item in items]
    result = pd.DataFrame(rows, columns=_COLUMNS).astype({"test": "str", "note": "str"})
    return result.assign(p_holm=adjust(result["p"], "holm"), p_bh=adjust(result["p"], "fdr_bh"))


def _given(column: pd.Series) -> Answers:
    return column.dropna().to_numpy(dtype=float)


class _TTest(NamedTuple):
    t: float
    df: float
    p: float
    low: float
    high: float


_UNDECIDED = _TTest(*[np.nan] * 5)


def _compare(women: Answers, men: Answers) -> dict[str, object]:
    """Return one row of the table, without the columns that need all items."""
    described = _describe(women, "women") | _describe(men, "men")
    if reason := _no_test(women, men):
        return described | {"note": reason}
    levene_f, levene_p = _levene(women, men)
    tests = _t_tests(women, men)
    test = None if np.isnan(levene_p) else "student" if levene_p > _ALPHA else "welch"
    picked = tests.get(test, _UNDECIDED)
    g, g_low, g_high = _hedges_g(tests["student"].t, women.size, men.size)
    mwu_p, superiority = _mann_whitney(women, men)
    notes = {
        "answers lie equally far from their group's mean, so Levene's test cannot pick": not test,
        "t is too large for the interval of g": np.isnan(g_low),
    }
    return described | {
        "levene_f": levene_f,
        "levene_p": levene_p,
        **{f"{name}_{key}": getattr(tests[name], key) for name in tests for key in _TTest._fields},
        "test": test,
        "t": picked.t,
        "df": picked.df,
        "p": picked.p,
        "diff": women.mean() - men.mean(),
        "diff_low": picked.low,
        "diff_high": picked.high,
        "hedges_g": g,
        "g_low": g_low,
        "g_high": g_high,
        "mwu_p": mwu_p,
        "superiority": superiority,
        "note": "; ".join(note for note, applies in notes.items() if applies),
    }


def _describe(answers: Answers, name: str) -> dict[str, object]:
    return {
        f"n_{name}": answers.size,
        f"mean_{name}": answers.mean() if answers.size else np.nan,
        f"sd_{name}": answers.std(ddof=1) if answers.size > 1 else np.nan,
    }


def _no_test(women: Answers, men: Answers) -> str:
    """Say why the two groups cannot be compared; empty if they can."""
    for answers, name in ((women, "women"), (men, "men")):
        if answers.size < 2:
            return f"{('no answer', 'only one answer')[answers.size]} from {name}"
    if np.ptp(women) == np.ptp(men) == 0:
        same = women[0] == men[0]
        return "every answer is the same" if same else "no spread within women nor within men"
    return ""


def _levene(women: Answers, men: Answers) -> tuple[float, float]:
    """Return F and p of the mean-centred test, NaN where its denominator is zero."""
    from scipy import stats

    distances = [np.abs(answers - answers.mean()) for answers in (women, men)]
    # What is equal in exact arithmetic is equal here up to the last bits.
    if all(np.ptp(distance) <= 1e-12 * distance.max() for distance in distances):
        return np.nan, np.nan
    return stats.levene(women, men, center="mean")


def _t_tests(women: Answers, men: Answers) -> dict[str, _TTest]:
    """Return Student's and Welch's test of the difference, each with its interval."""
    # Not scipy's ttest_ind, which warns when one group is constant although t is defined.
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    groups = CompareMeans(DescrStatsW(women), DescrStatsW(men))
    tests = {}
    for name, usevar in (("student", "pooled"), ("welch", "unequal")):
        t, p, df = groups.ttest_ind(usevar=usevar)
        tests[name] = _TTest(t, df, p, *groups.tconfint_diff(_ALPHA, usevar=usevar))
    return tests


def _hedges_g(t: float, n_women: int, n_men: int) -> tuple[float, float, float]:
    """Return Hedges' g and the limits of the population value, from Student's t."""
    from scipy import special

    df = n_women + n_men - 2
    per_sd = np.sqrt(n_women * n_men / (n_women + n_men))
    # The Pochhammer symbol is the ratio of the gammas, and does not overflow.
    correction = special.poch((df - 1) / 2, 0.5) / np.sqrt(df / 2)
    low, high = noncentrality(t, df)
    return correction * t / per_sd, low / per_sd, high / per_sd


def noncentrality(t: float, df: int) -> tuple[float, float]:
    """Return the noncentrality parameters that put t at the 97.5th and the 2.5th percentile."""
    from scipy import optimize, stats

    # The limits are quantiles of |t| S - Z, with S the root of a chi-squared over its df and Z
    # normal, so each lies within the sum of the quantiles at half the tail.
    tail = _ALPHA / 4
    spread = np.sqrt(stats.chi2.ppf([tail, 1 - tail], df) / df)
    ends = abs(t) * spread + stats.norm.ppf([tail, 1 - tail])
    if not np.isfinite(stats.nct.cdf(abs(t), df, ends)).all():
        return np.nan, np.nan
    low, high = (
        optimize.brentq(lambda nc, p=p: stats.nct.cdf(abs(t), df, nc) - p, *ends, xtol=1e-13)
        for p in (1 - _ALPHA / 2, _ALPHA / 2)
    )
    return (low, high) if t >= 0 else (-high, -low)


def _mann_whitney(women: Answers, men: Answers) -> tuple[float, float]:
    """Return p, and the share of pairs in which the woman answers higher, ties counted half."""
    from scipy import stats

    pairs_won, p = stats.mannwhitneyu(women, men, method="asymptotic")
    return p, pairs_won / (women.size * men.size)


def adjust(p: pd.Series, method: Literal["holm", "fdr_bh"]) -> pd.Series:
    """Return the p values adjusted for their number; NaN stays NaN and does not count."""
    from statsmodels.stats.multitest import multipletests

    known = p.dropna().astype(float)
    adjusted = multipletests(known, method=method)[1] if len(known) else []
    return pd.Series(adjusted, known.index, dtype=float).reindex(p.index)
