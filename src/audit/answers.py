"""The answers that can stand behind a printed mean and standard deviation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import comb

import numpy as np

from audit.grim import sums_and_squares
from audit.printed import Reading

MOST = 10_000_000
"""`answers` refuses to try more ways than this."""


def answers(
    mean: str,
    sd: str,
    n: int,
    low: int = 0,
    high: int = 5,
    digits: Reading = "rounded",
    items: int = 1,
) -> np.ndarray:
    """Return every distribution of `n` whole answers that gives the printed mean and SD.

    The counts of the upper answers are tried one after the other; number, sum and sum of squares of
    the people left over then fix the counts of the three lowest. With 60 people and six answers, at
    most 1,772 distributions are possible if two decimals are printed (rounded), 61,230 if one is.
    Their number grows as `n` to the power `high - low - 2`, and memory with it: eleven answers of
    60 people leave millions. For those there is `sprite`.

    Parameters
    ----------
    mean, sd, n, low, high, digits, items
        As for `grimmer`. With several items an answer is the sum of a person's answers, from
        `items * low` to `items * high`.

    Returns
    -------
    ndarray
        Integers of shape (distributions, `items * (high - low) + 1`); no rows if none is possible.

    Raises
    ------
    ValueError
        If `mean` or `sd` is no number; the message shows it. If there are too many distributions
        to try (`MOST`), as hundreds of people have.

    Examples
    --------
    >>> answers("2.50", "2.89", 4)
    array([[2, 0, 0, 0, 0, 2]])
    """
    left = starts(sums_and_squares(mean, sd, n, low, high, digits, items), n)
    return distributions(left, items * (high - low))


def sprite(
    mean: str,
    sd: str,
    n: int,
    low: int = 0,
    high: int = 5,
    draws: int = 1000,
    seed: int | np.random.Generator = 0,
    digits: Reading = "rounded",
    items: int = 1,
) -> np.ndarray:
    """Draw distributions of answers at random among those with the printed mean and SD.

    Every distribution that `answers` would list is equally likely in every draw, and draws are
    independent, so the same one may come twice. The published SPRITE walks at random until mean and
    SD fit, and prefers the distributions that its walk meets more easily. Here the distributions
    are counted instead: those that agree on the people, sum and squares left to share among the
    lower answers are counted once, and a draw goes down through the upper answers with chances in
    proportion to the counts. (The counts are floats: with more than :math:`2^{53}` distributions
    the chances are equal only to about 16 digits.)

    Parameters
    ----------
    mean, sd, n, low, high, digits, items
        As for `answers`.
    draws
        How many distributions to draw.
    seed
        Seed or generator; the same seed gives the same draws.

    Returns
    -------
    ndarray
        Integers of shape (draws, `items * (high - low) + 1`); no rows if no distribution is
        possible.

    Raises
    ------
    ValueError
        If `mean` or `sd` is no number; the message shows it.

    References
    ----------
    Heathers, J. A. J., Anaya, J., van der Zee, T., & Brown, N. J. L. (2018). Recovering data from
    summary statistics: Sample Parameter Reconstruction via Iterative TEchniques (SPRITE). PeerJ
    Preprints, 6, e26968v1. https://doi.org/10.7287/peerj.preprints.26968v1

    Examples
    --------
    >>> sprite("2.50", "2.89", 4, draws=2)
    array([[2, 0, 0, 0, 0, 2],
           [2, 0, 0, 0, 0, 2]])
    """
    rng = np.random.default_rng(seed)
    top = items * (high - low)
    left = starts(sums_and_squares(mean, sd, n, low, high, digits, items), n)
    ways, draw = drawer(left, top)
    if not ways.any():
        return np.empty((0, top + 1), dtype=np.intp)
    return draw(rng.choice(len(left), size=draws, p=ways / ways.sum()), rng)


# What is left to share out among the answers 0 to a is a row of three numbers: people, their sum,
# and their sum of a(a - 1)/2, which only answers above 1 add to.


def starts(pairs: Iterable[tuple[int, int]], n: int) -> np.ndarray:
    """Return what n people have to share out, for each pair of a sum and a sum of squares."""
    rows = [(n, total, (squares - total) // 2) for total, squares in pairs]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def distributions(left: np.ndarray, top: int) -> np.ndarray:
    """Return every distribution of answers from 0 to `top` that uses up one of the rows left."""
    counts = np.empty((len(left), 0), dtype=np.intp)
    for answer in range(top, 2, -1):
        parent, count, left = _share_out(left, answer)
        counts = np.column_stack([count, counts[parent]])
    lowest, possible = _lowest_three(left)
    return np.column_stack([lowest, counts])[possible, : top + 1]


def drawer(left: np.ndarray, top: int) -> tuple[np.ndarray, Callable]:
    """Count the distributions of every row left, and return how to draw among them.

    Distributions are ways down a graph: a state is what is left after the upper answers, an edge
    how many people give the next one, and rows that are alike are one state. So the ways are
    counted from the lowest answers up, state by state, and never listed.

    Returns
    -------
    tuple
        The number of distributions of every row, as floats; and a function that takes the rows to
        begin with and a generator, and draws for each a distribution, all equally likely.
    """
    steps = []
    for answer in range(top, 2, -1):
        parent, count, rest = _share_out(left, answer)
        first = np.searchsorted(parent, np.arange(len(left) + 1))
        left, child = np.unique(rest, axis=0, return_inverse=True)
        steps.append((first, count, child))
    lowest, possible = _lowest_three(left)
    ways = possible.astype(float)
    ways_before = []
    for first, _, child in reversed(steps):
        ways_before.insert(0, np.concatenate([[0.0], np.cumsum(ways[child])]))
        ways = np.diff(ways_before[0][first])

    def draw(state: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        counts = np.empty((len(state), 0), dtype=np.intp)
        for (first, count, child), before in zip(steps, ways_before, strict=True):
            start, end = before[first[state]], before[first[state + 1]]
            # Below `end` in spite of floating point, so that the edge taken has a way behind it.
            aim = np.minimum(start + rng.random(len(state)) * (end - start), np.nextafter(end, 0))
            edge = np.searchsorted(before, aim, side="right") - 1
            counts = np.column_stack([count[edge], counts])
            state = child[edge]
        return np.column_stack([lowest[state], counts])[:, : top + 1]

    return ways, draw


def _share_out(left: np.ndarray, answer: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Let as many people give `answer` as can, in every way, and drop what lower answers cannot.

    Returns the row of `left` that each way begins with, how many give the answer, what is left.
    """
    each = np.array([1, answer, comb(answer, 2)])
    # Whole numbers of the machine's own width: numpy repeats by no other where that is 32 bits.
    ways = (left // each).min(axis=1).astype(np.intp) + 1
    if (tried := ways.sum()) > MOST:
        raise ValueError(f"too many ways to give these answers: {tried:,}, and {MOST:,} are tried")
    parent = np.repeat(np.arange(len(left)), ways)
    count = np.arange(len(parent)) - np.repeat(np.cumsum(ways) - ways, ways)
    rest = left[parent] - count[:, None] * each
    people, total, pairs = rest.T
    # The lower answers can take what is left only if it is not too much for them, nor too spread.
    possible = (
        (total <= (answer - 1) * people)
        & (2 * pairs <= (answer - 2) * total)
        & ((2 * pairs + total) * people >= total**2)
    )
    return parent[possible], count[possible], rest[possible]


def _lowest_three(left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of 0, 1 and 2 that use up what is left, and whether they are possible."""
    people, total, pairs = left.T
    lowest = np.column_stack([people - total + pairs, total - 2 * pairs, pairs]).astype(np.intp)
    return lowest, (lowest >= 0).all(axis=1)
