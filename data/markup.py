"""Read answers whose coded stretches are marked in place, and simulate coders before consensus.

An answer is a header with the person, then one paragraph, whose lines may be wrapped anywhere; a
title and an introduction may come before the first header:

    ## P07

    Well, [taking the tablets every day]{treatment_adherence} helps, and
    [a sister who comes along]{family_support treatment_adherence}.

A mark gives its stretch one or more themes of the codebook, begins at the start of a word and ends
at the end of one, quotation marks and the like aside. Marks do not overlap. Offsets count in the
text without marks and with lines joined by single spaces; the end is exclusive.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

# A word, and the signs that may go with it.
_WORD = re.compile(r"""["'“‘(¿¡]*(\w+(?:['’-]\w+)*)["'”’)?!]*""")
_BRACKET = re.compile(r"\[|\]\{[^][{}]*\}|[]{}]")
_CODE = re.compile(r"`[^`]*`")

# Assumed: how vague each theme is, from 0 to 1, and the themes that it is mistaken for.
THEMES = {
    "recovery": {
        "treatment_adherence": (0.25, ["treatment_effectiveness", "individual_characteristics"]),
        "diagnosis_type": (0.25, ["individual_characteristics", "treatment_effectiveness"]),
        "family_support": (0.35, ["support_network"]),
        "individual_characteristics": (0.75, ["treatment_adherence", "other"]),
        "support_network": (0.65, ["family_support", "other"]),
        "treatment_effectiveness": (0.45, ["treatment_adherence", "diagnosis_type"]),
        "other": (0.85, ["support_network", "individual_characteristics"]),
    },
    "relapse": {
        "adherence_failure": (0.25, ["individual_characteristics", "treatment_problems"]),
        "lack_of_family_support": (0.35, ["lack_of_social_support"]),
        "economic_hardship": (0.30, ["other"]),
        "lack_of_social_support": (0.60, ["lack_of_family_support", "stigma"]),
        "knowledge": (0.55, ["individual_characteristics", "adherence_failure"]),
        "individual_characteristics": (0.75, ["knowledge", "adherence_failure"]),
        "stress": (0.50, ["lack_of_family_support", "economic_hardship"]),
        "illness_course": (0.40, ["treatment_problems", "stress"]),
        "substance_use": (0.20, ["stress"]),
        "treatment_problems": (0.50, ["adherence_failure", "illness_course"]),
        "stigma": (0.50, ["lack_of_social_support"]),
        "other": (0.85, ["economic_hardship", "knowledge"]),
    },
}
# Assumed: how often each coder errs on a theme of vagueness 1, and what the errors are.
CODERS = {"c1": 0.30, "c2": 0.42, "c3": 0.54}
MISSED = 0.6  # the share of errors that leave a code out; the others give a neighbouring theme
EXTRA = 0.3  # how often, by the same measure, an answer has a code that consensus did not keep
LONGEST_EXTRA = 9  # words
MOVED = 0.35  # how often one end of a stretch lies off, by up to so many words:
FARTHEST = 3


class MarkupError(ValueError):
    """Marked-up answers break the format; `problems` says where, what and how to mend it."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        number = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n  ".join([f"the answers have {number}:", *problems]))


class _Problem(NamedTuple):
    line: int
    found: str
    advice: str


class _Answer(NamedTuple):
    """An answer as it stands in its file: its lines, each with its number."""

    person: str
    header: _Problem  # what to say if the header is wrong
    lines: list[tuple[int, str]]


class _Mark(NamedTuple):
    start: int
    end: int
    themes: list[str]
    line: int


# Reading


def read_answers(
    paths: Mapping[str, Path], people: Collection[str], codebook: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the marked-up answers to every question.

    Parameters
    ----------
    paths
        The Markdown file of each question, in UTF-8.
    people
        Identifiers of the people who were asked.
    codebook
        One row a theme of a question: `question`, `theme`.

    Returns
    -------
    responses, codings
        The tables of these names in the data package, in the order of the files; the coder is
        "consensus".

    Raises
    ------
    MarkupError
        If anything breaks the format. It lists every problem of every file at once, each with file
        and line, what stands there and what to do.
    """
    responses, codings, problems = [], [], []
    for question, path in paths.items():
        themes = codebook.loc[codebook["question"].eq(question), "theme"].tolist()
        answers, wrong = _split(path)
        for answer in answers:
            text, marks, more = _unmark(answer)
            wrong += more + _check(text, marks, themes)
            responses.append((answer.person, question, text))
            for mark in marks:
                for theme in mark.themes:
                    coding = (answer.person, question, theme, "consensus", mark.start, mark.end)
                    codings.append(coding)
        wrong += _check_people(answers, people)
        for line, found, advice in sorted(wrong):
            shown = found if len(found) <= 60 else found[:57] + "..."
            problems.append(f"{path.name}, line {line}: {shown!r}: {advice}")
    if problems:
        raise MarkupError(problems)
    columns = ["participant_id", "question", "theme", "coder", "start", "end"]
    return (
        pd.DataFrame(responses, columns=["participant_id", "question", "text"]),
        pd.DataFrame(codings, columns=columns),
    )


def _split(path: Path) -> tuple[list[_Answer], list[_Problem]]:
    """Take a file apart at its headers."""
    try:
        content = unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        found = error.object[error.start : error.end].decode("latin-1")
        return [], [_Problem(line, found, "is not UTF-8; save the file in UTF-8")]
    answers, problems = [], []
    for number, line in enumerate(content.split("\n"), start=1):
        text = " ".join(line.split())
        if text.startswith("##") or (text.startswith("#") and answers):
            advice = "names nobody who was asked; a header is ## and one participant_id"
            person = text.removeprefix("## ") if text.startswith("## ") else ""
            answers.append(_Answer(person, _Problem(number, text, advice), []))
        elif not answers and _BRACKET.search(_CODE.sub("", text)):
            advice = "text without a header; put ## and the participant_id above it"
            problems.append(_Problem(number, text, advice))
        elif answers and text:
            lines = answers[-1].lines
            if lines and lines[-1][0] != number - 1:
                advice = "text without a header; put one above it, or take out the empty line"
                problems.append(_Problem(number, text, advice))
            lines.append((number, text))
    return answers, problems


def _check_people(answers: list[_Answer], people: Collection[str]) -> list[_Problem]:
    problems = []
    first: dict[str, int] = {}
    for person, header, lines in answers:
        if person not in people:
            problems.append(header)
        elif person in first:
            advice = f"answers a second time; the first is on line {first[person]}"
            problems.append(header._replace(advice=advice))
        elif not lines:
            problems.append(header._replace(advice="no text; write the answer below, or remove"))
        first.setdefault(person, header.line)
    return problems


def _unmark(answer: _Answer) -> tuple[str, list[_Mark], list[_Problem]]:
    """Take the marks out of an answer."""
    marked = " ".join(text for _, text in answer.lines)
    lengths = [len(text) + 1 for _, text in answer.lines]
    line_starts = np.cumsum([0, *lengths[:-1]]).tolist()

    def place(offset: int) -> tuple[int, str]:
        """Return the line of an offset, and the words that begin there."""
        line, _ = answer.lines[bisect_right(line_starts, offset) - 1]
        return line, marked[offset:]

    text, read, opened, start = "", 0, None, 0
    marks, problems = [], []
    for bracket in _BRACKET.finditer(marked):
        text += marked[read : bracket.start()]
        read = bracket.end()
        if bracket[0] == "[":
            if opened is not None:
                advice = "is still open where the next mark begins; close it with ]{theme} before"
                problems.append(_Problem(*place(opened), advice))
            opened, start = bracket.start(), len(text)
        elif bracket[0].startswith("]{") and opened is not None:
            themes = bracket[0][2:-1].split()
            marks.append(_Mark(start, len(text), themes, place(opened)[0]))
            opened = None
        else:
            advice = "stray bracket or brace; a mark is [stretch of words]{theme}"
            problems.append(_Problem(*place(bracket.start()), advice))
            opened = None
    if opened is not None:
        problems.append(_Problem(*place(opened), "is never closed; end the stretch with ]{theme}"))
    return text + marked[read:], marks, problems


def _check(text: str, marks: list[_Mark], themes: list[str]) -> list[_Problem]:
    """Hold every mark of an answer against its words and the codebook."""
    starts, ends, problems = set(), set(), []
    for word in _WORD.finditer(text):
        starts.update(range(word.start(), word.start(1) + 1))
        ends.update(range(word.end(1), word.end() + 1))
    for start, end, given, line in marks:
        stretch = text[start:end]
        wrong = [theme for theme in given if theme not in themes]
        if not stretch.strip():
            problems.append(_Problem(line, stretch, "empty stretch; mark at least one word"))
        elif start not in starts or end not in ends:
            advice = "a mark must begin at the start of a word and end at the end of one"
            problems.append(_Problem(line, stretch, advice))
        if wrong:
            advice = f"unknown theme; use {', '.join(themes)}"
            problems.append(_Problem(line, " ".join(wrong), advice))
        elif not given or len(set(given)) < len(given):
            problems.append(_Problem(line, stretch, "needs one or more different themes"))
    return problems


# Simulating


def simulate_coders(
    responses: pd.DataFrame, consensus: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw what the coders read in the answers before they agreed on the consensus.

    On each code of the consensus a coder errs with a probability that grows with the vagueness of
    the theme and with the difficulty of the stretch, which is the same for all coders: the code is
    left out, or a neighbouring theme stands in its place. Some ends lie a few words off, and some
    codes are there that consensus did not keep. Every answer has random numbers of its own, so that
    editing one leaves what was read in the others as it was.

    Parameters
    ----------
    responses, consensus
        As `read_answers` returns them.
    rng
        The source of the random numbers.

    Returns
    -------
    DataFrame
        The columns of `consensus`. All stretches lie on whole words, and those to which a coder
        gave the same theme do not overlap.
    """
    seed = int(rng.integers(2**32))
    codes = dict(list(consensus.groupby(["participant_id", "question"])))
    rows = []
    for person, question, text in responses.itertuples(index=False):
        own = np.random.default_rng([seed, crc32(f"{person} {question}".encode())])
        agreed = codes.get((person, question), consensus.iloc[:0])[["theme", "start", "end"]]
        difficulty = own.random(len(agreed))
        for coder, carelessness in CODERS.items():
            read = _read(text, THEMES[question], agreed, carelessness * difficulty, own)
            if own.random() < EXTRA * carelessness:
                read += _extra(text, THEMES[question], agreed, own)
            rows += [(person, question, theme, coder, *span) for theme, *span in _distinct(read)]
    return pd.DataFrame(rows, columns=consensus.columns)


def _read(
    text: str,
    vagueness: dict[str, tuple[float, list[str]]],
    agreed: pd.DataFrame,
    proneness: np.ndarray,
    rng: np.random.Generator,
) -> list[tuple[str, int, int]]:
    """Return one coder's version of the agreed codes."""
    words = [word.span(1) for word in _WORD.finditer(text)]
    read = []
    for (theme, start, end), prone in zip(agreed.itertuples(index=False), proneness, strict=True):
        vague, neighbours = vagueness[theme]
        # Doubled, since the difficulty of a stretch averages a half.
        if rng.random() < 2 * prone * vague:
            if rng.random() < MISSED:
                continue
            theme = str(rng.choice(neighbours))
        if rng.random() < MOVED:
            within = [i for i, (begins, ends) in enumerate(words) if begins < end and start < ends]
            off = int(rng.choice([-1, 1]) * rng.integers(1, FARTHEST + 1))
            if rng.random() < 0.5:
                start = words[min(max(within[0] + off, 0), within[-1])][0]
            else:
                end = words[max(min(within[-1] + off, len(words) - 1), within[0])][1]
        read.append((theme, start, end))
    return read


def _extra(
    text: str,
    vagueness: dict[str, tuple[float, list[str]]],
    agreed: pd.DataFrame,
    rng: np.random.Generator,
) -> list[tuple[str, int, int]]:
    """Return a vague theme on words that consensus left without any, if there are such words."""
    spans = agreed[["start", "end"]].to_numpy()
    bare = [
        word.span(1)
        for word in _WORD.finditer(text)
        if not ((spans[:, 0] < word.end()) & (word.start() < spans[:, 1])).any()
    ]
    if not bare:
        return []
    odds = np.array([vague for vague, _ in vagueness.values()]) ** 2
    theme = str(rng.choice(list(vagueness), p=odds / odds.sum()))
    first = int(rng.integers(len(bare)))
    start, end = bare[first]
    for begins, ends in bare[first + 1 : first + int(rng.integers(3, LONGEST_EXTRA + 1))]:
        if ((spans[:, 0] > end) & (spans[:, 0] < begins)).any():
            break
        end = ends
    return [(theme, start, end)]


def _distinct(codes: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Leave out a code that overlaps an earlier one of the same theme."""
    kept: list[tuple[str, int, int]] = []
    for theme, start, end in codes:
        if not any(theme == t and start < e and s < end for t, s, e in kept):
            kept.append((theme, start, end))
    return kept
