import re
import warnings
from itertools import permutations, product
from math import factorial, prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from helpers.compute.describe import (
    independence,
    saturation,
    standardised_difference,
    table_one,
    tally,
    within,
)

COLUMNS = ["age", "years_experience", "job_title", "work_setting", "own_diagnosis"]


@pytest.fixture(scope="module")
def tableone(study):
    """Return what the package tableone finds, by column and level."""
    with warnings.catch_warnings():  # it uses what pandas is about to give up
        warnings.simplefilter("ignore")
        from tableone import TableOne

        shown = TableOne(
            study.participants.astype({"own_diagnosis": bool}),
            columns=COLUMNS,
            categorical=COLUMNS[2:],
            groupby="sex",
            smd=True,
            decimals=4,
        ).tableone
    shown.columns = shown.columns.droplevel(0)
    return shown.rename(index=lambda name: name.partition(",")[0], level=0)


def numbers(cell):
    return [float(number) for number in re.findall(r"-?[\d.]+", cell)]


# Table 1


@pytest.mark.parametrize("group", ["Overall", "woman", "man"])
def test_table_one_agrees_with_tableone(study, tableone, group):
    people = study.participants
    people = people if group == "Overall" else people[people["sex"] == group]
    ours = table_one(people, COLUMNS).set_index(["variable", "level"])
    assert len(ours) == 11
    for (variable, level), row in ours.iterrows():
        theirs = tableone.loc[(variable, "True" if variable == "own_diagnosis" else level)]
        first, second = numbers(theirs[group])
        if np.isnan(row["percent"]):
            assert (round(row["mean"], 4), round(row["sd"], 4)) == (first, second)
        else:
            assert (row["n"], round(row["percent"], 4)) == (first, second)


def test_table_one_by_hand():
    people = pd.DataFrame(
        {
            "age": pd.array([20, 30, 40, None], dtype="Int64"),
            "job": pd.Categorical(["nurse", "nurse", None, "other"], ["doctor", "nurse", "other"]),
            "ill": pd.array([True, None, False, False], dtype="boolean"),
            "well": [False, True, True, True],
        }
    )
    expected = pd.DataFrame(
        [
            ("age", "", 3, np.nan, 30, 10, 20, 40, 1),
            ("job", "doctor", 0, 0, np.nan, np.nan, np.nan, np.nan, 1),
            ("job", "nurse", 2, 200 / 3, np.nan, np.nan, np.nan, np.nan, 1),
            ("job", "other", 1, 100 / 3, np.nan, np.nan, np.nan, np.nan, 1),
            ("ill", "", 1, 100 / 3, np.nan, np.nan, np.nan, np.nan, 1),
            ("well", "", 3, 75, np.nan, np.nan, np.nan, np.nan, 0),
        ],
        columns=["variable", "level", "n", "percent", "mean", "sd", "low", "high", "missing"],
    )
    table = table_one(people, ["age", "job", "ill", "well"])
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)


def test_missing_people_are_counted_not_dropped(study):
    row = table_one(study.participants, ["recovery_opinion"]).iloc[0]
    assert row["missing"] == (~study.participants["patient_contact"]).sum()
    assert row["percent"] == pytest.approx(100 * row["n"] / (95 - row["missing"]))


# Standardised differences


def test_standardised_differences_agree_with_tableone(study, tableone):
    theirs = tableone["SMD (woman,man)"].groupby(level=0).first()
    is_woman = study.participants["sex"] == "woman"
    for column in COLUMNS:
        ours = standardised_difference(study.participants[column], is_woman)
        assert round(ours, 3) == abs(float(theirs[column]))


def test_standardised_difference_of_shares_by_hand():
    # One half against one quarter: 0.25 / sqrt((0.25 + 0.1875) / 2).
    values = pd.Series([True, True, False, False, True, False, False, False])
    in_group = pd.Series([True] * 4 + [False] * 4)
    assert standardised_difference(values, in_group) == pytest.approx(0.25 / 0.21875**0.5)
    words = values.map({True: "yes", False: "no"})
    assert standardised_difference(words, in_group) == pytest.approx(0.25 / 0.21875**0.5)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ([4, 4], [4, 4], 0),
        ([4, 4], [5, 5], np.inf),
        (["yes", "yes"], ["no", "no"], np.inf),
        (["a", "b"], ["c", "c"], np.inf),
        (["a", "a"], ["a", "a"], 0),
        ([4], [5, 6], np.nan),
        (pd.array([4], "Int64"), pd.array([5, 6], "Int64"), np.nan),
    ],
)
def test_groups_without_spread_differ_not_at_all_or_beyond_measure(one, other, difference):
    in_group = pd.Series([True] * len(one) + [False] * len(other))
    values = pd.concat([pd.Series(one), pd.Series(other)], ignore_index=True)
    found = standardised_difference(values, in_group)
    assert found == pytest.approx(difference, nan_ok=True)


def test_missing_values_are_left_out_of_differences():
    values = pd.Series([1, 3, None, 2, 4, None], dtype="Int64")
    in_group = pd.Series([True, True, True, False, False, False])
    assert standardised_difference(values, in_group) == pytest.approx(2**-0.5)


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 20), min_size=8, max_size=20),
    st.integers(-3, 3).filter(bool),
    st.integers(-9, 9),
)
def test_scale_and_sides_do_not_matter_to_numbers(numbers, factor, shift):
    values = pd.Series([0, 1, 5, 7, *numbers])
    in_group = pd.Series(np.arange(len(values)) % 2 == 0)
    difference = standardised_difference(values, in_group)
    assert standardised_difference(values, ~in_group) == pytest.approx(difference)
    assert standardised_difference(factor * values + shift, in_group) == pytest.approx(difference)


@settings(max_examples=25)
@given(st.lists(st.sampled_from("abc"), max_size=12), st.permutations("xyz"))
def test_names_and_order_of_levels_do_not_matter(letters, names):
    values = pd.Series([*"aabbccabc", *letters])
    in_group = pd.Series(np.arange(len(values)) % 2 == 0)
    renamed = values.map(dict(zip("abc", names, strict=True)))
    assert standardised_difference(renamed, in_group) == pytest.approx(
        standardised_difference(values, in_group)
    )


# Tallies


@pytest.mark.parametrize(
    ("n", "base", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 857, table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_as_published(n, base, low, high):
    answers = pd.Categorical(["yes"] * n + ["no"] * (base - n), ["yes", "no"])
    row = tally(pd.DataFrame({"answer": answers}), "answer").iloc[0]
    assert (row["answer"], row["n"], row["base"], row["share"]) == ("yes", n, base, n / base)
    assert row[["low", "high"]].astype(float).round(4).tolist() == [low, high]


def test_tally_in_groups_by_hand():
    people = pd.DataFrame(
        {
            "job": pd.Categorical(list("aaabbb"), list("abc")),
            "answer": pd.Categorical(["yes", "yes", "no", "no", "no", None], ["yes", "no"]),
        }
    )
    counts = tally(people, "answer", by="job")
    assert list(counts) == ["job", "answer", "n", "base", "share", "low", "high"]
    assert counts[["job", "answer", "n", "base"]].to_records(index=False).tolist() == [
        *(("a", "yes", 2, 3), ("a", "no", 1, 3)),
        *(("b", "yes", 0, 2), ("b", "no", 2, 2)),
        *(("c", "yes", 0, 0), ("c", "no", 0, 0)),
    ]
    assert counts["share"][:4].tolist() == [2 / 3, 1 / 3, 0, 1]
    assert counts.loc[4:, ["share", "low", "high"]].isna().all(axis=None)


def test_tally_of_the_study_agrees_with_statsmodels(study):
    counts = tally(study.participants, "recovery_opinion", by="job_title")
    for row in counts.itertuples():
        low, high = proportion_confint(row.n, row.base, method="wilson")
        assert (row.low, row.high) == pytest.approx((low, high))
    assert counts["n"].sum() == study.participants["recovery_opinion"].notna().sum()
    assert (counts["low"] <= counts["share"]).all()
    assert (counts["share"] <= counts["high"]).all()


# Association


def exact_p(table):
    """Sum the probabilities of all tables with these margins that are as improbable or more."""
    rows, columns = np.sum(table, 1), np.sum(table, 0)
    fixed = prod(map(factorial, [*rows, *columns])) / factorial(int(np.sum(table)))

    def probability(cells):
        return fixed / prod(factorial(int(n)) for n in np.ravel(cells))

    ranges = [range(min(r, c) + 1) for r, c in product(rows[:-1], columns[:-1])]
    total = 0
    for cells in product(*ranges):
        inner = np.reshape(cells, (len(rows) - 1, len(columns) - 1))
        inner = np.column_stack([inner, rows[:-1] - inner.sum(1)])
        full = np.vstack([inner, columns - inner.sum(0)])
        if (full >= 0).all() and probability(full) <= probability(table) * (1 + 1e-9):
            total += probability(full)
    return total


@pytest.mark.parametrize("table", [[[3, 1], [1, 3]], [[8, 2], [1, 5]], [[0, 4], [5, 1]]])
def test_fisher_s_test_is_exact_for_two_by_two(table):
    assert independence(np.array(table)) == pytest.approx(exact_p(np.array(table)))


@pytest.mark.parametrize("table", [[[3, 0, 2], [0, 4, 1]], [[4, 1, 0], [1, 2, 2], [0, 1, 4]]])
def test_larger_tables_come_near_the_exact_p(table):
    exact = exact_p(np.array(table))
    error = (exact * (1 - exact) / 9_999) ** 0.5
    found = independence(np.array(table))
    assert abs(found - exact) < 4 * error
    assert found == independence(np.array(table))


def test_a_table_with_an_empty_margin_shows_nothing():
    assert independence(np.array([[3, 2, 4], [0, 0, 0]])) == 1


# Within people


def test_within_people_as_the_binomial_test_has_it():
    rng = np.random.default_rng(1)
    present = pd.DataFrame(rng.random((40, 4)) < [0.2, 0.4, 0.6, 0.6], columns=list("abcd"))
    table = within(present)
    assert len(table) == 6
    for row in table.itertuples():
        one, other = present[row.first], present[row.second]
        assert row.only_first == (one & ~other).sum()
        assert row.only_second == (other & ~one).sum()
        assert row.p == pytest.approx(
            stats.binomtest(row.only_first, row.only_first + row.only_second).pvalue
        )
    assert table["p_holm"].ge(table["p"]).all()
    assert table["p_holm"].min() == pytest.approx(6 * table["p"].min())


def test_within_people_as_agresti_has_it():
    # Agresti (2013, Categorical Data Analysis, 3rd ed.), table 11.1: 86 against 150 of 236; R:
    # binom.test(86, 236)$p.value.
    people = [(1, 0)] * 86 + [(0, 1)] * 150 + [(1, 1)] * 794 + [(0, 0)] * 570
    row = within(pd.DataFrame(people, columns=["first", "second"]).astype(bool)).iloc[0]
    assert (row.only_first, row.only_second) == (86, 150)
    assert row.p == pytest.approx(3.7159e-05, rel=1e-3)


# Saturation


def test_saturation_by_brute_force():
    present = pd.DataFrame(
        {"a": [1, 1, 1, 1, 0], "b": [0, 1, 1, 0, 0], "c": [0, 0, 0, 1, 0], "d": [0] * 5}
    ).astype(bool)
    true = set()
    for order in permutations(range(5)):
        counts = present.iloc[list(order)].cumsum()
        all_named = next(n for n in range(1, 6) if (counts.iloc[n - 1, :3] > 0).all())
        holds = [c.a >= c.b >= c.c for c in counts.itertuples()]
        ranking = max([n + 2 for n, ok in enumerate(holds) if not ok], default=1)
        true.add((all_named, ranking))
    drawn = saturation(present, orders=3000)
    found = set(zip(drawn["all_named"].tolist(), drawn["ranking_holds"].tolist(), strict=True))
    assert found == true


def test_who_comes_last_decides_when_all_is_named():
    # One of ten names the rare thing: after how many people is uniform from 1 to 10.
    present = pd.DataFrame({"often": [True] * 10, "rare": [False] * 9 + [True]})
    drawn = saturation(present, orders=5000)["all_named"]
    assert stats.chisquare(drawn.value_counts().reindex(range(1, 11))).pvalue > 0.001
    assert saturation(present, orders=50).equals(saturation(present, orders=50))
