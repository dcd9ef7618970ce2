"""What a printed number says, and which values can stand behind it.

A printed number is kept as a string, because "1.5" and "1.50" say different things. Two readings
of its digits occur in published tables:

*rounded*
    the exact value, rounded half up to the digits shown;
*dropped*
    the value as the statistics program displays it (itself rounded half up, to `shown` decimals),
    with the digits beyond the printed ones left out.

*either* accepts whatever one of the two accepts.
"""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

Reading = Literal["rounded", "dropped", "either"]

SHOWN_DECIMALS = {"mean": 4, "sd": 5, "t": 3, "df": 3, "f": 3, "p": 3, "percent": 1}
"""Decimals that SPSS displays of each statistic in its tables, before anyone copies them."""


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
        How the printed digits came about: "rounded", "dropped" or "either".
    shown
        Decimals that the statistics program displays; only dropping depends on it.

    Examples
    --------
    >>> reads_as(2.566, "2.56", "rounded"), reads_as(2.566, "2.56", "dropped")
    (False, True)
    """
    number, magnitude = parse(printed), _exact(value)
    low, high = interval(printed, digits, shown)
    return low <= abs(magnitude) < high and (number == 0 or (number > 0) == (magnitude > 0))


def interval(printed: str, digits: Reading, shown: int = 4) -> tuple[Decimal, Decimal]:
    """Return the values that give the printed digits, the sign aside: low <= |value| < high.

    Parameters
    ----------
    printed
        The number as printed.
    digits
        How the printed digits came about: "rounded", "dropped" or "either".
    shown
        Decimals that the statistics program displays; only dropping depends on it.

    Returns
    -------
    tuple
        `low` and `high`; they are equal if no value gives the printed digits, as when more digits
        are printed than the program displays.

    Examples
    --------
    >>> interval("2.56", "rounded"), interval("-2.56", "dropped")
    ((Decimal('2.555'), Decimal('2.565')), (Decimal('2.55995'), Decimal('2.56995')))
    """
    number, places = abs(parse(printed)), decimals(printed)
    half, half_shown = Decimal(5).scaleb(-places - 1), Decimal(5).scaleb(-shown - 1)
    rounding = number - half, number + half
    dropping = number - half_shown, number + Decimal(1).scaleb(-min(places, shown)) - half_shown
    if number % Decimal(1).scaleb(-shown):
        dropping = number, number
    ends = {"rounded": [rounding], "dropped": [dropping], "either": [rounding, dropping]}[digits]
    return max(Decimal(0), min(low for low, _ in ends)), max(high for _, high in ends)


def _exact(value: float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(f"{value:.12g}")
