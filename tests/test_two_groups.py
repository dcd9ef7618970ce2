"""The one core of tests of two groups: from counts, from answers, many pairs at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from audit import ALPHA, Comparison, compare, counted, listed


def distributions(least, most=40):
    """Give counts of the answers 0 to 5 of at least so many people."""
    people = st.lists(st.integers(0, 5), min_size=least, max_size=most)
    return people.map(lambda answers: np.bincount(answers, minlength=6))


def people(counts):
    return np.repeat(range(len(counts)), counts)


@given(distributions(3), distributions(3))
def test_all_tests_are_those_of_scipy(first, second):
    groups = people(first), people(second)
    if any(len(set(np.abs(group - group.mean()).round(9))) == 1 for group in groups):
        return
    levene = stats.levene(*groups, center="mean")
    student, welch = (stats.ttest_ind(*groups, equal_var=equal) for equal in (True, False))
    picked = student if levene.pvalue > ALPHA else welch
    expected = {"diff": groups[0].mean() - groups[1].mean()}
    expected |= {"levene_f": levene.statistic, "levene_p": levene.pvalue}
    for prefix, test in (("student_", student), ("welch_", welch), ("", picked)):
        expected[f"{prefix}t"], expected[f"{prefix}p"] = test.statistic, test.pvalue
        expected[f"{prefix}df"] = test.df
        half = np.ptp(test.confidence_interval(0.95)) / 2
        expected[f"{prefix}se"] = half / stats.t.ppf(0.975, test.df)
    for found in (
        compare(counted(first), counted(second)),
        compare(listed(groups[0]), listed(groups[1])),
    ):
        for name, value in expected.items():
            assert_allclose(getattr(found, name), value, rtol=1e-9, atol=1e-12, err_msg=name)


def test_by_hand():
    # First 1 3 4 5 5, second 0 0 1 2: variances 2.8 and 11/12, pooled (4 x 2.8 + 3 x 11/12) / 7.
    result = compare(counted([0, 1, 0, 1, 1, 2]), counted([2, 1, 1, 0, 0, 0]))
    pooled = (4 * 2.8 + 3 * 11 / 12) / 7
    assert result.levene_p > ALPHA
    assert result.t == pytest.approx((3.6 - 0.75) / np.sqrt(pooled * (1 / 5 + 1 / 4)))
    assert result.df == 7


def test_many_pairs_at_once_are_each_pair_by_itself():
    rng = np.random.default_rng(1)
    first, second = rng.multinomial(30, [1 / 6] * 6, (4, 1)), rng.multinomial(9, [1 / 6] * 6, 3)
    together = compare(counted(first), counted(second))
    for i, j in np.ndindex(4, 3):
        alone = compare(counted(first[i, 0]), counted(second[j]))
        assert Comparison(*(values[i, j] for values in together)) == alone


@pytest.mark.parametrize("second", [[0, 0, 4], [4, 0, 0], [2, 0, 2]])
def test_no_pick_where_all_answers_lie_equally_far_from_the_mean(second):
    result = compare(counted([3, 0, 0]), counted(second))
    assert np.isnan([result.levene_f, result.levene_p, result.t, result.df, result.p]).all()


def test_distances_that_only_floating_point_tells_apart_are_equal():
    assert listed([0.1, 0.3] * 5).away_var == 0
    assert counted([0, 7, 0, 0, 7, 0]).away_var == 0
    assert listed([0.1, 0.3] * 5 + [0.31]).away_var > 0
