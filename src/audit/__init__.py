"""Whether printed statistics can be true, what data could have given them, and what follows.

Printed numbers come as strings, because "1.5" and "1.50" say different things, and are read in one
of the ways that `audit.printed` describes. All yes-or-no answers here are exact: floats only
propose, whole numbers and fractions decide.

A *distribution of answers* is an integer array with one count for every answer from `low` to
`high`, lowest first. Standard deviations divide by n - 1.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import ceil, comb, copysign, sqrt
from typing import Literal

import numpy as np
import pandas as pd

from audit.printed import SHOWN_DECIMALS, Reading, decimals, dropped, interval, parse, rounded

PRINTED_OF_ITEM = ["mean_women", "sd_women", "mean_men", "sd_men", "t", "df"]
"""What an item must have printed before the group sizes can be searched, as in omi_items.csv."""

HAIR = 1e-9
"""How far, in proportion, a float may be outside its limits and still be tried in fractions."""

Verdict = Literal["consistent", "inconsistent", "decision"]
Number = float | np.ndarray | Fraction
Size = int | np.ndarray


# Percentages


def counts_for(percent: str, n: int, digits: Reading = "rounded") -> list[int]:
    """Return the counts out of `n` that give a printed percentage.

    Parameters
    ----------
    percent
        The percentage as printed, without its sign: "71.2".
    n
        How many people it is a percentage of.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".

    Raises
    ------
    ValueError
        If `percent` is no number; the message shows it.

    Examples
    --------
    >>> counts_for("64.2", 95), counts_for("71.2", 95)
    ([61], [])
    """
    low, high = _limits(percent, digits, "percent")
    negative = parse(percent) < 0
    return [] if negative else [c for c in _wholes(n * low / 100, n * high / 100) if c <= n]


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


def bases(percents: Sequence[str], n: Iterable[int], digits: Reading = "rounded") -> pd.DataFrame:
    """Tell of which numbers of people the printed percentages can be percentages.

    Parameters
    ----------
    percents
        Percentages as printed.
    n
        The numbers of people to try.
    digits
        As for `counts_for`.

    Returns
    -------
    pandas.DataFrame
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
        possible = sum(bool(counts_for(percent, base, digits)) for percent in percents)
        together = bool(count_sets(percents, base, digits))
        rows.append((base, possible, possible == len(percents), together))
    return pd.DataFrame(rows, columns=["n", "possible", "each", "together"])


# Means and standard deviations


def grim(mean: str, n: int, items: int = 1, digits: Reading = "rounded") -> bool:
    """Tell whether whole answers of `n` people can have the printed mean (GRIM).

    The sum of n·items whole answers is whole, so n·items·mean has to be, before it was printed
    (Brown and Heathers 2017). Here a half rounds up; the original accepts it rounded down as well.

    Parameters
    ----------
    mean
        The mean as printed.
    n
        How many people answered.
    items
        How many whole answers each person's value is the mean of.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".

    Raises
    ------
    ValueError
        If `mean` is no number; the message shows it.

    Examples
    --------
    >>> grim("5.19", 28), grim("5.19", 32)
    (False, True)
    """
    low, high = _limits(mean, digits, "mean")
    return len(_wholes(n * items * low, n * items * high)) > 0


def grimmer(
    mean: str, sd: str, n: int, low: int = 0, high: int = 5, digits: Reading = "rounded"
) -> bool:
    """Tell whether `n` whole answers from `low` to `high` can have the printed mean and SD.

    The question that GRIMMER asks (Anaya 2016; analytically, Allard 2018), answered exactly: those
    tests are necessary conditions, this one is also sufficient, because it knows which sums of
    squares answers in the range can have.

    Parameters
    ----------
    mean, sd
        Mean and standard deviation as printed.
    n
        How many people answered; with one there is no standard deviation, so the result is false.
    low, high
        The lowest and the highest answer.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".

    Raises
    ------
    ValueError
        If `mean` or `sd` is no number; the message shows it.

    Examples
    --------
    >>> grimmer("2.78", "2.30", 60), grimmer("2.78", "2.30", 60, low=1, high=6)
    (True, True)
    >>> grimmer("1.5", "2.14", 35, digits="dropped"), grimmer("1.5", "2.14", 35, low=1, high=6)
    (True, False)
    """
    return bool(_sums_and_squares(mean, sd, n, low, high, digits))


def answers(
    mean: str, sd: str, n: int, low: int = 0, high: int = 5, digits: Reading = "rounded"
) -> np.ndarray:
    """Return every distribution of `n` whole answers that gives the printed mean and SD.

    The counts of the upper answers are tried one after the other; number, sum and sum of squares of
    the people left over then fix the counts of the three lowest. For 60 people and six answers that
    are at most 1,772 distributions if two decimals are printed (rounded), 61,230 if one is. Their
    number grows with the power `high - low - 2` of n, and memory with it: eleven answers of 60
    people leave millions. `sprite` is for those.

    Parameters
    ----------
    mean, sd, n, low, high, digits
        As for `grimmer`.

    Returns
    -------
    numpy.ndarray
        Integers of shape (distributions, high - low + 1); no rows if none is possible.

    Raises
    ------
    ValueError
        If `mean` or `sd` is no number; the message shows it.

    Examples
    --------
    >>> answers("2.50", "2.89", 4)
    array([[2, 0, 0, 0, 0, 2]])
    """
    left = _starts(mean, sd, n, low, high, digits)
    counts = np.empty((len(left), 0), dtype=np.int64)
    for answer in range(high - low, 2, -1):
        parent, count, left = _share_out(left, answer)
        counts = np.column_stack([count, counts[parent]])
    lowest = _lowest_three(left)
    return np.column_stack([lowest, counts])[(lowest >= 0).all(axis=1), : high - low + 1]


def sprite(
    mean: str,
    sd: str,
    n: int,
    low: int = 0,
    high: int = 5,
    draws: int = 1000,
    seed: int | np.random.Generator = 0,
    digits: Reading = "rounded",
) -> np.ndarray:
    """Draw distributions of answers at random among those with the printed mean and SD.

    Every distribution that `answers` would list is equally likely in every draw, and draws are
    independent, so the same one may come twice. SPRITE (Heathers, Anaya, van der Zee and Brown
    2018) walks at random until mean and SD fit, and prefers the distributions that its walk meets
    more easily. Here the distributions are counted instead: those that agree on the people, sum and
    squares left to share among the lower answers are counted once, and a draw goes down through the
    upper answers with chances in proportion to the counts. (The counts are floats: beyond 2^53
    distributions the chances are equal only to about 16 digits.)

    Parameters
    ----------
    mean, sd, n, low, high, digits
        As for `grimmer`.
    draws
        How many distributions to draw.
    seed
        Seed or generator; the same seed gives the same draws.

    Returns
    -------
    numpy.ndarray
        Integers of shape (draws, high - low + 1); no rows if no distribution is possible.

    Raises
    ------
    ValueError
        If `mean` or `sd` is no number; the message shows it.

    Examples
    --------
    >>> sprite("2.50", "2.89", 4, draws=2)
    array([[2, 0, 0, 0, 0, 2],
           [2, 0, 0, 0, 0, 2]])
    """
    rng = np.random.default_rng(seed)
    left = _starts(mean, sd, n, low, high, digits)
    if len(left) == 0:
        return np.empty((0, high - low + 1), dtype=np.int64)
    steps = []
    for answer in range(high - low, 2, -1):
        parent, count, rest = _share_out(left, answer)
        first = np.searchsorted(parent, np.arange(len(left) + 1))
        left, child = np.unique(rest, axis=0, return_inverse=True)
        steps.append((first, count, child))
    lowest = _lowest_three(left)
    upper, end = _draw_down(steps, (lowest >= 0).all(axis=1), draws, rng)
    return np.column_stack([lowest[end], upper])[:, : high - low + 1]


# Group sizes


def splits(
    items: pd.DataFrame,
    *,
    women: Iterable[int],
    men: Iterable[int],
    digits: Reading,
    low: int = 0,
    high: int = 5,
) -> pd.DataFrame:
    """Tell which group sizes let the printed means, SDs, t and df of attitude items be true.

    An item fits a pair of group sizes if whole answers from `low` to `high` exist for both groups
    whose means and SDs, and whose t and df (both Student's, or both Welch's), give the six printed
    numbers, all at once. Everybody is taken to have answered. t is that of women minus men.

    Mean, SD, t and df depend on the answers only through each group's sum and sum of squares. So
    the pairs of sums and squares that the printed means and SDs allow are tried against t and df:
    in floats with a margin, then, those that pass, in fractions, and last whether answers in the
    range have these sums and squares.

    Parameters
    ----------
    items
        The columns of omi_items.csv, printed numbers as strings. Items without all six printed
        numbers are left out.
    women, men
        The group sizes to try.
    digits
        How the printed digits came about: "rounded", "dropped" or "either" (digit by digit).
    low, high
        The lowest and the highest answer.

    Returns
    -------
    pandas.DataFrame
        One row for every pair: `women`, `men`, a boolean for every item, named as in `items`, and
        `all` (every item fits this pair).

    Raises
    ------
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
    women, men = list(women), list(men)
    table = pd.DataFrame(list(product(women, men)), columns=["women", "men"])
    printed = _printed_items(items)
    for item in printed.to_dict("records"):
        found = _fitting(item, women, men, digits, low, high)
        fitting = {(group_1[0], group_2[0]) for group_1, group_2, _ in found}
        table[item["item"]] = [pair in fitting for pair in product(women, men)]
    return table.assign(all=table[printed["item"].tolist()].all(axis=1))


def exact_tests(
    item: Mapping[str, str],
    women: int,
    men: int,
    digits: Reading,
    low: int = 0,
    high: int = 5,
) -> pd.DataFrame:
    """Return the exact statistics that an item's printed ones can stand for, at given group sizes.

    Parameters
    ----------
    item
        The six printed numbers of an item, under the column names of omi_items.csv.
    women, men
        The group sizes.
    digits, low, high
        As for `splits`.

    Returns
    -------
    pandas.DataFrame
        One row for every way in which whole answers make all six printed numbers true: exact
        `mean_women`, `sd_women`, `mean_men`, `sd_men`, `test` (student or welch), `t`, `df`, and
        `p` (two-sided). No rows if there is none, that is, if the item does not fit.

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
    for group_1, group_2, test in _fitting(item, [women], [men], digits, low, high):
        (_, mean_1, var_1), (_, mean_2, var_2) = _moments(*group_1), _moments(*group_2)
        squared, df = TESTS[test](mean_1 - mean_2, var_1, women, var_2, men)
        t = copysign(sqrt(squared), mean_1 - mean_2)
        p = 2 * stats.t.sf(abs(t), float(df))
        means_sds = float(mean_1 + low), sqrt(var_1), float(mean_2 + low), sqrt(var_2)
        rows.append((*means_sds, test, t, float(df), p))
    numbers = dict.fromkeys([*PRINTED_OF_ITEM[:4], "t", "df", "p"], float)
    columns = [*PRINTED_OF_ITEM[:4], "test", "t", "df", "p"]
    return pd.DataFrame(rows, columns=columns).astype(numbers)


# Tests


def recomputed(
    mean_1: str,
    sd_1: str,
    n_1: int,
    mean_2: str,
    sd_2: str,
    n_2: int,
    digits: Reading = "rounded",
) -> pd.DataFrame:
    """Recompute t, df and p of two groups from their printed means and SDs.

    The intervals hold every value that exact means and SDs behind the printed ones can give. They
    are the least ones for t and df; p is taken from the ends of both, so its interval may be wider
    than it need be. t is that of group 1 minus group 2, p two-sided.

    Parameters
    ----------
    mean_1, sd_1, mean_2, sd_2
        Means and standard deviations as printed.
    n_1, n_2
        How many people are in each group.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".

    Returns
    -------
    pandas.DataFrame
        Rows `student` (equal variances) and `welch`; columns `t_low`, `t_high`, `df_low`,
        `df_high`, `p_low`, `p_high`.

    Raises
    ------
    ValueError
        If a printed number is none; the message shows it.

    Examples
    --------
    >>> recomputed("1.5", "2.14", 35, "2.78", "2.30", 60).round(2)
             t_low  t_high  df_low  df_high  p_low  p_high
    student  -2.80   -2.56   93.00    93.00   0.01    0.01
    welch    -2.86   -2.61   75.24    75.77   0.01    0.01
    """
    from scipy import stats

    (low_1, high_1), (low_2, high_2) = (_signed_limits(m, digits) for m in (mean_1, mean_2))
    variances = [tuple(float(end) ** 2 for end in _limits(s, digits, "sd")) for s in (sd_1, sd_2)]
    # t is monotone in each argument, so its extremes are at the corners; so are those of Welch's
    # df, but that it peaks at n_1 + n_2 - 2 where the two terms of its denominator balance.
    diff, var_1, var_2 = np.array(list(product((low_1 - high_2, high_1 - low_2), *variances))).T
    balance = var_1 / n_1 / (n_1 - 1) - var_2 / n_2 / (n_2 - 1)
    rows = {}
    for name, test in TESTS.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            squared, df = test(diff, var_1, n_1, var_2, n_2)
        t = np.sign(diff) * np.sqrt(squared)
        df_low, df_high = np.nanmin(df), np.nanmax(df)
        if balance.min() <= 0 <= balance.max():
            df_high = n_1 + n_2 - 2
        nearest = 0.0 if t.min() < 0 < t.max() else np.abs(t).min()
        p = 2 * stats.t.sf([np.abs(t).max(), nearest], [df_high, df_low])
        rows[name] = (t.min(), t.max(), df_low, df_high, *p)
    columns = ["t_low", "t_high", "df_low", "df_high", "p_low", "p_high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def t_p(t: str, df: str, digits: Reading = "rounded") -> tuple[float, float]:
    """Return the least and the largest two-sided p of a printed t with a printed df.

    Parameters
    ----------
    t, df
        As printed.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".

    Raises
    ------
    ValueError
        If `t` or `df` is no number; the message shows it.

    Examples
    --------
    >>> [round(p, 4) for p in t_p("2.5", "75.9")]
    [0.0128, 0.0166]
    """
    from scipy import stats

    (t_low, t_high), (df_low, df_high) = _limits(t, digits, "t"), _limits(df, digits, "df")
    p = 2 * stats.t.sf([float(t_high), float(t_low)], [float(df_high), float(df_low)])
    return float(p[0]), float(p[1])


def f_p(f: str, df_1: float, df_2: float, digits: Reading = "rounded") -> tuple[float, float]:
    """Return the least and the largest p of a printed F with known degrees of freedom.

    With one degree of freedom in the numerator, F is the square of t.

    Parameters
    ----------
    f
        F as printed.
    df_1, df_2
        Degrees of freedom of numerator and denominator.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".

    Raises
    ------
    ValueError
        If `f` is no number; the message shows it.

    Examples
    --------
    >>> [round(p, 5) for p in f_p("6.60", 1, 93)]
    [0.01176, 0.01182]
    """
    from scipy import stats

    low, high = _limits(f, digits, "f")
    return float(stats.f.sf(float(high), df_1, df_2)), float(stats.f.sf(float(low), df_1, df_2))


def p_verdict(
    p: str,
    p_low: float,
    p_high: float,
    comparison: Literal["=", "<", ">"] = "=",
    alpha: float = 0.05,
    digits: Reading = "rounded",
) -> Verdict:
    """Hold a printed p against a recomputed one, and tell errors that change the decision apart.

    The distinction is that of statcheck (Nuijten and others 2016), and as there p = alpha counts as
    significant. statcheck decides by the p of the test statistic as printed; here the decision
    counts as changed only if no p in the recomputed interval agrees with the printed one.

    Parameters
    ----------
    p
        p as printed.
    p_low, p_high
        The recomputed interval, as from `t_p`, `f_p` or `recomputed`.
    comparison
        The sign printed before p.
    alpha
        The level of significance.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".

    Returns
    -------
    str
        "consistent"; "inconsistent", if the printed p is impossible but on the same side of alpha;
        "decision", if it is impossible and on the other side.

    Raises
    ------
    ValueError
        If `p` is no number; the message shows it.

    Examples
    --------
    >>> p_verdict(".05", *t_p("2.53", "93")), p_verdict(".05", *t_p("2.53", "93"), comparison="<")
    ('inconsistent', 'consistent')
    >>> p_verdict(".03", *t_p("1.20", "28"))
    'decision'
    """
    printed = float(parse(p))
    low, high = (float(end) for end in _limits(p, digits, "p"))
    possible = {
        "=": low <= p_high and p_low < high,
        "<": p_low < printed,
        ">": p_high > printed,
    }
    if possible[comparison]:
        return "consistent"
    if comparison == ">":
        changed = printed >= alpha and p_high <= alpha
    elif printed <= alpha:
        changed = p_low > alpha
    else:
        changed = comparison == "=" and p_high <= alpha
    return "decision" if changed else "inconsistent"


def levene_f(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Levene's F of every distribution of one group against every one of the other.

    F is that of a one-way analysis of variance of the distances from the group means (Levene 1960),
    as SPSS has it; its degrees of freedom are 1 and n_1 + n_2 - 2. With two groups it is the square
    of Student's t of these distances.

    Parameters
    ----------
    first, second
        Distributions of answers, as from `answers`: shapes (a, answers) and (b, answers), every row
        of one array with the same number of people.

    Returns
    -------
    numpy.ndarray
        Floats of shape (a, b); infinite or NaN where the distances in both groups are constant.

    Examples
    --------
    >>> levene_f(np.array([[1, 0, 1]]), np.array([[2, 0, 1]])).round(3)
    array([[0.15]])
    """

    def distances(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        values, n = np.arange(counts.shape[1]), int(counts[0].sum())
        away = np.abs(values - (counts @ values / n)[:, None])
        mean = (counts * away).sum(axis=1) / n
        return mean, (counts * (away - mean[:, None]) ** 2).sum(axis=1) / (n - 1), n

    (mean_1, var_1, n_1), (mean_2, var_2, n_2) = distances(first), distances(second)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _student(mean_1[:, None] - mean_2, var_1[:, None], n_1, var_2, n_2)[0]


def corrections(
    p_known: pd.Series,
    m: int,
    others_low: float | Sequence[float] = 0.0,
    others_high: float | Sequence[float] = 1.0,
) -> pd.DataFrame:
    """Return the least and the largest adjusted p of some of `m` tests, the other p being unknown.

    The p values adjusted by Holm (1979) and by Benjamini and Hochberg (1995) can only grow as any
    of the m p values grows, so the best case has the unknown ones at their least, the worst at
    their largest. Alternatives survive at level alpha where the adjusted p is at most alpha.

    Parameters
    ----------
    p_known
        The known p values.
    m
        How many tests there were in all.
    others_low, others_high
        What the m - len(p_known) unknown p values are at least and at most: one number for all, or
        one for each.

    Returns
    -------
    pandas.DataFrame
        The index of `p_known`; columns `p`, `holm_best`, `holm_worst`, `bh_best`, `bh_worst`.

    Examples
    --------
    >>> corrections(pd.Series([0.01, 0.04], index=["a", "b"]), 5)
          p  holm_best  holm_worst  bh_best  bh_worst
    a  0.01       0.02        0.05   0.0125      0.05
    b  0.04       0.04        0.16   0.0400      0.10
    """
    from statsmodels.stats.multitest import multipletests

    known = p_known.to_numpy(dtype=float)
    table = {"p": known}
    for name, method in (("holm", "holm"), ("bh", "fdr_bh")):
        for case, others in (("best", others_low), ("worst", others_high)):
            every = np.concatenate([known, np.broadcast_to(others, m - len(known))])
            table[f"{name}_{case}"] = multipletests(every, method=method)[1][: len(known)]
    return pd.DataFrame(table, index=p_known.index)


# Controls of the search for group sizes


def simulate_items(
    items: pd.DataFrame,
    answers_women: np.ndarray,
    answers_men: np.ndarray,
    split: tuple[int, int],
    digits: Literal["rounded", "dropped"],
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Print the statistics of simulated answers in the way that a table of items is printed.

    People answer independently, with the given shares, on a scale that begins at 0. The test is
    Student's, or Welch's where Levene's p is below .05. Every number gets as many decimals as it
    has in `items`, but Student's df none.

    Parameters
    ----------
    items
        The columns of omi_items.csv; items without all six printed numbers are left out.
    answers_women, answers_men
        A distribution of answers for every printed item, shape (items, answers), as from `sprite`;
        only its shares matter.
    split
        How many women and men answer.
    digits
        How the digits beyond the printed ones are taken off.
    seed
        Seed or generator; the same seed gives the same answers.

    Returns
    -------
    pandas.DataFrame
        The printed items with six new numbers each.

    Examples
    --------
    >>> printed = pd.DataFrame({
    ...     "item": ["tax"], "mean_women": ["3.33"], "sd_women": ["1.15"],
    ...     "mean_men": ["3.77"], "sd_men": [".84"], "t": ["-2.12"], "df": ["88"],
    ... })
    >>> women, men = np.array([[0, 4, 9, 22, 13, 12]]), np.array([[0, 1, 0, 9, 21, 4]])
    >>> simulate_items(printed, women, men, split=(60, 35), digits="dropped")
      item mean_women sd_women mean_men sd_men      t  df
    0  tax       3.40     1.13     3.60   0.91  -0.88  93
    """
    rng = np.random.default_rng(seed)
    simulated = _printed_items(items)
    for row, groups in enumerate(zip(answers_women, answers_men, strict=True)):
        drawn = [
            rng.multinomial(n, counts / counts.sum())
            for n, counts in zip(split, groups, strict=True)
        ]
        for column, value in _statistics(*drawn).items():
            place = simulated.index[row], column
            simulated.loc[place] = _print_like(simulated.loc[place], column, value, digits)
    return simulated


def change_digit(items: pd.DataFrame, seed: int | np.random.Generator = 0) -> pd.DataFrame:
    """Change one printed digit into another one, both picked at random.

    Parameters
    ----------
    items
        The columns of omi_items.csv; items without all six printed numbers are left out.
    seed
        Seed or generator; the same seed changes the same digit.

    Returns
    -------
    pandas.DataFrame
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
    rng = np.random.default_rng(seed)
    changed = _printed_items(items)
    place = rng.choice(changed.index), rng.choice(PRINTED_OF_ITEM)
    text = changed.loc[place]
    at = rng.choice([i for i, character in enumerate(text) if character.isdigit()])
    digit = (int(text[at]) + rng.integers(1, 10)) % 10
    changed.loc[place] = f"{text[:at]}{digit}{text[at + 1 :]}"
    return changed


def control(
    items: pd.DataFrame,
    answers_women: np.ndarray,
    answers_men: np.ndarray,
    split: tuple[int, int],
    *,
    women: Iterable[int],
    men: Iterable[int],
    printed: Literal["rounded", "dropped"],
    digits: Reading,
    runs: int = 20,
    seed: int = 0,
) -> pd.DataFrame:
    """Try the search for group sizes where the truth is known, and where one digit is wrong.

    In each run answers are simulated and their statistics printed (`simulate_items`), the group
    sizes searched for (`splits`), one printed digit changed (`change_digit`), and the sizes
    searched for again.

    Parameters
    ----------
    items, answers_women, answers_men, split
        As for `simulate_items`.
    women, men
        The group sizes to try, as for `splits`.
    printed
        How the digits beyond the printed ones are taken off.
    digits
        How the search takes the digits to have come about.
    runs
        How many data sets to simulate.
    seed
        The same seed gives the same runs.

    Returns
    -------
    pandas.DataFrame
        One row for every run: `fitting` (how many pairs of sizes let all items be true),
        `true_fits` (the true pair is among them), `only_true` (and no other), `fitting_changed`
        (how many pairs do so after the change of a digit).

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
       fitting  true_fits  only_true  fitting_changed
    0        1       True       True                0
    1        1       True       True                0
    """
    women, men = list(women), list(men)
    high = np.asarray(answers_women).shape[1] - 1
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(runs):
        simulated = simulate_items(items, answers_women, answers_men, split, printed, rng)
        found, changed = (
            _fitting_all(printed_items, women, men, digits, high)
            for printed_items in (simulated, change_digit(simulated, rng))
        )
        rows.append((len(found), split in found, found == {split}, len(changed)))
    return pd.DataFrame(rows, columns=["fitting", "true_fits", "only_true", "fitting_changed"])


# Printed digits as limits


@lru_cache(maxsize=256)
def _limits(printed: str, digits: Reading, kind: str) -> tuple[Fraction, Fraction]:
    """Return the magnitudes behind a printed statistic, low <= value < high; none if it is absurd.

    A mean and a t may be negative; of the other kinds of statistic no value is.
    """
    if parse(printed) < 0 and kind not in ("mean", "t"):
        return Fraction(0), Fraction(0)
    low, high = interval(printed, digits, SHOWN_DECIMALS[kind])
    return Fraction(low), Fraction(high)


def _signed_limits(mean: str, digits: Reading) -> tuple[float, float]:
    low, high = (float(end) for end in _limits(mean, digits, "mean"))
    number = parse(mean)
    return (low, high) if number > 0 else (-high, -low if number else high)


def _wholes(low: Fraction, high: Fraction) -> range:
    return range(ceil(low), ceil(high))


# Sums and sums of squares. Answers are counted from the lowest one, from 0 to `top`.


def _candidates(
    mean: str, sd: str, n: int, low: int, high: int, digits: Reading
) -> list[tuple[int, int]]:
    """Return the pairs (sum, sum of squares) of n answers that give the printed mean and SD.

    Whether answers in the range have these sums is left open, but that sum and sum of squares are
    both even or both odd.
    """
    if n < 2:
        return []
    number = parse(mean)
    signs = [sign for sign in (-1, 1) if sign * number >= 0]
    magnitudes = _wholes(*(n * end for end in _limits(mean, digits, "mean")))
    totals = {sign * magnitude - n * low for sign in signs for magnitude in magnitudes}
    sd_low, sd_high = _limits(sd, digits, "sd")
    pairs = []
    for total in sorted(total for total in totals if 0 <= total <= n * (high - low)):
        # The variance is (n · squares - total²) / (n (n - 1)).
        start, end = (ceil((n * (n - 1) * limit**2 + total**2) / n) for limit in (sd_low, sd_high))
        pairs += [(total, squares) for squares in range(start + (start - total) % 2, end, 2)]
    return pairs


def _sums_and_squares(
    mean: str, sd: str, n: int, low: int, high: int, digits: Reading
) -> list[tuple[int, int]]:
    """Return the pairs (sum, sum of squares) of n answers in the range that give mean and SD."""
    return [
        (total, squares)
        for total, squares in _candidates(mean, sd, n, low, high, digits)
        if _has_answers(n, total, squares, high - low)
    ]


@lru_cache(maxsize=4096)
def _square_sums(n: int, total: int, top: int) -> int:
    """Return which sums of squares n answers from 0 to `top` with this sum have, as set bits.

    Answers can be put in an order in which the sum of the first i stays close to i times the mean:
    take one at or above the mean whenever the sum so far is not above that line, and one at or
    below it otherwise. So only the sums near the line have to be followed, answer by answer.
    """
    reached = {0: 1}
    for i in range(1, n + 1):
        ahead: dict[int, int] = {}
        for so_far, squares in reached.items():
            for answer in range(top + 1):
                if -total <= (so_far + answer) * n - i * total <= top * n - total:
                    key = so_far + answer
                    ahead[key] = ahead.get(key, 0) | squares << answer * answer
        reached = ahead
    return reached[total]


# Distributions of answers. What is left to share out among the answers 0 to a is a row of three
# numbers: people, their sum, and their sum of a(a - 1)/2, which only answers above 1 add to.


def _starts(mean: str, sd: str, n: int, low: int, high: int, digits: Reading) -> np.ndarray:
    pairs = _sums_and_squares(mean, sd, n, low, high, digits)
    rows = [(n, total, (squares - total) // 2) for total, squares in pairs]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _share_out(left: np.ndarray, answer: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Let as many people give `answer` as can, in every way, and drop what lower answers cannot.

    Returns the row of `left` that each way begins with, how many give the answer, what is left.
    """
    each = np.array([1, answer, comb(answer, 2)])
    ways = (left // each).min(axis=1) + 1
    parent = np.repeat(np.arange(len(left)), ways)
    count = np.arange(len(parent)) - np.repeat(np.cumsum(ways) - ways, ways)
    rest = left[parent] - count[:, None] * each
    people, total, pairs = rest.T
    possible = (
        (total <= (answer - 1) * people)
        & (2 * pairs <= (answer - 2) * total)
        & ((2 * pairs + total) * people >= total**2)
    )
    return parent[possible], count[possible], rest[possible]


def _draw_down(
    steps: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
    last: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw ways down a graph of steps, every way with the same chance.

    A step has, for every state it starts from, the place of its first edge (and at the end their
    number); for every edge, the count that it stands for and the state it leads to. `last` tells
    which of the last states a way may end in. Returns the counts, last step first, and the ends.
    """
    ways = last.astype(float)
    ways_before = []
    for first, _, child in reversed(steps):
        ways_before.insert(0, np.concatenate([[0.0], np.cumsum(ways[child])]))
        ways = np.diff(ways_before[0][first])
    state = rng.choice(len(ways), size=draws, p=ways / ways.sum())
    counts = np.empty((draws, 0), dtype=np.int64)
    for (first, count, child), before in zip(steps, ways_before, strict=True):
        start, end = before[first[state]], before[first[state + 1]]
        # Below `end` in spite of floating point, so that the edge taken has a way behind it.
        aim = np.minimum(start + rng.random(draws) * (end - start), np.nextafter(end, 0))
        edge = np.searchsorted(before, aim, side="right") - 1
        counts = np.column_stack([count[edge], counts])
        state = child[edge]
    return counts, state


def _lowest_three(left: np.ndarray) -> np.ndarray:
    """Return the counts of 0, 1 and 2 that use up what is left; negative where none do."""
    people, total, pairs = left.T
    return np.column_stack([people - total + pairs, total - 2 * pairs, pairs])


# Tests of two groups: t² and df from the difference of the means and the two variances, which may
# be floats, arrays of them or fractions


def _student(
    diff: Number, var_1: Number, n_1: Size, var_2: Number, n_2: Size
) -> tuple[Number, Size]:
    pooled = ((n_1 - 1) * var_1 + (n_2 - 1) * var_2) / (n_1 + n_2 - 2)
    return diff**2 / (pooled * (n_1 + n_2) / (n_1 * n_2)), n_1 + n_2 - 2


def _welch(
    diff: Number, var_1: Number, n_1: Size, var_2: Number, n_2: Size
) -> tuple[Number, Number]:
    part_1, part_2 = var_1 / n_1, var_2 / n_2
    df = (part_1 + part_2) ** 2 / (part_1**2 / (n_1 - 1) + part_2**2 / (n_2 - 1))
    return diff**2 / (part_1 + part_2), df


TESTS = {"student": _student, "welch": _welch}


# The search for group sizes. A group is a row of three numbers: people, sum, sum of squares.


def _printed_items(items: pd.DataFrame) -> pd.DataFrame:
    return items.replace("", pd.NA).dropna(subset=PRINTED_OF_ITEM)


def _fitting(
    item: Mapping[str, str], women: list[int], men: list[int], digits: Reading, low: int, high: int
) -> Iterator[tuple[list[int], list[int], str]]:
    """Yield the groups of women and men, and the test, that give the six printed numbers."""

    def groups(name: str, n: int) -> np.ndarray:
        mean, sd = item[f"mean_{name}"], item[f"sd_{name}"]
        rows = [(n, *pair) for pair in _candidates(mean, sd, n, low, high, digits)]
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    all_men = np.concatenate([groups("men", n) for n in men])
    sign = int(parse(item["t"]).compare(0))
    t_limits, df_limits = _limits(item["t"], digits, "t"), _limits(item["df"], digits, "df")
    for n_women in (groups("women", n) for n in women):
        for name, test in TESTS.items():
            near = _near(n_women, all_men, test, sign, t_limits, df_limits)
            for group_1, group_2 in zip(*(rows.tolist() for rows in near), strict=True):
                if (
                    _gives(group_1, group_2, test, t_limits, df_limits)
                    and _has_answers(*group_1, high - low)
                    and _has_answers(*group_2, high - low)
                ):
                    yield group_1, group_2, name


def _fitting_all(
    items: pd.DataFrame, women: Iterable[int], men: Iterable[int], digits: Reading, high: int
) -> set[tuple[int, int]]:
    """Return the pairs that let all items be true, as `splits` finds them, but sooner.

    Sizes that an item leaves no pair are not tried for the next. A broken df leaves the fewest.
    """
    pairs = set(product(women, men))
    for item in sorted(_printed_items(items).to_dict("records"), key=lambda i: "." not in i["df"]):
        if not pairs:
            break
        left = (sorted(set(sizes)) for sizes in zip(*pairs, strict=True))
        found = _fitting(item, *left, digits, 0, high)
        pairs &= {(group_1[0], group_2[0]) for group_1, group_2, _ in found}
    return pairs


def _near(
    first: np.ndarray,
    second: np.ndarray,
    test: Callable,
    sign: int,
    t_limits: tuple[Fraction, Fraction],
    df_limits: tuple[Fraction, Fraction],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the groups whose t has the sign, and t and df are within a hair of the limits."""
    (n_1, total_1, squares_1), (n_2, total_2, squares_2) = first.T[:, :, None], second.T
    diff = (total_1 * n_2 - total_2 * n_1) / (n_1 * n_2)
    var_1 = (n_1 * squares_1 - total_1**2) / (n_1 * (n_1 - 1))
    var_2 = (n_2 * squares_2 - total_2**2) / (n_2 * (n_2 - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        squared, df = test(diff, var_1, n_1, var_2, n_2)
    within = (
        (squared >= float(t_limits[0]) ** 2 * (1 - HAIR))
        & (squared <= float(t_limits[1]) ** 2 * (1 + HAIR))
        & (df >= float(df_limits[0]) * (1 - HAIR))
        & (df <= float(df_limits[1]) * (1 + HAIR))
        & (diff * sign >= 0)
    )
    at_1, at_2 = np.nonzero(within)
    return first[at_1], second[at_2]


def _gives(
    group_1: list[int],
    group_2: list[int],
    test: Callable,
    t_limits: tuple[Fraction, Fraction],
    df_limits: tuple[Fraction, Fraction],
) -> bool:
    """Tell in fractions whether |t| and df of two groups are within the limits."""
    (n_1, mean_1, var_1), (n_2, mean_2, var_2) = _moments(*group_1), _moments(*group_2)
    squared, df = test(mean_1 - mean_2, var_1, n_1, var_2, n_2)
    return t_limits[0] ** 2 <= squared < t_limits[1] ** 2 and df_limits[0] <= df < df_limits[1]


def _moments(n: int, total: int, squares: int) -> tuple[int, Fraction, Fraction]:
    """Return the number, mean and variance of a group."""
    return n, Fraction(total, n), Fraction(n * squares - total**2, n * (n - 1))


def _has_answers(n: int, total: int, squares: int, top: int) -> bool:
    return bool(_square_sums(n, total, top) >> squares & 1)


# Printing simulated statistics


def _statistics(women: np.ndarray, men: np.ndarray) -> dict[str, Decimal | int]:
    """Return the six statistics of an item from the distributions of answers of two groups.

    Fractions keep exact what lies on the edge of a printed digit, square roots included.
    """
    from scipy import stats

    values = np.arange(len(women))
    (n_1, mean_1, var_1), (n_2, mean_2, var_2) = (
        _moments(int(counts.sum()), int(counts @ values), int(counts @ values**2))
        for counts in (women, men)
    )
    levene = stats.f.sf(levene_f(women[None], men[None])[0, 0], 1, n_1 + n_2 - 2)
    test = _welch if levene < 0.05 else _student
    squared, df = test(mean_1 - mean_2, var_1, n_1, var_2, n_2)
    return {
        "mean_women": _decimal(mean_1),
        "sd_women": _decimal(var_1).sqrt(),
        "mean_men": _decimal(mean_2),
        "sd_men": _decimal(var_2).sqrt(),
        "t": _decimal(squared).sqrt().copy_sign(_decimal(mean_1 - mean_2)),
        "df": df if isinstance(df, int) else _decimal(df),
    }


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / number.denominator


def _print_like(like: str, column: str, value: Decimal | int, digits: Reading) -> str:
    """Print a statistic with as many decimals as `like` has; a whole df as it is."""
    if isinstance(value, int):
        return str(value)
    if digits == "rounded":
        return str(rounded(value, decimals(like)))
    return str(dropped(value, decimals(like), SHOWN_DECIMALS[column.partition("_")[0]]))
