import re
from collections import Counter, defaultdict
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement, product
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import audit
from audit.grim import has_answers
from audit.groups import Behind, _sizes_can_be
from audit.printed import NOTHING, interval, limits, reads_as
from audit.simulate import _changed, _simulated
from audit.two_groups import TESTS

READINGS = ["rounded", "half_up", "dropped", "either"]
ROUNDINGS = {
    "half_up": [ROUND_HALF_UP],
    "half_down": [ROUND_HALF_DOWN],
    "half_even": [ROUND_HALF_EVEN],
    "rounded": [ROUND_HALF_UP, ROUND_HALF_DOWN],
    "up": [ROUND_UP],
    "down": [ROUND_DOWN],
    "ceiling": [ROUND_CEILING],
    "floor": [ROUND_FLOOR],
    "any": [ROUND_FLOOR, ROUND_CEILING],
}
PRINTED = ["mean_women", "sd_women", "mean_men", "sd_men", "t", "df"]
ITEMS = Path(__file__).parents[1] / "data" / "published" / "omi_items.csv"
WOMEN, MEN = range(30, 81), range(15, 66)
AREA = {"women": WOMEN, "men": MEN}


# A second, slow way to print a number, which shares no code with the one under test.


def texts(value, places, digits, shown):
    """Return every way to print a number under a reading."""
    if digits == "either":
        return texts(value, places, "rounded", shown) | texts(value, places, "dropped", shown)
    if digits.startswith("dropped"):
        value = value.quantize(Decimal(10) ** -int(digits[8:] or shown), ROUND_HALF_UP)
        return {str(value.quantize(Decimal(10) ** -places, ROUND_DOWN))}
    return {str(value.quantize(Decimal(10) ** -places, rule)) for rule in ROUNDINGS[digits]}


def print_as(value, places, digits, shown):
    return max(texts(value, places, digits, shown))


def decimal(fraction):
    return Decimal(fraction.numerator) / fraction.denominator


def mean_variance(sample):
    """Return mean and variance as fractions: two passes, where the audit has sums of squares."""
    mean = Fraction(sum(sample), len(sample))
    return mean, sum((x - mean) ** 2 for x in sample) / (len(sample) - 1)


def mean_sd(sample):
    mean, variance = mean_variance(sample)
    return decimal(mean), decimal(variance).sqrt()


def t_df(first, second, test):
    (mean_1, var_1), (mean_2, var_2) = mean_variance(first), mean_variance(second)
    n_1, n_2 = len(first), len(second)
    if test == "student":
        df = Fraction(n_1 + n_2 - 2)
        pooled = ((n_1 - 1) * var_1 + (n_2 - 1) * var_2) / df
        error = pooled / n_1 + pooled / n_2
    else:
        error = var_1 / n_1 + var_2 / n_2
        df = error**2 / (var_1**2 / n_1**2 / (n_1 - 1) + var_2**2 / n_2**2 / (n_2 - 1))
    t = decimal((mean_1 - mean_2) ** 2 / error).sqrt()
    return t.copy_sign(decimal(mean_1 - mean_2)), decimal(df)


def print_item(first, second, test, places, digits):
    """Print an item of two samples; `digits` and `places` give one entry for every number."""
    values = *mean_sd(first), *mean_sd(second), *t_df(first, second, test)
    shown = [4, 5, 4, 5, 3, 3]
    texts = map(print_as, values, places, digits, shown)
    return pd.DataFrame([dict(zip(PRINTED, texts, strict=True), item="item")])


@cache
def all_samples(n, top=5):
    return list(combinations_with_replacement(range(top + 1), n))


def counts_of(sample, top=5):
    return tuple(sample.count(answer) for answer in range(top + 1))


samples = st.lists(st.integers(0, 5), min_size=2, max_size=70)
digit_ways = st.sampled_from(["half_up", "dropped"])


# What printed digits say


@given(
    number=st.decimals(-200, 200, allow_nan=False, allow_infinity=False, places=6),
    places=st.integers(0, 4),
    shown=st.integers(3, 5),
    digits=st.sampled_from(audit.READINGS),
)
def test_interval_holds_what_is_printed_so_and_nothing_else(number, places, shown, digits):
    # Numbers on the edges too: half-way between two printable ones, or printable themselves.
    for value in (number, number.quantize(Decimal("0.01")), number.quantize(Decimal("0.5"))):
        places = min(places, shown, 2)
        for printed in texts(value, places, digits, shown):
            values = interval(printed, digits, shown)
            assert values.holds(Fraction(value))
            assert reads_as(value, printed, digits, shown)
            hair = Decimal("1e-12")
            for end, inward in ((values.low, hair), (values.high, -hair)):
                end = Decimal(end.numerator) / end.denominator
                for at in (end - inward, end, end + inward):
                    spoken = {Decimal(text) for text in texts(at, places, digits, shown)}
                    assert values.holds(Fraction(at)) == (Decimal(printed) in spoken), (at, values)


def test_more_digits_than_the_program_displays_cannot_have_been_dropped():
    assert interval("2.13456", "dropped", shown=4) == NOTHING
    assert reads_as(2.13456, "2.13456", "either", shown=4)
    assert not reads_as(2.13456, "2.13456", "dropped", shown=4)


@pytest.mark.parametrize("text", ["", "two", "1,5", "1.5.2", "nan", "inf", "1e2", "64.2%"])
def test_what_is_no_number_is_shown(text):
    item = {"item": "a", **dict.fromkeys(PRINTED, "1.0"), "df": text}
    calls = [
        lambda: audit.counts_for(text, 10),
        lambda: audit.count_sets(["50", text], 10),
        lambda: audit.bases([text], [10]),
        lambda: audit.grim(text, 10),
        lambda: audit.grimmer(text, "1.00", 10),
        lambda: audit.grimmer("2.50", text, 10),
        lambda: audit.answers("2.50", text, 10),
        lambda: audit.sprite(text, "1.00", 10),
        lambda: audit.exact_tests({**item, "df": "9", "t": text}, 10, 10, "rounded"),
        lambda: audit.recomputed("2.5", text, 10, "3.5", "1.0", 10),
        lambda: audit.p_range("t", "2.0", text),
        lambda: audit.p_range("F", text, 1, 10),
        lambda: audit.p_verdict(text, 0.01, 0.02),
    ]
    if text:  # an item with an empty cell is one that is not printed
        calls.append(
            lambda: audit.splits(pd.DataFrame([item]), {"women": [5], "men": [5]}, digits="rounded")
        )
    for call in calls:
        with pytest.raises(ValueError, match=re.escape(repr(text))):
            call()


# Percentages


@given(st.integers(1, 150), st.integers(0, 2), st.sampled_from(READINGS), st.data())
def test_counts_for_finds_every_count_and_no_other(n, places, digits, data):
    count = data.draw(st.integers(0, n))
    printable = sorted(texts(100 * Decimal(count) / n, places, digits, shown=1))
    percent = data.draw(st.sampled_from(printable))
    expected = [
        c
        for c in range(n + 1)
        if Decimal(percent)
        in {Decimal(text) for text in texts(100 * Decimal(c) / n, places, digits, shown=1)}
    ]
    assert count in expected
    assert audit.counts_for(percent, n, digits) == expected


def test_percentages_of_the_study():
    assert audit.counts_for("71.2", 95) == []
    assert audit.counts_for("27", 95) == [26]
    assert audit.counts_for("20", 26) == []
    assert audit.count_sets(["71.6", "24.2", "4.2"], 95) == [(68, 23, 4)]
    jobs = audit.bases(["32.6", "24.2", "12.6", "21.1", "9.5"], range(80, 100))
    assert jobs.loc[jobs["together"], "n"].tolist() == [95]


def test_percentages_that_sum_to_99_6_leave_somebody_out_whatever_the_base():
    table = audit.bases(["71.2", "24.2", "4.2"], range(1, 400))
    assert not table["together"].any()
    assert table["each"].any()  # each by itself is possible, in larger samples


# GRIM


def test_grim_gives_the_published_verdicts():
    # Brown and Heathers (2017) have 5.19 with n = 28; the other means of that sample, the means of
    # two and three items, and the rest come from the test suites of scrutiny (test-grim.R) and
    # rsprite2 (test-core-and-plot-functions.R).
    means = [f"{5.19 + i / 100:.2f}" for i in range(12)]
    passing = [mean for mean in means if audit.grim(mean, 28)]
    assert passing == ["5.21", "5.25", "5.29"]
    assert audit.grim("5.19", 32)
    assert audit.grim("5.18", 14, items=2)
    assert not audit.grim("5.83", 50)
    proportions = [f"{0.150 + i / 1000:.3f}" for i in range(10)]
    passing = [mean for mean in proportions if audit.grim(mean, 120, items=3)]
    assert passing == ["0.150", "0.153", "0.156", "0.158"]
    two_items = [f"{0.80 + i / 100:.2f}" for i in range(10)]
    passing = [mean for mean in two_items if audit.grim(mean, 28, items=2)]
    assert passing == ["0.80", "0.82", "0.84", "0.86", "0.87", "0.88", "0.89"]
    # 49/56 is .875, which a half rounded up cannot make 0.87.
    assert not audit.grim("0.87", 28, items=2, digits="half_up")


@pytest.mark.parametrize("digits", READINGS)
@pytest.mark.parametrize("places", [1, 2])
def test_grim_agrees_with_all_sums(digits, places):
    for n, items in product(range(1, 25), (1, 2)):
        means = (Decimal(total) / (n * items) for total in range(5 * n * items + 1))
        true = set().union(*(texts(mean, places, digits, shown=4) for mean in means))
        for mean in (f"{i / 10**places:.{places}f}" for i in range(5 * 10**places + 1)):
            assert audit.grim(mean, n, items, digits) == (mean in true), (mean, n, items)


# GRIMMER


def test_grimmer_gives_the_published_verdicts():
    # Allard's (2018) sample that fails by parity, the sample that passes (test suites of rsprite2
    # and scrutiny), and the table pigs5 of scrutiny (test-grimmer-map.R), which sets no range: the
    # one used here is wide enough.
    assert audit.grimmer("5.21", "1.6", 28, high=10)
    assert not audit.grimmer("3.44", "2.47", 18, high=20)
    assert not audit.grimmer("5.19", "1.5", 28, high=10)
    pigs = [
        ("7.22", "5.30", 38, False),
        ("4.74", "6.55", 31, True),
        ("5.23", "2.55", 35, False),
        ("2.57", "2.57", 30, True),
        ("6.77", "2.18", 33, False),
        ("2.68", "2.59", 34, True),
        ("7.01", "6.68", 35, False),
        ("7.38", "3.65", 32, True),
        ("3.14", "5.32", 33, False),
        ("6.89", "4.18", 37, True),
        ("5.00", "2.18", 31, True),
        ("0.24", "6.43", 34, True),
    ]
    for mean, sd, n, expected in pigs:
        assert audit.grimmer(mean, sd, n, low=-20, high=25) == expected, (mean, sd, n)


def test_grimmer_keeps_to_the_limits_of_the_scale():
    # Five answers from 1 to 7 with mean 4.2: SD limits from rsprite2's test of .sd_limits.
    possible = [i / 100 for i in range(500) if audit.grimmer("4.20", f"{i / 100:.2f}", 5, 1, 7)]
    assert (min(possible), max(possible)) == (0.45, 3.03)


@cache
def printed_pairs(n, places, digits):
    """Return every printed pair of mean and SD of n answers, with the distributions behind it."""
    pairs = defaultdict(set)
    for sample in all_samples(n):
        mean, sd = mean_sd(sample)
        for pair in product(texts(mean, places, digits, 4), texts(sd, places, digits, 5)):
            pairs[pair].add(counts_of(sample))
    return pairs


@pytest.mark.parametrize("digits", READINGS)
@pytest.mark.parametrize("places", [1, 2])
@pytest.mark.parametrize("n", range(2, 9))
def test_grimmer_agrees_with_all_answers(n, places, digits):
    true = printed_pairs(n, places, digits)
    step = 10**places
    means = [f"{i / step:.{places}f}" for i in range(5 * step + 1)]
    sds = [f"{i / step:.{places}f}" for i in range(int(5 / sqrt(2) * step) + 2)]
    reached = {mean for mean, _ in true}
    for mean in means:
        # A mean that no answers have is impossible beside any SD, so a few of them will do.
        for sd in sds if mean in reached else sds[:: 4 * step // 10]:
            assert audit.grimmer(mean, sd, n, digits=digits) == ((mean, sd) in true), (mean, sd)


@pytest.mark.parametrize("digits", READINGS)
@pytest.mark.parametrize("n", range(2, 9))
def test_answers_lists_all_and_only_the_distributions(n, digits):
    for (mean, sd), expected in printed_pairs(n, 2, digits).items():
        found = audit.answers(mean, sd, n, digits=digits)
        assert len(found) == len(expected)
        assert set(map(tuple, found.tolist())) == expected


@pytest.mark.parametrize("top", range(1, 9))
def test_answers_exist_for_the_sums_of_all_samples_and_no_other(top):
    for n in range(1, 6):
        true = {(sum(sample), sum(x * x for x in sample)) for sample in all_samples(n, top)}
        every = product(range(-1, n * top + 2), range(n * top**2 + 2))
        assert {pair for pair in every if has_answers(n, *pair, top)} == true


@pytest.mark.parametrize(("n", "top"), [(40, 5), (12, 15), (7, 12)])
def test_answers_exist_for_the_sums_of_large_samples(n, top):
    # All sums and sums of squares of n answers at once, one answer after the other.
    reached = np.zeros((top * n + 1, top**2 * n + 1), dtype=bool)
    reached[0, 0] = True
    for _ in range(n):
        longer = np.zeros_like(reached)
        for answer in range(top + 1):
            rest = reached[: len(reached) - answer, : reached.shape[1] - answer**2]
            longer[answer:, answer**2 :] |= rest
        reached = longer
    for total, squares in np.ndindex(*reached.shape):
        if (total - squares) % 2 == 0:
            assert has_answers(n, total, squares, top) == reached[total, squares]


def test_squares_have_gaps():
    # Sum 5: 25 = one 5; 17 = a 4 and a 1; nothing between them, although the parity would do.
    assert [q for q in range(5, 27, 2) if has_answers(40, 5, q, 5)] == [5, 7, 9, 11, 13, 17, 25]


@given(samples, st.integers(0, 3), st.integers(0, 3), digit_ways, st.integers(-3, 3))
def test_real_answers_pass_and_are_listed(sample, mean_places, sd_places, digits, low):
    mean, sd = mean_sd([x + low for x in sample])
    mean = print_as(mean, mean_places, digits, shown=4)
    sd = print_as(sd, sd_places, digits, shown=5)
    n = len(sample)
    assert audit.grim(mean, n, digits=digits)
    for reading in (digits, "either"):
        assert audit.grimmer(mean, sd, n, low, low + 5, reading)
        if mean_places + sd_places >= 3:
            listed = audit.answers(mean, sd, n, low, low + 5, reading)
            assert (listed == counts_of(sample)).all(axis=1).any()


@given(samples, st.integers(1, 2), digit_ways, st.integers(1, 4), st.integers(0, 2**32))
def test_listed_and_drawn_answers_give_the_printed_pair(sample, places, digits, low, seed):
    mean, sd = mean_sd([x + low for x in sample])
    printed = (
        print_as(mean, places, digits, shown=4),
        print_as(sd, places, digits, shown=5),
    )
    n = len(sample)
    drawn = audit.sprite(*printed, n, low, low + 5, draws=20, seed=seed, digits=digits)
    listed = audit.answers(*printed, n, low, low + 5, digits)
    assert drawn.shape == (20, 6)
    assert_array_equal(
        drawn, audit.sprite(*printed, n, low, low + 5, draws=20, seed=seed, digits=digits)
    )
    every = np.random.default_rng(0).permutation(listed)[:20]
    for counts in np.concatenate([drawn, every]).tolist():
        people = [low + answer for answer, count in enumerate(counts) for _ in range(count)]
        mean, sd = mean_sd(people)
        assert len(people) == n
        assert print_as(mean, places, digits, shown=4) == printed[0]
        assert print_as(sd, places, digits, shown=5) == printed[1]


@pytest.mark.parametrize(
    ("mean", "sd", "n", "top"),
    [
        ("2.78", "2.30", 60, 5),
        ("3", "1", 9, 6),
        ("4.00", "2.74", 13, 8),
        ("2.0", "0.8", 40, 3),
        ("1.1", "0.7", 40, 2),
    ],
)
def test_every_distribution_is_drawn_as_often(mean, sd, n, top):
    listed = audit.answers(mean, sd, n, 0, top)
    assert len(listed) > 3
    draws = 50 * len(listed)
    drawn = Counter(map(tuple, audit.sprite(mean, sd, n, 0, top, draws=draws, seed=1).tolist()))
    assert set(drawn) == set(map(tuple, listed.tolist()))
    assert stats.chisquare(list(drawn.values())).pvalue > 0.001


@pytest.mark.parametrize("items", [2, 3])
def test_means_of_several_items_are_sums_on_a_longer_scale(items):
    # All ways in which four people can answer so many items from 1 to 3, by brute force.
    sums = range(items, 3 * items + 1)
    true = defaultdict(set)
    for sample in combinations_with_replacement(sums, 4):
        mean, sd = mean_sd([Fraction(total, items) for total in sample])
        pair = print_as(mean, 2, "half_up", 4), print_as(sd, 2, "half_up", 5)
        true[pair].add(tuple(sample.count(total) for total in sums))
    for (mean, sd), expected in true.items():
        listed = audit.answers(mean, sd, 4, 1, 3, "half_up", items)
        assert set(map(tuple, listed.tolist())) == expected
    step = {f"{i / 100:.2f}" for i in range(100, 301)}
    possible = {(m, s) for m in step for s in (f"{i / 50:.2f}" for i in range(60))}
    found = {p for p in possible if audit.grimmer(*p, 4, 1, 3, "half_up", items)}
    assert found == set(true) & possible


def test_several_items_as_rsprite2_has_them():
    # Its test of .sd_limits: five people, two items from 1 to 7, mean 4.2.
    possible = [i for i in range(350) if audit.grimmer("4.20", f"{i / 100:.2f}", 5, 1, 7, items=2)]
    assert (min(possible), max(possible)) == (27, 303)
    # The mean and SD of three items in its example.
    for counts in audit.sprite("3.29", "1.29", 15, 1, 5, draws=200, items=3):
        people = np.repeat(np.arange(3, 16) / 3, counts)
        assert f"{people.mean():.2f} {people.std(ddof=1):.2f}" == "3.29 1.29"


def test_debit_gives_the_published_verdicts():
    # The data set pigs3 of scrutiny, and more of the cases in its test-debit.R.
    pigs = [("0.53", "0.50"), ("0.44", "0.50"), ("0.77", "0.42"), ("0.19", "0.35")]
    pigs += [("0.34", "0.47"), ("0.93", "0.25"), ("0.12", "0.33")]
    verdicts = [audit.debit(mean, sd, 1683) for mean, sd in pigs]
    assert verdicts == [True, True, True, False, True, True, True]
    assert audit.debit("0.50", "0.503", 100)
    assert not audit.debit("0.05", "0.21", 20)
    assert audit.debit("0.05", "0.22", 20)
    assert not audit.debit("0.33", "0.4", 9, digits="floor")
    assert audit.debit("0.33", "0.5", 9, digits="floor")


@pytest.mark.parametrize("n", range(2, 12))
def test_debit_agrees_with_all_counts(n):
    true = set()
    for ones in range(n + 1):
        mean, sd = mean_sd([1] * ones + [0] * (n - ones))
        true |= set(product(texts(mean, 2, "rounded", 4), texts(sd, 2, "rounded", 5)))
    every = [f"{i / 100:.2f}" for i in range(101)]
    assert {pair for pair in product(every, every) if audit.debit(*pair, n)} == true


def test_impossible_pairs_have_no_answers():
    assert audit.answers("5.19", "1.50", 28).shape == (0, 6)
    assert audit.sprite("5.19", "1.50", 28, low=1, high=7).shape == (0, 7)
    assert audit.answers("1.5", "2.14", 35, low=1, high=6, digits="either").shape == (0, 6)
    assert not audit.grimmer("2.00", "0.00", 1)
    assert not audit.grimmer("2.00", "-1.00", 10)


# Group sizes


@pytest.fixture(scope="module")
def items():
    return pd.read_csv(ITEMS, dtype=str)


@pytest.fixture(scope="module")
def found(items):
    return {digits: audit.splits(items, AREA, digits=digits) for digits in READINGS}


def test_splits_has_a_row_for_every_pair_and_a_column_for_every_printed_item(found, items):
    names = items.loc[items["status"] == "reported", "item"].tolist()
    for table in found.values():
        assert table.columns.tolist() == ["women", "men", *names, "all"]
        pairs = list(zip(table["women"], table["men"], strict=True))
        assert pairs == list(product(WOMEN, MEN))
        assert (table["all"] == table[names].all(axis=1)).all()


def test_only_one_split_lets_all_items_be_true(found):
    pairs = {
        digits: table.loc[table["all"], ["women", "men"]].to_numpy().tolist()
        for digits, table in found.items()
    }
    assert pairs == {
        "rounded": [],
        "half_up": [],
        "dropped": [[60, 35]],
        "either": [[60, 35]],
    }


def test_what_each_reading_leaves(items):
    table = audit.splits_by_reading(items, AREA).set_index("digits")
    left = {digits: pairs for digits, pairs in table["left"].items() if pairs}
    # One display with digits dropped, and rounding down a negative t, which comes to the same.
    assert left == {digits: [(60, 35)] for digits in ["dropped", "either", "floor", "any"]}
    # Plain truncation has each but the fourth item, whose t would have been printed as -2.11.
    assert table.loc["down", ["item_01", "item_02", "item_03", "item_04"]].tolist() == [1, 3, 4, 0]
    names = items.dropna(subset=["t"])["item"].tolist()
    assert (table.loc["any", names] >= table[names].max()).all()


def test_no_answers_missing_item_by_item_make_61_and_34_fit(items):
    # Whoever of 61 women and 34 men is missing on an item, its numbers come from sizes up to these.
    table = audit.splits_by_reading(items, {"women": range(2, 62), "men": range(2, 35)})
    assert not table["each"].any()
    assert not table[["item_02", "item_03", "item_04"]].any(axis=None)


def test_either_reading_accepts_what_one_of_the_two_accepts(found):
    for name in ("item_01", "item_02", "item_03", "item_04"):
        both = found["rounded"][name] | found["dropped"][name]
        assert found["either"][name][both].all()


@given(
    st.lists(st.integers(0, 5), min_size=2, max_size=60),
    st.lists(st.integers(0, 5), min_size=2, max_size=60),
    st.sampled_from(["student", "welch"]),
    st.tuples(*[st.integers(1, 3)] * 5, st.integers(0, 3)),
    st.lists(digit_ways, min_size=6, max_size=6),
)
def test_the_true_split_fits(first, second, test, places, digits):
    if len(set(first)) == len(set(second)) == 1:
        return
    pair = {"women": [len(first)], "men": [len(second)]}
    mixed = print_item(first, second, test, places, digits)
    assert audit.splits(mixed, pair, digits="either")["all"].all()
    plain = print_item(first, second, test, places, [digits[0]] * 6)
    assert audit.splits(plain, pair, digits=digits[0])["all"].all()


@pytest.mark.parametrize("digits", READINGS)
def test_splits_agree_with_all_answers(digits):
    # Every pair of samples of these sizes on 0 to 3, with each test, printed and compared.
    top, women, men = 3, range(4, 7), range(3, 6)
    rng = np.random.default_rng(5)
    places = [1, 1, 1, 0, 1, 0]
    items = []
    while len(items) < 6:
        first, second = rng.integers(0, top + 1, 5).tolist(), rng.integers(0, top + 1, 4).tolist()
        if len(set(first)) > 1 and len(set(second)) > 1:
            test = ["student", "welch"][len(items) % 2]
            way = ["rounded", "dropped"][len(items) % 2] if digits == "either" else digits
            item = print_item(first, second, test, places, [way] * 6)
            items.append(item.assign(item=f"item_{len(items)}"))
    items = pd.concat(items)

    def printable(value, column):
        shown = [4, 5, 4, 5, 3, 3][column]
        return {Decimal(text) for text in texts(value, places[column], digits, shown)}

    table = audit.splits(items, {"women": women, "men": men}, digits=digits, high=top)
    for item in items.to_dict("records"):
        printed = [Decimal(item[column]) for column in PRINTED]
        fitting = set()
        for n_1, n_2 in product(women, men):
            groups = [
                [
                    sample
                    for sample in all_samples(n, top)
                    if all(
                        printed[at + i] in printable(value, at + i)
                        for i, value in enumerate(mean_sd(sample))
                    )
                ]
                for n, at in ((n_1, 0), (n_2, 2))
            ]
            for first, second in product(*groups):
                for test in ("student", "welch"):
                    if len(set(first)) == len(set(second)) == 1:
                        continue
                    t, df = t_df(first, second, test)
                    if printed[4] in printable(t, 4) and printed[5] in printable(df, 5):
                        fitting.add((n_1, n_2))
        rows = table[table[item["item"]]]
        assert set(zip(rows["women"], rows["men"], strict=True)) == fitting
        assert fitting


@pytest.mark.parametrize(
    ("first", "second", "test", "column", "places", "printed", "wrong"),
    [
        # The men's mean is .5.
        ([0, 0, 1, 4, 5], [0, 0, 0, 2], "student", "mean_men", 0, "1", "0"),
        # Means 2 and 1/3, variances 1 and 1/3, standard error 2/3: t is 2.5.
        ([1, 2, 3], [0, 0, 1], "student", "t", 0, "3", "2"),
        # t is 1/4, but its square in floats is below 1/16.
        ([0, 0, 1, 5], [0, 0, 1, 1, 1, 4], "welch", "t", 1, "0.3", "0.2"),
        # Variances 1 of four and 3/2 of six, so both terms are 1/4, and df is 1/4 over 1/48 + 1/80.
        ([1, 1, 1, 3], [0, 0, 0, 0, 0, 3], "welch", "df", 0, "8", "7"),
    ],
)
def test_a_value_on_the_edge_of_a_printed_digit_is_decided_exactly(
    first, second, test, column, places, printed, wrong
):
    decimals = [places if name == column else 3 for name in PRINTED]
    item = print_item(first, second, test, decimals, ["rounded"] * 6)
    assert item[column].tolist() == [printed]
    sizes = {"women": [len(first)], "men": [len(second)]}
    for digits, other_fits in (("half_up", False), ("rounded", True), ("half_down", True)):
        fits = audit.splits(item, sizes, digits=digits)["all"].all()
        assert fits == (digits != "half_down")
        other = audit.splits(item.assign(**{column: wrong}), sizes, digits=digits)["all"].all()
        assert other == other_fits


def test_t_and_df_have_to_come_from_the_same_test_and_have_the_right_sign():
    first, second = [0, 0, 1, 4, 5, 5, 5], [0, 0, 0, 2]
    pair = {"women": [7], "men": [4]}
    student = print_item(first, second, "student", [2] * 6, ["rounded"] * 6)
    welch = print_item(first, second, "welch", [2] * 6, ["rounded"] * 6)
    assert audit.splits(student, pair, digits="rounded")["all"].all()
    assert audit.splits(welch, pair, digits="rounded")["all"].all()
    assert not audit.splits(student.assign(t=welch["t"]), pair, digits="rounded")["all"].any()
    assert not audit.splits(student.assign(t="-" + student["t"]), pair, digits="rounded")[
        "all"
    ].any()


@given(
    st.lists(st.integers(0, 5), min_size=3, max_size=40),
    st.lists(st.integers(0, 5), min_size=3, max_size=40),
    st.booleans(),
    st.integers(-2, 2),
)
def test_exact_statistics_are_those_of_scipy_and_print_as_the_item(first, second, equal, low):
    if len(set(first)) == 1 or len(set(second)) == 1:
        return
    people = [[low + x for x in sample] for sample in (first, second)]
    test = "student" if equal else "welch"
    item = print_item(*people, test, [2] * 6, ["rounded"] * 6).iloc[0].to_dict()
    table = audit.exact_tests(item, len(first), len(second), "rounded", low, low + 5)
    expected = stats.ttest_ind(*people, equal_var=equal)
    values = [*(float(v) for sample in people for v in mean_sd(sample))]
    values += [expected.statistic, expected.df, expected.pvalue]
    numbers = table[table["test"] == test].drop(columns="test").to_numpy(dtype=float)
    assert np.isclose(numbers, values, rtol=1e-9, atol=1e-12).all(axis=1).any()
    for row in table.to_dict("records"):
        for column in PRINTED:
            assert reads_as(row[column], item[column], "rounded"), column


def test_an_item_fits_where_it_has_exact_statistics(found, items):
    for item in items.dropna(subset=["t"]).to_dict("records"):
        for digits, table in found.items():
            near = table[table["women"].between(59, 61) & table["men"].between(34, 36)]
            for women, men, fits in near[["women", "men", item["item"]]].itertuples(index=False):
                exact = audit.exact_tests(item, women, men, digits)
                assert (len(exact) > 0) == fits
                assert exact.drop(columns="test").dtypes.eq("float64").all()


def test_items_without_printed_numbers_do_not_count(items):
    table = audit.splits(items.fillna(""), {"women": [60], "men": [35]}, digits="dropped")
    assert table.columns.tolist()[2:] == ["item_01", "item_02", "item_03", "item_04", "all"]
    assert table["all"].all()


def test_groups_too_small_for_a_standard_deviation_do_not_fit(items):
    table = audit.splits(items, {"women": [0, 1, 2], "men": [0, 1]}, digits="either")
    assert len(table) == 6
    assert not table["all"].any()


def test_groups_may_have_any_names(items):
    names = {name: name.replace("women", "low").replace("men", "high") for name in items}
    by_income = items.rename(columns=names)
    sizes = {"low": range(58, 62), "high": range(34, 37)}
    found = audit.splits(by_income, sizes, digits="dropped")
    assert found.loc[found["all"], ["low", "high"]].to_numpy().tolist() == [[60, 35]]
    (by_reading,) = audit.splits_by_reading(by_income, sizes, ["dropped"])["left"]
    assert by_reading == [(60, 35)]


# Tests recomputed


def end(text, way):
    number, places = Decimal(text), -Decimal(text).as_tuple().exponent
    return float(number) + way * 0.5 * 10.0**-places


sizes = st.integers(3, 80)
means = st.integers(0, 50).map(lambda i: f"{i / 10:.1f}")
sds = st.integers(2, 25).map(lambda i: f"{i / 10:.1f}")


@given(means, sds, sizes, means, sds, sizes, st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_recomputed_intervals_hold_what_scipy_computes(m_1, s_1, n_1, m_2, s_2, n_2, ways_):
    table = audit.recomputed(m_1, s_1, n_1, m_2, s_2, n_2)
    values = [end(text, way) for text, way in zip((m_1, s_1, m_2, s_2), ways_, strict=True)]
    for name, equal in (("student", True), ("welch", False)):
        test = stats.ttest_ind_from_stats(*values[:2], n_1, *values[2:], n_2, equal_var=equal)
        row = table.loc[name]
        part_1, part_2 = values[1] ** 2 / n_1, values[3] ** 2 / n_2
        df = (part_1 + part_2) ** 2 / (part_1**2 / (n_1 - 1) + part_2**2 / (n_2 - 1))
        df = n_1 + n_2 - 2 if equal else df
        hair = 1 + 1e-9
        assert row["t_low"] - 1e-9 <= test.statistic <= row["t_high"] + 1e-9
        assert row["df_low"] / hair <= df <= row["df_high"] * hair
        assert row["p_low"] / hair <= test.pvalue <= row["p_high"] * hair


@given(means, sds, sizes, means, sds, sizes)
def test_recomputed_intervals_of_t_are_no_wider_than_they_must_be(m_1, s_1, n_1, m_2, s_2, n_2):
    table = audit.recomputed(m_1, s_1, n_1, m_2, s_2, n_2)
    for name, equal in (("student", True), ("welch", False)):
        corners = [
            stats.ttest_ind_from_stats(
                end(m_1, a), end(s_1, b), n_1, end(m_2, c), end(s_2, d), n_2, equal_var=equal
            ).statistic
            for a, b, c, d in product((-1, 1), repeat=4)
        ]
        # A printed 0.0 stands for values on both sides of 0, so its lower end is -0.05 as well.
        assert_allclose(table.loc[name, "t_low"], min(corners), atol=1e-9)
        assert_allclose(table.loc[name, "t_high"], max(corners), atol=1e-9)


def test_recomputed_df_peaks_between_the_corners():
    # Welch's df reaches n_1 + n_2 - 2 where var_1 / (n_1 (n_1 - 1)) = var_2 / (n_2 (n_2 - 1)): here
    # where the second SD is 1.51 times the first, which the printed digits allow, but no corner is.
    inside = audit.recomputed("1.0", "1.0", 20, "2.0", "1.5", 30).loc["welch"]
    assert inside["df_high"] == 48
    outside = audit.recomputed("1.0", "1.0", 20, "2.0", "3.0", 30).loc["welch"]
    corners = [
        (a + b) ** 2 / (a**2 / 19 + b**2 / 29)
        for a, b in product([0.95**2 / 20, 1.05**2 / 20], [2.95**2 / 30, 3.05**2 / 30])
    ]
    assert_allclose(outside[["df_low", "df_high"]].tolist(), [min(corners), max(corners)])


def test_p_of_t_and_f_as_scipy_has_them():
    low, high = audit.p_range("t", "-2.12", "88", digits="rounded")
    assert_allclose(low, 2 * stats.t.sf(2.125, 88.5), rtol=1e-12)
    assert_allclose(high, 2 * stats.t.sf(2.115, 87.5), rtol=1e-12)
    low, high = audit.p_range("F", "6.60", 1, 93, digits="dropped")
    assert_allclose(low, stats.f.sf(6.6095, 1, 93), rtol=1e-12)
    assert_allclose(high, stats.f.sf(6.5995, 1, 93), rtol=1e-12)
    low, _ = audit.p_range("F", "6.60", 1, 93)
    assert_allclose(low, 2 * stats.t.sf(sqrt(6.605), 93), rtol=1e-9)


@pytest.mark.parametrize(
    ("test", "value", "df", "sf"),
    [
        ("t", "-2.12", ["88"], lambda t, df: 2 * stats.t.sf(abs(t), df)),
        ("F", "2.20", ["2", "28"], stats.f.sf),
        ("r", ".20", ["28"], lambda r, df: 2 * stats.t.sf(r * sqrt(df / (1 - r * r)), df)),
        ("r", "-.99", ["28"], lambda r, df: 2 * stats.t.sf(-r * sqrt(df / (1 - r * r)), df)),
        ("z", "2.20", [], lambda z: 2 * stats.norm.sf(z)),
        ("chi2", "3.25", ["1"], stats.chi2.sf),
        ("Q", "12.1", ["7"], stats.chi2.sf),
    ],
)
@pytest.mark.parametrize("tails", [1, 2])
def test_ranges_of_p_hold_those_of_scipy_and_no_more(test, value, df, sf, tails):
    low, high = audit.p_range(test, value, *map(float, df), tails=tails)
    ends = [end(value, way) for way in (-1, 1)]
    assert_allclose(sorted([low, high]), sorted(sf(e, *map(float, df)) * tails / 2 for e in ends))
    # Printed df stand for a range, and widen it.
    wide = audit.p_range(test, value, *df, tails=tails)
    corners = [
        sf(e, *ds) * tails / 2
        for e in ends
        for ds in product(*[(end(d, -1), end(d, 1)) for d in df])
    ]
    assert_allclose(wide, (min(corners), max(corners)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: audit.recomputed("3.33333", "1.15", 60, "3.77", ".84", 35, "dropped"),
            "no mean is printed '3.33333' under 'dropped'",
        ),
        (
            lambda: audit.recomputed("3.33", "-1.15", 60, "3.77", ".84", 35),
            "no sd is printed '-1.15' under 'rounded'",
        ),
        (
            lambda: audit.p_range("t", "2.2034", "28", digits="dropped"),
            "no t is printed '2.2034' under 'dropped'",
        ),
        (lambda: audit.p_range("F", "-1.20", 1, 20), "no f is printed '-1.20' under 'rounded'"),
        (
            lambda: audit.p_verdict(".0312", 0.03, 0.04, digits="dropped"),
            "no p is printed '.0312' under 'dropped'",
        ),
    ],
)
def test_what_cannot_be_printed_so_is_shown(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_bound_of_p_may_have_more_digits_than_the_program_displays():
    assert audit.p_verdict(".0001", 0.0, 0.00005, "<", digits="dropped") == "consistent"


def test_groups_whose_answers_may_all_be_the_same_leave_t_open():
    # Means .95 to 1.05 and 1.05 to 1.15, SDs 0 to .05: from no difference to one without error.
    for row in audit.recomputed("1.0", "0.0", 10, "1.1", "0.0", 10).itertuples():
        assert (row.t_low, row.p_low, row.p_high) == (-np.inf, 0, 1)
        assert row.t_high == pytest.approx(0, abs=1e-9)


def test_a_statistic_that_may_be_zero_has_a_p_of_one():
    assert audit.p_range("t", "0.0", "20")[1] == 1
    assert audit.p_range("r", ".00", "20")[1] == 1
    assert audit.p_range("r", "1.00", "20")[0] == 0


@pytest.mark.parametrize(
    ("t", "df", "comparison", "p", "verdict"),
    [
        # statcheck's tests, tests/testthat/test-error.R and test-decisionerror.R
        ("2.20", "28", "=", ".03", "inconsistent"),
        ("-2.20", "28", "=", ".03", "inconsistent"),
        ("2.20", "28", ">", ".05", "decision"),
        ("2.0", "28", "<", ".05", "consistent"),
        ("1.20", "28", "=", ".03", "decision"),
        ("2.20", "28", "=", ".30", "decision"),
        ("2.20", "28", "=", ".06", "decision"),
        ("2", "28", "=", ".02", "consistent"),
        ("2", "28", "=", ".14", "consistent"),
        ("2.2", "28", "=", ".03", "consistent"),
        ("2.2", "28", "=", ".04", "consistent"),
        ("2.20", "28", "=", ".036", "consistent"),
        ("2.20", "28", "=", ".037", "consistent"),
        ("2.2", "28", "=", ".036", "consistent"),
        ("2.2", "28", "<", ".08", "consistent"),
        ("2.2", "28", ">", ".02", "consistent"),
        ("2.2", "28", "=", ".08", "decision"),
        ("2.2", "28", "=", ".02", "inconsistent"),
        ("2.2", "28", ">", ".08", "decision"),
        ("2.2", "28", "<", ".02", "inconsistent"),
        # p = alpha is significant, as in statcheck by default
        ("2.20", "28", "=", ".05", "inconsistent"),
        # the example of its manual page
        ("1", "100", "<", "0.001", "decision"),
    ],
)
def test_verdicts_are_those_of_statcheck(t, df, comparison, p, verdict):
    assert audit.p_verdict(p, *audit.p_range("t", t, df), comparison) == verdict


@pytest.mark.parametrize(
    ("f", "p", "verdict"),
    [
        ("22.20", ".06", "decision"),
        ("2.20", ".03", "decision"),
        ("2.20", ".15", "inconsistent"),
        ("2.20", ".13", "consistent"),
    ],
)
def test_verdicts_on_f_are_those_of_statcheck(f, p, verdict):
    assert audit.p_verdict(p, *audit.p_range("F", f, 2, 28)) == verdict


def test_a_decision_is_changed_only_if_no_recomputed_p_agrees_with_it():
    assert audit.p_verdict(".03", 0.04, 0.06) == "inconsistent"
    assert audit.p_verdict(".03", 0.051, 0.06) == "decision"
    assert audit.p_verdict(".08", 0.04, 0.06) == "inconsistent"
    assert audit.p_verdict(".08", 0.04, 0.05) == "decision"


def test_verdict_of_a_p_beyond_alpha_that_is_only_bounded_is_no_decision():
    assert audit.p_verdict(".10", 0.2, 0.3, comparison="<") == "inconsistent"


counts = st.lists(st.integers(0, 9), min_size=6, max_size=6).filter(
    lambda c: sum(c) > 2 and sum(count > 0 for count in c) > 2
)


@given(counts, counts)
def test_levene_is_scipys_with_means(first, second):
    people = [np.repeat(np.arange(6), c) for c in (first, second)]
    expected = stats.levene(*people, center="mean")
    for groups in (map(audit.counted, (first, second)), map(audit.listed, people)):
        found = audit.compare(*groups)
        assert_allclose(found.levene_f, expected.statistic, rtol=1e-9, atol=1e-12)
        assert_allclose(found.levene_p, expected.pvalue, rtol=1e-9, atol=1e-12)


# Corrections


def test_corrections_by_hand():
    # p = .01 and .04 of four tests. Holm: .01 · 4, .04 · 3 if the others are larger; .01 · 2, .04
    # if they are smaller. Benjamini-Hochberg: .01 · 4, .04 · 4/2; .01 · 4/3, .04.
    table = audit.corrections(pd.Series([0.04, 0.01], index=["second", "first"]), 4)
    assert table.index.tolist() == ["second", "first"]
    assert_allclose(table["holm_worst"], [0.12, 0.04])
    assert_allclose(table["holm_best"], [0.04, 0.02])
    assert_allclose(table["bh_worst"], [0.08, 0.04])
    assert_allclose(table["bh_best"], [0.04, 0.04 / 3])


@given(
    st.lists(st.floats(0, 0.2), min_size=1, max_size=5),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)), max_size=6),
)
def test_no_other_p_values_are_better_than_the_best_or_worse_than_the_worst(known, others):
    low, between, high = np.sort(np.array(others).reshape(-1, 3), axis=1).T
    table = audit.corrections(pd.Series(known), len(known) + len(others), low, high)
    free = audit.corrections(pd.Series(known), len(known) + len(others))
    for name, method in (("holm", "holm"), ("bh", "fdr_bh")):
        adjusted = pingouin.multicomp([*known, *between], method=method)[1][: len(known)]
        for bounds in (table, free):
            assert (bounds[f"{name}_best"] <= adjusted + 1e-12).all()
            assert (adjusted <= bounds[f"{name}_worst"] + 1e-12).all()


# Controls


@pytest.fixture(scope="module")
def shares(items):
    """Return possible answers of 60 women and 35 men to every printed item."""
    printed = items.dropna(subset=["t"])
    return [
        np.concatenate(
            [
                audit.sprite(mean, sd, n, draws=1, digits="dropped")
                for mean, sd in zip(printed[f"mean_{name}"], printed[f"sd_{name}"], strict=True)
            ]
        )
        for name, n in (("women", 60), ("men", 35))
    ]


def simulate(items, shares, digits, rng, missing=0):
    """Return the printed items with simulated numbers."""
    told = items.dropna(subset=["t"])
    rows = _simulated(
        told[PRINTED].to_numpy(),
        PRINTED,
        [*zip(*shares, strict=True)],
        (60, 35),
        missing,
        digits,
        rng,
    )
    return told.assign(**pd.DataFrame(rows, told.index, PRINTED, dtype="string"))


@pytest.mark.parametrize("digits", ["rounded", "dropped"])
def test_simulated_statistics_are_those_of_scipy(items, shares, digits):
    # The random numbers are drawn again here, in the same order, and analysed by scipy.
    simulated = simulate(items, shares, digits, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    for row, item in enumerate(simulated.to_dict("records")):
        people = [
            np.repeat(np.arange(6), rng.multinomial(n, group[row] / group[row].sum()))
            for n, group in zip((60, 35), shares, strict=True)
        ]
        equal = stats.levene(*people, center="mean").pvalue >= 0.05
        test = stats.ttest_ind(*people, equal_var=equal)
        values = {"t": test.statistic, "df": test.df}
        for name, group in zip(("women", "men"), people, strict=True):
            values |= {f"mean_{name}": group.mean(), f"sd_{name}": group.std(ddof=1)}
        for column, value in values.items():
            shown = {"m": 4, "s": 5}.get(column[0], 3)
            assert reads_as(value, item[column], digits, shown), column


def test_simulated_numbers_have_the_decimals_of_the_table(items, shares):
    simulated = simulate(items, shares, "dropped", np.random.default_rng(0))
    printed = items.dropna(subset=["t"])
    assert simulated["item"].tolist() == printed["item"].tolist()
    for column in ("mean_women", "sd_women", "mean_men", "sd_men", "t"):
        lengths = [frame[column].str.partition(".")[2].str.len() for frame in (simulated, printed)]
        assert_array_equal(*lengths)


@given(st.integers(0, 2**32))
def test_one_digit_is_changed(seed):
    items = pd.read_csv(ITEMS, dtype=str).dropna(subset=["t"])
    printed = items[PRINTED].to_numpy()
    before = "".join(printed.ravel())
    after = "".join(np.ravel(_changed(printed, np.random.default_rng(seed))))
    assert len(before) == len(after)
    differences = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert len(differences) == 1
    assert all(character.isdigit() for character in differences[0])


@pytest.mark.parametrize("digits", ["rounded", "dropped"])
def test_the_search_finds_the_truth_of_simulated_data(items, shares, digits):
    area = {"women": range(55, 66), "men": range(30, 41)}
    told = {"printed": digits, "digits": digits, "runs": 5, "seed": 2}
    runs = audit.control(items, *shares, (60, 35), area, **told)
    assert runs["true_fits"].all()
    assert (runs["fitting"] >= 1).all()
    assert (runs["wrong"] == runs["fitting"] - 1).all()
    again = audit.control(items, *shares, (60, 35), area, **told)
    pd.testing.assert_frame_equal(runs, again)
    rng = np.random.default_rng(2)
    for row in runs.itertuples():
        simulated = simulate(items, shares, digits, rng)
        changed = simulated.copy()
        changed[PRINTED] = _changed(simulated[PRINTED].to_numpy(), rng)
        whole = [audit.splits(i, area, digits=digits)["all"].sum() for i in (simulated, changed)]
        assert whole == [row.fitting, row.fitting_changed]


def test_with_missing_answers_each_item_comes_from_sizes_of_its_own(items, shares):
    area = {"women": range(55, 62), "men": range(30, 37)}
    simulated = simulate(items, shares, "dropped", np.random.default_rng(4), missing=3)
    table = audit.splits(simulated, area, digits="dropped").set_index([*area])
    rng, own = np.random.default_rng(4), set()  # drawn again, in the same order
    for row, name in enumerate(simulated["item"]):
        pair = tuple(int(n - rng.integers(4)) for n in (60, 35))
        for n, group in zip(pair, shares, strict=True):
            rng.multinomial(n, group[row] / group[row].sum())
        assert table.loc[pair, name]
        own.add(pair)
    assert len(own) > 2
    runs = audit.control(
        items, *shares, (60, 35), area, printed="dropped", digits="dropped", missing=3, runs=10
    )
    assert runs["true_fits"].sum() <= 1
    assert not runs["wrong"].any()


def test_an_item_without_spread_is_drawn_again():
    item = pd.DataFrame([dict(zip(PRINTED, ["1.00"] * 6, strict=True), item="rare")])
    sizes = {"women": [3], "men": [3]}
    told = {"printed": "rounded", "digits": "rounded", "runs": 20}
    runs = audit.control(item, np.array([[9, 1]]), np.array([[9, 1]]), (3, 3), sizes, **told)
    assert runs["true_fits"].all()
    with pytest.raises(ValueError, match="leaves an item no t"):
        audit.control(item, np.array([[9, 0]]), np.array([[0, 9]]), (3, 3), sizes, **told)


@given(samples, samples, st.booleans())
def test_the_yardstick_of_these_tests_is_scipys_t_test(first, second, equal):
    if len(set(first)) == 1 or len(set(second)) == 1:
        return
    t, df = t_df(first, second, "student" if equal else "welch")
    expected = stats.ttest_ind(first, second, equal_var=equal)
    assert_allclose(float(t), expected.statistic, rtol=1e-9, atol=1e-12)
    assert_allclose(float(df), expected.df, rtol=1e-9)


def test_what_hundreds_of_people_leave_open_is_refused_and_does_not_fill_the_memory():
    with pytest.raises(ValueError, match="too many ways to give these answers"):
        audit.answers("1.0", "1.99", 3_700, digits="dropped")
    printed = ["2.1", "2.4", "1.0", "1.9", "25", "9700"]
    names = ["mean_women", "sd_women", "mean_men", "sd_men", "t", "df"]
    with pytest.raises(ValueError, match="too many pairs of sums"):
        audit.exact_tests(dict(zip(names, printed, strict=True)), 6_000, 4_000, "rounded")


@given(n_1=st.integers(2, 40), n_2=st.integers(2, 40), places=st.integers(0, 3), data=st.data())
def test_no_sizes_are_ruled_out_that_can_have_the_printed_numbers(n_1, n_2, places, data):
    groups = [
        np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))) for n in (n_1, n_2)
    ]
    assume(sum(group.var() for group in groups) > 0)
    tests = audit.compare(*map(audit.listed, groups))

    def around(value, kind):
        return limits(f"{value:.{places}f}", "rounded", kind)

    means = tuple(around(g.mean(), "mean") for g in groups)
    variances = tuple(around(g.std(ddof=1), "sd").through(lambda each: each**2) for g in groups)
    for name, t, df in [
        ("student", tests.student_t, tests.student_df),
        ("welch", tests.welch_t, tests.welch_df),
    ]:
        t_squared = around(t, "t").through(lambda each: each * abs(each))
        behind = Behind(means, variances, t_squared, around(df, "df"), 5)
        assert _sizes_can_be(behind, np.array([n_1]), np.array([n_2]), TESTS[name]).all()
