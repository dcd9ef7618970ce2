"""Tell students whether an answer is right, without showing them the right one."""

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256

import numpy as np
import pandas as pd

RIGHT = "Right."
DIGITS = range(5)
"""Decimals to which an answer may have been asked for."""
SHARE = "Right but for a factor of 100: a share and a percentage are not the same."
CLOSE = "Close: look up in the question how the answer is to be rounded."


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
        Base64. Answers are in it as fingerprints only; who decodes it can read the hints, and of
        what kind the right answer is.

    Examples
    --------
    >>> "47.8" in seal(47.8)
    False
    """
    hints = {_fingerprint(answer): hint for answer, hint in wrong}
    sealed = [_fingerprint(right), hints, _kind(right), _fingerprint(_labels(right))]
    return b64encode(json.dumps(sealed).encode()).decode()


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
    >>> check("47.8", sealed)
    "This is text; a number is asked for. What was checked: '47.8'"
    """
    if answer is ...:
        return "No answer yet: put it in the place of the three dots."
    right, hints, kind, labels = json.loads(b64decode(sealed))
    if _fingerprint(answer) == right:
        return RIGHT
    rounded = [_fingerprint(answer, digits) for digits in DIGITS]
    # From the finest rounding on, so that what is nearest to the answer decides.
    for digest in [_fingerprint(answer), *reversed(rounded)]:
        if digest in hints:
            return hints[digest]
        if digest == right:
            return CLOSE
    scaled = [_fingerprint(answer, d, factor) for factor in (100, 0.01) for d in (None, *DIGITS)]
    if right in scaled:
        return SHARE
    seen = f"What was checked: {_shortened(answer)}"
    if answer is None:
        return "This is None: the last step shows or changes something, but returns nothing."
    if _kind(answer) != kind:
        return f"This is {_kind(answer)}; {kind} is asked for. {seen}"
    if _fingerprint(_labels(answer)) != labels:
        return f"The labels are not those that the question names. {seen}"
    return f"Not this one. {seen}"


def report(label: str, name: str) -> None:
    """Print in one line what there is to say of an answer in the notebook that calls this.

    Parameters
    ----------
    label
        The exercise's label: the key of its seal in the notebook's dict `sealed`.
    name
        The name that the question asks the answer to be given.
    """
    from IPython import get_ipython

    print(_said(label, name, get_ipython().user_ns))


def _said(label: str, name: str, names: dict[str, object]) -> str:
    if "sealed" not in names:
        return (
            "The first cells of this notebook have not run since it was opened: choose Run, then "
            "Run All Above Selected Cell, and run this cell again."
        )
    if name not in names:
        return f"`{name}` has no value yet: run your cell above, and mend it if it shows an error."
    return check(names[name], names["sealed"][label])


def _fingerprint(answer: object, digits: int | None = None, factor: float = 1) -> str:
    """Return a digest that equal answers share, in whatever type they come."""
    return sha256(repr(_plain(answer, digits, factor)).encode()).hexdigest()[:12]


def _plain(answer: object, digits: int | None, factor: float = 1) -> object:
    """Return an answer in types of which each equal one has the same repr."""
    answer = _bare(answer)
    match answer:
        case str():
            return " ".join(answer.split()).casefold()
        case bool():
            return answer
        case int() | float():
            if not math.isfinite(answer):
                return str(float(answer))
            value = factor * answer
            rounded = value if digits is None else round(value, digits)
            return float(f"{rounded:.6g}") + 0.0  # no minus zero
        case pd.Series() | dict():
            pairs = [
                (_plain(label, None), _plain(value, digits, factor))
                for label, value in answer.items()
            ]
            return sorted(pairs, key=repr)
        case set() | frozenset():
            return {"set": sorted((_plain(item, digits, factor) for item in answer), key=repr)}
        case pd.DataFrame():
            return _plain(answer.to_dict("list"), digits, factor)
        case Iterable():
            return [_plain(item, digits, factor) for item in answer]
        case _:
            return str(answer)


def _bare(answer: object) -> object:
    """Return a Python number, text or truth value for one of numpy's."""
    is_single = isinstance(answer, np.generic | np.ndarray) and not answer.ndim
    return answer.item() if is_single else answer


def _kind(answer: object) -> str:
    """Say in a student's words of what kind an answer is."""
    match _bare(answer):
        case str():
            return "text"
        case bool():
            return "True or False"
        case int() | float():
            return "a number"
        case pd.DataFrame():
            return "a table"
        case pd.Series() | dict():
            return "a dict or Series"
        case set() | frozenset():
            return "a set"
        case Iterable():
            return "a list"
        case _:
            return f"of the type {type(answer).__name__}"


def _labels(answer: object) -> list[str]:
    return sorted(map(str, answer.keys())) if isinstance(answer, pd.Series | dict) else []


def _shortened(answer: object) -> str:
    text = " ".join(repr(answer).split())
    return text if len(text) <= 60 else f"{text[:60]} …"
