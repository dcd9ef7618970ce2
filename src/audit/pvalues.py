"""Which p can follow from printed statistics, and whether the printed one is among them."""

from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from audit.printed import Reading, limits, parse
from audit.two_groups import ALPHA, TESTS

Verdict = Literal["consistent", "inconsistent", "decision"]


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
    pandas.DataFrame
        Rows `student` (equal variances) and `welch`; columns `t_low`, `t_high`, `df_low`,
        `df_high`, `p_low`, `p_high`.

    Raises
    ------
    ValueError
        If a printed number is none; the message shows it.

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
        nearest = 0.0 if t.min() < 0 < t.max() else np.abs(t).min()
        p = 2 * stats.t.sf([np.abs(t).max(), nearest], [df_high, df_low])
        rows[name] = (t.min(), t.max(), df_low, df_high, *p)
    columns = ["t_low", "t_high", "df_low", "df_high", "p_low", "p_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def t_p(t: str, df: str, digits: Reading = "rounded") -> tuple[float, float]:
    """Return the least and the largest two-sided p of a printed t with a printed df.

    Parameters
    ----------
    t, df
        As printed.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Raises
    ------
    ValueError
        If `t` or `df` is no number; the message shows it.

    Examples
    --------
    >>> [round(p, 4) for p in t_p("2.5", "75.9")]
    [0.0128, 0.0166]
    """
    from scipy import stats

    least, most = sorted(map(abs, _ends(t, digits, "t")))
    least = 0 if limits(t, digits, "t").holds(0) else least
    df_low, df_high = _ends(df, digits, "df")
    p = 2 * stats.t.sf([most, least], [df_high, df_low])
    return float(p[0]), float(p[1])


def f_p(f: str, df_1: float, df_2: float, digits: Reading = "rounded") -> tuple[float, float]:
    """Return the least and the largest p of a printed F with known degrees of freedom.

    With one degree of freedom in the numerator, F is the square of t.

    Parameters
    ----------
    f
        F as printed.
    df_1, df_2
        Degrees of freedom of numerator and denominator.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Raises
    ------
    ValueError
        If `f` is no number; the message shows it.

    Examples
    --------
    >>> [round(p, 5) for p in f_p("6.60", 1, 93)]
    [0.01176, 0.01182]
    """
    from scipy import stats

    low, high = _ends(f, digits, "f")
    return float(stats.f.sf(high, df_1, df_2)), float(stats.f.sf(low, df_1, df_2))


def p_verdict(
    p: str,
    p_low: float,
    p_high: float,
    comparison: Literal["=", "<", ">"] = "=",
    alpha: float = ALPHA,
    digits: Reading = "rounded",
) -> Verdict:
    """Hold a printed p against a recomputed one, and tell errors that change the decision apart.

    The distinction is that of statcheck (Nuijten and others 2016), and as there p = alpha counts as
    significant. statcheck decides by the p of the test statistic as printed; here the decision
    counts as changed only if no p in the recomputed interval agrees with the printed one.

    Parameters
    ----------
    p
        p as printed.
    p_low, p_high
        The recomputed interval, as from `t_p`, `f_p` or `recomputed`.
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
        If `p` is no number; the message shows it.

    Examples
    --------
    >>> p_verdict(".05", *t_p("2.53", "93")), p_verdict(".05", *t_p("2.53", "93"), comparison="<")
    ('inconsistent', 'consistent')
    >>> p_verdict(".03", *t_p("1.20", "28"))
    'decision'
    """
    printed = float(parse(p))
    low, high = _ends(p, digits, "p")
    possible = {
        "=": low <= p_high and p_low <= high,
        "<": p_low < printed,
        ">": p_high > printed,
    }
    if possible[comparison]:
        return "consistent"
    if comparison == ">":
        changed = printed >= alpha and p_high <= alpha
    elif printed <= alpha:
        changed = p_low > alpha
    else:
        changed = comparison == "=" and p_high <= alpha
    return "decision" if changed else "inconsistent"


def _ends(printed: str, digits: Reading, kind: str) -> tuple[float, float]:
    low, high, *_ = limits(printed, digits, kind)
    return float(low), float(high)
