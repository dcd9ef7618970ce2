"""The ordinal model, permuted labels and the multiverse."""

from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import pytest
from scipy import stats

from helpers.compute.compare import two_groups
from helpers.compute.describe import within
from helpers.compute.multiverse import multiverse, ordinal, permuted

HERE = Path(__file__).parent
ANSWERS = pd.read_csv(HERE.parent / "data" / "study" / "omi.csv")
ITEMS = [name for name in ANSWERS if name.startswith("item_")]
BY = "sex", {"woman": "women", "man": "men"}


def sides(item, answers=ANSWERS):
    return [answers.loc[answers["sex"] == sex, item].to_numpy() for sex in ("woman", "man")]


# The ordinal model


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_the_ordinal_model_agrees_with_r(link):
    golden = pd.read_csv(HERE / "golden" / "r_ordinal.csv").query("link == @link")
    assert golden["item"].tolist() == ITEMS
    for row in golden.itertuples():
        found = ordinal(*sides(row.item), link)
        assert found.latent == pytest.approx(row.latent, rel=1e-6, abs=1e-8)
        assert found.latent == pytest.approx(row.polr, rel=1e-3, abs=1e-4)
        assert found.p == pytest.approx(row.p, rel=1e-3)
        assert (found.high - found.low) / 2 == pytest.approx(1.959964 * row.se, rel=1e-4)
        assert found.shares.loc["first"].iloc[-1] == pytest.approx(row.top_first, rel=1e-5)
        assert found.shares.loc["second"].iloc[-1] == pytest.approx(row.top_second, rel=1e-5)
        assert found.shares.sum(axis=1).tolist() == pytest.approx([1, 1])


def test_two_answers_are_a_logistic_regression_whose_odds_ratio_is_known():
    found = ordinal([1] * 30 + [0] * 10, [1] * 10 + [0] * 20)
    assert found.latent == pytest.approx(np.log(30 * 20 / (10 * 10)))
    error = np.sqrt(1 / 30 + 1 / 10 + 1 / 10 + 1 / 20)
    assert found.high - found.latent == pytest.approx(stats.norm.isf(0.025) * error, rel=1e-6)


def test_mcnemar_agrees_with_r():
    golden = pd.read_csv(HERE / "golden" / "r_within.csv")
    pd.testing.assert_frame_equal(within(ANSWERS[ITEMS] >= 3), golden, rtol=1e-9)


# Permuted labels


def test_every_permutation_is_a_comparison_of_people_with_other_labels(monkeypatch):
    monkeypatch.setattr("helpers.compute.multiverse.BATCH", 2)  # two full ones and a rest
    few = permuted(ANSWERS, ITEMS, *BY, permutations=5)
    tests = two_groups(ANSWERS, ITEMS, *BY)
    assert few[0] == (tests["p"] < 0.05).sum()
    rng = np.random.default_rng(1)
    labels = (ANSWERS["sex"] == "woman").to_numpy()
    dealt = rng.permuted(np.tile(labels, (5, 1)), axis=1)
    for number, row in enumerate(dealt, 1):
        other = ANSWERS.assign(sex=np.where(row, "woman", "man"))
        assert few[number] == (two_groups(other, ITEMS, *BY)["p"] < 0.05).sum()


@pytest.mark.parametrize("test", ["student_p", "welch_p"])
def test_the_data_come_first_with_any_test(test):
    few = permuted(ANSWERS, ITEMS, *BY, test=test, permutations=3)
    assert few[0] == (two_groups(ANSWERS, ITEMS, *BY)[test] < 0.05).sum()


def test_missing_answers_and_people_of_other_groups_are_left_out():
    holes = ANSWERS.astype(dict.fromkeys(ITEMS, float)).copy()
    holes.loc[::7, ITEMS[0]] = np.nan
    others = pd.concat([holes, holes.head(3).assign(sex="other")])
    assert (
        permuted(others, ITEMS, *BY, permutations=0)[0]
        == (two_groups(holes, ITEMS, *BY)["p"] < 0.05).sum()
    )


def test_without_a_difference_about_one_in_twenty_items_is_significant():
    found = permuted(ANSWERS, ITEMS, *BY, permutations=2000)
    assert found[1:].mean() / len(ITEMS) == pytest.approx(0.05, abs=0.012)


# The multiverse


@pytest.fixture(scope="module")
def every():
    expected = dict.fromkeys(ITEMS, 1) | {"item_04": -1}
    samples = {"all": np.full(len(ANSWERS), True), "most": np.arange(len(ANSWERS)) % 9 > 0}
    return multiverse(ANSWERS, expected, samples, *BY)


def test_all_choices_are_crossed(every):
    choices = ["item", "sample", "test", "tails", "correction"]
    assert len(every) == 11 * 2 * 5 * 2 * 3
    assert not every.duplicated(choices).any()
    assert every["p"].between(0, 1).all()
    assert (every["significant"] == (every["p"] < 0.05)).all()


@pytest.mark.parametrize(("sample", "kept"), [("all", 0), ("most", 1)])
def test_each_is_the_test_that_it_says(every, sample, kept):
    answers = ANSWERS[(np.arange(len(ANSWERS)) % 9 > 0) | (kept == 0)]
    alternatives = {}
    ordinals = {item: ordinal(*sides(item, answers)) for item in ITEMS}
    for item in ITEMS:
        first, second = sides(item, answers)
        way = "less" if item == "item_04" else "greater"
        for tails, alternative in ((2, "two-sided"), (1, way)):
            student = stats.ttest_ind(first, second, alternative=alternative)
            welch = stats.ttest_ind(first, second, equal_var=False, alternative=alternative)
            alternatives[item, "Student", tails] = student.pvalue
            alternatives[item, "Welch", tails] = welch.pvalue
            of_latent = ordinals[item]
            z = 2 * stats.norm.isf(0.025) * of_latent.latent / (of_latent.high - of_latent.low)
            z = {"two-sided": abs(z), "less": -z, "greater": z}[alternative]
            alternatives[item, "ordinal", tails] = stats.norm.sf(z) * tails
            ranks = stats.mannwhitneyu(
                first, second, use_continuity=True, alternative=alternative, method="asymptotic"
            )
            alternatives[item, "Mann-Whitney", tails] = ranks.pvalue
    plain = every[(every["sample"] == sample) & (every["correction"] == "none")]
    plain = plain.set_index(["item", "test", "tails"])["p"]
    for key, p in alternatives.items():
        # Of the other direction, scipy corrects the ranks by half a pair the other way.
        against = key[1:] == ("Mann-Whitney", 1) and p > 0.5
        assert plain[key] == pytest.approx(p, rel=1e-6, abs=0.004 if against else 0)


def test_one_tail_goes_by_what_its_own_test_compares():
    # Means 1.4 and 1.33, but the ranks of the first are lower: most of its answers are 0.
    first, second = [0] * 11 + [3, 5, 5, 8], [1] * 11 + [2, 2, 2, 3]
    people = pd.DataFrame({"a": [*first, *second], "sex": ["woman"] * 15 + ["man"] * 15})
    table = multiverse(people, {"a": 1}, {"all": np.full(30, True)}, *BY)
    p = table.query("correction == 'none'").pivot(index="test", columns="tails", values="p")
    assert table["diff"].gt(0).all()
    for test in ["Student", "Welch"]:
        assert p.loc[test, 1] == pytest.approx(p.loc[test, 2] / 2)
    for test in ["Mann-Whitney", "ordinal"]:
        assert p.loc[test, 1] == pytest.approx(1 - p.loc[test, 2] / 2)


def test_corrections_are_over_all_items_of_a_choice(every):
    names = {"Holm": "holm", "Benjamini-Hochberg": "fdr_bh"}
    for _, chosen in every.query("sample == 'all'").groupby(["test", "tails"]):
        by = {name: rows.set_index("item")["p"] for name, rows in chosen.groupby("correction")}
        for correction, method in names.items():
            expected = pingouin.multicomp(by["none"].to_numpy(), method=method)[1]
            np.testing.assert_allclose(by[correction], expected)
