"""What a printed number says, and which values can stand behind it.

A printed number is kept as a string, because "1.5" and "1.50" say different things. How its digits
came about is told by a *reading*:

*rounded*
    to the nearest printable number; a value half-way between two may have gone either way, since
    programs differ in this (R and Python print 3.125 as 3.12, SPSS and most people as 3.13), and a
    false accusation is the worse error;
*dropped*
    the value as a statistics program displays it (itself rounded half up, to as many decimals as
    `SHOWN_DECIMALS` has of the statistic), with the digits beyond the printed ones left out;
    *dropped_2* to *dropped_5*, the same of a program that displays so many decimals of everything;
*either*
    whatever one of these two accepts, digit by digit;
*half_up*, *half_down*, *half_even*, *up*, *down*, *ceiling*, *floor*
    one rule strictly kept, as Python's `decimal` defines it. *down* is plain truncation;
*any*
    whatever some rule accepts, digit by digit: all that is less than one of the last printed digit
    away.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

# fmt: off
Reading = Literal[
    "rounded", "dropped", "either",
    "half_up", "half_down", "half_even", "up", "down", "ceiling", "floor",
    "dropped_2", "dropped_3", "dropped_4", "dropped_5", "any",
]
READINGS: tuple[Reading, ...] = get_args(Reading)
"""Every `Reading`; what each says is told above."""
# fmt: on

SHOWN_DECIMALS = {"mean": 4, "sd": 5, "t": 3, "df": 3, "f": 3, "p": 3, "percent": 1}
"""Decimals that SPSS displays of each statistic in its tables, before anyone copies them."""

SIGNED = ("mean", "t", "z", "r")
"""The statistics that can be negative."""


class Interval(NamedTuple):
    """The values between two ends, each of which may belong to them or not."""

    low: Fraction
    """The lower end."""
    high: Fraction
    """The upper end."""
    low_in: bool
    """Whether the lower end belongs to the interval."""
    high_in: bool
    """Whether the upper end belongs to it."""

    def holds(self, value: Fraction) -> bool:
        """Tell whether a value is in the interval; exact."""
        return (self.low < value or (self.low_in and self.low == value)) and (
            value < self.high or (self.high_in and self.high == value)
        )

    def through(self, rising: Callable[[Fraction], Fraction]) -> Interval:
        """Return the values of a rising function on the interval."""
        return self._replace(low=rising(self.low), high=rising(self.high))

    def wholes(self, times: int = 1) -> range:
        """Return the whole numbers in the interval multiplied by a positive whole number."""
        (low, over), (high, above) = (
            divmod(end.numerator * times, end.denominator) for end in (self.low, self.high)
        )
        return range(low + (over > 0 or not self.low_in), high + (above > 0 or self.high_in))


NOTHING = Interval(Fraction(0), Fraction(0), False, False)


def parse(printed: str) -> Decimal:
    """Return the printed number as an exact decimal.

    Parameters
    ----------
    printed
        Digits as they stand in the text: "64.2", ".84", "-2.12"; a typographic minus is read too.

    Raises
    ------
    ValueError
        If the string is no finite number; the message shows it.

    Examples
    --------
    >>> parse(".84")
    Decimal('0.84')
    """
    text = printed.strip().replace("\N{MINUS SIGN}", "-")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or "e" in text.lower() or "_" in text:
        raise ValueError(f"{printed!r} is not a printed number")
    return number


def decimals(printed: str) -> int:
    """Return how many digits are printed after the decimal point.

    Examples
    --------
    >>> decimals("1.50"), decimals("93")
    (2, 0)
    """
    return -int(parse(printed).as_tuple().exponent)


def rounded(value: float | Decimal, places: int) -> Decimal:
    """Round half up, away from zero, to `places` decimals.

    A float carries noise in its last binary digits, so it is first read to 12 significant digits:
    an average of 2.675 then rounds to 2.68, although the nearest float lies below 2.675.

    Examples
    --------
    >>> rounded(2.675, 2), rounded(-0.125, 2)
    (Decimal('2.68'), Decimal('-0.13'))
    """
    return _exact(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def dropped(value: float | Decimal, places: int, shown: int) -> Decimal:
    """Leave out the digits beyond `places` of the value displayed with `shown` decimals.

    Examples
    --------
    >>> dropped(75.98765, 1, shown=3), dropped(2.0999996, 2, shown=4)
    (Decimal('75.9'), Decimal('2.10'))
    """
    return rounded(value, shown).quantize(Decimal(1).scaleb(-places), ROUND_DOWN)


def reads_as(value: float | Decimal, printed: str, digits: Reading, shown: int = 4) -> bool:
    """Tell whether `value` gives the printed digits under a reading of them.

    Parameters
    ----------
    value
        The exact or computed value.
    printed
        The number as printed.
    digits
        How the printed digits came about, as the module's page lists the readings.
    shown
        Decimals that the statistics program displays; only "dropped" and "either" depend on it.

    Examples
    --------
    >>> reads_as(2.566, "2.56", "rounded"), reads_as(2.566, "2.56", "dropped")
    (False, True)
    >>> reads_as(3.125, "3.12", "rounded"), reads_as(3.125, "3.12", "half_up")
    (True, False)
    """
    return interval(printed, digits, shown).holds(Fraction(_exact(value)))


@lru_cache(maxsize=1024)
def interval(printed: str, digits: Reading, shown: int = 4) -> Interval:
    """Return the values that give the printed digits.

    Parameters
    ----------
    printed, digits, shown
        As for `reads_as`.

    Returns
    -------
    Interval
        Exact ends, and whether they belong to it; `NOTHING` if no value gives the printed digits,
        as when more digits are printed than the program displays.

    Examples
    --------
    >>> [float(end) for end in interval("2.56", "rounded")[:2]]
    [2.555, 2.565]
    >>> [float(end) for end in interval("-2.56", "dropped")[:2]]
    [-2.56995, -2.55995]
    """
    number, places = Fraction(parse(printed)), decimals(printed)
    unit = Fraction(1, 10**places)
    if digits in ("ceiling", "floor"):
        raised = digits == "ceiling"
        return Interval(number - raised * unit, number + (not raised) * unit, not raised, raised)
    if digits == "any":
        return Interval(number - unit, number + unit, False, False)
    if digits == "either":
        # Both hold the printed number itself, so together they are one interval.
        both = [interval(printed, way, shown) for way in ("rounded", "dropped")]
        both = [values for values in both if values != NOTHING]
        low, low_out = min((values.low, not values.low_in) for values in both)
        high, high_in = max((values.high, values.high_in) for values in both)
        return Interval(low, high, not low_out, high_in)
    # All other rules treat a number and its negative alike.
    size, even = abs(number), (number / unit) % 2 == 0
    if digits.startswith("dropped"):
        unit_shown = Fraction(1, 10 ** int(digits[8:] or shown))
        if size % unit_shown:
            return NOTHING
        low = size - unit_shown / 2
        values = Interval(low, low + max(unit, unit_shown), True, False)
    else:
        values = {
            "rounded": Interval(size - unit / 2, size + unit / 2, True, True),
            "half_up": Interval(size - unit / 2, size + unit / 2, True, False),
            "half_down": Interval(size - unit / 2, size + unit / 2, False, True),
            "half_even": Interval(size - unit / 2, size + unit / 2, even, even),
            "up": Interval(size - unit, size, False, True),
            "down": Interval(size, size + unit, True, False),
        }[digits]
    low, high, low_in, high_in = values
    if number > 0:
        return values
    return Interval(-high, -low if number else high, high_in, low_in if number else high_in)


def limits(printed: str, digits: Reading, kind: str) -> Interval:
    """Return the values of a kind of statistic that give its printed digits.

    Parameters
    ----------
    printed, digits
        As for `reads_as`.
    kind
        A key of `SHOWN_DECIMALS`. What cannot be negative is at least 0.

    Examples
    --------
    >>> limits("0.0", "rounded", "sd").low, limits("-1.0", "rounded", "sd") == NOTHING
    (Fraction(0, 1), True)
    """
    values = interval(printed, digits, SHOWN_DECIMALS.get(kind, 3))
    if kind in SIGNED or values.low >= 0:
        return values
    return values._replace(low=Fraction(0), low_in=True) if values.holds(0) else NOTHING


def _exact(value: float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(f"{value:.12g}")
