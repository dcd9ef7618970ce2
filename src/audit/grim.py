"""Whether whole answers can have a printed mean, and a printed standard deviation beside it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from audit.printed import Reading, limits


def grim(mean: str, n: int, items: int = 1, digits: Reading = "rounded") -> bool:
    """Tell whether whole answers of `n` people can have the printed mean (GRIM).

    The sum of `n * items` whole answers is whole, so the exact mean times `n * items` has to be.

    Parameters
    ----------
    mean
        The mean as printed.
    n
        How many people answered.
    items
        How many whole answers each person's value is the mean of.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Raises
    ------
    ValueError
        If `mean` is no number; the message shows it.

    References
    ----------
    Brown, N. J. L., & Heathers, J. A. J. (2017). The GRIM test: A simple technique detects numerous
    anomalies in the reporting of results in psychology. Social Psychological and Personality
    Science, 8(4), 363–369. https://doi.org/10.1177/1948550616673876

    Examples
    --------
    >>> grim("5.19", 28), grim("5.19", 32)
    (False, True)
    """
    return len(limits(mean, digits, "mean").wholes(n * items)) > 0


def grimmer(
    mean: str,
    sd: str,
    n: int,
    low: int = 0,
    high: int = 5,
    digits: Reading = "rounded",
    items: int = 1,
) -> bool:
    """Tell whether whole answers from `low` to `high` can have the printed mean and SD (GRIMMER).

    Answered exactly: the published tests are necessary conditions, this one is also sufficient,
    because it finds out whether answers in the range have such a sum of squares.

    Parameters
    ----------
    mean, sd
        Mean and standard deviation as printed.
    n
        How many people answered; with one there is no standard deviation, so the result is false.
    low, high
        The lowest and the highest answer.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.
    items
        How many whole answers each person's value is the mean of.

    Raises
    ------
    ValueError
        If `mean` or `sd` is no number; the message shows it.

    References
    ----------
    Anaya, J. (2016). The GRIMMER test: A method for testing the validity of reported measures of
    variability. PeerJ Preprints, 4, e2400v1. https://doi.org/10.7287/peerj.preprints.2400v1

    Allard, A. (2018). Analytic-GRIMMER: A new way of testing the possibility of standard
    deviations. https://aurelienallard.netlify.app/post/anaytic-grimmer-possibility-standard-deviations/

    Examples
    --------
    >>> grimmer("2.78", "2.30", 60), grimmer("2.78", "2.30", 60, low=1, high=6)
    (True, True)
    >>> grimmer("1.5", "2.14", 35, digits="dropped"), grimmer("1.5", "2.14", 35, low=1, high=6)
    (True, False)
    """
    return any(sums_and_squares(mean, sd, n, low, high, digits, items))


def debit(mean: str, sd: str, n: int, digits: Reading = "rounded") -> bool:
    """Tell whether answers of 0 and 1 can have the printed mean and SD (DEBIT).

    Of such answers mean and SD depend on one number, how many of the n are 1. The published test
    asks only whether the SD goes with some mean that prints so; this one also whether that mean is
    one of n people.

    Parameters
    ----------
    mean, sd, n, digits
        As for `grimmer`.

    References
    ----------
    Heathers, J. A. J., & Brown, N. J. L. (2019). DEBIT: A simple consistency test for binary data.
    https://osf.io/5vb3u/

    Examples
    --------
    >>> debit("0.36", "0.11", 20), debit("0.35", "0.49", 20)
    (False, True)
    """
    return grimmer(mean, sd, n, 0, 1, digits)


# Sums and sums of squares. What a person gave is counted from the lowest that is possible, 0, to
# `top`; where it is a mean of several items, it is their sum.


def sums_and_squares(
    mean: str, sd: str, n: int, low: int, high: int, digits: Reading, items: int = 1
) -> Iterator[tuple[int, int]]:
    """Yield the pairs (sum, sum of squares) that some n people's answers in the range have."""
    if n < 2:
        return
    top = items * (high - low)
    # The sum of squared distances from the mean, here of sums over items, is squares - total² / n.
    # Times n it is whole.
    variances = limits(sd, digits, "sd").through(lambda each: each**2)
    away = variances.wholes(n * (n - 1) * items**2)
    for each in limits(mean, digits, "mean").wholes(n * items):
        total = each - n * items * low
        if 0 <= total <= n * top:
            start = -(-(away.start + total**2) // n)
            start += (start - total) % 2  # sum and sum of squares are both even or both odd
            stop = -(-(away.stop + total**2) // n)
            for squares in range(start, stop, 2):
                if has_answers(n, total, squares, top):
                    yield total, squares


@lru_cache(maxsize=1 << 17)
def has_answers(n: int, total: int, squares: int, top: int) -> bool:
    """Tell whether n answers from 0 to `top` have this sum and this sum of squares.

    A search from the highest answer down: so many give it, and what is left has to come from the
    lower ones. The squares left are fewest if all who are left answer as alike as they can, and
    most if they stand at the two ends but for one of them; what is not between is given up at once.
    As many as can take the highest answer first, so what is left is soon close to its fewest, where
    nearly every sum of squares can be had. Only near the two limits is there much to try, and there
    the limits leave few ways. Whether sum and squares are both even or both odd is not looked at.
    """
    if not 0 <= total <= n * top:
        return False
    if n == 0 or top == 0:
        return total == squares == 0
    each, over = divmod(total, n)
    at_top, rest = divmod(total, top)
    fewest, most = n * each**2 + over * (2 * each + 1), at_top * top**2 + rest**2
    if not fewest < squares < most:
        return squares in (fewest, most)
    return any(
        has_answers(n - count, total - count * top, squares - count * top**2, top - 1)
        for count in range(min(n, squares // top**2), -1, -1)
    )
