"""Describe a sample: Table 1, tallies with intervals, differences between and within people."""

from itertools import combinations

import numpy as np
import pandas as pd

from audit.corrections import adjust


def table_one(people: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Describe columns as a paper's Table 1 does, with the missing counted.

    Parameters
    ----------
    people
        One row a person.
    columns
        Which columns to describe: numbers by mean, SD and range, all others level by level.

    Returns
    -------
    DataFrame
        One row for a column of numbers, or one for each level; columns `variable`, `level` (empty
        for numbers), `n`, `percent` (of the people in whom the column is not missing), `mean`, `sd`
        (divisor :math:`n - 1`), `low`, `high` and `missing` (people in whom it is). True-or-false
        columns keep only their true row.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [30, 40, 50], "nurse": [True, False, None]})
    >>> people["nurse"] = people["nurse"].astype("boolean")
    >>> table_one(people, ["age", "nurse"])[["variable", "n", "percent", "mean", "missing"]]
      variable  n  percent  mean  missing
    0      age  3      NaN  40.0        0
    1    nurse  1     50.0   NaN        1
    """
    parts = [_describe(people[column]) for column in columns]
    order = ["variable", "level", "n", "percent", "mean", "sd", "low", "high", "missing"]
    return pd.concat(parts, ignore_index=True).reindex(columns=order)


def _describe(values: pd.Series) -> pd.DataFrame:
    known = values.dropna()
    fixed = {"variable": values.name, "missing": int(values.isna().sum())}
    if _is_number(values):
        moments = {"mean": known.mean(), "sd": known.std(), "low": known.min(), "high": known.max()}
        return pd.DataFrame([fixed | {"level": "", "n": len(known)} | moments])
    counts = known.value_counts(sort=False)
    if isinstance(values.dtype, pd.BooleanDtype) or values.dtype == bool:
        counts = pd.Series({"": int(known.sum())})
    percent = 100 * counts / len(known)
    return pd.DataFrame(
        {"level": counts.index, "n": counts.array, "percent": percent.array} | fixed
    )


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def standardised_difference(values: pd.Series, in_group: pd.Series) -> float:
    r"""Return how far two groups lie apart in a column, in standard deviations, without its sign.

    Parameters
    ----------
    values
        Numbers, true or false, or categories; missing ones are left out.
    in_group
        True in the one group, False in the other, of the same index.

    Returns
    -------
    float
        For numbers

        .. math:: d = \frac{|\bar x_1 - \bar x_2|}{\sqrt{(s_1^2 + s_2^2) / 2}}

        For categories the Mahalanobis distance between the shares :math:`p_1` and :math:`p_2` of
        all levels but one,

        .. math:: D = \sqrt{(p_1 - p_2)^\top S^{-1} (p_1 - p_2)}

        with S the mean of the two multinomial covariance matrices; for two levels it is d of the
        shares. Infinite where the groups differ in what varies within neither; NaN where a group
        has nobody, or a single number.

    References
    ----------
    Austin (2009), Communications in Statistics 38, 1228; Yang and Dalton (2012), SAS Global Forum,
    paper 335.

    Examples
    --------
    >>> in_group = pd.Series([True, True, False, False])
    >>> round(standardised_difference(pd.Series([1, 3, 2, 4]), in_group), 4)
    0.7071
    """
    known = values.notna()
    values, in_group = values[known], in_group[known].astype(bool)
    if in_group.nunique() < 2:
        return np.nan
    if _is_number(values):
        numbers = values.to_numpy(dtype=float)
        one, other = (pd.Series(numbers[side]) for side in (in_group, ~in_group))
        gap = np.array([one.mean() - other.mean()])
        covariance = np.array([[(one.var() + other.var()) / 2]])
    else:
        shares = pd.crosstab(in_group, values, normalize="index").to_numpy()[:, 1:]
        gap = shares[1] - shares[0]
        covariance = sum(np.diag(p) - np.outer(p, p) for p in shares) / 2
    if np.isnan(covariance).any():
        return np.nan
    scaled = np.linalg.pinv(covariance) @ gap
    is_within = np.allclose(covariance @ scaled, gap, atol=1e-8 * abs(gap).max(initial=0))
    return float(np.sqrt(gap @ scaled)) if is_within else np.inf


def tally(people: pd.DataFrame, column: str, by: str | None = None) -> pd.DataFrame:
    """Count the levels of a column, in all or in each group, with Wilson 95% intervals.

    Parameters
    ----------
    people
        One row a person; rows in which the column is missing do not count.
    column
        The column whose levels are counted.
    by
        The column that makes the groups, if any.

    Returns
    -------
    DataFrame
        One row a level (in each group, also where it has nobody): the group under its column's
        name, the level under its own, `n`, `base` (people in the group), `share` and the interval's
        `low` and `high`, all three between 0 and 1. An empty group has no shares.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209.

    Examples
    --------
    >>> answers = pd.DataFrame({"answer": ["yes", "yes", "no"]})
    >>> tally(answers, "answer").round(2)
      answer  n  base  share   low  high
    0     no  1     3   0.33  0.06  0.79
    1    yes  2     3   0.67  0.21  0.94
    """
    keys = [by, column] if by else [column]
    # As categories, so that a level which a group lacks has a row of nobody there.
    known = people.dropna(subset=keys).astype(dict.fromkeys(keys, "category"))
    counts = known.groupby(keys, observed=False).size().rename("n").reset_index()
    counts["base"] = counts.groupby(by, observed=False)["n"].transform("sum") if by else len(known)
    return shares(counts)


def shares(counts: pd.DataFrame) -> pd.DataFrame:
    """Add to `n` of `base` people their `share`, and its Wilson 95% interval `low` to `high`.

    Examples
    --------
    >>> shares(pd.DataFrame({"n": [1, 0], "base": [3, 0]})).round(2)
       n  base  share   low  high
    0  1     3   0.33  0.06  0.79
    1  0     0    NaN   NaN   NaN
    """
    from statsmodels.stats.proportion import proportion_confint

    base = counts["base"].where(counts["base"] > 0)
    low, high = proportion_confint(counts["n"], base, method="wilson")
    return counts.assign(share=counts["n"] / base, low=low, high=high)


def independence(counts: np.ndarray, tables: int = 9_999) -> float:
    r"""Return the exact p of Fisher's test that rows and columns of a table are unrelated.

    Tables larger than 2 × 2 take p from random tables with the same margins (Freeman and Halton
    1951), which are the same in every run.

    Parameters
    ----------
    counts
        People by row and column, shape (rows, columns).
    tables
        How many random tables; with k of them, the standard error of p is
        :math:`\sqrt{p (1 - p) / k}`.

    References
    ----------
    Fisher (1922), Journal of the Royal Statistical Society 85, 87; Freeman and Halton (1951),
    Biometrika 38, 141.

    Examples
    --------
    The lady tasting tea:

    >>> round(independence(np.array([[3, 1], [1, 3]])), 3)
    0.486
    """
    from scipy import stats

    # Only one table has these margins; moreover, scipy 1.17 draws impossible ones from them.
    if not (counts.sum(axis=0).all() and counts.sum(axis=1).all()):
        return 1.0
    drawn = stats.MonteCarloMethod(n_resamples=tables, rng=np.random.default_rng(1))
    method = None if counts.shape == (2, 2) else drawn
    return float(stats.fisher_exact(counts, method=method).pvalue)


def within(present: pd.DataFrame) -> pd.DataFrame:
    """Tell which of each two things more people name, tested within people (McNemar, exact).

    People who name both or neither say nothing about which is named more. Without a difference,
    those who name only one would name either equally often (a binomial test with one half).

    Parameters
    ----------
    present
        One row a person, one column a thing: booleans, whether the person names it.

    Returns
    -------
    DataFrame
        One row a pair, in the order of the columns: `first`, `second`, how many people name
        `only_first` and `only_second`, `p` (two-sided), and `p_holm`, adjusted over all pairs.

    References
    ----------
    McNemar, Q. (1947). Note on the sampling error of the difference between correlated proportions
    or percentages. Psychometrika, 12(2), 153–157. https://doi.org/10.1007/BF02295996

    Examples
    --------
    >>> named = pd.DataFrame({"family": [True] * 7 + [False], "money": [True] + [False] * 7})
    >>> within(named)
        first second  only_first  only_second        p   p_holm
    0  family  money           6            0  0.03125  0.03125
    """
    from statsmodels.stats.contingency_tables import mcnemar

    rows = []
    for first, second in combinations(present, 2):
        only_first = int((present[first] & ~present[second]).sum())
        only_second = int((present[second] & ~present[first]).sum())
        p = float(mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)
        rows.append((first, second, only_first, only_second, p))
    table = pd.DataFrame(rows, columns=["first", "second", "only_first", "only_second", "p"])
    return table.assign(p_holm=adjust(table["p"], "holm"))


def saturation(present: pd.DataFrame, orders: int = 1_000) -> pd.DataFrame:
    """Return how many people it takes until nothing new is named, and until the ranking holds.

    People are put in orders drawn at random. The ranking holds from the person after whom no count
    contradicts the final one: what more people name in the end is never behind what fewer name.
    Both numbers look back from a sample that is complete; they do not say what a larger one would
    have added.

    Parameters
    ----------
    present
        As for `within`; things that nobody names are left out.
    orders
        How many orders to draw; they are the same in every run.

    Returns
    -------
    DataFrame
        One row an order: `all_named`, after how many people everything has been named once, and
        `ranking_holds`, from how many on the ranking stays.

    References
    ----------
    Guest, G., Namey, E., & Chen, M. (2020). A simple method to assess and report thematic
    saturation in qualitative research. PLoS ONE, 15(5), e0232076.
    https://doi.org/10.1371/journal.pone.0232076

    Examples
    --------
    >>> named = pd.DataFrame({"family": [True] * 4, "money": [False, False, False, True]})
    >>> saturation(named, orders=100)["all_named"].describe()[["min", "max"]].tolist()
    [1.0, 4.0]
    """
    named = present.loc[:, present.any()].to_numpy(dtype=int)
    named = named[:, named.sum(axis=0).argsort(kind="stable")]
    final = named.sum(axis=0)
    fewer = np.searchsorted(final, final)  # how many things fewer people name; they stand before
    people = np.arange(len(named))
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(orders):  # one at a time, as the counts of all orders can exceed the memory
        counts = named[rng.permuted(people)].cumsum(axis=0)  # people × things
        all_named = (counts > 0).all(axis=1).argmax() + 1
        most = np.maximum.accumulate(counts, axis=1)
        is_behind = counts[:, fewer > 0] < most[:, fewer[fewer > 0] - 1]
        upset = np.flatnonzero(is_behind.any(axis=1))
        # Counted from the front, the ranking holds from after the last upset on, if there is one.
        rows.append((all_named, upset[-1] + 2 if upset.size else 1))
    return pd.DataFrame(rows, columns=["all_named", "ranking_holds"])
