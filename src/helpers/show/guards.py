"""Stop where a page of a private study would show what was not checked against disclosure."""

from collections.abc import Sequence

import pandas as pd

from helpers.compute import disclosure
from helpers.load.settings import load_settings


class DisclosureError(ValueError):
    """A page of a private study would show what was not checked."""


def check_frame(frame: pd.DataFrame | None, what: str) -> None:
    """Stop where a page of a private study would show a frame that was not checked.

    Raises
    ------
    DisclosureError
        If it would; it names what was to be shown, and says what to do.

    Examples
    --------
    >>> check_frame(pd.DataFrame({"n": [3]}), "a table")  # the book's own study is not private
    """
    if load_settings().private and (frame is None or not disclosure.is_checked(frame)):
        raise DisclosureError(
            f"{what!r} was not checked, and the study is private: show a frame that a function of "
            "helpers.compute.disclosure returned; disclosure.declare marks one that says nothing "
            "of any person"
        )


def check_text(text: str) -> None:
    """Stop where a sentence of a private study would tell a small count.

    Raises
    ------
    DisclosureError
        If it would; it quotes the count, and says what to do.

    Examples
    --------
    >>> check_text("3 people disagree")  # the book's own study is not private
    """
    if found := disclosure.small_counts(text, load_settings()):
        raise DisclosureError(
            f"{found[0]!r} tells of fewer people than may be shown, and the study is private: "
            "write the count with disclosure.told, or leave it out"
        )


def check_counts(counts: Sequence[int], what: str) -> None:
    """Stop where a figure of a private study would show one of these counts of people.

    Raises
    ------
    DisclosureError
        If one is above zero and below the threshold.

    Examples
    --------
    >>> check_counts([95, 3], "who took part")  # the book's own study is not private
    """
    if any(0 < n < load_settings().threshold for n in counts):
        raise DisclosureError(f"{what!r} tells of fewer people than a private study may show")
