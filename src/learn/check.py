"""Tell students whether an answer is right, without showing them the right one."""

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from numbers import Number

import numpy as np
import pandas as pd

RIGHT = "Right."
DIGITS = range(5)
"""Decimals to which an answer may have been asked for."""


def seal(right: object, wrong: Iterable[tuple[object, str]] = ()) -> str:
    """Return what `check` needs to know of an answer, in a form that gives nothing away.

    Parameters
    ----------
    right
        The right answer: a number, text, truth value, or a collection of these.
    wrong
        Wrong answers, and what to tell those who come to them.

    Returns
    -------
    str
        Base64. Answers are in it as fingerprints only; who decodes it can read the hints.

    Examples
    --------
    >>> "47.8" in seal(47.8)
    False
    """
    hints = {_fingerprint(answer): hint for answer, hint in wrong}
    return b64encode(json.dumps([_fingerprint(right), hints]).encode()).decode()


def check(answer: object, sealed: str) -> str:
    """Say whether an answer is right.

    Numbers count to six significant digits, text without case and outer blanks. The order counts in
    lists, arrays and indexes, not in sets. Series and dicts are compared by label.

    Parameters
    ----------
    answer
        What the student found; three dots where nothing was found yet.
    sealed
        What `seal` made of the right answer.

    Returns
    -------
    str
        `RIGHT`, or a sentence that helps on.

    Examples
    --------
    >>> sealed = seal(47.8, [(52.2, "These are the others.")])
    >>> check(47.80, sealed)
    'Right.'
    >>> check(52.2, sealed)
    'These are the others.'
    >>> check(0.478, sealed)
    'Right but for a factor of 100: a share and a percentage are not the same.'
    """
    if answer is ...:
        return "No answer yet: put it in the place of the three dots."
    right, hints = json.loads(b64decode(sealed))
    if _fingerprint(answer) == right:
        return RIGHT
    rounded = [_fingerprint(answer, digits) for digits in DIGITS]
    # From the finest rounding on, so that what is nearest to the answer decides.
    for digest in [_fingerprint(answer), *reversed(rounded)]:
        if digest in hints:
            return hints[digest]
        if digest == right:
            return "Close: look up in the question how the answer is to be rounded."
    if isinstance(answer, Number) and right in map(_fingerprint, (100 * answer, answer / 100)):
        return "Right but for a factor of 100: a share and a percentage are not the same."
    return f"Not this one. What was checked: {_shortened(answer)}"


def _fingerprint(answer: object, digits: int | None = None) -> str:
    """Return a digest that equal answers share, in whatever type they come."""
    return sha256(repr(_plain(answer, digits)).encode()).hexdigest()[:12]


def _plain(answer: object, digits: int | None) -> object:
    """Return an answer in types of which each equal one has the same repr."""
    if isinstance(answer, np.generic):
        answer = answer.item()
    match answer:
        case str():
            return " ".join(answer.split()).casefold()
        case bool():
            return answer
        case int() | float():
            if not math.isfinite(answer):
                return str(float(answer))
            rounded = answer if digits is None else round(answer, digits)
            return float(f"{rounded:.6g}") + 0.0  # no minus zero
        case pd.Series() | dict():
            pairs = [
                (_plain(label, None), _plain(value, digits)) for label, value in answer.items()
            ]
            return sorted(pairs, key=repr)
        case set() | frozenset():
            return {"set": sorted((_plain(item, digits) for item in answer), key=repr)}
        case pd.DataFrame():
            return _plain(answer.to_dict("list"), digits)
        case Iterable():
            return [_plain(item, digits) for item in answer]
        case _:
            return str(answer)


def _shortened(answer: object) -> str:
    text = " ".join(repr(answer).split())
    return text if len(text) <= 60 else f"{text[:60]} …"
