"""What corrections for many tests leave if some of the p values are unknown."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd


def corrections(
    p_known: pd.Series,
    m: int,
    others_low: float | Sequence[float] = 0.0,
    others_high: float | Sequence[float] = 1.0,
) -> pd.DataFrame:
    """Return the least and the largest adjusted p of some of `m` tests, the other p being unknown.

    The p values adjusted by Holm and by Benjamini and Hochberg can only grow as any of the m p
    values grows, so the best case has the unknown ones at their least, the worst at their largest.
    Alternatives survive at level alpha where the adjusted p is at most alpha.

    Parameters
    ----------
    p_known
        The known p values.
    m
        How many tests there were in all.
    others_low, others_high
        What the `m - len(p_known)` unknown p values are at least and at most: one number for all,
        or one for each.

    Returns
    -------
    DataFrame
        The index of `p_known`; columns `p`, `holm_best`, `holm_worst`, `bh_best`, `bh_worst`.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal
    of Statistics, 6(2), 65–70. https://www.jstor.org/stable/4615733

    Benjamini, Y., & Hochberg, Y. (1995). Controlling the false discovery rate: A practical and
    powerful approach to multiple testing. Journal of the Royal Statistical Society B, 57(1),
    289–300. https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> corrections(pd.Series([0.01, 0.04], index=["a", "b"]), 5)
          p  holm_best  holm_worst  bh_best  bh_worst
    a  0.01       0.02        0.05   0.0125      0.05
    b  0.04       0.04        0.16   0.0400      0.10
    """
    known = p_known.to_numpy(dtype=float)
    table = {"p": known}
    for name, method in (("holm", "holm"), ("bh", "fdr_bh")):
        for case, others in (("best", others_low), ("worst", others_high)):
            every = np.concatenate([known, np.broadcast_to(others, m - len(known))])
            table[f"{name}_{case}"] = adjust(pd.Series(every), method).to_numpy()[: len(known)]
    return pd.DataFrame(table, index=p_known.index)


def adjust(p: pd.Series, method: Literal["holm", "fdr_bh"]) -> pd.Series:
    """Return the p values adjusted for their number; NaN stays NaN and does not count.

    Examples
    --------
    >>> adjust(pd.Series([0.03, 0.01, None]), "holm").tolist()
    [0.03, 0.02, nan]
    """
    from scipy import stats

    known = p.dropna().astype(float).sort_values()
    if method == "holm":  # not statsmodels', which collects garbage for every family of tests
        left = np.arange(len(known), 0, -1)
        adjusted = np.maximum.accumulate(known * left).clip(upper=1)
    else:
        adjusted = pd.Series(stats.false_discovery_control(known), known.index)
    return adjusted.reindex(p.index)
