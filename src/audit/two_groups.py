"""Tests of two groups, from counts or from lists of answers, one pair or thousands at once."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALPHA = 0.05
"""The level of significance of every test, Levene's included; intervals are at 95%."""

Number = float | np.ndarray | Fraction
"""A statistic of one group, of many, or an exact one."""

Size = int | np.ndarray
"""The size of one group, or of many."""

Floats = NDArray[np.float64]


class Group(NamedTuple):
    """What the tests need to know of a group, or of many."""

    n: Size
    """How many people answered."""
    mean: Number
    """Mean of their answers."""
    var: Number
    """Variance of their answers (divisor :math:`n - 1`)."""
    away: Number
    """Mean distance of the answers from their mean."""
    away_var: Number
    """Variance of these distances (divisor :math:`n - 1`), exactly 0 if only rounding differs."""


class Comparison(NamedTuple):
    """Tests of the first group against the second, arrays of one shape; p are two-sided."""

    diff: Floats
    """Mean of the first minus mean of the second."""
    levene_f: Floats
    """Levene's F."""
    levene_p: Floats
    """Its p."""
    student_t: Floats
    """Student's t."""
    student_df: Floats
    """Its degrees of freedom."""
    student_p: Floats
    """Its p."""
    student_se: Floats
    """Standard error of the difference, from the pooled variance."""
    welch_t: Floats
    """Welch's t."""
    welch_df: Floats
    """Its degrees of freedom."""
    welch_p: Floats
    """Its p."""
    welch_se: Floats
    """Standard error of the difference, from both variances."""
    t: Floats
    """Student's t where `levene_p` > `ALPHA`, else Welch's; NaN where `levene_p` is."""
    df: Floats
    """Degrees of freedom of the same test."""
    p: Floats
    """p of the same test."""
    se: Floats
    """Standard error of the same test."""


def counted(counts: ArrayLike) -> Group:
    """Return the group whose answers were counted.

    Parameters
    ----------
    counts
        Distributions of answers, shape (..., answers): how many people gave each answer, from 0 up.

    Examples
    --------
    >>> counted([2, 0, 2]).mean, counted([[2, 0, 2], [1, 1, 2]]).var.round(3)
    (np.float64(1.0), array([1.333, 0.917]))
    """
    counts = np.asarray(counts)
    values = np.arange(counts.shape[-1])
    n, total = counts.sum(axis=-1), counts @ values
    mean = total / n
    # In whole numbers up to the last division, so that no spread is exactly none.
    var = (n * (counts @ values**2) - total**2) / (n * (n - 1))
    return Group(n, mean, var, *_away(np.abs(values - mean[..., None]), counts, n))


def listed(answers: ArrayLike) -> Group:
    """Return the group that gave these answers, one number a person.

    Examples
    --------
    >>> listed([0, 0, 2, 2]).away
    np.float64(1.0)
    """
    answers = np.asarray(answers, dtype=float)
    n, mean = len(answers), answers.mean()
    return Group(n, mean, answers.var(ddof=1), *_away(np.abs(answers - mean), np.ones(n), n))


def _away(distances: np.ndarray, counts: np.ndarray, n: Size) -> tuple[np.ndarray, np.ndarray]:
    mean = (counts * distances).sum(axis=-1) / n
    var = (counts * (distances - mean[..., None]) ** 2).sum(axis=-1) / (n - 1)
    # Distances that are equal in exact arithmetic are equal here up to their last bits.
    return mean, np.where(var < (1e-12 * mean) ** 2, 0.0, var)


def student(var_1: Number, n_1: Size, var_2: Number, n_2: Size) -> tuple[Number, Size]:
    """Return the squared standard error of Student's test (1908), and its degrees of freedom.

    The variances may be floats, arrays of them or fractions; what comes out is of their kind. t is
    the difference of the means over the standard error.

    Examples
    --------
    >>> student(Fraction(1), 3, Fraction(2), 3)
    (Fraction(1, 1), 4)
    """
    pooled = ((n_1 - 1) * var_1 + (n_2 - 1) * var_2) / (n_1 + n_2 - 2)
    return pooled * (n_1 + n_2) / (n_1 * n_2), n_1 + n_2 - 2


def welch(var_1: Number, n_1: Size, var_2: Number, n_2: Size) -> tuple[Number, Number]:
    """Return the squared standard error of Welch's test, and its degrees of freedom.

    References
    ----------
    Welch, B. L. (1947). The generalization of "Student's" problem when several different population
    variances are involved. Biometrika, 34, 28–35. https://doi.org/10.1093/biomet/34.1-2.28

    Examples
    --------
    >>> welch(Fraction(1), 3, Fraction(2), 3)
    (Fraction(1, 1), Fraction(18, 5))
    """
    part_1, part_2 = var_1 / n_1, var_2 / n_2
    error = part_1 + part_2
    return error, error**2 / (part_1**2 / (n_1 - 1) + part_2**2 / (n_2 - 1))


TESTS: dict[str, Callable] = {"student": student, "welch": welch}


def compare(first: Group, second: Group) -> Comparison:
    """Compare two groups, or many pairs, by Levene's, Student's and Welch's tests.

    Levene's test is Student's of the distances from the group *mean*, F the square of its t, as
    SPSS has it. It picks: Student's test where its p is above `ALPHA`, else Welch's.

    Parameters
    ----------
    first, second
        As `counted` or `listed` returns them, at least two people in each; of shapes that
        broadcast.

    Returns
    -------
    Comparison
        Levene's F and p, and with them the pick, are NaN where in both groups all answers lie
        equally far from the mean; t is infinite or NaN where neither group has any spread.

    References
    ----------
    Levene, H. (1960). Robust tests for equality of variances. In I. Olkin (Ed.), Contributions to
    probability and statistics (pp. 278–292). Stanford University Press.

    Examples
    --------
    >>> result = compare(counted([[0, 1, 0, 1, 1, 2], [5, 0, 0, 0, 0, 0]]), counted([2, 1, 1]))
    >>> result.t.round(3), result.df.round(1)
    (array([ 3.01 , -1.567]), array([7., 3.]))
    """
    from scipy import special

    diff = np.asarray(first.mean - second.mean, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        error, df = student(first.away_var, first.n, second.away_var, second.n)
        error = np.where(error > 0, error, np.nan)
        levene_f = (first.away - second.away) ** 2 / error
        levene_p = special.fdtrc(1, df, levene_f)
        tests = {}
        for name, test in TESTS.items():
            error, df = test(first.var, first.n, second.var, second.n)
            se, df = np.sqrt(error), np.broadcast_to(df, diff.shape).astype(float)
            t = diff / se
            tests[name] = t, df, 2 * special.stdtr(df, -np.abs(t)), se
    equal, undefined = levene_p > ALPHA, np.isnan(levene_p)
    both = zip(tests["student"], tests["welch"], strict=True)
    picked = (np.where(undefined, np.nan, np.where(equal, *pair)) for pair in both)
    return Comparison(diff, levene_f, levene_p, *tests["student"], *tests["welch"], *picked)


def mann_whitney(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    """Return the probability of superiority, and the two-sided p of the Mann-Whitney test.

    Parameters
    ----------
    first, second
        Distributions of answers, of shapes (..., answers) that broadcast.

    Returns
    -------
    tuple of ndarray
        In what share of all pairs of one of the first and one of the second group the first answers
        higher, ties counting half (Vargha and Delaney 2000); and p by the normal approximation with
        corrections for ties and continuity, NaN where all answers are the same.

    References
    ----------
    Mann, H. B., & Whitney, D. R. (1947). On a test of whether one of two random variables is
    stochastically larger than the other. Annals of Mathematical Statistics, 18(1), 50–60.
    https://doi.org/10.1214/aoms/1177730491

    Vargha, A., & Delaney, H. D. (2000). A critique and improvement of the CL common language effect
    size statistics of McGraw and Wong. Journal of Educational and Behavioral Statistics, 25(2),
    101–132. https://doi.org/10.3102/10769986025002101

    Examples
    --------
    >>> superiority, p = mann_whitney([0, 1, 0, 1, 1, 2], [2, 1, 1, 0, 0, 0])
    >>> superiority.round(3), p.round(3)
    (np.float64(0.925), np.float64(0.047))
    """
    from scipy import special

    first, second = np.asarray(first), np.asarray(second)
    n_1, n_2 = first.sum(axis=-1), second.sum(axis=-1)
    answers = np.arange(first.shape[-1])
    above = (np.sign(answers[:, None] - answers) + 1) / 2
    won = ((first @ above) * second).sum(axis=-1)
    n, tied = n_1 + n_2, first + second
    ties = (tied**3 - tied).sum(axis=-1) / (n * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (np.abs(won - n_1 * n_2 / 2) - 0.5) / np.sqrt(n_1 * n_2 / 12 * (n + 1 - ties))
    return won / (n_1 * n_2), np.minimum(2 * special.ndtr(-far), 1)


def hedges_g(student_t: Number, n_1: Size, n_2: Size) -> Floats:
    """Return Hedges' g, the bias-corrected difference in pooled SDs, from Student's t.

    References
    ----------
    Hedges, L. V. (1981). Distribution theory for Glass's estimator of effect size and related
    estimators. Journal of Educational Statistics, 6(2), 107–128.
    https://doi.org/10.3102/10769986006002107

    Examples
    --------
    >>> round(float(hedges_g(2.53, 60, 35)), 3)
    0.534
    """
    from scipy import special

    df = n_1 + n_2 - 2
    # The Pochhammer symbol is the ratio of two gammas, and does not overflow.
    return (
        special.poch((df - 1) / 2, 0.5) / np.sqrt(df / 2) * student_t * np.sqrt(1 / n_1 + 1 / n_2)
    )
