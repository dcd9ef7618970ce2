"""Drawn studies, answers built by hand, and groups that one person leaves for the other."""

from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from audit import ALPHA
from helpers.compute.compare import two_groups
from learn.play import built, draw, one_moved, shifted, significant

WIDE = [9, 1, 1, 1, 1, 7]


def distributions(least, most=40):
    """Give counts of the answers 0 to 5 of at least so many people."""
    people = st.lists(st.integers(0, 5), min_size=least, max_size=most)
    return people.map(lambda answers: np.bincount(answers, minlength=6))


def as_frame(women, men):
    """Return the people whose answers were counted."""
    answers = [np.repeat(range(len(counts)), counts) for counts in (women, men)]
    sex = np.repeat(["woman", "man"], [len(group) for group in answers])
    return pd.DataFrame({"sex": sex, "item_01": np.concatenate(answers)})


# One person moves


@settings(max_examples=25)
@given(distributions(3, 12), distributions(3, 12))
def test_each_move_is_the_comparison_of_the_people_who_are_then_there(women, men):
    moved = one_moved(women, men)
    people, labels = as_frame(women, men), {"woman": "women", "man": "men"}
    for side, (here, there) in enumerate([("woman", "man"), ("man", "woman")]):
        for answer in range(6):
            who = people.index[(people["sex"] == here) & (people["item_01"] == answer)]
            if not len(who):
                assert np.isnan(moved.p[side, answer])
                continue
            after = people.assign(sex=people["sex"].where(people.index != who[0], there))
            p = two_groups(after, ["item_01"], "sex", labels)["p"].iloc[0]
            assert moved.p[side, answer] == pytest.approx(p, rel=1e-9, abs=1e-14, nan_ok=True)


def test_moves_broadcast_like_the_tests_themselves():
    women, men = np.array([[[3, 4, 5]], [[6, 0, 6]]]), np.array([[5, 4, 0], [2, 2, 2], [1, 0, 8]])
    moved = one_moved(women, men)
    assert moved.t.shape == (2, 3, 2, 3)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(moved.t[i, j], one_moved(women[i, 0], men[j]).t)


# Drawing


shapes = st.lists(st.floats(0.05, 1), min_size=3, max_size=7)


@given(shapes, st.floats(-0.9, 0.9))
def test_a_shift_moves_the_mean_and_keeps_the_order(shape, part):
    answers = np.arange(len(shape))
    before = np.array(shape) / sum(shape) @ answers
    points = part * min(before, len(shape) - 1 - before)
    after = shifted(shape, points)
    assert after.min() >= 0
    assert after.sum() == pytest.approx(1)
    assert after @ answers == pytest.approx(before + points, abs=1e-8)
    more = np.cumsum(shape) / sum(shape) - np.cumsum(after)
    assert (np.sign(points) * more >= -1e-8).all()


def test_a_shift_of_two_answers_moves_people_from_one_to_the_other():
    assert shifted([3, 1], 0.5) == pytest.approx([0.25, 0.75])


def test_no_shift_leads_off_the_scale():
    with pytest.raises(ValueError, match="answers from 0 to 5 cannot have the mean 5"):
        shifted([1, 1, 1, 1, 1, 1], 2.5)
    with pytest.raises(ValueError, match="answers from 0 to 1 cannot have the mean"):
        shifted([1, 1, 0, 0, 0, 0], 1)


@pytest.mark.parametrize("rho", [0, 0.3, 1])
def test_drawn_answers_have_the_shape(rho):
    counts = draw(WIDE, people=50, items=2, rho=rho, studies=4000, seed=2)
    assert counts.shape == (4000, 2, 6)
    assert (counts.sum(axis=2) == 50).all()
    assert counts.min() >= 0
    shares = counts.sum(axis=0) / (4000 * 50)
    # Four standard errors of a share among 200,000 people.
    np.testing.assert_allclose(shares, np.tile(np.array(WIDE) / 20, (2, 1)), atol=0.0045)


def test_an_answer_that_nobody_gives_is_never_drawn():
    counts = draw([0, 1, 0, 0, 2, 0], people=9, items=3, rho=0.5, studies=50, seed=3)
    assert not counts[..., [0, 2, 3, 5]].any()


@pytest.mark.parametrize("rho", [0, 0.3, 0.6, 0.9])
def test_answers_above_and_below_the_middle_hang_together_as_theory_has_it(rho):
    """Sheppard (1899): normal scores both lie above their mean with 1/4 + asin(rho) / 2 pi."""
    both = draw([1, 1], people=1, items=2, rho=rho, studies=40_000, seed=4)[:, :, 1].all(axis=1)
    expected = 1 / 4 + np.arcsin(rho) / (2 * np.pi)
    assert both.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 4e4))


def test_with_rho_1_all_items_agree():
    counts = draw([1, 2, 3], people=20, items=4, rho=1, studies=10, seed=5)
    assert (counts == counts[:, :1]).all()


# Significant tests


def test_false_alarms_of_independent_items_are_binomial():
    k = significant([1] * 6, 60, 35, 11, studies=3000, seed=6)
    shares = k.value_counts(normalize=True).reindex(range(12), fill_value=0)
    expected = stats.binom.pmf(range(12), 11, ALPHA)
    error = np.sqrt(expected * (1 - expected) / 3000)
    # Levene's choice and the lumps of the scale make each test's rate only nearly .05.
    assert (np.abs(shares - expected) < 4 * error + 0.015).all()


def test_answers_that_hang_together_keep_the_average_and_stretch_the_ends():
    alone, together = (significant(WIDE, 60, 35, 11, rho=r, studies=3000) for r in (0, 0.8))
    assert together.mean() == pytest.approx(alone.mean(), abs=0.15)
    assert (together == 0).mean() > (alone == 0).mean() + 0.1
    assert (together >= 5).mean() > (alone >= 5).mean() + 0.01


def test_power_is_that_of_the_noncentral_t():
    k = significant([1] * 6, 60, 35, 1, points=1, studies=4000)
    men, women = shifted([1] * 6, 0), shifted([1] * 6, 1)
    values = np.arange(6)
    spread = [(s @ values**2 - (s @ values) ** 2) for s in (women, men)]
    nc = 1 / np.sqrt(spread[0] / 60 + spread[1] / 35)
    high = stats.t.isf(ALPHA / 2, 93)
    power = stats.nct.sf(high, 93, nc) + stats.nct.cdf(-high, 93, nc)
    assert k.mean() == pytest.approx(power, abs=0.03)


def test_the_same_seed_gives_the_same_studies():
    first, again, other = (significant(WIDE, 9, 8, 3, studies=50, seed=s) for s in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


# Answers built by hand


@pytest.mark.parametrize("people", [1, 2, 4])
@pytest.mark.parametrize("top", [2, 3, 5])
def test_nothing_lies_closer_together_or_farther_apart(people, top):
    """Against every way in which so few people can answer."""
    values = np.arange(top + 1)
    every = [
        np.bincount(answers, minlength=top + 1)
        for answers in combinations_with_replacement(values, people)
    ]
    keys = {(int(counts @ values), int(counts[top])) for counts in every}
    for total, at_top in keys:
        squares = [c @ values**2 for c in every if c @ values == total and c[top] == at_top]
        for spread, extreme in (("alike", min(squares)), ("apart", max(squares))):
            counts = built(people, total, at_top, spread, top)
            assert (counts.sum(), counts @ values, counts[top]) == (people, total, at_top)
            assert counts.min() >= 0
            assert counts @ values**2 == extreme


@pytest.mark.parametrize(
    ("people", "total", "at_top"), [(10, 4, 1), (10, 42, 1), (3, 14, 3), (3, 15, 4)]
)
def test_what_cannot_be_shared_is_refused(people, total, at_top):
    with pytest.raises(ValueError, match="cannot share"):
        built(people, total, at_top, "alike")
