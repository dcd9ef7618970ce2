"""Which group sizes let the printed statistics of two groups be true.

Items are rows of strings in the columns `mean_<group>` and `sd_<group>` of two groups, `t` and
`df`. The groups go by these names, in the order of the columns; t is that of first minus second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import copysign, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from audit.answers import MOST
from audit.grim import has_answers
from audit.printed import READINGS, Interval, Reading, limits
from audit.two_groups import TESTS

HAIR = 1e-9
"""How far, in proportion, a float may lie outside its limits and still be tried in fractions."""

Sums = tuple[int, int, int]
"""How many people are in a group, the sum of their answers, and the sum of squares."""


class Behind(NamedTuple):
    """What can stand behind the six printed numbers of an item; answers are from 0 to `top`."""

    means: tuple[Interval, ...]
    """The mean of each group."""
    variances: tuple[Interval, ...]
    """The variance of each group."""
    t_squared: Interval
    """The square of t, with the sign of t."""
    df: Interval
    """Degrees of freedom."""
    top: int
    """The highest answer."""


def printed_columns(items: pd.DataFrame | Mapping[str, str]) -> list[str]:
    """Return the columns that must be printed before the group sizes of an item can be searched.

    Examples
    --------
    >>> printed_columns({"mean_a": "1.0", "sd_a": "1.0", "mean_b": "1.5", "sd_b": "1.0", "t": "1"})
    ['mean_a', 'sd_a', 'mean_b', 'sd_b', 't', 'df']
    """
    return [f"{kind}_{group}" for group in groups(items) for kind in ("mean", "sd")] + ["t", "df"]


def splits(
    items: pd.DataFrame,
    sizes: Mapping[str, Iterable[int]],
    *,
    digits: Reading,
    low: int = 0,
    high: int = 5,
) -> pd.DataFrame:
    """Tell which group sizes let the printed means, SDs, t and df of items be true.

    An item fits a pair of group sizes if whole answers from `low` to `high` exist for both groups
    whose means and SDs, and whose t and df (both Student's, or both Welch's), give the six printed
    numbers, all at once. Everybody is taken to have answered.

    Mean, SD, t and df depend on the answers only through each group's sum and sum of squares. So
    the pairs of sums and squares that the printed means and SDs allow are tried against t and df:
    in floats with a margin, then, those that pass, in fractions, and last whether answers in the
    range have these sums and squares.

    Parameters
    ----------
    items
        Printed numbers as strings, and the name of each in `item`. Items without all six printed
        numbers are left out.
    sizes
        The sizes to try of each group, under its name.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.
    low, high
        The lowest and the highest answer.

    Returns
    -------
    DataFrame
        One row for every pair: the two sizes, under the groups' names, a boolean for every item,
        named as in `items`, and `all` (every item fits this pair).

    Raises
    ------
    KeyError
        If a group has no sizes to try.
    ValueError
        If a printed value is not a number; the message shows it.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> splits(printed, {"women": [60], "men": [34, 35]}, digits="dropped")
       women  men    tax    all
    0     60   34  False  False
    1     60   35   True   True
    """
    names = groups(items)
    pairs = list(product(*(sizes[name] for name in names)))
    table = pd.DataFrame(pairs, columns=names)
    printed = printed_items(items)
    for item in printed.to_dict("records"):
        found = _sizes_fitting(_behind(item, digits, low, high), pairs)
        table[item["item"]] = [pair in found for pair in pairs]
    return table.assign(all=table[printed["item"].tolist()].all(axis=1))


def splits_by_reading(
    items: pd.DataFrame,
    sizes: Mapping[str, Iterable[int]],
    readings: Iterable[Reading] = READINGS,
    *,
    low: int = 0,
    high: int = 5,
) -> pd.DataFrame:
    """Tell what each way to read the digits leaves of the group sizes.

    With all sizes up to those of two whole groups it answers a second question: could answers be
    missing, of other people on every item? Whoever is missing, an item's numbers come from so many
    of the first and so many of the second group. An item that fits no pair of sizes rules all such
    patterns out.

    Parameters
    ----------
    items, sizes, low, high
        As for `splits`.
    readings
        The readings to try.

    Returns
    -------
    DataFrame
        One row a reading: `digits`; for each item how many pairs of sizes fit it alone; `each`,
        whether every item fits some pair; and `left`, the pairs that fit all items, as a list.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> splits_by_reading(printed, {"women": [60, 61], "men": [34, 35]}, ["half_up", "dropped"])
        digits  tax   each        left
    0  half_up    0  False          []
    1  dropped    1   True  [(60, 35)]
    """
    rows = []
    for digits in readings:
        table = splits(items, sizes, digits=digits, low=low, high=high)
        pairs, fits = table[groups(items)], table.drop(columns=[*groups(items), "all"])
        left = list(pairs[table["all"]].itertuples(index=False, name=None))
        rows.append({"digits": digits, **fits.sum(), "each": fits.any().all(), "left": left})
    return pd.DataFrame(rows)


def exact_tests(
    item: Mapping[str, str],
    n_1: int,
    n_2: int,
    digits: Reading,
    low: int = 0,
    high: int = 5,
) -> pd.DataFrame:
    """Return the exact statistics that an item's printed ones can stand for, at given group sizes.

    Parameters
    ----------
    item
        The printed numbers of an item, under their column names.
    n_1, n_2
        The group sizes.
    digits, low, high
        As for `splits`.

    Returns
    -------
    DataFrame
        One row for every way in which whole answers make all six printed numbers true: the exact
        means and SDs under their column names, `test` (student or welch), `t`, `df`, and `p`
        (two-sided). No rows if there is none, that is, if the item does not fit.

    Raises
    ------
    ValueError
        If a printed value is not a number; the message shows it.

    Examples
    --------
    >>> tax = {"mean_women": "3.33", "sd_women": "1.15", "mean_men": "3.77", "sd_men": ".84",
    ...        "t": "-2.12", "df": "88"}
    >>> exact_tests(tax, 60, 35, "dropped").round(3).T
                     0
    mean_women   3.333
    sd_women      1.16
    mean_men     3.771
    sd_men       0.843
    test         welch
    t            -2.12
    df          88.401
    p            0.037
    """
    from scipy import stats

    rows = []
    for *sums, test in fitting(item, n_1, n_2, digits, low, high):
        (_, mean_1, var_1), (_, mean_2, var_2) = map(moments, sums)
        error, df = TESTS[test](var_1, n_1, var_2, n_2)
        t = copysign(sqrt((mean_1 - mean_2) ** 2 / error), mean_1 - mean_2)
        p = 2 * stats.t.sf(abs(t), float(df))
        means_sds = float(mean_1 + low), sqrt(var_1), float(mean_2 + low), sqrt(var_2)
        rows.append((*means_sds, test, t, float(df), p))
    *shown, t, df = printed_columns(item)
    table = pd.DataFrame(rows, columns=[*shown, "test", t, df, "p"])
    return table.astype(dict.fromkeys([*shown, t, df, "p"], float))


def groups(items: pd.DataFrame | Mapping[str, str]) -> list[str]:
    """Return the names of the two groups that have means."""
    return [name.removeprefix("mean_") for name in items.keys() if name.startswith("mean_")]  # noqa: SIM118


def printed_items(items: pd.DataFrame) -> pd.DataFrame:
    """Return the items with all printed numbers that the search needs."""
    return items.replace("", pd.NA).dropna(subset=printed_columns(items))


def fitting(
    item: Mapping[str, str], n_1: int, n_2: int, digits: Reading, low: int, high: int
) -> Iterator[tuple[Sums, Sums, str]]:
    """Yield the sums of the two groups, and the test, that give the six printed numbers."""
    behind = _behind(item, digits, low, high)
    yield from (found for found in _near(behind, [(n_1, n_2)]) if _gives(behind, *found))


def fitting_all(
    items: Iterable[Mapping[str, str]], sizes: ArrayLike, digits: Reading, high: int
) -> set[tuple[int, int]]:
    """Return the pairs that let all items be true, as `splits` finds them, but sooner.

    Pairs that the limits of some item rule out are not tried with the sums of another.
    """
    sizes, items = np.asarray(sizes), [_behind(item, digits, 0, high) for item in items]
    for behind in items:
        can_be = [_sizes_can_be(behind, *sizes.T, test) for test in TESTS.values()]
        sizes = sizes[np.any(can_be, axis=0)]
    return set.intersection(*(_sizes_fitting(b, sizes) for b in items)) if len(sizes) else set()


def moments(sums: Sums) -> tuple[int, Fraction, Fraction]:
    """Return the number, mean and variance of a group."""
    n, total, squares = sums
    return n, Fraction(total, n), Fraction(n * squares - total**2, n * (n - 1))


def _signed_square(value: Fraction | np.ndarray) -> Fraction | np.ndarray:
    """Return a number that rises with `value`: where t is a root, this of t is a fraction."""
    return value * abs(value)


def _behind(item: Mapping[str, str], digits: Reading, low: int, high: int) -> Behind:
    """Return what can stand behind the printed numbers of an item."""
    names = groups(item)
    return Behind(
        tuple(limits(item[f"mean_{n}"], digits, "mean").through(lambda m: m - low) for n in names),
        tuple(limits(item[f"sd_{n}"], digits, "sd").through(_signed_square) for n in names),
        limits(item["t"], digits, "t").through(_signed_square),
        limits(item["df"], digits, "df"),
        high - low,
    )


def _sizes_fitting(behind: Behind, sizes: ArrayLike) -> set[tuple[int, int]]:
    """Return the pairs of sizes that an item fits."""
    fits: set[tuple[int, int]] = set()
    for first, second, name in _near(behind, sizes):
        pair = first[0], second[0]
        if pair not in fits and _gives(behind, first, second, name):
            fits.add(pair)
    return fits


def _near(behind: Behind, sizes: ArrayLike) -> Iterator[tuple[Sums, Sums, str]]:
    """Yield sums of two groups, and a test, that in floats come within a hair of the limits."""
    sizes = np.asarray(sizes, dtype=np.int64).reshape(-1, 2)
    sizes = sizes[(sizes > 1).all(axis=1)]
    for name, test in TESTS.items():
        rows = sizes[_sizes_can_be(behind, *sizes.T, test)]
        for column in (0, 1):
            rows = _with_sums(behind, rows, column)
        for n_1, n_2, *sums in rows[_are_near(behind, rows, test)].tolist():
            yield (n_1, *sums[:2]), (n_2, *sums[2:]), name


def _sizes_can_be(behind: Behind, n_1: np.ndarray, n_2: np.ndarray, test: Callable) -> np.ndarray:
    """Tell in floats which pairs of sizes the limits leave, whatever the sums and squares.

    The standard error rises with both variances. The df of Welch's test rises with their ratio up
    to that of Student's, where var / (n·(n - 1)) is the same in both groups, and then falls. So
    over a range of ratios it is least at one of the two ends.
    """
    mean_1, mean_2 = map(_widened, behind.means)
    var_1, var_2 = (np.maximum(_widened(var), 0) for var in behind.variances)
    least, most = (_signed_square(mean_1[end] - mean_2[1 - end]) for end in (0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        small, large = (test(var_1[end], n_1, var_2[end], n_2)[0] for end in (0, 1))
        t_low = least / np.where(least < 0, small, large)
        t_high = most / np.where(most > 0, small, large)
        at_ends = [test(var_1[end], n_1, var_2[1 - end], n_2)[1] for end in (0, 1)]
        part_1, part_2 = (
            [each / (n * (n - 1)) for each in var] for var, n in ((var_1, n_1), (var_2, n_2))
        )
    can_be_equal = (part_1[0] <= part_2[1]) & (part_2[0] <= part_1[1])
    df_high = np.where(can_be_equal, n_1 + n_2 - 2, np.maximum(*at_ends))
    ruled_out = False
    for low, high, printed in (
        (t_low, t_high, behind.t_squared),
        (np.minimum(*at_ends), df_high, behind.df),
    ):
        least, most = _widened(printed)
        ruled_out |= (low > most) | (high < least)  # not where no variance makes it 0/0
    return ~ruled_out


def _with_sums(behind: Behind, rows: np.ndarray, column: int) -> np.ndarray:
    """Add sum and sum of squares to groups, one row for each that the limits leave.

    The size is in a column of the rows. What is within a hair of the limits is kept. Sum and sum of
    squares are both even or both odd.
    """
    n = rows[:, column]
    first, last = _wholes(*(n * mean for mean in _widened(behind.means[column])))
    rows = _one_each(rows, np.maximum(first, 0), np.minimum(last, n * behind.top))
    n, total = rows[:, column], rows[:, -1]
    variances = _widened(behind.variances[column])
    first, last = _wholes(*((n - 1) * var + total**2 / n for var in variances))
    return _one_each(rows, first + (first - total) % 2, last, step=2)


def _widened(interval: Interval) -> tuple[float, float]:
    """Return the ends of an interval as floats, a hair further out."""
    low, high = float(interval.low), float(interval.high)
    return low - HAIR * (1 + abs(low)), high + HAIR * (1 + abs(high))


def _wholes(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last whole number between limits."""
    return np.ceil(low).astype(np.int64), np.floor(high).astype(np.int64)


def _one_each(rows: np.ndarray, first: np.ndarray, last: np.ndarray, step: int = 1) -> np.ndarray:
    """Return each row as often as it has numbers from `first` to `last`, with these at its end."""
    times = np.maximum((last - first) // step + 1, 0)
    if (tried := times.sum()) > MOST:
        raise ValueError(f"too many pairs of sums: {tried:,}, and {MOST:,} are tried")
    nth = np.arange(tried) - np.repeat(times.cumsum() - times, times)
    return np.column_stack([np.repeat(rows, times, axis=0), np.repeat(first, times) + step * nth])


def _are_near(behind: Behind, rows: np.ndarray, test: Callable) -> np.ndarray:
    """Tell in floats whether t and df of two groups, one pair a row, are close to the limits."""
    n_1, n_2, total_1, squares_1, total_2, squares_2 = rows.T
    diff = (total_1 * n_2 - total_2 * n_1) / (n_1 * n_2)
    var_1 = (n_1 * squares_1 - total_1**2) / (n_1 * (n_1 - 1))
    var_2 = (n_2 * squares_2 - total_2**2) / (n_2 * (n_2 - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        error, df = test(var_1, n_1, var_2, n_2)
        found = _signed_square(diff) / error
    near = error > 0
    for value, printed in ((found, behind.t_squared), (df, behind.df)):
        low, high = _widened(printed)
        near &= (value >= low) & (value <= high)
    return near


def _gives(behind: Behind, first: Sums, second: Sums, name: str) -> bool:
    """Tell in fractions whether answers in the range have these sums, and the printed numbers."""
    (n_1, *of_1), (n_2, *of_2) = moments(first), moments(second)
    (mean_1, var_1), (mean_2, var_2) = of_1, of_2
    error, df = TESTS[name](var_1, n_1, var_2, n_2)
    each = zip(behind.means, behind.variances, (of_1, of_2), strict=True)
    return (
        behind.t_squared.holds(_signed_square(mean_1 - mean_2) / error)
        and behind.df.holds(df)
        and all(means.holds(mean) and vars_.holds(var) for means, vars_, (mean, var) in each)
        and all(has_answers(*group, behind.top) for group in (first, second))
    )
