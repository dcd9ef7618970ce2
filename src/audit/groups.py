"""Which group sizes let the printed statistics of two groups be true.

Items are rows of strings in the columns `mean_<group>` and `sd_<group>` of two groups, `t` and
`df`. The groups go by these names, in the order of the columns; t is that of first minus second.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import ceil, copysign, floor, sqrt

import numpy as np
import pandas as pd

from audit.answers import MOST
from audit.grim import candidates, has_answers
from audit.printed import READINGS, Interval, Reading, limits
from audit.two_groups import TESTS

HAIR = 1e-9
"""How far, in proportion, a float may be outside its limits and still be tried in fractions."""

Sums = tuple[int, int, int]
"""What the tests depend on in a group: people, the sum and the sum of squares of their answers."""


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
    *,
    digits: Reading,
    low: int = 0,
    high: int = 5,
    **sizes: Iterable[int],
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
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.
    low, high
        The lowest and the highest answer.
    **sizes
        The sizes to try of each group, under its name.

    Returns
    -------
    pandas.DataFrame
        One row for every pair: the two sizes, under the groups' names, a boolean for every item,
        named as in `items`, and `all` (every item fits this pair).

    Raises
    ------
    KeyError
        If the items have no group of such a name.
    ValueError
        If a printed number is none; the message shows it.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> splits(printed, women=[60], men=[34, 35], digits="dropped")
       women  men    tax    all
    0     60   34  False  False
    1     60   35   True   True
    """
    names = groups(items)
    first, second = (list(sizes[name]) for name in names)
    table = pd.DataFrame(list(product(first, second)), columns=names)
    printed = printed_items(items)
    for item in printed.to_dict("records"):
        found = {(a[0], b[0]) for a, b, _ in fitting(item, first, second, digits, low, high)}
        table[item["item"]] = [pair in found for pair in product(first, second)]
    return table.assign(all=table[printed["item"].tolist()].all(axis=1))


def splits_by_reading(
    items: pd.DataFrame,
    readings: Iterable[Reading] = READINGS,
    *,
    low: int = 0,
    high: int = 5,
    **sizes: Iterable[int],
) -> pd.DataFrame:
    """Tell what each way to read the digits leaves of the group sizes.

    With all sizes up to those of two whole groups it answers a second question: could answers be
    missing, of other people on every item? Whoever is missing, an item's numbers come from so many
    of the first and so many of the second group. An item that fits no pair of sizes rules all such
    patterns out.

    Parameters
    ----------
    items, low, high, **sizes
        As for `splits`.
    readings
        The readings to try.

    Returns
    -------
    pandas.DataFrame
        One row a reading: `digits`; for each item how many pairs of sizes fit it alone; `each`,
        whether every item fits some pair; and `left`, the pairs that fit all items, as a list.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> splits_by_reading(printed, ["half_up", "dropped"], women=[60, 61], men=[34, 35])
        digits  tax   each        left
    0  half_up    0  False          []
    1  dropped    1   True  [(60, 35)]
    """
    rows = []
    for digits in readings:
        table = splits(items, digits=digits, low=low, high=high, **sizes)
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
    pandas.DataFrame
        One row for every way in which whole answers make all six printed numbers true: the exact
        means and SDs under their column names, `test` (student or welch), `t`, `df`, and `p`
        (two-sided). No rows if there is none, that is, if the item does not fit.

    Raises
    ------
    ValueError
        If a printed number is none; the message shows it.

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
    for *sums, test in fitting(item, [n_1], [n_2], digits, low, high):
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
    item: Mapping[str, str],
    first: Iterable[int],
    second: Iterable[int],
    digits: Reading,
    low: int,
    high: int,
) -> Iterator[tuple[Sums, Sums, str]]:
    """Yield the sums of the two groups, and the test, that give the six printed numbers."""

    def sums(group: str, n: int) -> np.ndarray:
        return _sums(item[f"mean_{group}"], item[f"sd_{group}"], n, low, high, digits)

    name_1, name_2 = groups(item)
    sizes = list(second)
    t_squared = limits(item["t"], digits, "t").through(_signed_square)
    df = limits(item["df"], digits, "df")
    least, most = ceil(df.low), floor(df.high)
    for n_1 in first:
        for name, test in TESTS.items():
            others = [n for n in sizes if _df_can_be(least, most, n_1, n, name)]
            if not others:
                continue
            of_second = np.concatenate([sums(name_2, n) for n in others])
            near = _near(sums(name_1, n_1), of_second, test, t_squared, df)
            for pair in zip(*(rows.tolist() for rows in near), strict=True):
                if _gives(*pair, test, t_squared, df) and all(
                    has_answers(*group, high - low) for group in pair
                ):
                    yield *pair, name


def _df_can_be(least: int, most: int, n_1: int, n_2: int, test: str) -> bool:
    """Tell whether groups of these sizes can have a df between two, whatever their answers.

    Student's is n_1 + n_2 - 2; Welch's lies from the smaller group's n - 1 to Student's.
    """
    students = n_1 + n_2 - 2
    return least <= students and (students if test == "student" else min(n_1, n_2) - 1) <= most


def fitting_all(
    items: pd.DataFrame, sizes: Iterable[Iterable[int]], digits: Reading, high: int
) -> set[tuple[int, int]]:
    """Return the pairs that let all items be true, as `splits` finds them, but sooner.

    Sizes at which some item's mean and SD cannot be are not tried in pairs, and pairs that an item
    rules out not for the next. A broken df leaves the fewest.
    """
    table = printed_items(items).to_dict("records")
    possible = (
        [
            n
            for n in of_group
            if all(len(_sums(i[f"mean_{g}"], i[f"sd_{g}"], n, 0, high, digits)) for i in table)
        ]
        for g, of_group in zip(groups(items), sizes, strict=True)
    )
    pairs = set(product(*possible))
    for item in sorted(table, key=lambda item: "." not in item["df"]):
        if not pairs:
            break
        left = (sorted(set(of_group)) for of_group in zip(*pairs, strict=True))
        pairs &= {(a[0], b[0]) for a, b, _ in fitting(item, *left, digits, 0, high)}
    return pairs


def moments(sums: Sums) -> tuple[int, Fraction, Fraction]:
    """Return the number, mean and variance of a group."""
    n, total, squares = sums
    return n, Fraction(total, n), Fraction(n * squares - total**2, n * (n - 1))


def _signed_square(value: Fraction | np.ndarray) -> Fraction | np.ndarray:
    """Return a number that rises with `value`: where t is a root, this of t is a fraction."""
    return value * abs(value)


@lru_cache(maxsize=4096)
def _sums(mean: str, sd: str, n: int, low: int, high: int, digits: Reading) -> np.ndarray:
    """Return the groups of n that the printed mean and SD allow, one row each."""
    rows = [(n, *pair) for pair in candidates(mean, sd, n, low, high, digits)]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _near(
    first: np.ndarray, second: np.ndarray, test: Callable, t_squared: Interval, df_limits: Interval
) -> tuple[np.ndarray, np.ndarray]:
    """Return the groups whose t and df are within a hair of the limits."""
    if (tried := len(first) * len(second)) > 10 * MOST:
        raise ValueError(f"too many pairs of sums: {tried:,}, and {10 * MOST:,} are tried")
    (n_1, total_1, squares_1), (n_2, total_2, squares_2) = first.T[:, :, None], second.T
    diff = (total_1 * n_2 - total_2 * n_1) / (n_1 * n_2)
    var_1 = (n_1 * squares_1 - total_1**2) / (n_1 * (n_1 - 1))
    var_2 = (n_2 * squares_2 - total_2**2) / (n_2 * (n_2 - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        error, df = test(var_1, n_1, var_2, n_2)
        found = _signed_square(diff) / error
    near = True
    for value, (low, high, *_) in ((found, t_squared), (df, df_limits)):
        hair = HAIR * (1 + np.abs(value))
        near &= (value >= float(low) - hair) & (value <= float(high) + hair)
    at_1, at_2 = np.nonzero(near & (error > 0))
    return first[at_1], second[at_2]


def _gives(
    first: Sums, second: Sums, test: Callable, t_squared: Interval, df_limits: Interval
) -> bool:
    """Tell in fractions whether t and df of two groups are within the limits."""
    (n_1, mean_1, var_1), (n_2, mean_2, var_2) = moments(first), moments(second)
    error, df = test(var_1, n_1, var_2, n_2)
    return t_squared.holds(_signed_square(mean_1 - mean_2) / error) and df_limits.holds(df)
