"""Of how many people a printed percentage can be a percentage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import pandas as pd

from audit.printed import Reading, limits


def counts_for(percent: str, n: int, digits: Reading = "rounded") -> list[int]:
    """Return the counts out of `n` that give a printed percentage.

    Parameters
    ----------
    percent
        The percentage as printed, without its sign: "71.2".
    n
        How many people it is a percentage of.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Raises
    ------
    ValueError
        If `percent` is no number; the message shows it.

    Examples
    --------
    >>> counts_for("64.2", 95), counts_for("71.2", 95)
    ([61], [])
    """
    counts = limits(percent, digits, "percent").through(lambda share: share / 100).wholes(n)
    return [count for count in counts if count <= n]


def count_sets(percents: Sequence[str], n: int, digits: Reading = "rounded") -> list[tuple]:
    """Return the counts, one for each printed percentage, that add up to `n` people.

    Parameters
    ----------
    percents
        Percentages as printed, of categories into which every one of the `n` people falls once.
    n, digits
        As for `counts_for`.

    Examples
    --------
    >>> count_sets(["32.6", "24.2", "12.6", "21.1", "9.5"], 95)
    [(31, 23, 12, 20, 9)]
    """
    each = [counts_for(percent, n, digits) for percent in percents]
    return [counts for counts in product(*each) if sum(counts) == n]


def bases(percents: Sequence[str], n: Iterable[int]) -> pd.DataFrame:
    """Tell of which numbers of people the printed percentages can be percentages.

    Parameters
    ----------
    percents
        Percentages as printed, rounded.
    n
        The numbers of people to try.

    Returns
    -------
    DataFrame
        One row for every number tried: `n`, `possible` (how many of the percentages some count out
        of n gives), `each` (whether all of them are possible) and `together` (whether such counts
        add up to n, as they must for categories that exclude each other and leave nobody out).

    Examples
    --------
    >>> bases(["71.2", "24.2", "4.2"], [89, 95])
        n  possible   each  together
    0  89         0  False     False
    1  95         2  False     False
    """
    rows = []
    for base in n:
        possible = sum(bool(counts_for(percent, base)) for percent in percents)
        together = bool(count_sets(percents, base))
        rows.append((base, possible, possible == len(percents), together))
    return pd.DataFrame(rows, columns=["n", "possible", "each", "together"])
