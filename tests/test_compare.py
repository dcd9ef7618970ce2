import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helpers.compute.compare import (
    compare,
    cronbach_alpha,
    moments,
    pairs,
    score,
    two_groups,
)

RNG = np.random.default_rng(5)
WARDS = pd.DataFrame({"ward": RNG.choice(["a", "b", "c"], 90, p=[0.5, 0.3, 0.2])})
for name in ["q1", "q2", "q3", "q4"]:
    shift = WARDS["ward"].map({"a": 0, "b": 0.7, "c": 1.1})
    WARDS[name] = np.clip(np.round(RNG.normal(3.2 + shift, 1.4)), 1, 6)
WARDS.loc[RNG.choice(90, 12, replace=False), "q1"] = np.nan
ITEMS = ["q1", "q2", "q3", "q4"]
# Two times, one person missing at the second: differences 2, 1, 4, 0, 3 and no more.
TWICE = pd.DataFrame(
    {
        "who": [*"abcdef", *"abcde"],
        "time": ["before"] * 6 + ["after"] * 5,
        "calm": [10.0, 12, 9, 15, 11, 8, 12, 13, 13, 15, 14],
    }
)


def test_three_groups_as_pingouin_has_them():
    table = compare(WARDS, ITEMS, "ward").set_index("item")
    for item in ITEMS:
        known = WARDS.dropna(subset=[item])
        peer = pingouin.welch_anova(known, dv=item, between="ward").iloc[0]
        row = table.loc[item]
        ours = row[["statistic", "df", "df2", "p"]].astype(float)
        assert ours.to_numpy() == pytest.approx(peer[["F", "ddof1", "ddof2", "p_unc"]].to_list())
        ranks = pingouin.kruskal(known, dv=item, between="ward").iloc[0]
        assert row["p_rank"] == pytest.approx(ranks["p_unc"])
        assert row["n"] == len(known)


def test_pairs_of_three_groups_as_pingouin_has_them():
    for item in ITEMS:
        peers = pingouin.pairwise_gameshowell(WARDS.dropna(), dv=item, between="ward")
        own = pairs(WARDS.dropna(), [item], "ward", ["a", "b", "c"])
        assert own["diff"].to_numpy() == pytest.approx(peers["diff"].to_numpy())
        assert own["p"].to_numpy() == pytest.approx(peers["pval"].to_numpy(), abs=1e-6)
        assert own["df"].to_numpy() == pytest.approx(peers["df"].to_numpy())
    a, b = (WARDS.loc[WARDS["ward"] == ward, "q2"] for ward in "ab")
    welch = stats.ttest_ind(a, b, equal_var=False)
    first = pairs(WARDS, ["q2"], "ward", ["a", "b", "c"]).iloc[0]
    assert first["t"] == pytest.approx(welch.statistic)


def test_the_same_people_twice_by_hand():
    row = compare(TWICE, ["calm"], "time", ["before", "after"], person="who").iloc[0]
    gaps = np.array([2, 1, 4, 0, 3])
    assert row["n"] == 5
    assert row["diff"] == 2
    assert row["sd_diff"] == pytest.approx(np.sqrt(2.5))
    assert row["statistic"] == pytest.approx(2 / np.sqrt(2.5 / 5))
    assert row["size"] == pytest.approx(2 / np.sqrt(2.5))
    peer = pingouin.ttest(gaps, 0).iloc[0]
    assert row["p"] == pytest.approx(peer["p_val"])
    # The limits of d_z are those d under which t is its own 97.5th and 2.5th percentile.
    for limit, tail in [("low", 0.975), ("high", 0.025)]:
        nc = row[limit] * np.sqrt(5)
        assert stats.nct.cdf(row["statistic"], 4, nc) == pytest.approx(tail)
    back = compare(TWICE, ["calm"], "time", ["after", "before"], person="who").iloc[0]
    assert (back["diff"], back["p"]) == (-2, pytest.approx(row["p"]))


def test_two_groups_are_those_of_the_attitude_items(study):
    items = list(study.omi_items["item"])
    table = compare(study.omi, items, "sex")
    own = two_groups(study.omi, items, "sex", {"woman": "women", "man": "men"})
    assert table["statistic"].to_numpy() == pytest.approx(own["welch_t"].to_numpy())
    assert table["size"].to_numpy() == pytest.approx(own["hedges_g"].to_numpy())
    assert table["mean_1"].to_numpy() == pytest.approx(own["mean_women"].to_numpy())
    # The interval of the test that Levene's picks does not stand beside the p of Welch's.
    assert not {"t", "diff_low", "diff_high"} & {*table.columns}
    assert not table.columns.str.contains("women|men", regex=True).any()


def test_alpha_as_pingouin_has_it():
    known = WARDS[ITEMS].dropna()
    alpha, (low, high) = pingouin.cronbach_alpha(known)
    own = cronbach_alpha(WARDS, ITEMS, 1, 6)
    assert own["alpha"] == pytest.approx(alpha)
    assert (own["low"], own["high"]) == pytest.approx((low, high), abs=1e-3)
    assert own["n"] == len(known)


def test_a_reversed_item_turned_round_by_hand_changes_nothing():
    turned = WARDS.assign(q4=7 - WARDS["q4"])
    assert cronbach_alpha(turned, ITEMS, 1, 6, ["q4"]) == cronbach_alpha(WARDS, ITEMS, 1, 6)
    assert score(turned, ITEMS, 1, 6, ["q4"]).equals(score(WARDS, ITEMS, 1, 6))


def test_half_of_the_items_make_a_score():
    answers = pd.DataFrame({"a": [1, None], "b": [None, None], "c": [2, 5]}, dtype="Int64")
    assert score(answers, ["a", "b", "c"], 1, 5).tolist()[0] == 1.5
    assert score(answers, ["a", "b", "c"], 1, 5).isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compare(WARDS, ["q9"], "ward"), "no item q9; there are ward, q1, q2, q3, q4"),
        (lambda: compare(WARDS, ITEMS, "unit"), "no column unit; there are ward, q1"),
        (lambda: compare(WARDS, ITEMS, "ward", ["a", "d"]), "no level of ward d; there are"),
        (lambda: compare(WARDS, ITEMS, "ward", ["a"]), "ward has 1 level"),
        (lambda: compare(WARDS, ITEMS, "ward", person="q1"), "at two times, not 3"),
        (lambda: score(WARDS, ITEMS, 1, 5), r"has the answer 6; the scale goes from 1 to 5"),
        (lambda: score(WARDS, ITEMS, 1, 6, ["q7"]), "no item q7; there are q1, q2, q3, q4"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_groups_that_cannot_be_tested_say_why():
    flat = pd.DataFrame({"ward": [*"aabbcc"], "x": [1, 1, 2, 3, 4, 5], "y": [1, 2, 3, 4, 5, None]})
    notes = compare(flat, ["x", "y"], "ward")["note"].tolist()
    assert notes == ["no spread within a group", "a group has fewer than two answers"]
    assert moments(flat, ["y"], "ward")["n"].tolist() == [2, 2, 1]


@given(st.lists(st.integers(1, 6), min_size=12, max_size=40), st.integers(-3, 3))
def test_no_test_knows_where_zero_is(answers, shift):
    groups = pd.DataFrame({"g": [*"abc"] * len(answers), "x": np.repeat(answers, 3)})
    groups["x"] += np.arange(len(groups)) % 5
    moved = groups.assign(x=groups["x"] + shift)
    columns = ["p", "p_rank", "size"]
    one, other = (compare(t, ["x"], "g")[columns].to_numpy(float) for t in (groups, moved))
    assert one == pytest.approx(other, nan_ok=True)
