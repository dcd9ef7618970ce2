"""All answers of two groups that fit an item's six numbers, and the ranges over them."""

from itertools import combinations_with_replacement, product
from math import factorial, prod
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import audit
from audit import pairs
from audit.printed import reads_as

ITEMS = Path(__file__).parents[1] / "data" / "published" / "omi_items.csv"
SMALL = {"mean_a": "2", "sd_a": "1", "mean_b": "1", "sd_b": "1", "t": "1", "df": "9"}
N_A, N_B, TOP = 6, 5, 3


def counts_of(sample, top):
    return tuple(sample.count(answer) for answer in range(top + 1))


@pytest.fixture(scope="module")
def every():
    """Return all pairs of samples that print as SMALL, tested by scipy one by one."""
    rows = []
    samples = [list(combinations_with_replacement(range(TOP + 1), n)) for n in (N_A, N_B)]
    for first, second in product(*samples):
        if not all(
            reads_as(value(sample), SMALL[f"{kind}_{name}"], "half_up")
            for sample, name in ((first, "a"), (second, "b"))
            for kind, value in (("mean", np.mean), ("sd", lambda x: np.std(x, ddof=1)))
        ):
            continue
        tests = [stats.ttest_ind(first, second, equal_var=equal) for equal in (True, False)]
        if not any(
            reads_as(test.statistic, SMALL["t"], "half_up")
            and reads_as(test.df, SMALL["df"], "half_up")
            for test in tests
        ):
            continue
        levene = stats.levene(first, second, center="mean").pvalue
        ranks = stats.mannwhitneyu(first, second, method="asymptotic")
        counts = counts_of(first, TOP), counts_of(second, TOP)
        rows.append(
            {
                "counts": counts,
                "orders": prod(factorial(sum(c)) / prod(map(factorial, c)) for c in counts),
                "student_p": tests[0].pvalue,
                "welch_p": tests[1].pvalue,
                "levene_p": levene,
                "p": tests[int(levene <= 0.05)].pvalue,
                "mwu_p": ranks.pvalue,
                "superiority": ranks.statistic / (N_A * N_B),
                "diff": np.mean(first) - np.mean(second),
            }
        )
    return pd.DataFrame(rows)


def test_all_and_only_the_pairs_that_fit_are_listed(every):
    first, second, fits = audit.answer_pairs(SMALL, N_A, N_B, "half_up", high=TOP)
    found = {(tuple(first[i].tolist()), tuple(second[j].tolist())) for i, j in np.argwhere(fits)}
    assert found == set(every["counts"])
    assert fits.any(axis=0).all()
    assert fits.any(axis=1).all()


def test_ranges_are_those_of_all_pairs(every):
    table = audit.ranges(SMALL, N_A, N_B, "half_up", high=TOP)
    assert table["exact"].all()
    assert (table["pairs"] == len(every)).all()
    assert len(every) > 100
    for name in every.columns.drop(["counts", "orders"]):
        values, row = every[name], table.loc[name]
        assert_allclose(row[["low", "high"]].tolist(), [values.min(), values.max()], rtol=1e-9)
        # Two pairs that tie on the threshold are told apart by rounding alone.
        below = values < row["threshold"] - 1e-12
        assert row["below"] == pytest.approx(below.mean())
        share = every.loc[below, "orders"].sum() / every["orders"].sum()
        assert row["below_by_person"] == pytest.approx(share)


def test_drawn_ranges_estimate_the_true_ones(every, monkeypatch):
    exact = audit.ranges(SMALL, N_A, N_B, "half_up", high=TOP)
    monkeypatch.setattr(pairs, "MOST", 0)
    drawn = audit.ranges(SMALL, N_A, N_B, "half_up", high=TOP, draws=20_000, seed=1)
    assert not drawn["exact"].any()
    assert (drawn["pairs"] == len(every)).all()
    # Four standard errors of a share among 20,000.
    assert_allclose(drawn["below"], exact["below"], atol=4 * np.sqrt(0.25 / 20_000))
    fixed_by_sums = ["diff", "hedges_g", "student_p", "welch_p"]
    columns = ["low", "high"]
    assert_allclose(drawn.loc[fixed_by_sums, columns], exact.loc[fixed_by_sums, columns])
    assert (drawn["low"] >= exact["low"] - 1e-12).all()
    assert (drawn["high"] <= exact["high"] + 1e-12).all()
    assert drawn["below_by_person"].isna().all()


@pytest.fixture(scope="module")
def items():
    return pd.read_csv(ITEMS, dtype=str).dropna(subset=["t"]).set_index("item")


def test_the_printed_items_with_their_one_split(items):
    tables = {name: audit.ranges(item, 60, 35, "dropped") for name, item in items.iterrows()}
    # Six printed numbers leave one way to answer the third item, so they fix everything.
    assert tables["item_03"]["fixed"].all()
    assert (tables["item_03"]["pairs"] == 1).all()
    # Of the fourth they leave thousands, and with these any verdict of the ranks.
    fourth = tables["item_04"].loc["mwu_p"]
    assert fourth["low"] < 0.001
    assert fourth["high"] > 0.46
    assert all(table.loc["welch_p", "below"] == 1 for table in tables.values())


def test_nothing_fits_groups_of_another_size(items):
    item = items.loc["item_03"]
    assert audit.ranges(item, 61, 34, "dropped").empty
    assert audit.answer_pairs(item, 61, 34, "dropped").fits.shape == (0, 0)


def test_t_and_df_rule_out_what_means_and_sds_allow(items):
    left = {}
    for name, item in items.iterrows():
        alone = [
            audit.answers(item[f"mean_{g}"], item[f"sd_{g}"], n, digits="dropped")
            for g, n in (("women", 60), ("men", 35))
        ]
        together = audit.answer_pairs(item, 60, 35, "dropped")
        for listed, every in zip(together[:2], alone, strict=True):
            assert set(map(tuple, listed.tolist())) <= set(map(tuple, every.tolist()))
        left[name] = together.fits.sum() / (len(alone[0]) * len(alone[1]))
    assert max(left.values()) <= 1
    assert min(left.values()) < 0.2
