"""Read answers whose coded stretches are marked in place, and simulate coders before consensus.

Every question has one file a language. An answer is a header with the person, then one paragraph,
whose lines may be wrapped anywhere; a title and an introduction may come before the first header:

    ## P07 {story}

    Well, [taking the tablets every day]{treatment_adherence} helps, and
    [a sister who comes along]{family_support treatment_adherence}.

A mark gives its stretch one or more themes of the codebook, begins at the start of a word and ends
at the end of one, quotation marks and the like aside. Marks do not overlap. Offsets count in the
text without marks and with lines joined by single spaces; the end is exclusive. In all languages an
answer has the same themes in the same order of stretches. Remarks on the whole answer stand in
braces in the header, in the language that was spoken.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
import pandas as pd

# A word, and the signs that may go with it.
_WORD = re.compile(r"""["'“‘«(¿¡]*(\w+(?:['’-]\w+)*)["'”’»)?!]*""")
_BRACKET = re.compile(r"\[|\]\{[^][{}]*\}|[]{}]")
_HEADER = re.compile(r"## (\w+)(?: \{([\w ]+)\})?")
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
CODERS = {"c1": 0.26, "c2": 0.36, "c3": 0.47}
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
    remarks: list[str]
    header: _Problem  # what to say if the header is wrong
    lines: list[tuple[int, str]]


class _Mark(NamedTuple):
    start: int
    end: int
    themes: list[str]
    line: int


# Reading


def read_answers(
    paths: Mapping[str, Mapping[str, Path]],
    people: Collection[str],
    codebook: pd.DataFrame,
    remarks: Collection[str],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read the marked-up answers to every question.

    Parameters
    ----------
    paths
        Question by question the Markdown file of each language, in UTF-8; the language that was
        spoken comes first.
    people
        Identifiers of the people who were asked.
    codebook
        One row a theme of a question: `question`, `theme`.
    remarks
        What may be remarked on an answer.

    Returns
    -------
    responses, codings, remarks
        The tables of these names in the data package, in the order of the files; the coder is
        "consensus".

    Raises
    ------
    MarkupError
        If anything breaks the format, or two languages do not carry the same themes. It lists every
        problem of every file at once, each with file and line, what stands there and what to do.
    """
    responses, codings, remarked, problems = [], [], [], []
    for question, files in paths.items():
        themes = codebook.loc[codebook["question"].eq(question), "theme"].unique().tolist()
        spoken = next(iter(files.values()))
        read: dict[Path, dict[str, tuple[_Answer, list[_Mark] | None]]] = {}
        wrong: dict[Path, list[_Problem]] = {}
        for language, path in files.items():
            answers, wrong[path] = _split(path)
            read[path] = {}
            for answer in answers:
                text, marks, more = _unmark(answer)
                more += _check(text, marks, themes)
                more += _check_remarks(answer, remarks if path == spoken else ())
                wrong[path] += more
                read[path].setdefault(answer.person, (answer, None if more else marks))
                responses.append((answer.person, question, language, text))
                remarked += [(answer.person, question, remark) for remark in answer.remarks]
                for mark in marks:
                    for theme in mark.themes:
                        code = (answer.person, question, theme, language, "consensus")
                        codings.append((*code, mark.start, mark.end))
            wrong[path] += _check_people(answers, people)
            for one, other in [(spoken, path), (path, spoken)] if path != spoken else []:
                wrong[one] += _check_pairs(read[one], read[other], other.name)
            if path != spoken:
                wrong[path] += _check_themes(read[path], read[spoken], spoken.name)
        for path, found_here in wrong.items():
            for line, found, advice in sorted(found_here):
                shown = found if len(found) <= 60 else found[:57] + "..."
                problems.append(f"{path.name}, line {line}: {shown!r}: {advice}")
    if problems:
        raise MarkupError(problems)
    key = ["participant_id", "question"]
    return (
        pd.DataFrame(responses, columns=[*key, "language", "text"]),
        pd.DataFrame(codings, columns=[*key, "theme", "language", "coder", "start", "end"]),
        pd.DataFrame(remarked, columns=[*key, "remark"]),
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
            header = _HEADER.fullmatch(text)
            person, remarks = header.groups(default="") if header else ("", "")
            problem = _Problem(number, text, advice)
            answers.append(_Answer(person, remarks.split(), problem, []))
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
    for person, _, header, lines in answers:
        if person not in people:
            problems.append(header)
        elif person in first:
            advice = f"answers a second time; the first is on line {first[person]}"
            problems.append(header._replace(advice=advice))
        elif not lines:
            problems.append(header._replace(advice="no text; write the answer below, or remove"))
        first.setdefault(person, header.line)
    return problems


def _check_remarks(answer: _Answer, remarks: Collection[str]) -> list[_Problem]:
    advice = f"unknown remark; use {', '.join(remarks)}"
    if not remarks:
        advice = "remarks stand in the file of the language that was spoken"
    wrong = [remark for remark in answer.remarks if remark not in remarks]
    return [answer.header._replace(found=remark, advice=advice) for remark in wrong]


def _check_pairs(
    answers: Mapping[str, tuple], others: Collection[str], other_file: str
) -> list[_Problem]:
    """Find the answers that the other language lacks."""
    advice = f"is not in {other_file}; write the same answer there"
    alone = [answer.header for person, (answer, _) in answers.items() if person not in others]
    return [header._replace(advice=advice) for header in alone]


def _check_themes(
    translated: Mapping[str, tuple[_Answer, list[_Mark] | None]],
    spoken: Mapping[str, tuple[_Answer, list[_Mark] | None]],
    spoken_file: str,
) -> list[_Problem]:
    """Find the first stretch of each answer whose themes differ from those of the spoken one."""
    problems = []
    for person, (answer, marks) in translated.items():
        _, originals = spoken.get(person, (None, None))
        if marks is None or originals is None:
            continue  # other problems come first
        header = answer.header.line
        for number, (mark, original) in enumerate(zip_longest(marks, originals), start=1):
            here, there = (m and " ".join(m.themes) for m in (mark, original))
            if here != there:
                has = f", line {original.line}, has {there}" if original else " has none"
                advice = f"theme of stretch {number} of {person}; {spoken_file}{has} there; "
                advice += "both languages need the same themes in the same order"
                problems.append(_Problem(mark.line if mark else header, here or "none", advice))
                break
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


class _Reading(NamedTuple):
    """What a coder made of a stretch, in whatever language."""

    stretch: int  # counted from 0
    theme: str
    end: int  # 0: the start is moved, 1: the end
    words: int  # outwards by so many, or inwards if negative


class _Extra(NamedTuple):
    """A code on words that consensus left without any."""

    gap: int  # before the stretch of this number
    theme: str
    place: float  # where in the gap, from 0 to 1
    words: int


def simulate_coders(
    responses: pd.DataFrame, consensus: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw what the coders read in the answers before they agreed on the consensus.

    On each code of the consensus a coder errs with a probability that grows with the vagueness of
    the theme and with the difficulty of the stretch, which is the same for all coders: the code is
    left out, or a neighbouring theme stands in its place. Some ends lie a few words off, and some
    codes are there that consensus did not keep. All of this is decided once an answer and carried
    over to each language, stretch by stretch. Every answer has random numbers of its own, so that
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
    key = ["participant_id", "question"]
    codes = dict(list(consensus.groupby([*key, "language"])))
    rows = []
    for (person, question), texts in responses.groupby(key, sort=False):
        own = np.random.default_rng([seed, crc32(f"{person} {question}".encode())])
        vagueness = THEMES[question]
        spans, given = {}, []
        for language, text in texts[["language", "text"]].itertuples(index=False):
            coded = codes.get((person, question, language), consensus.iloc[:0])
            spans[language] = _in_words(text, coded)
            places = coded.groupby(["start", "end"], sort=True).ngroup()
            given = list(zip(places, coded["theme"], strict=True))
        roomy = np.min([_gap_sizes(*of_text) for of_text in spans.values()], axis=0)
        difficulty = own.random(len(given))
        for coder, carelessness in CODERS.items():
            read = _read(given, vagueness, carelessness * difficulty, own)
            extra = None
            if own.random() < EXTRA * carelessness:
                extra = _extra(roomy, vagueness, {code.theme for code in read}, own)
            for language, of_text in spans.items():
                placed = [(code.theme, *_place(code, *of_text)) for code in read]
                placed += [(extra.theme, *_place_extra(extra, *of_text))] if extra else []
                code = (person, question, language, coder)
                rows += [(person, question, theme, *code[2:], *ends) for theme, *ends in placed]
    return pd.DataFrame(rows, columns=consensus.columns)


def _in_words(
    text: str, coded: pd.DataFrame
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return each word's place in the text, and each stretch's first word and that after it."""
    words = [word.span(1) for word in _WORD.finditer(text)]
    stretches = sorted(set(zip(coded["start"], coded["end"], strict=True)))
    return words, [
        (sum(ends <= start for _, ends in words), sum(begins < end for begins, _ in words))
        for start, end in stretches
    ]


def _gap_sizes(words: Sequence[tuple[int, int]], stretches: Sequence[tuple[int, int]]) -> list[int]:
    """Count the words before each stretch, and after the last, that have no code."""
    edges = [(0, 0), *stretches, (len(words), len(words))]
    return [after - before for (_, before), (after, _) in pairwise(edges)]


def _read(
    given: Sequence[tuple[int, str]],
    vagueness: Mapping[str, tuple[float, list[str]]],
    proneness: np.ndarray,
    rng: np.random.Generator,
) -> list[_Reading]:
    """Return one coder's version of the agreed codes."""
    read: dict[tuple[int, str], _Reading] = {}
    for (stretch, theme), prone in zip(given, proneness, strict=True):
        vague, neighbours = vagueness[theme]
        # Doubled, since the difficulty of a stretch averages a half.
        if rng.random() < 2 * prone * vague:
            if rng.random() < MISSED:
                continue
            theme = str(rng.choice(neighbours))
        end, words = 0, 0
        if rng.random() < MOVED:
            end = int(rng.integers(2))
            words = int(rng.choice([-1, 1]) * rng.integers(1, FARTHEST + 1))
        # A stretch carries a theme once, even if two of its themes were taken for the same one.
        read.setdefault((stretch, theme), _Reading(stretch, theme, end, words))
    return list(read.values())


def _place(
    code: _Reading, words: Sequence[tuple[int, int]], stretches: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Return the characters of a coder's stretch in one language.

    An end moves outwards over at most half of the words up to the next stretch, so that two never
    meet, and inwards as long as a word is left.
    """
    ends = list(stretches[code.stretch])
    room = _gap_sizes(words, stretches)[code.stretch + code.end] // 2
    by = max(min(code.words, room), ends[0] - ends[1] + 1)
    ends[code.end] += by if code.end else -by
    return words[ends[0]][0], words[ends[1] - 1][1]


def _extra(
    roomy: np.ndarray,
    vagueness: Mapping[str, tuple[float, list[str]]],
    found: Collection[str],
    rng: np.random.Generator,
) -> _Extra | None:
    """Return a vague theme that the coder has not found, if there are words without any."""
    themes = [theme for theme in vagueness if theme not in found]
    if not themes or not roomy.any():
        return None
    odds = np.array([vagueness[theme][0] for theme in themes]) ** 2
    theme = str(rng.choice(themes, p=odds / odds.sum()))
    gap = int(rng.choice(len(roomy), p=roomy / roomy.sum()))
    return _Extra(gap, theme, rng.random(), int(rng.integers(3, LONGEST_EXTRA + 1)))


def _place_extra(
    extra: _Extra, words: Sequence[tuple[int, int]], stretches: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Return the characters of an extra code in one language."""
    edges = [0, *(after for _, after in stretches)]
    size = _gap_sizes(words, stretches)[extra.gap]
    first = edges[extra.gap] + int(extra.place * size)
    last = min(first + extra.words, edges[extra.gap] + size) - 1
    return words[first][0], words[last][1]
