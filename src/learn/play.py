"""Draw studies at random and build answers by hand, for learners to play with.

A *distribution of answers* (`Counts`) is an integer array with one count for every answer, from 0
up; where many are handled at once, the answers are the last axis. A *shape* (`Shares`) has shares
in place of counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from audit import ALPHA, Comparison, compare, counted

Counts = NDArray[np.intp]
Shares = NDArray[np.float64]


def one_moved(first: ArrayLike, second: ArrayLike) -> Comparison:
    """Compare two groups anew after each way in which one person can change sides.

    Parameters
    ----------
    first, second
        Distributions of answers, of shapes (..., answers) that broadcast; at least three people in
        each group.

    Returns
    -------
    Comparison
        As from `audit.compare`, of shape (..., 2, answers): somebody who gave each answer goes from
        the first group to the second, then one from the second to the first. NaN where nobody there
        gave that answer.

    Examples
    --------
    >>> one_moved([0, 2, 1, 2], [1, 2, 1, 0]).p.round(2)
    array([[ nan, 0.06, 0.27, 0.64],
           [0.67, 0.27, 0.05,  nan]])
    """
    first, second = np.broadcast_arrays(first, second)
    there = np.stack([first, second], axis=-2) > 0
    one = np.eye(first.shape[-1], dtype=np.intp)
    leaves = np.array([one, -one]) * there[..., None]
    after = first[..., None, None, :] - leaves, second[..., None, None, :] + leaves
    compared = compare(*map(counted, after))
    return Comparison(*(np.where(there, values, np.nan) for values in compared))


def shifted(shape: Sequence[float], points: float) -> Shares:
    """Return the shares of a shape whose mean is moved up the scale.

    Answers are taken to come from normal scores that cuts divide; all scores move by the same step,
    and the cuts stay (the ordered probit model). So nobody leaves the
    scale, and a peak at its end stays a peak for as long as it can.

    Parameters
    ----------
    shape
        Weights of the answers from 0 up; they need not sum to 1.
    points
        By how much the mean is to rise, in points of the scale.

    Raises
    ------
    ValueError
        If the scale ends before the mean is there, or all give the same answer.

    References
    ----------
    McKelvey, R. D., & Zavoina, W. (1975). A statistical model for the analysis of ordinal level
    dependent variables. Journal of Mathematical Sociology, 4(1), 103–120.
    https://doi.org/10.1080/0022250X.1975.9989847

    Examples
    --------
    >>> moved = shifted([1, 1, 1, 1, 1, 1], 0.5)
    >>> moved.round(3), round(float(moved @ range(6)), 6)
    (array([0.101, 0.129, 0.149, 0.17 , 0.197, 0.256]), 3.0)
    """
    from scipy import optimize, special

    shares = np.array(shape) / np.sum(shape)
    wanted = shares @ np.arange(len(shares)) + points
    if not points:
        return shares
    given = np.flatnonzero(shares)  # who crosses no cut cannot give an answer that nobody gives
    if not given[0] < wanted < given[-1]:
        raise ValueError(f"answers from {given[0]} to {given[-1]} cannot have the mean {wanted:g}")
    cuts = special.ndtri(np.cumsum(shares)[:-1].clip(0, 1))
    # The mean of whole answers is the sum of the chances to be above each cut.
    step = optimize.brentq(lambda by: special.ndtr(by - cuts).sum() - wanted, -20, 20)
    return -np.diff(np.concatenate([[1], special.ndtr(step - cuts), [0]]))


def draw(
    shape: Sequence[float],
    people: int,
    items: int,
    rho: float,
    studies: int,
    seed: int | np.random.Generator,
) -> Counts:
    """Draw the answers of a group in many studies.

    Parameters
    ----------
    shape
        Weights of the answers from 0 up, the same for every item.
    people, items, studies
        How many of each.
    rho
        How far one person's answers hang together, from 0 to 1: the correlation of the normal
        scores that cuts turn into answers. That of the answers is somewhat lower.
    seed
        Seed or generator; the same seed gives the same answers.

    Returns
    -------
    ndarray
        How many people gave each answer, shape (studies, items, answers).

    Examples
    --------
    >>> draw([1, 0, 1], people=4, items=2, rho=1, studies=1, seed=1)
    array([[[1, 0, 3],
            [1, 0, 3]]])
    """
    from scipy import special

    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((people, studies, 1))
    own = rng.standard_normal((people, studies, items))
    scores = np.sqrt(rho) * shared + np.sqrt(1 - rho) * own
    cuts = special.ndtri((np.cumsum(shape)[:-1] / np.sum(shape)).clip(0, 1))
    everybody = np.full((studies, items), people)
    above = [(scores > cut).sum(axis=0) for cut in cuts]
    return -np.diff([everybody, *above, 0 * everybody], axis=0).transpose(1, 2, 0)


def significant(
    shape: Sequence[float],
    first: int,
    second: int,
    items: int,
    *,
    points: float = 0,
    rho: float = 0,
    studies: int = 1000,
    seed: int = 1,
) -> pd.Series:
    """Return how many of the tests come out significant, in each of many drawn studies.

    Parameters
    ----------
    shape
        Weights of the second group's answers from 0 up, the same for every item.
    first, second, items
        How many people in each group, and how many items, a study has.
    points
        By how much the first group's mean is higher, on every item, as `shifted` makes it.
    rho
        How far one person's answers hang together, as in `draw`.
    studies
        How many to draw.
    seed
        The same seed gives the same studies.

    Returns
    -------
    Series
        One whole number a study, from 0 to `items`.

    Examples
    --------
    >>> significant([1, 1, 1, 1, 1, 1], 60, 35, 11, points=1, studies=5).tolist()
    [9, 9, 10, 10, 8]
    """
    rng = np.random.default_rng(seed)
    groups = (
        draw(shares, people, items, rho, studies, rng)
        for shares, people in [(shifted(shape, points), first), (shape, second)]
    )
    return pd.Series((compare(*map(counted, groups)).p < ALPHA).sum(axis=1))


def built(
    people: int, total: int, at_top: int, spread: Literal["alike", "apart"], top: int = 5
) -> Counts:
    """Build answers that have a given sum, so many of them at the top of the scale.

    Parameters
    ----------
    people
        How many answer.
    total
        The sum of their answers.
    at_top
        How many give the highest answer. The others stay below it.
    spread
        How the others share what is left: "alike", so that no two differ by more than one, which
        makes the SD as small as can be; or "apart", at the two ends of what they may answer but for
        one person, which makes it as large as can be.
    top
        The highest answer.

    Raises
    ------
    ValueError
        If what is left is less than nothing, or more than the others can hold.

    Examples
    --------
    >>> built(10, 14, 2, "alike"), built(10, 14, 2, "apart")
    (array([4, 4, 0, 0, 0, 2]), array([7, 0, 0, 0, 1, 2]))
    """
    others, rest = people - at_top, total - top * at_top
    if not 0 <= rest <= (top - 1) * others:
        raise ValueError(f"{others} people below {top} cannot share {rest} points")
    counts = np.zeros(top + 1, dtype=np.intp)
    counts[top] = at_top
    if spread == "alike":
        least, more = divmod(rest, max(others, 1))
        counts[least] += others - more
        counts[least + 1] += more
    else:
        highest, left = divmod(rest, top - 1)
        counts[top - 1] += highest
        counts[left] += 1
        counts[0] += others - highest - 1
    return counts
