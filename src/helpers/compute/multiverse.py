"""Two groups on many items: the ordinal model, all items at once, and every sensible choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from audit import ALPHA, compare, counted
from audit.corrections import adjust
from helpers.compute.compare import two_groups

BATCH = 100
"""How many permutations are counted at once; all of them can exceed the memory."""


class Ordinal(NamedTuple):
    """What the cumulative model says of two groups."""

    latent: float
    """Difference of the groups on the latent scale, first minus second."""
    low: float
    """The lower end of its 95% interval (Wald)."""
    high: float
    """The upper end."""
    p: float
    """Two-sided, of the Wald test that it is 0."""
    shares: pd.DataFrame
    """The share of each answer that the model predicts, one row a group, one column an answer."""


def ordinal(
    first: ArrayLike, second: ArrayLike, link: Literal["logit", "probit"] = "logit"
) -> Ordinal:
    """Compare two groups of ordered answers by the cumulative logit or probit model.

    The model takes an answer to be where a latent value falls between cuts that are the same for
    everybody, and one group's values to be shifted against the other's. It needs no distances
    between answers. Under "logit", `exp(latent)` is the odds ratio of answering above
    any cut.

    Parameters
    ----------
    first, second
        Each person's answer.
    link
        "logit" for proportional odds, or "probit".

    References
    ----------
    McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal Statistical
    Society B, 42(2), 109–142. https://doi.org/10.1111/j.2517-6161.1980.tb01109.x

    Examples
    --------
    >>> round(ordinal([3, 4, 5, 5, 4, 2], [0, 1, 3, 2, 1, 4]).latent, 3)
    2.687
    """
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    answers = np.concatenate([first, second])
    group = np.repeat([1.0, 0.0], [len(first), len(second)])[:, None]
    categories = pd.Series(pd.Categorical(answers, ordered=True))
    model = OrderedModel(categories, group, distr=link)
    fitted = model.fit(method="bfgs", maxiter=500, gtol=1e-8, disp=False)
    latent, p = fitted.params.iloc[0], fitted.pvalues.iloc[0]
    low, high = fitted.conf_int(ALPHA).iloc[0]
    shares = pd.DataFrame(
        fitted.predict(np.array([[1.0], [0.0]])),
        index=["first", "second"],
        columns=categories.cat.categories,
    )
    return Ordinal(float(latent), float(low), float(high), float(p), shares)


def permuted(
    answers: pd.DataFrame,
    items: Sequence[str],
    group: str,
    labels: Mapping[str, str],
    test: Literal["p", "student_p", "welch_p"] = "p",
    permutations: int = 9_999,
) -> pd.Series:
    """Return how many items differ significantly when the group labels are dealt out anew.

    Everybody keeps all their answers, so that the items stay as correlated as they are; only who
    belongs to which group is chance. The share of permutations with at least as many significant
    items as the data have, the data counted as one of them, is the p of "so many of so many"
    (Phipson and Smyth).

    Parameters
    ----------
    answers
        One row a person: the column `group` and one column of whole answers an item.
    items
        The item columns.
    group, labels
        As for `compare.two_groups`; people of other groups are left out.
    test
        Which p counts, named as in `compare.two_groups`.
    permutations
        How many; they are the same in every run.

    Returns
    -------
    Series
        The number of significant items, that of the data first (index 0), then of each permutation.

    References
    ----------
    Phipson, B., & Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical
    Applications in Genetics and Molecular Biology, 9(1), 39. https://doi.org/10.2202/1544-6115.1585

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame(rng.integers(0, 6, (40, 3)), columns=["a", "b", "c"])
    >>> table["sex"] = ["woman", "man"] * 20
    >>> labels = {"woman": "women", "man": "men"}
    >>> found = permuted(table, ["a", "b", "c"], "sex", labels, permutations=99)
    >>> int(found[0]), round(float((found >= found[0]).mean()), 2)
    (0, 1.0)
    """
    people = answers[answers[group].isin([*labels])]
    given = people[[*items]].to_numpy(dtype=float, na_value=np.nan)
    values = np.arange(np.nanmin(given), np.nanmax(given) + 1)
    # As real numbers, whose products are faster than those of whole ones and below 2**53 as exact.
    each = (given[:, :, None] == values).astype(float)  # people × items × answers
    is_first = (people[group] == next(iter(labels))).to_numpy()
    rng = np.random.default_rng(1)
    counts = [np.tensordot(is_first[None].astype(float), each, 1)]
    for start in range(0, permutations, BATCH):
        many = np.tile(is_first, (min(BATCH, permutations - start), 1))
        counts.append(np.tensordot(rng.permuted(many, axis=1).astype(float), each, 1))
    first = np.concatenate(counts).astype(np.intp)
    second = each.sum(axis=0).astype(np.intp) - first
    p = getattr(compare(counted(first), counted(second)), test)
    return pd.Series((p < ALPHA).sum(axis=1))


def multiverse(
    answers: pd.DataFrame,
    expected: Mapping[str, int],
    samples: Mapping[str, ArrayLike],
    group: str,
    labels: Mapping[str, str],
) -> pd.DataFrame:
    """Test every item in every sensible way.

    The choices are crossed: which test (Student's, Welch's, the one that Levene's picks,
    Mann-Whitney, the ordinal model), two tails or one, no correction or Holm's or that of Benjamini
    and Hochberg over all items, and who is left out.

    Parameters
    ----------
    answers
        One row a person: the column `group` and one column of whole answers an item.
    expected
        The items, and for each the sign of the difference, first group minus second, that a
        one-tailed test looks for: of the means, of the ranks or on the latent scale, whichever the
        test compares.
    samples
        Who is kept, under a name for it: booleans, one a row of `answers`.
    group, labels
        As for `compare.two_groups`.

    Returns
    -------
    DataFrame
        One row a specification of an item: `item`, `sample`, `test`, `tails`, `correction`, the
        difference of the means in that sample (`diff`, first minus second), `p` and `significant`.

    References
    ----------
    Steegen, S., Tuerlinckx, F., Gelman, A., & Vanpaemel, W. (2016). Increasing transparency through
    a multiverse analysis. Perspectives on Psychological Science, 11(5), 702–712.
    https://doi.org/10.1177/1745691616658637

    Simonsohn, U., Simmons, J. P., & Nelson, L. D. (2020). Specification curve analysis. Nature
    Human Behaviour, 4, 1208–1214. https://doi.org/10.1038/s41562-020-0912-z

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame(rng.integers(0, 6, (40, 2)), columns=["a", "b"])
    >>> table["sex"] = ["woman", "man"] * 20
    >>> expected, labels = {"a": 1, "b": -1}, {"woman": "women", "man": "men"}
    >>> every = multiverse(table, expected, {"all": np.full(40, True)}, "sex", labels)
    >>> len(every)  # 2 items, 5 tests, 2 tails, 3 corrections
    60
    """
    columns = {  # p, and the difference that the test looks at
        "Student": ("student_p", "diff"),
        "Welch": ("welch_p", "diff"),
        "Levene first": ("p", "diff"),
        "Mann-Whitney": ("mwu_p", "superiority"),
        "ordinal": ("ordinal_p", "latent"),
    }
    corrections = {"none": "", "Holm": "holm", "Benjamini-Hochberg": "fdr_bh"}
    tables = []
    for sample, kept in samples.items():
        people = answers[np.asarray(kept)]
        tests = two_groups(people, [*expected], group, labels).set_index("item")
        sides = [people[people[group] == name] for name in labels]
        models = [ordinal(*(s[item].dropna() for s in sides)) for item in expected]
        tests[["latent", "ordinal_p"]] = pd.DataFrame(models, tests.index)[["latent", "p"]]
        tests["superiority"] -= 0.5  # at which neither ranks higher
        for test, tails, correction in product(columns, (2, 1), corrections):
            column, difference = columns[test]
            p = tests[column].astype(float)
            if tails == 1:
                found = np.sign(tests[difference]) == pd.Series(expected)
                p = (p / 2).where(found, 1 - p / 2)
            p = adjust(p, corrections[correction]) if corrections[correction] else p
            spec = {"sample": sample, "test": test, "tails": tails, "correction": correction}
            spec |= {"diff": tests["diff"], "p": p}
            tables.append(pd.DataFrame(spec).rename_axis("item").reset_index())
    table = pd.concat(tables, ignore_index=True)
    return table.assign(significant=table["p"] < ALPHA)
