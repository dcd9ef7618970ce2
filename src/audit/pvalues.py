"""Which p can follow from printed statistics, and whether the printed one is among them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import sqrt
from types import ModuleType
from typing import Literal

import numpy as np
import pandas as pd

from audit.printed import NOTHING, Reading, limits, parse
from audit.two_groups import ALPHA, TESTS

Verdict = Literal["consistent", "inconsistent", "decision"]
Test = Literal["t", "F", "r", "z", "chi2", "Q"]


def _of_r(stats: ModuleType, r: float, df: float) -> float:
    return 2 * stats.t.sf(r * sqrt(df / (1 - r**2)), df) if r < 1 else 0.0


# Two-sided p of a statistic's size; stats is scipy's, imported where it is needed.
_SURVIVAL: dict[str, Callable] = {
    "t": lambda stats, t, df: 2 * stats.t.sf(t, df),
    "F": lambda stats, f, df_1, df_2: stats.f.sf(f, df_1, df_2),
    "r": _of_r,
    "z": lambda stats, z: 2 * stats.norm.sf(z),
    "chi2": lambda stats, q, df: stats.chi2.sf(q, df),
    "Q": lambda stats, q, df: stats.chi2.sf(q, df),
}


def recomputed(
    mean_1: str,
    sd_1: str,
    n_1: int,
    mean_2: str,
    sd_2: str,
    n_2: int,
    digits: Reading = "rounded",
) -> pd.DataFrame:
    """Recompute t, df and p of two groups from their printed means and SDs.

    The intervals hold every value that exact means and SDs behind the printed ones can give. They
    are the least ones for t and df; p is taken from the ends of both, so its interval may be wider
    than it need be. t is that of group 1 minus group 2, p two-sided.

    Parameters
    ----------
    mean_1, sd_1, mean_2, sd_2
        Means and standard deviations as printed.
    n_1, n_2
        How many people are in each group.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Returns
    -------
    DataFrame
        Rows `student` (equal variances) and `welch`; columns `t_low`, `t_high`, `df_low`,
        `df_high`, `p_low`, `p_high`.

    Raises
    ------
    ValueError
        If a printed value is not a number, or no such statistic is printed so under this reading;
        the message shows it.

    Examples
    --------
    >>> recomputed("1.5", "2.14", 35, "2.78", "2.30", 60).round(2)
             t_low  t_high  df_low  df_high  p_low  p_high
    student  -2.80   -2.56   93.00    93.00   0.01    0.01
    welch    -2.86   -2.61   75.24    75.77   0.01    0.01
    """
    from scipy import stats

    (low_1, high_1), (low_2, high_2) = (_ends(mean, digits, "mean") for mean in (mean_1, mean_2))
    variances = [tuple(sd**2 for sd in _ends(sd, digits, "sd")) for sd in (sd_1, sd_2)]
    # t is monotone in each argument, so its extremes are at the corners; so are those of Welch's
    # df, but that it peaks at n_1 + n_2 - 2 where the two terms of its denominator balance.
    diff, var_1, var_2 = np.array(list(product((low_1 - high_2, high_1 - low_2), *variances))).T
    balance = var_1 / n_1 / (n_1 - 1) - var_2 / n_2 / (n_2 - 1)
    rows = {}
    for name, test in TESTS.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            error, df = test(var_1, n_1, var_2, n_2)
            t = diff / np.sqrt(error)
        df_low, df_high = np.nanmin(df), np.nanmax(df)
        if balance.min() <= 0 <= balance.max():
            df_high = n_1 + n_2 - 2
        t_low, t_high = np.nanmin(t), np.nanmax(t)
        nearest = 0.0 if t_low < 0 < t_high else np.nanmin(np.abs(t))
        p = 2 * stats.t.sf([np.nanmax(np.abs(t)), nearest], [df_high, df_low])
        rows[name] = (t_low, t_high, df_low, df_high, *p)
    columns = ["t_low", "t_high", "df_low", "df_high", "p_low", "p_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def p_range(
    test: Test,
    value: str,
    *df: str | float,
    tails: Literal[1, 2] = 2,
    digits: Reading = "rounded",
) -> tuple[float, float]:
    """Return the least and the largest p that a printed test statistic can have.

    Parameters
    ----------
    test
        "t", "F", "r" (a correlation, tested by the t of the same df), "z", "chi2" or "Q" (of a
        meta-analysis, chi-squared too).
    value
        The statistic as printed.
    *df
        Its degrees of freedom: none for z, two for F, else one; as printed, or a number that is
        known. Printed ones are read like the statistic, so that "75.9" stands for a range.
    tails
        1 halves p: that of a test which looked in the direction of what was found.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Raises
    ------
    ValueError
        If a printed value is not a number, or no such statistic is printed so under this reading;
        the message shows it.

    Examples
    --------
    >>> [round(p, 4) for p in p_range("t", "2.5", "75.9")]
    [0.0128, 0.0166]
    >>> [round(p, 5) for p in p_range("F", "6.60", 1, 93)]
    [0.01176, 0.01182]
    """
    from scipy import stats

    kind = {"F": "f"}.get(test, test)
    least, most = sorted(map(abs, _ends(value, digits, kind)))
    if limits(value, digits, kind).holds(0):
        least = 0.0
    # p falls as the statistic grows; t, F and r fall with their df, chi-squared grows.
    spans = [(d, d) if not isinstance(d, str) else _ends(d, digits, "df") for d in df]
    corners = list(product((least, min(most, 1.0) if test == "r" else most), *spans))
    ps = [_SURVIVAL[test](stats, *corner) for corner in corners]
    return float(min(ps)) / (3 - tails), float(max(ps)) / (3 - tails)


def p_verdict(
    p: str,
    p_low: float,
    p_high: float,
    comparison: Literal["=", "<", ">"] = "=",
    alpha: float = ALPHA,
    digits: Reading = "rounded",
) -> Verdict:
    """Hold a printed p against a recomputed one, and tell errors that change the decision apart.

    The distinction is that of statcheck, and as there p = alpha counts as significant. statcheck
    decides by the p of the test statistic as printed; here the decision
    counts as changed only if no p in the recomputed interval agrees with the printed one.

    Parameters
    ----------
    p
        p as printed.
    p_low, p_high
        The recomputed interval, as from `p_range` or `recomputed`.
    comparison
        The sign printed before p.
    alpha
        The level of significance.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Returns
    -------
    str
        "consistent"; "inconsistent", if the printed p is impossible but on the same side of alpha;
        "decision", if it is impossible and on the other side.

    Raises
    ------
    ValueError
        If `p` is no number, or no p is printed so under this reading; the message shows it.

    References
    ----------
    Nuijten, M. B., Hartgerink, C. H. J., van Assen, M. A. L. M., Epskamp, S., & Wicherts, J. M.
    (2016). The prevalence of statistical reporting errors in psychology (1985–2013). Behavior
    Research Methods, 48(4), 1205–1226. https://doi.org/10.3758/s13428-015-0664-2

    Examples
    --------
    >>> found = p_range("t", "2.53", "93")
    >>> p_verdict(".05", *found), p_verdict(".05", *found, comparison="<")
    ('inconsistent', 'consistent')
    >>> p_verdict(".03", *p_range("t", "1.20", "28"))
    'decision'
    """
    printed = float(parse(p))
    if comparison == "=":
        low, high = _ends(p, digits, "p")
        possible = low <= p_high and p_low <= high
    else:
        possible = p_low < printed if comparison == "<" else p_high > printed
    if possible:
        return "consistent"
    if comparison == ">":
        changed = printed >= alpha and p_high <= alpha
    elif printed <= alpha:
        changed = p_low > alpha
    else:
        changed = comparison == "=" and p_high <= alpha
    return "decision" if changed else "inconsistent"


def _ends(printed: str, digits: Reading, kind: str) -> tuple[float, float]:
    if (values := limits(printed, digits, kind)) == NOTHING:
        raise ValueError(f"no {kind} is printed {printed!r} under {digits!r}")
    return float(values.low), float(values.high)
