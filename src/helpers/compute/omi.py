"""Attitude items compared between two groups, as the paper did it and as one would today."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit import ALPHA, compare, hedges_g, listed

Answers = NDArray[np.float64]

_NAMES = ("women", "men")  # what columns and notes call the two groups

# fmt: off
_COLUMNS = [
    "item", *(f"{figure}_{name}" for name in _NAMES for figure in ("n", "mean", "sd")),
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
        Names of the item columns; by default all that begin with ``item_``.
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
        - `levene_f`, `levene_p`, `student_t`, `student_df`, `student_p`, `welch_t`, `welch_df`,
          `welch_p`: as from `audit.compare`;
        - `test`, `t`, `df`, `p`: the one that Levene's test picks, "student" or "welch", and its
          figures;
        - `diff`, `diff_low`, `diff_high`: mean of women minus mean of men, and its interval by
          the picked test;
        - `hedges_g`: Hedges' bias-corrected standardised difference, exact factor:

          .. math:: g = J \frac{\bar x_w - \bar x_m}{s_\text{pooled}}, \qquad
             J = \frac{\Gamma(\nu/2)}{\sqrt{\nu/2}\,\Gamma((\nu - 1)/2)}, \quad \nu = n_w + n_m - 2;

        - `g_low`, `g_high`: interval for the population value that g estimates: the noncentrality
          parameters under which Student's t is the 97.5th and the 2.5th percentile, divided by
          sqrt(n_w n_m / (n_w + n_m)) (Steiger and Fouladi). They are not multiplied by J, as
          some programs do, since that spoils their exact coverage. Like g they rest on the pooled
          SD: they leave out zero when `student_p` < .05, also where Welch is picked;
        - `mwu_p`: Mann-Whitney, two-sided normal approximation with corrections for ties
          and continuity;
        - `superiority`: P(woman > man) + P(tie) / 2 over all pairs (Vargha and Delaney);
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
    estimators. Journal of Educational Statistics, 6(2), 107-128.
    https://doi.org/10.3102/10769986006002107

    Mann, H. B., & Whitney, D. R. (1947). On a test of whether one of two random variables is
    stochastically larger than the other. Annals of Mathematical Statistics, 18(1), 50-60.
    https://doi.org/10.1214/aoms/1177730491

    Steiger, J. H., & Fouladi, R. T. (1997). Noncentrality interval estimation and the evaluation of
    statistical models. In L. L. Harlow, S. A. Mulaik, & J. H. Steiger (Eds.), What if there were no
    significance tests? (pp. 221-257). Erlbaum.

    Vargha, A., & Delaney, H. D. (2000). A critique and improvement of the CL common language effect
    size statistics of McGraw and Wong. Journal of Educational and Behavioral Statistics, 25(2),
    101-132. https://doi.org/10.3102/10769986025002101

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
    first, second = (answers.loc[answers[group] == name, [*items]] for name in groups)
    rows = [{"item": item} | _compare(_given(first[item]), _given(second[item])) for item in items]
    result = pd.DataFrame(rows, columns=_COLUMNS)
    words = result[["test", "note"]]  # pandas 2.2 would make a word of what is missing
    result = result.assign(**words.astype("str").where(words.notna()))
    return result.assign(p_holm=adjust(result["p"], "holm"), p_bh=adjust(result["p"], "fdr_bh"))


def _given(column: pd.Series) -> Answers:
    return column.dropna().to_numpy(dtype=float)


def _compare(first: Answers, second: Answers) -> dict[str, object]:
    """Return one row of the table, without the columns that need all items."""
    from scipy import special

    described = _describe(first, _NAMES[0]) | _describe(second, _NAMES[1])
    if reason := _no_test(first, second):
        return described | {"note": reason}
    tests = compare(listed(first), listed(second))
    undecided = bool(np.isnan(tests.levene_p))
    margin = special.stdtrit(tests.df, 1 - ALPHA / 2) * tests.se
    g_low, g_high = (
        limit * np.sqrt(1 / first.size + 1 / second.size)
        for limit in noncentrality(float(tests.student_t), first.size + second.size - 2)
    )
    mwu_p, superiority = _mann_whitney(first, second)
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
        "superiority": superiority,
        "note": "; ".join(note for note, applies in notes.items() if applies),
    }


def _describe(answers: Answers, name: str) -> dict[str, object]:
    return {
        f"n_{name}": answers.size,
        f"mean_{name}": answers.mean() if answers.size else np.nan,
        f"sd_{name}": answers.std(ddof=1) if answers.size > 1 else np.nan,
    }


def _no_test(first: Answers, second: Answers) -> str:
    """Say why the two groups cannot be compared; empty if they can."""
    for answers, name in zip((first, second), _NAMES, strict=True):
        if answers.size < 2:
            return f"{('no answer', 'only one answer')[answers.size]} from {name}"
    if np.ptp(first) == np.ptp(second) == 0:
        apart = f"no spread within {_NAMES[0]} nor within {_NAMES[1]}"
        return "every answer is the same" if first[0] == second[0] else apart
    return ""


def noncentrality(t: float, df: int) -> tuple[float, float]:
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


def _mann_whitney(first: Answers, second: Answers) -> tuple[float, float]:
    """Return p, and the share of pairs in which the first answers higher, ties counted half."""
    from scipy import stats

    pairs_won, p = stats.mannwhitneyu(first, second, method="asymptotic")
    return p, pairs_won / (first.size * second.size)


def adjust(p: pd.Series, method: Literal["holm", "fdr_bh"]) -> pd.Series:
    """Return the p values adjusted for their number; NaN stays NaN and does not count."""
    from scipy import stats

    known = p.dropna().astype(float).sort_values()
    if method == "holm":  # not statsmodels', which collects garbage for every family of tests
        left = np.arange(len(known), 0, -1)
        adjusted = np.maximum.accumulate(known * left).clip(upper=1)
    else:
        adjusted = pd.Series(stats.false_discovery_control(known), known.index)
    return adjusted.reindex(p.index)
