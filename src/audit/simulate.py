"""Try the search for group sizes where the truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from audit.groups import fitting_all, groups, moments, printed_columns, printed_items
from audit.printed import SHOWN_DECIMALS, Reading, decimals, dropped, rounded
from audit.two_groups import ALPHA, TESTS, compare, counted


def simulate_items(
    items: pd.DataFrame,
    answers_1: np.ndarray,
    answers_2: np.ndarray,
    split: tuple[int, int],
    printed: Literal["rounded", "dropped"],
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Print the statistics of simulated answers in the way that a table of items is printed.

    People answer independently, with the given shares, on a scale that begins at 0. The test is
    Student's, or Welch's where Levene's is significant. Every number gets as many decimals as it
    has in `items`, but Student's df none.

    Parameters
    ----------
    items
        As for `splits`.
    answers_1, answers_2
        A distribution of each group's answers to every printed item, shape (items, answers), as
        from `sprite`; only its shares matter.
    split
        How many of the first and of the second group answer.
    printed
        How the digits beyond the printed ones are taken off: rounded half up, or dropped from the
        display.
    seed
        Seed or generator; the same seed gives the same answers.

    Returns
    -------
    DataFrame
        The printed items with six new numbers each.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> women, men = np.array([[0, 4, 9, 22, 13, 12]]), np.array([[0, 1, 0, 9, 21, 4]])
    >>> simulate_items(printed, women, men, split=(60, 35), printed="dropped")
      item mean_women sd_women mean_men sd_men      t  df
    0  tax       3.40     1.13     3.60   0.91  -0.88  93
    """
    table = printed_items(items)
    columns = printed_columns(items)
    shares = list(zip(answers_1, answers_2, strict=True))
    rng = np.random.default_rng(seed)
    rows = _simulated(table[columns].to_numpy(), columns, shares, split, printed, rng)
    return table.assign(**pd.DataFrame(rows, table.index, columns, dtype="string"))


def change_digit(items: pd.DataFrame, seed: int | np.random.Generator = 0) -> pd.DataFrame:
    """Change one printed digit into another one, both picked at random.

    Parameters
    ----------
    items
        As for `splits`.
    seed
        Seed or generator; the same seed changes the same digit.

    Returns
    -------
    DataFrame
        The printed items, one of their numbers with one digit changed.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> change_digit(printed)
      item mean_women sd_women mean_men sd_men      t  df
    0  tax       3.33     1.15     3.77    .84  -2.12  83
    """
    table = printed_items(items)
    columns = printed_columns(items)
    rows = _changed(table[columns].to_numpy(), np.random.default_rng(seed))
    return table.assign(**pd.DataFrame(rows, table.index, columns, dtype="string"))


def control(
    items: pd.DataFrame,
    answers_1: np.ndarray,
    answers_2: np.ndarray,
    split: tuple[int, int],
    *,
    printed: Literal["rounded", "dropped"],
    digits: Reading,
    runs: int = 20,
    seed: int = 0,
    **sizes: Iterable[int],
) -> pd.DataFrame:
    """Try the search for group sizes where the truth is known, and where one digit is wrong.

    In each run answers are simulated and their statistics printed (`simulate_items`), the group
    sizes searched for (`splits`), one printed digit changed (`change_digit`), and the sizes
    searched for again.

    Parameters
    ----------
    items, answers_1, answers_2, split, printed
        As for `simulate_items`.
    digits
        How the search takes the digits to have come about.
    runs
        How many data sets to simulate.
    seed
        The same seed gives the same runs.
    **sizes
        The sizes to try of each group, under its name.

    Returns
    -------
    DataFrame
        One row for every run: `fitting` (how many pairs of sizes let all items be true),
        `wrong` (how many of these are not the true pair), `true_fits` (the true pair is among
        them); and after the change of a digit `fitting_changed` and `wrong_changed`.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> control(
    ...     printed, np.array([[0, 4, 9, 22, 13, 12]]), np.array([[0, 1, 0, 9, 21, 4]]), (60, 35),
    ...     women=[60, 61], men=[34, 35], printed="dropped", digits="dropped", runs=2,
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
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(runs):
        simulated = _simulated(likes, columns, shares, split, printed, rng)
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
    printed: str,
    rng: np.random.Generator,
) -> list[list[str]]:
    """Return new numbers like the printed ones, whose columns are given; one row an item."""
    drawn = [
        [rng.multinomial(n, each / each.sum()) for n, each in zip(split, both, strict=True)]
        for both in shares
    ]
    first, second = (np.array(answers) for answers in zip(*drawn, strict=True))
    levene_p = compare(counted(first), counted(second)).levene_p
    return [
        [
            _print_like(*told, printed)
            for told in zip(like, columns, _statistics(*both, p <= ALPHA), strict=True)
        ]
        for like, both, p in zip(likes, drawn, levene_p, strict=True)
    ]


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
