from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from helpers.compute.compare import two_groups

HERE = Path(__file__).parent
ANSWERS = {
    "random": HERE / "golden" / "random.csv",
    "study": HERE.parent / "data" / "study" / "omi.csv",
}
# fmt: off
COLUMNS = [
    "item", "n_women", "mean_women", "sd_women", "n_men", "mean_men", "sd_men",
    "levene_f", "levene_p", "student_t", "student_df", "student_p",
    "welch_t", "welch_df", "welch_p", "test", "t", "df", "p", "diff", "diff_low", "diff_high",
    "hedges_g", "g_low", "g_high", "mwu_p", "superiority", "p_holm", "p_bh", "note",
]
# fmt: on
# Relative, with no absolute slack; everything else is held to 1e-10.
LOOSER = {name: 1e-9 for name in COLUMNS if name.endswith(("_low", "_high", "_p")) or name == "p"}
LOOSER |= dict.fromkeys(["p_holm", "p_bh"], 1e-9)


def gender_tests(answers, items=None):
    """Compare women and men on all items."""
    items = [name for name in answers if name.startswith("item_")] if items is None else items
    return two_groups(answers, items, "sex", {"woman": "women", "man": "men"})


def side_by_side(women, men):
    """Return a table of one item."""
    return pd.DataFrame(
        {"sex": ["woman"] * len(women) + ["man"] * len(men), "item_01": [*women, *men]}
    )


def one(women, men):
    """Return the row of one item."""
    return gender_tests(side_by_side(women, men)).iloc[0]


# Against other software


@pytest.fixture(scope="module", params=ANSWERS)
def compared(request):
    answers = pd.read_csv(ANSWERS[request.param])
    others = (
        pd.read_csv(HERE / "golden" / f"{program}_{request.param}.csv", index_col="item")
        for program in ("r", "pspp")
    )
    return gender_tests(answers).set_index("item"), *others


@pytest.mark.parametrize("column", COLUMNS[1:-1])
def test_agrees_with_r(compared, column):
    ours, r, _ = compared
    assert list(ours.index) == list(r.index)
    if column == "test":
        assert list(ours.test) == list(r.test)
    else:
        np.testing.assert_allclose(ours[column], r[column], rtol=LOOSER.get(column, 1e-10), atol=0)


@pytest.mark.parametrize("column", [*COLUMNS[1:15], "diff"])
def test_agrees_with_pspp(compared, column):
    ours, _, pspp = compared
    assert list(ours.index) == list(pspp.index)
    np.testing.assert_allclose(ours[column], pspp[column], rtol=LOOSER.get(column, 1e-10), atol=0)


@pytest.mark.parametrize("limit", ["low", "high"])
def test_interval_of_the_picked_test_agrees_with_pspp(compared, limit):
    ours, _, pspp = compared
    theirs = pspp[f"student_{limit}"].where(pspp.levene_p > 0.05, pspp[f"welch_{limit}"])
    np.testing.assert_allclose(ours[f"diff_{limit}"], theirs, rtol=1e-9, atol=0)


def test_superiority_agrees_with_the_rank_sums_of_pspp(compared):
    ours, _, pspp = compared
    pairs_won = pspp.rank_sum_women - pspp.n_women * (pspp.n_women + 1) / 2
    np.testing.assert_allclose(ours.superiority, pairs_won / (pspp.n_women * pspp.n_men), 1e-12)


def test_random_items_exercise_both_tests_and_missing_answers():
    answers = pd.read_csv(ANSWERS["random"])
    result = gender_tests(answers)
    assert len(result) == 60
    assert result.test.value_counts().min() >= 10
    assert (result.n_women + result.n_men < len(answers)).all()


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_pingouin(seed):
    rng = np.random.default_rng(seed)
    women = rng.integers(0, 6, 20 + seed).astype(float)
    men = rng.binomial(5, 0.4, 15).astype(float)
    row = one(women, men)
    for test, correction in (("student", False), ("welch", True)):
        theirs = pingouin.ttest(women, men, correction=correction).iloc[0]
        assert row[f"{test}_t"] == pytest.approx(theirs["T"], rel=1e-12)
        assert row[f"{test}_df"] == pytest.approx(theirs["dof"], rel=1e-12)
        assert row[f"{test}_p"] == pytest.approx(theirs["p_val"], rel=1e-12)
    ranks = pingouin.mwu(women, men, method="asymptotic").iloc[0]
    assert row.mwu_p == pytest.approx(ranks["p_val"], rel=1e-12)
    assert row.superiority == pytest.approx(ranks["CLES"], rel=1e-12)
    # Pingouin corrects by 1 - 3/(4n - 9), within 1e-3 of the exact factor at these sizes.
    assert row.hedges_g == pytest.approx(
        pingouin.compute_effsize(women, men, eftype="hedges"), rel=1e-3
    )


def test_adjusted_p_values_agree_with_pingouin():
    result = gender_tests(pd.read_csv(ANSWERS["study"]))
    for column, method in (("p_holm", "holm"), ("p_bh", "fdr_bh")):
        _, adjusted = pingouin.multicomp(result.p.to_numpy(), method=method)
        np.testing.assert_allclose(result[column], adjusted, rtol=1e-12)


# Against examples worked by hand or published


def test_by_hand():
    # Women deviate from their mean, 1, by 1 1 1 3, men from theirs, 2, by 1 0 1: mean distances
    # 3/2 and 2/3, between them 25/21, within them 11/3 on 5 degrees of freedom.
    row = one([0, 0, 0, 4], [1, 2, 3])
    assert row.levene_f == pytest.approx((25 / 21) / (11 / 3 / 5))
    assert (row.mean_women, row.mean_men, row.sd_women, row.sd_men) == (1, 2, 2, 1)
    # Pooled variance (3 x 4 + 2 x 1) / 5; Welch's variance of the difference 4/4 + 1/3.
    assert row.student_t == pytest.approx(-1 / np.sqrt(14 / 5 * (1 / 4 + 1 / 3)))
    assert row.welch_t == pytest.approx(-1 / np.sqrt(4 / 3))
    assert row.welch_df == pytest.approx((4 / 3) ** 2 / (1 / 3 + 1 / 9 / 2))
    # 5 degrees of freedom: J = gamma(5/2) / (sqrt(5/2) gamma(2)) = (3/4) sqrt(pi) / sqrt(5/2).
    assert row.hedges_g == pytest.approx(-0.75 * np.sqrt(np.pi / 2.5) / np.sqrt(14 / 5))
    # The fourth woman is above all three men, the others below all.
    assert row.superiority == 3 / 12


def test_hedges_g_of_borenstein_2009():
    """Borenstein, Hedges, Higgins and Rothstein (2009), chapter 4: g = 0.5924."""
    row = one(with_moments(103, 5.5, 50), with_moments(100, 4.5, 50))
    assert row.hedges_g == pytest.approx(0.5924, abs=5e-5)


def test_interval_of_g_as_mbess_gives_it():
    """Kurz (2021, "Example power analysis report") prints MBESS's ci.smd (Kelley 2007)."""
    sd = np.sqrt((1.13**2 + 1.09**2) / 2)
    row = one(with_moments(1.29, sd, 50), with_moments(0.95, sd, 26))
    assert [row.g_low, row.g_high] == pytest.approx([-0.1712149, 0.7816834], abs=5e-8)


def test_g_and_interval_as_effectsize_gives_them():
    """R's mtcars, miles per gallon by transmission, as tidystats stores effectsize 0.8.3's."""
    automatic = [21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3]
    automatic += [15.2, 10.4, 10.4, 14.7, 21.5, 15.5, 15.2, 13.3, 19.2]
    manual = [21.0, 21.0, 22.8, 32.4, 30.4, 33.9, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4]
    row = one(automatic, manual)
    assert row.hedges_g == pytest.approx(-1.440635, abs=5e-7)
    # The limits of cohens_d, which it finds by minimising: those of its hedges_g are J times these.
    assert [row.g_low, row.g_high] == pytest.approx([-2.265973, -0.670569], abs=1e-6)


def with_moments(mean, sd, n):
    """Return n numbers with exactly this mean and SD."""
    z = np.arange(n, dtype=float)
    return mean + sd * (z - z.mean()) / z.std(ddof=1)


# Where the answers allow no test

TESTED = COLUMNS[COLUMNS.index("levene_f") : COLUMNS.index("note")]


@pytest.mark.parametrize(
    ("women", "men", "note"),
    [
        ([1, 2, 3], [], "no answer from men"),
        ([None, None], [1, 2], "no answer from women"),
        ([1, 2, 3], [4, None], "only one answer from men"),
        ([2], [2, 2], "only one answer from women"),
        ([], [], "no answer from women"),
        ([3, 3, 3], [3, 3], "every answer is the same"),
        ([0, 0, 0], [5, 5], "no spread within women nor within men"),
        ([0.1] * 7, [0.3] * 3, "no spread within women nor within men"),
    ],
)
def test_no_test_says_why(women, men, note):
    row = one(women, men)
    assert row.note == note
    assert row[TESTED].isna().all()
    assert row.n_women == len([a for a in women if a is not None])
    assert row.n_men == len([a for a in men if a is not None])


def test_descriptive_figures_stay_where_they_exist():
    row = one([1, 2, 3], [4])
    assert (row.mean_women, row.sd_women, row.n_men, row.mean_men) == (2, 1, 1, 4)
    assert np.isnan(row.sd_men)


@pytest.mark.parametrize(
    ("women", "men"), [([0, 5], [2, 3]), ([1, 3, 1, 3], [2, 2]), ([0.1, 0.3] * 5, [0.1, 0.7] * 3)]
)
def test_levene_undefined_picks_neither_test(women, men):
    row = one(women, men)
    assert row.note.startswith("answers lie equally far from their group's mean")
    assert row[["levene_f", "levene_p", "test", "t", "df", "p", "diff_low", "p_holm"]].isna().all()
    assert row[["student_t", "welch_p", "diff", "hedges_g", "mwu_p"]].notna().all()


def test_one_constant_group_is_tested():
    row = one([1, 1, 1], [2, 2, 3])
    assert row.note == ""
    assert (row.welch_df, row.superiority) == (2, 0)
    assert row.welch_t == pytest.approx(-4)


def test_t_beyond_the_noncentral_t_leaves_the_rest():
    row = one([0, 0, 1e-9], [5, 5, 5])
    assert row.note == "t is too large for the interval of g"
    assert row[["g_low", "g_high"]].isna().all()
    assert row[["t", "p", "hedges_g"]].notna().all()


def test_untestable_items_do_not_count_in_the_corrections():
    answers = side_by_side([1, 2, 3, 3], [4, 5, 5, 4]).assign(
        item_02=3, item_03=[1, 2, 5, 3, 2, 5, 4, 4]
    )
    with_constant = gender_tests(answers).set_index("item")
    without = gender_tests(answers, items=["item_01", "item_03"]).set_index("item")
    assert with_constant.loc["item_02", ["p_holm", "p_bh"]].isna().all()
    assert_frame_equal(with_constant.drop("item_02"), without)
    assert without.loc["item_01", "p_holm"] == pytest.approx(2 * without.loc["item_01", "p"])


# The table taken and the table given


def test_columns_and_types():
    for answers in (
        side_by_side([1, 2, 3], [1, 3, 5]),
        side_by_side([1, 1], [1, 1]),
        side_by_side([1, 2], [3, 5])[["sex"]],
    ):
        result = gender_tests(answers)
        assert list(result.columns) == COLUMNS
        words = result[["test", "note"]].dtypes
        assert all(dtype == pd.Series(["word"]).dtype for dtype in words)


def test_items_in_the_order_asked_for():
    answers = side_by_side([1, 2, 3], [1, 3, 5]).assign(
        age=[20, 31, 42, 50, 61, 75], item_02=[*"123456"]
    )
    answers["item_02"] = answers.item_02.astype(int)
    assert list(gender_tests(answers, items=["age", "item_01"]).item) == ["age", "item_01"]
    with pytest.raises(KeyError):
        gender_tests(answers, items=["item_99"])


def test_nullable_whole_numbers_as_the_loader_gives_them():
    floats = side_by_side([1, 2, None, 4], [0, 3, 5, None])
    nullable = floats.astype({"item_01": "Int64"})
    assert nullable.item_01.isna().sum() == 2
    assert_frame_equal(gender_tests(nullable), gender_tests(floats))


def test_people_of_neither_group_are_left_out():
    answers = side_by_side([1, 2, 4, 4], [0, 3, 5, 3])
    others = pd.DataFrame({"sex": ["other", None], "item_01": [5, 5]})
    assert_frame_equal(gender_tests(pd.concat([answers, others])), gender_tests(answers))


def test_other_groups():
    answers = side_by_side([1, 2, 4, 4], [0, 3, 5, 3])
    renamed = answers.rename(columns={"sex": "role"}).replace({"woman": "nurse", "man": "other"})
    others = two_groups(renamed, ["item_01"], "role", {"nurse": "women", "other": "men"})
    assert_frame_equal(others, gender_tests(answers))


def test_answers_are_left_as_they_were():
    answers = side_by_side([1, 2, None, 4], [0, 3, 5, 3])
    before = answers.copy(deep=True)
    gender_tests(answers)
    assert_frame_equal(answers, before)


# Properties

answered = st.lists(st.integers(0, 5), min_size=0, max_size=25)


def assert_alike(row, other, columns):
    """Compare figures up to rounding, NaN with NaN."""
    np.testing.assert_allclose(
        row[columns].to_numpy(float), other[columns].to_numpy(float), rtol=1e-9, atol=1e-11
    )


@given(answered, answered)
def test_swapping_the_groups_turns_the_signs(women, men):
    row, swapped = one(women, men), one(men, women)
    turned = -swapped[["student_t", "welch_t", "t", "diff", "hedges_g"]].astype(float)
    turned = pd.concat([turned, pd.Series({"superiority": 1 - swapped.superiority})])
    for name in ("diff", "g"):
        turned[f"{name}_low"] = -swapped[f"{name}_high"]
        turned[f"{name}_high"] = -swapped[f"{name}_low"]
    assert_alike(row, turned, list(turned.index))
    assert_alike(row, swapped, ["levene_f", "levene_p", "df", "p", "welch_df", "mwu_p", "p_holm"])


@given(answered, answered, st.integers(-1000, 1000))
def test_adding_a_constant_changes_only_the_means(women, men, constant):
    row = one(women, men)
    shifted = one([a + constant for a in women], [a + constant for a in men])
    assert shifted.note == row.note
    assert_alike(row, shifted, ["n_women", "sd_women", "n_men", "sd_men", *TESTED[:8]])
    assert_alike(row, shifted, TESTED[9:])


@given(answered, answered, st.randoms())
def test_order_of_rows_is_irrelevant(women, men, random):
    answers = side_by_side(women, men)
    rows = list(range(len(answers)))
    random.shuffle(rows)
    row, shuffled = one(women, men), gender_tests(answers.iloc[rows]).iloc[0]
    assert shuffled.note == row.note
    assert_alike(row, shuffled, [name for name in COLUMNS[1:-1] if name != "test"])


@given(answered.filter(lambda a: len(set(a)) > 1), answered.filter(lambda a: len(a) > 1))
def test_superiority_counts_pairs(women, men):
    pairs = [(w > m) + (w == m) / 2 for w in women for m in men]
    assert one(women, men).superiority == pytest.approx(np.mean(pairs))


@given(answered, answered)
def test_g_lies_in_its_interval_which_excludes_zero_as_student_does(women, men):
    row = one(women, men)
    if np.isnan(row.g_low) or abs(row.student_p - 0.05) < 1e-9:
        return
    assert row.g_low < row.hedges_g < row.g_high
    assert (row.g_low > 0 or row.g_high < 0) == (row.student_p < 0.05)
