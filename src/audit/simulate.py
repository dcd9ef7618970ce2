"""Try the search for group sizes where the truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from audit.groups import fitting_all, groups, moments, printed_columns, printed_items
from audit.printed import SHOWN_DECIMALS, Reading, decimals, dropped, rounded
from audit.two_groups import ALPHA, TESTS, compare, counted


def control(
    items: pd.DataFrame,
    answers_1: np.ndarray,
    answers_2: np.ndarray,
    split: tuple[int, int],
    sizes: Mapping[str, Iterable[int]],
    *,
    printed: Literal["rounded", "dropped"],
    digits: Reading,
    missing: int = 0,
    runs: int = 20,
    seed: int = 0,
) -> pd.DataFrame:
    """Try the search for group sizes where the truth is known, and where one digit is wrong.

    In each run answers are simulated and their statistics printed, the group sizes searched for
    (`splits`), one printed digit changed into another, both picked at random, and the sizes
    searched for again.

    People answer independently, with the given shares, on a scale that begins at 0. An item in
    which nobody differs has no t to print and is drawn again. The test is Student's, or Welch's
    where Levene's is significant. Every number gets as many decimals as it has in `items`, but
    Student's df none.

    Parameters
    ----------
    items, sizes
        As for `splits`.
    answers_1, answers_2
        A distribution of each group's answers to every printed item, shape (items, answers), as
        from `sprite`; only its shares matter.
    split
        How many people are in the first and in the second group.
    printed
        How the digits beyond the printed ones are taken off: rounded half up, or dropped from the
        display.
    digits
        How the search takes the digits to have come about.
    missing
        How many people of each group may leave an item out: on every item from none to so many, all
        numbers equally likely. Then as a rule no pair of sizes is that of all items.
    runs
        How many data sets to simulate.
    seed
        The same seed gives the same runs.

    Returns
    -------
    DataFrame
        One row for every run: `fitting` (how many pairs of sizes let all items be true), `wrong`
        (how many of these are not `split`), `true_fits` (`split` is among them); and after the
        change of a digit `fitting_changed` and `wrong_changed`.

    Raises
    ------
    ValueError
        If in both groups everybody can give one answer only to an item.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> control(
    ...     printed, np.array([[0, 4, 9, 22, 13, 12]]), np.array([[0, 1, 0, 9, 21, 4]]), (60, 35),
    ...     {"women": [60, 61], "men": [34, 35]}, printed="dropped", digits="dropped", runs=2,
    ... )
       fitting  wrong  true_fits  fitting_changed  wrong_changed
    0        1      0       True                0              0
    1        1      0       True                0              0
    """
    columns = printed_columns(items)
    likes = printed_items(items)[columns].to_numpy()
    shares = list(zip(answers_1, answers_2, strict=True))
    tried = np.array(list(product(*(sizes[name] for name in groups(items)))))
    high = np.asarray(answers_1).shape[1] - 1
    if np.count_nonzero(shares, axis=2).max(axis=1).min() < 2:
        raise ValueError("all give the same answer in both groups, which leaves an item no t")
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(runs):
        simulated = _simulated(likes, columns, shares, split, missing, printed, rng)
        found, changed = (
            fitting_all([dict(zip(columns, row, strict=True)) for row in told], tried, digits, high)
            for told in (simulated, _changed(simulated, rng))
        )
        wrong, wrong_changed = (len(pairs - {split}) for pairs in (found, changed))
        rows.append((len(found), wrong, split in found, len(changed), wrong_changed))
    return pd.DataFrame(
        rows, columns=["fitting", "wrong", "true_fits", "fitting_changed", "wrong_changed"]
    )


def _simulated(
    likes: np.ndarray,
    columns: list[str],
    shares: list[tuple[np.ndarray, np.ndarray]],
    split: tuple[int, int],
    missing: int,
    printed: str,
    rng: np.random.Generator,
) -> list[list[str]]:
    """Return new numbers like the printed ones, whose columns are given; one row an item."""
    drawn = [_drawn(both, split, missing, rng) for both in shares]
    first, second = (np.array(answers) for answers in zip(*drawn, strict=True))
    levene_p = compare(counted(first), counted(second)).levene_p
    return [
        [
            _print_like(*told, printed)
            for told in zip(like, columns, _statistics(*both, p <= ALPHA), strict=True)
        ]
        for like, both, p in zip(likes, drawn, levene_p, strict=True)
    ]


def _drawn(
    both: tuple[np.ndarray, np.ndarray],
    split: tuple[int, int],
    missing: int,
    rng: np.random.Generator,
) -> list[np.ndarray]:
    """Return how many people of each group gave each answer; in one at least, not all the same."""
    sizes = [n - rng.integers(missing + 1) for n in split]
    while True:
        drawn = [rng.multinomial(n, each / each.sum()) for n, each in zip(sizes, both, strict=True)]
        if np.count_nonzero(drawn, axis=1).max() > 1:
            return drawn


def _changed(printed: Sequence[Sequence[str]], rng: np.random.Generator) -> list[list[str]]:
    """Return rows of numbers with one digit changed."""
    rows = [list(row) for row in printed]
    row = rows[rng.integers(len(rows))]
    column = rng.integers(len(row))
    text = row[column]
    at = rng.choice([i for i, character in enumerate(text) if character.isdigit()])
    digit = (int(text[at]) + rng.integers(1, 10)) % 10
    row[column] = f"{text[:at]}{digit}{text[at + 1 :]}"
    return rows


def _statistics(first: np.ndarray, second: np.ndarray, spreads_differ: bool) -> list[Decimal | int]:
    """Return the six statistics of an item from the distributions of answers of two groups.

    Fractions keep exact what lies on the edge of a printed digit, square roots included.
    """
    values = np.arange(len(first))
    (n_1, mean_1, var_1), (n_2, mean_2, var_2) = (
        moments((int(counts.sum()), int(counts @ values), int(counts @ values**2)))
        for counts in (first, second)
    )
    error, df = TESTS["welch" if spreads_differ else "student"](var_1, n_1, var_2, n_2)
    t = _decimal((mean_1 - mean_2) ** 2 / error).sqrt().copy_sign(_decimal(mean_1 - mean_2))
    sd_1, sd_2 = (_decimal(var).sqrt() for var in (var_1, var_2))
    df = df if isinstance(df, int) else _decimal(df)
    return [_decimal(mean_1), sd_1, _decimal(mean_2), sd_2, t, df]


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / number.denominator


def _print_like(like: str, column: str, value: Decimal | int, printed: str) -> str:
    """Print a statistic with as many decimals as `like` has; a whole df as it is."""
    if isinstance(value, int):
        return str(value)
    if printed == "rounded":
        return str(rounded(value, decimals(like)))
    return str(dropped(value, decimals(like), SHOWN_DECIMALS[column.partition("_")[0]]))
