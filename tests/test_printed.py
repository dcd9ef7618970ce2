from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit.printed import NOTHING, READINGS, decimals, dropped, interval, parse, reads_as, rounded

PLACES = st.integers(0, 4)
SHOWN = st.integers(0, 5)
VALUES = st.decimals(-999, 999, places=7)


def unit(places):
    return Decimal(10) ** -places


@pytest.mark.parametrize(
    ("printed", "number", "places"),
    [
        ("64.2", "64.2", 1),
        (".84", "0.84", 2),
        ("-2.12", "-2.12", 2),
        ("\N{MINUS SIGN}2.12", "-2.12", 2),
        ("1.50", "1.50", 2),
        ("93", "93", 0),
        (" 5 ", "5", 0),
        ("0.0", "0.0", 1),
    ],
)
def test_numbers_as_they_stand_in_a_text(printed, number, places):
    assert parse(printed).as_tuple() == Decimal(number).as_tuple()
    assert decimals(printed) == places


@pytest.mark.parametrize(
    "printed", ["", "~10", ">=25", "1e3", "1_0", "nan", "inf", "1,5", "1 in 5"]
)
def test_what_is_no_number_is_shown(printed):
    with pytest.raises(ValueError, match="is not a printed number") as raised:
        parse(printed)
    assert repr(printed) in str(raised.value)


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (2.675, 2, "2.68"),  # the nearest float lies below
        (1.005, 2, "1.01"),
        (2.5, 0, "3"),  # not to even
        (-2.5, 0, "-3"),
        (0.1 + 0.2, 1, "0.3"),
        (71.57894736842105, 1, "71.6"),
    ],
)
def test_rounding_half_up(value, places, expected):
    assert str(rounded(value, places)) == expected


@pytest.mark.parametrize(
    ("value", "places", "shown", "expected"),
    [
        (1.5714285714, 1, 4, "1.5"),
        (2.0999996, 2, 4, "2.10"),  # displayed as 2.1000
        (-2.567, 2, 3, "-2.56"),
        (75.9654887, 1, 3, "75.9"),
        (0.0499999, 2, 3, "0.05"),  # displayed as 0.050
        (0.0494, 2, 3, "0.04"),
    ],
)
def test_dropping_digits_of_what_is_displayed(value, places, shown, expected):
    assert str(dropped(value, places, shown)) == expected


@given(VALUES, PLACES)
def test_what_is_rounded_reads_as_rounded(value, places):
    printed = str(value.quantize(unit(places), ROUND_HALF_UP))
    assert reads_as(value, printed, "rounded")
    assert reads_as(float(value), printed, "rounded")
    assert reads_as(value, printed, "either")


@pytest.mark.parametrize(
    ("value", "printed", "readings"),
    [
        # What R and Python print of 125/40 is as good a rounding as what SPSS prints.
        ("3.125", "3.12", {"rounded", "half_down", "half_even", "down", "floor"}),
        ("3.125", "3.13", {"rounded", "half_up", "up", "ceiling"}),
        ("-3.125", "-3.13", {"rounded", "half_up", "up", "floor"}),
        ("3.135", "3.14", {"rounded", "half_up", "half_even", "up", "ceiling"}),
        ("-0.4", "0", {"rounded", "half_up", "half_down", "half_even", "down", "ceiling"}),
    ],
)
def test_each_rule_reads_a_tie_in_its_way(value, printed, readings):
    rules = [digits for digits in READINGS if not digits.startswith(("dropped", "either", "any"))]
    assert {digits for digits in rules if reads_as(Decimal(value), printed, digits)} == readings


@given(VALUES, PLACES, SHOWN)
def test_what_is_dropped_reads_as_dropped(value, places, shown):
    assume(shown >= places)
    displayed = value.quantize(unit(shown), ROUND_HALF_UP)
    printed = str(displayed.quantize(unit(places), ROUND_DOWN))
    assert reads_as(value, printed, "dropped", shown)
    assert reads_as(float(value), printed, "dropped", shown)
    assert reads_as(value, printed, "either", shown)


@given(VALUES, PLACES, SHOWN, st.sampled_from([-1, 1]))
def test_a_last_digit_two_off_reads_in_no_way(value, places, shown, sign):
    shown = max(shown, places)
    value += 4 * unit(places).copy_sign(value)  # beyond the digits on either side of zero
    near = value.quantize(unit(places), ROUND_FLOOR if sign < 0 else ROUND_HALF_UP)
    printed = f"{near + 2 * sign * unit(places):f}"
    assert not reads_as(value, printed, "either", shown)


def test_more_digits_than_are_displayed_can_only_be_zeros():
    assert interval("2.123", "dropped", shown=2) == NOTHING
    low, high = Fraction("2.115"), Fraction("2.125")
    assert interval("2.120", "dropped", shown=2) == (low, high, True, False)


def test_signs_must_agree():
    assert reads_as(-2.12, "-2.12", "either")
    assert not reads_as(-2.12, "2.12", "either")
    assert not reads_as(2.12, "-2.12", "either")
    assert reads_as(0.001, "0.00", "rounded")


@pytest.mark.parametrize(("digits", "end"), [("half_up", "2.685"), ("dropped", "2.68995")])
def test_an_end_belongs_to_the_next_number(digits, end):
    assert not reads_as(Decimal(end), "2.68", digits)
    assert reads_as(Decimal(end), "2.69", digits)
    assert reads_as(Decimal(end) - Decimal("1e-9"), "2.68", digits)
