"""The course around the book: its timetables add up, and its links are called what they lead to."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from sheets import read

BOOK = Path(__file__).parents[1] / "book"
TEACHING = (BOOK / "teaching.md").read_text(encoding="utf-8")
TIMETABLES = re.findall(
    r"^```\{table\} ([^\n]*minute by minute)\n(.*?)^```$", TEACHING, re.MULTILINE | re.DOTALL
)


def test_there_are_six_sessions_and_one_alone():
    assert [name.split(",")[0] for name, _ in TIMETABLES] == [
        *(f"Session {number}" for number in range(1, 7)),
        "One session",
    ]


@pytest.mark.parametrize(("name", "rows"), TIMETABLES, ids=[name for name, _ in TIMETABLES])
def test_a_session_has_ninety_minutes_without_a_gap(name, rows):
    times = [
        tuple(map(int, pair)) for pair in re.findall(r"^\| (\d+)–(\d+) \|", rows, re.MULTILINE)
    ]
    assert times[0][0] == 0
    assert times[-1][1] == 90
    assert all(end == start for (_, end), (start, _) in pairwise(times))
    assert all(start < end for start, end in times)


@pytest.mark.parametrize("number", range(1, 7))
def test_a_session_says_what_to_prepare_and_what_to_drop(number):
    session = TEACHING.split(f"## Session {number}.")[1].split("\n## ")[0]
    for what in [
        "**Print** ",
        "**Install** ",
        "**Send out** ",
        "**If you are twenty minutes short,** ",
    ]:
        assert session.count(f"\n{what}") == 1


def test_exercises_are_called_by_their_titles():
    exercises = [one for path in (BOOK / "exercises").glob("*.md") for one in read(path).exercises]
    titles = {one.label: one.title.replace("*", "") for one in exercises}
    named = re.findall(r"\{ref\}`([^`<]+) <([\w-]+)>`", TEACHING)
    of_exercises = {label: name for name, label in named if label in titles}
    assert len(of_exercises) > 15
    assert of_exercises == {label: titles[label] for label in of_exercises}


def test_those_marked_judge_ask_for_judgement():
    exercises = [one for path in (BOOK / "exercises").glob("*.md") for one in read(path).exercises]
    judges = {one.label for one in exercises if one.judges}
    marked = re.findall(r"<([\w-]+)>`,\s+\*judge\*", TEACHING)
    assert marked
    assert set(marked) <= judges
