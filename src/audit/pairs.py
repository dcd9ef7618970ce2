"""All answers of two groups that give an item's six printed numbers, and what these leave open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from audit.answers import distributions, drawer, starts
from audit.groups import fitting
from audit.printed import Reading
from audit.two_groups import ALPHA, Group, compare, counted, hedges_g, mann_whitney

THRESHOLDS = {
    **dict.fromkeys(["diff", "hedges_g"], 0.0),
    **dict.fromkeys(["student_p", "welch_p", "levene_p", "p", "mwu_p"], ALPHA),
    "superiority": 0.5,
}
"""The statistics that `ranges` bounds, and the value on either side of which it counts pairs."""

COLUMNS = ["threshold", "low", "high", "fixed", "below", "below_by_person", "pairs", "exact"]

MOST = 2_000_000
"""With more pairs than this, `ranges` draws among them."""


class Pairs(NamedTuple):
    """Distributions of the answers of two groups, and which of them go together."""

    first: np.ndarray
    """Shape (a, answers), one row a distribution that goes with one of the second group's."""
    second: np.ndarray
    """Shape (b, answers)."""
    fits: np.ndarray
    """Booleans of shape (a, b)."""


def answer_pairs(
    item: Mapping[str, str], n_1: int, n_2: int, digits: Reading, low: int = 0, high: int = 5
) -> Pairs:
    """Return the answers of two groups that give the printed means and SDs, and t and df too.

    Where `answers` lists what one group's mean and SD leave possible, t and df rule out many of
    these, and many of the ways to pair them.

    Parameters
    ----------
    item, n_1, n_2, digits, low, high
        As for `exact_tests`.

    Returns
    -------
    Pairs
        Without rows if the item does not fit.

    Raises
    ------
    ValueError
        If a printed value is not a number; the message shows it.

    Examples
    --------
    >>> far = {"mean_women": "2.13", "sd_women": "2.4", "mean_men": "1.0", "sd_men": "1.99",
    ...        "t": "2.26", "df": "83.2"}
    >>> answer_pairs(far, 60, 35, "dropped")[:2]
    (array([[32,  3,  0,  0,  0, 25]]), array([[26,  1,  0,  1,  1,  6]]))
    """
    found = {pair[:2] for pair in _sums(item, n_1, n_2, digits, low, high)}
    groups, kinds = [], []
    for n, sums in zip(
        (n_1, n_2), (sorted({s[side] for s in found}) for side in (0, 1)), strict=True
    ):
        each = [distributions(starts([pair], n), high - low) for pair in sums]
        groups.append(np.concatenate([np.empty((0, high - low + 1), np.intp), *each]))
        kinds.append((sums, np.repeat(np.arange(len(sums)), [len(rows) for rows in each])))
    (sums_1, kind_1), (sums_2, kind_2) = kinds
    together = np.array([(a, b) in found for a in sums_1 for b in sums_2], dtype=bool)
    return Pairs(*groups, together.reshape(len(sums_1), len(sums_2))[kind_1][:, kind_2])


def ranges(
    item: Mapping[str, str],
    n_1: int,
    n_2: int,
    digits: Reading,
    low: int = 0,
    high: int = 5,
    draws: int = 100_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return between which values each statistic lies, over all answers that fit the print.

    What the six printed numbers of an item fix comes out with one value, what they leave open with
    a range. The share of answers on one side of a threshold is no probability until somebody says
    which answers to expect, and two ways to say so are given. `below` counts every pair of
    distributions once: so would who held, before seeing the print, all shares of the answers to be
    equally likely (a flat Dirichlet prior gives every distribution of n people the same chance).
    `below_by_person` counts every way in which the people, one by one, can have answered once, so
    that a pair of distributions weighs as much as there are orders to its answers: so would who
    expected everybody to pick any answer with the same chance. The first supposes less, the second
    favours answers that are spread evenly; where the two differ, the print does not decide.

    Parameters
    ----------
    item, n_1, n_2, digits, low, high
        As for `exact_tests`.
    draws
        How many pairs to draw where there are more than `MOST`, all pairs being equally likely.
    seed
        The same seed draws the same pairs.

    Returns
    -------
    DataFrame
        Indexed by `statistic`, named as in `THRESHOLDS`: the `threshold`, the values at least
        (`low`) and at most (`high`), whether these agree to nine digits (`fixed`), the shares
        `below` and `below_by_person` of answers that lie below the threshold, `pairs`, how many
        pairs of distributions there are, and `exact`, whether all were looked at. If not, the true
        `low` and `high` may lie further out (but not those of `diff`, `hedges_g`, Student's and
        Welch's p, which sums and squares fix), `below` is an estimate and `below_by_person` NaN.
        `p` is that of the test that Levene's picks from the answers, whichever was printed. No rows
        if no answers fit.

    Raises
    ------
    ValueError
        If a printed value is not a number; the message shows it.

    Examples
    --------
    >>> tax = {"mean_women": "3.33", "sd_women": "1.15", "mean_men": "3.77", "sd_men": ".84",
    ...        "t": "-2.12", "df": "88"}
    >>> open_to = ranges(tax, 60, 35, "dropped")
    >>> open_to.loc["mwu_p", ["low", "high", "below", "pairs"]].astype(float).round(4).to_list()
    [0.0005, 0.4604, 0.5039, 5712.0]
    """
    sums, top = list(_sums(item, n_1, n_2, digits, low, high)), high - low
    if not sums:
        return pd.DataFrame(columns=COLUMNS)
    left = [starts((pair[side] for pair in sums), n) for side, n in enumerate((n_1, n_2))]
    (ways_1, draw_1), (ways_2, draw_2) = (drawer(rows, top) for rows in left)
    pairs = int((ways := ways_1 * ways_2).sum())
    if exact := pairs <= MOST:
        each = [[distributions(row[None], top) for row in rows] for rows in zip(*left, strict=True)]
        first = np.concatenate([np.repeat(a, len(b), axis=0) for a, b in each])
        second = np.concatenate([np.tile(b, (len(a), 1)) for a, b in each])
        orders = _orders(first) + _orders(second)
        weights = np.exp(orders - orders.max())
    else:
        rng = np.random.default_rng(seed)
        state = rng.choice(len(sums), size=draws, p=ways / ways.sum())
        first, second = draw_1(state, rng), draw_2(state, rng)
        weights = np.full(draws, np.nan)
    values = _of_moments(counted(first), counted(second))
    values["superiority"], values["mwu_p"] = mann_whitney(first, second)
    ends = values if exact else values | _of_moments(*map(_summed, left))
    rows = []
    for name, threshold in THRESHOLDS.items():
        below, least, most = values[name] < threshold, np.nanmin(ends[name]), np.nanmax(ends[name])
        fixed = bool(np.isclose(least, most, rtol=1e-9, atol=1e-12))
        shares = below.mean(), weights[below].sum() / weights.sum()
        rows.append((threshold, least, most, fixed, *shares, pairs, exact))
    return pd.DataFrame(rows, pd.Index(THRESHOLDS, name="statistic"), COLUMNS)


def _of_moments(first: Group, second: Group) -> dict[str, np.ndarray]:
    tests = compare(first, second)
    known = {"hedges_g": hedges_g(tests.student_t, first.n, second.n)} | tests._asdict()
    return {name: value for name, value in known.items() if not np.isnan(value).all()}


def _summed(left: np.ndarray) -> Group:
    """Return the groups with such people, sums and squares; where they stand stays open."""
    n, total, pairs = left.T
    return Group(
        n, total / n, (n * (2 * pairs + total) - total**2) / (n * (n - 1)), 0.0 * n, 0.0 * n
    )


def _sums(
    item: Mapping[str, str], n_1: int, n_2: int, digits: Reading, low: int, high: int
) -> Iterator[tuple]:
    """Yield (sum, sum of squares) of both groups, once for each pair that fits."""
    found = fitting(item, n_1, n_2, digits, low, high)
    yield from dict.fromkeys((tuple(a[1:]), tuple(b[1:])) for a, b, _ in found)


def _orders(counts: np.ndarray) -> np.ndarray:
    """Return the logarithm of how many orders the answers of each distribution have."""
    from scipy import special

    return special.gammaln(counts.sum(axis=1) + 1) - special.gammaln(counts + 1).sum(axis=1)
