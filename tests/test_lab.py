"""The coding lab: saving, reading, what a coding is held against, and the desk's widgets."""

import csv
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from own_books import load, write

import helpers.compute.agreement
from helpers.compute.agreement import (
    agreement,
    by_theme,
    judgements,
    pairwise,
    reliability,
)
from helpers.compute.themes import presence
from helpers.load import StudyError, load_study
from learn import lab
from learn.lab import BUTTONS, Coding, Desk

STUDY = load_study()
TRUTH = presence(STUDY, "recovery")
PEOPLE, THEMES = list(TRUTH.index), list(TRUTH.columns)
HEADER = ",".join(["coder", "question", "participant_id", *THEMES])
NO = ",no" * len(THEMES)
ROW = f"Ana,recovery,P01{NO}"
CHAPTER = Path(__file__).parents[1] / "book" / "chapters" / "lab_coding.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL = """
from pathlib import Path
from learn.lab import Desk
from helpers.load import load_study
Desk(load_study(), "recovery", {name!r})
"""


@pytest.fixture
def desk(tmp_path):
    return Desk(STUDY, "recovery", "Ana", first=4, folder=tmp_path)


def file_with(folder, *lines, name="coding_recovery_ana.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


# --- Saving ---

names = (
    st.text(min_size=1, max_size=12)
    .map(str.strip)
    .filter(
        lambda name: name and name.isprintable() and name not in {"consensus", "c1", "c2", "c3"}
    )
)
findings = st.dictionaries(
    st.sampled_from(PEOPLE), st.sets(st.sampled_from(THEMES)), min_size=1, max_size=6
)


@settings(max_examples=30)
@given(names, findings)
def test_what_was_noted_is_read_again(coder, noted):
    with TemporaryDirectory() as folder:
        desk = Desk(STUDY, "recovery", coder, folder=Path(folder))
        for person, themes in noted.items():
            desk.note(person, themes)
        again = Desk(STUDY, "recovery", coder, folder=Path(folder))
        assert {person: again.noted(person) for person in noted} == noted
        assert again.unread() == [person for person in PEOPLE if person not in noted]
        assert list(again.coding().found.index) == [p for p in PEOPLE if p in noted]
        assert [path.name for path in Path(folder).iterdir()] == [desk.path.name]


def test_people_can_read_the_file(desk):
    desk.note("P02", ["other"])
    desk.note("P01", [])
    with desk.path.open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first == {
        "coder": "Ana",
        "question": "recovery",
        "participant_id": "P01",
        **dict.fromkeys(THEMES, "no"),
    }
    assert [column for column, value in second.items() if value == "yes"] == ["other"]


def test_no_theme_is_a_finding_and_no_row_is_none(desk):
    desk.note("P01", [])
    assert desk.noted("P01") == set()
    assert desk.noted("P02") is None
    assert desk.unread() == PEOPLE[1:4]


def test_ticks_are_taken_back_one_by_one(desk):
    desk.tick("P01", "other", carried=True)
    desk.tick("P01", "family_support", carried=True)
    desk.tick("P01", "other", carried=False)
    assert desk.noted("P01") == {"family_support"}
    desk.tick("P01", "family_support", carried=False)
    assert desk.noted("P01") is None
    assert not desk.path.exists()


def test_taking_back_a_tick_that_was_not_there_changes_nothing(desk):
    desk.note("P01", [])
    desk.tick("P01", "other", carried=False)
    assert desk.noted("P01") == set()
    desk.tick("P02", "other", carried=False)
    assert desk.noted("P02") is None


def test_only_answers_that_were_given_can_be_coded(desk):
    with pytest.raises(ValueError, match="'P999' gave no answer to this question"):
        desk.note("P999", ["other"])
    assert not desk.path.exists()
    with pytest.raises(ValueError, match="nobody sits at this desk"):
        replace(desk, coder="").note(PEOPLE[0], ["other"])


def test_questions_may_have_the_same_themes(desk):
    book = desk.study.codebook
    twin = book[book["question"].eq("recovery")].assign(question="relapse")
    book = pd.concat([book[book["question"].eq("recovery")], twin])
    desk = replace(desk, study=replace(desk.study, codebook=book))
    desk.note(PEOPLE[0], ["other"])
    assert desk.noted(PEOPLE[0]) == {"other"}


def test_who_coded_nothing_is_not_held_against_anybody():
    without = replace(STUDY, codings=STUDY.codings[STUDY.codings["coder"].ne("c3")])
    own = Coding("Ana", "recovery", TRUTH.head(5))
    assert lab.beside(own, without)["other"].unique().tolist() == ["consensus", "c1", "c2"]


def test_fewer_answers_on_the_desk_lose_none_in_the_file(desk):
    desk.note(PEOPLE[-1], ["other"])
    desk.note("P01", [])
    assert desk.unread() == PEOPLE[1:4]
    assert list(desk.coding().found.index) == ["P01", PEOPLE[-1]]


def test_two_desks_of_one_coder_lose_nothing_to_each_other(desk):
    other = Desk(STUDY, "recovery", "Ana", first=4, folder=desk.folder)
    desk.note("P01", ["other"])
    other.note("P02", [])
    desk.tick("P01", "family_support", carried=True)
    assert other.noted("P01") == {"other", "family_support"}
    assert desk.noted("P02") == set()


# Dies while it writes, and when it has written but not yet put the new file in place of the old.
@pytest.mark.parametrize("moment", ["os.fsync", "Path.replace"])
def test_a_kernel_that_dies_while_saving_leaves_the_old_file(desk, moment):
    desk.note("P01", ["other"])
    before = desk.path.read_bytes()
    program = f"""
import os, signal
from pathlib import Path
from learn.lab import Desk
from helpers.load import load_study
{moment} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Desk(load_study(), "recovery", "Ana", folder=Path({str(desk.folder)!r})).note("P02", [])
"""
    died = subprocess.run([sys.executable, "-c", program], timeout=60, env=dict(os.environ))
    assert died.returncode == -signal.SIGKILL
    assert desk.path.read_bytes() == before
    desk.note("P02", [])
    assert [path.name for path in desk.folder.iterdir()] == [desk.path.name]


def test_the_file_is_named_after_question_and_coder(tmp_path):
    names = {"Ana": "ana", "Ana María B.": "ana-maría-b", "../x": "x"}
    for name, part in names.items():
        path = Desk(STUDY, "relapse", name, folder=tmp_path).path
        assert path == tmp_path / f"coding_relapse_{part}.csv"


@pytest.mark.parametrize("name", [" ", "Ana ", "A\nna", "consensus", "c2"])
def test_names_that_cannot_be(name, tmp_path):
    with pytest.raises(ValueError, match="name"):
        Desk(STUDY, "recovery", name, folder=tmp_path)


def test_a_name_that_gives_the_same_file_as_another_coders(desk):
    desk.note("P01", [])
    with pytest.raises(StudyError, match="line 2, column coder: 'Ana': is another coder's file"):
        Desk(STUDY, "recovery", "ana", folder=desk.folder)


# --- Files that cannot be used ---

BROKEN = {
    "empty": ([""], [(0, "", "", "empty")]),
    "header alone": ([HEADER], [(0, "", "", "no coded answer")]),
    "semicolons": ([HEADER.replace(",", ";"), ROW], [(1, "", "", "semicolons")]),
    "tabs": ([HEADER.replace(",", "\t"), ROW], [(1, "", "", "tabs")]),
    "order": ([f"question,coder{HEADER[14:]}", ROW], [(1, "", HEADER[:0], "another order")]),
    "missing": (
        [HEADER.removesuffix(",other"), ROW.removesuffix(",no")],
        [(1, "other", "", "this column is missing; the header must be exactly: " + HEADER)],
    ),
    "unknown theme": (
        [f"{HEADER},luck", f"{ROW},no"],
        [(1, "luck", "", "one column too many")],
    ),
    "doubled column": ([f"{HEADER},other", f"{ROW},no"], [(1, "other", "", "one column too many")]),
    "stranger": (
        [HEADER, ROW.replace("P01", "P999")],
        [(2, "participant_id", "P999", "nobody with this participant_id")],
    ),
    "question": (
        [HEADER, ROW.replace("recovery", "luck")],
        [(2, "question", "luck", "not allowed; use recovery")],
    ),
    "doubled row": (
        [HEADER, ROW, ROW.replace("P01", "P02"), ROW],
        [(4, "participant_id", "P01", "already used in line 2")],
    ),
    "values": (
        [HEADER, f"Ana,recovery,P01,Yes,TRUE,1{',no' * (len(THEMES) - 4)},"],
        [
            (2, THEMES[0], "Yes", "use one of yes, no"),
            (2, THEMES[1], "TRUE", "use one of yes, no"),
            (2, THEMES[2], "1", "use one of yes, no"),
            (2, THEMES[-1], "", "use one of yes, no"),
        ],
    ),
    "cells": (
        [HEADER, ROW + ",", ROW.removesuffix(",no")],
        [
            (2, "", "", f"has {len(THEMES) + 4} cells and needs {len(THEMES) + 3}"),
            (3, "", "", f"has {len(THEMES) + 2} cells"),
        ],
    ),
    "empty lines": (
        [HEADER, ROW, "", "," * (len(THEMES) + 2)],
        [(3, "", "", "empty line")],
    ),
    "coders": (
        [HEADER, ROW, ROW.replace("Ana", "Ben").replace("P01", "P02")],
        [(3, "coder", "Ben", "the first row says 'Ana'")],
    ),
    "no coder": ([HEADER, ROW.removeprefix("Ana")], [(2, "coder", "", "needs a name")]),
    "coder of the study": (
        [HEADER, ROW.replace("Ana", "c1")],
        [(2, "coder", "c1", "coder of the study")],
    ),
    "quotes": ([HEADER, '"Ana,recovery'], [(2, "", "", "no valid CSV")]),
    "other question": (
        [",".join([*HEADER.split(",")[:3], *presence(STUDY, "relapse").columns])],
        [(1, "", "relapse", "of another question")],
    ),
    "all at once": (
        [HEADER, ROW.replace("P01", "P999").replace("recovery", "x"), ROW + ",", "", ROW + "!"],
        [
            (2, "question", "x", "not allowed; use recovery"),
            (2, "participant_id", "P999", "nobody"),
            (3, "", "", "cells"),
            (4, "", "", "empty line"),
            (5, "other", "no!", "use one of yes, no"),
        ],
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_file_that_cannot_be_used_is_refused_with_every_reason(tmp_path, fault):
    lines, expected = BROKEN[fault]
    path = file_with(tmp_path, *lines)
    before = path.read_bytes()
    with pytest.raises(StudyError) as caught:
        lab.read([path], STUDY, "recovery")
    problems = caught.value.problems
    assert [(p.line, p.column) for p in problems] == [(line, c) for line, c, _, _ in expected]
    for problem, (_, _, value, advice) in zip(problems, expected, strict=True):
        assert problem.file == path.name
        assert value in problem.value
        assert advice in problem.advice
    with pytest.raises(StudyError):
        Desk(STUDY, "recovery", "Ana", folder=tmp_path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_else_spreadsheets_do(tmp_path):
    latin = file_with(tmp_path, HEADER, ROW.replace("Ana", "Añá"), name="b.csv", encoding="latin-1")
    with pytest.raises(StudyError) as caught:
        lab.read([latin], STUDY, "recovery")
    [told] = map(str, caught.value.problems)
    assert told == "b.csv, line 2: 'ñ': is not UTF-8 here; save the file in UTF-8"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_of_windows_and_a_byte_order_mark_do_no_harm(tmp_path, mark):
    path = tmp_path / "coding_recovery_ana.csv"
    path.write_bytes(f"{mark}{HEADER}\r\n{ROW}\r\n".encode())
    desk = Desk(STUDY, "recovery", "Ana", folder=tmp_path)
    assert desk.noted("P01") == set()


def test_files_of_a_class_are_refused_together(tmp_path):
    good = file_with(tmp_path, HEADER, ROW, name="a.csv")
    twin = file_with(tmp_path, HEADER, ROW, name="b.csv")
    bad = file_with(tmp_path, HEADER, ROW + "!", name="c.csv")
    with pytest.raises(StudyError) as caught:
        lab.read([good, twin, bad, tmp_path / "d.csv"], STUDY, "recovery")
    assert [problem.file for problem in caught.value.problems] == ["b.csv", "c.csv", "d.csv"]
    assert "another file is of this coder" in str(caught.value)


# --- Agreement ---


def test_a_folder_that_cannot_be_a_class_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class").mkdir()
    told = {"clas": "clas: there is no folder of this name here; the folders here are class"}
    told["class"] = "class: holds no file called coding_….csv; copy the files here"
    for folder, said in told.items():
        with pytest.raises(StudyError, match=re.escape(said)):
            lab.read_class(folder, STUDY, "recovery")
    file_with(tmp_path / "class", HEADER, ROW)
    with pytest.raises(StudyError, match="class: holds one coding, of Ana; agreement needs two"):
        lab.read_class("class", STUDY, "recovery")
    other = ROW.replace("Ana", "Ben")
    file_with(tmp_path / "class", HEADER, other, name="coding_recovery_ben.csv")
    assert [c.coder for c in lab.read_class("class", STUDY, "recovery")] == ["Ana", "Ben"]


def coding_of(coder, people, flipped=()):
    """Return the consensus on these people, with some (person, theme) the other way round."""
    found = TRUTH.loc[people].copy()
    for person, theme in flipped:
        found.loc[person, theme] ^= True
    return Coding(coder, "recovery", found)


def simulated_class(size, seed=1):
    rng = np.random.default_rng(seed)
    shares = np.linspace(0.02, 0.3, size)
    return [
        Coding(f"Student {n}", "recovery", TRUTH ^ (rng.random(TRUTH.shape) < share))
        for n, share in enumerate(shares)
    ]


def test_the_three_coders_put_together_are_the_books_own():
    codings = [Coding(c, "recovery", presence(STUDY, "recovery", c)) for c in ["c1", "c2", "c3"]]
    found = lab.ratings(codings, STUDY)
    pd.testing.assert_frame_equal(found.astype(bool), judgements(STUDY, "recovery"))
    labels = STUDY.codebook.query("question == 'recovery'").set_index("theme")["label"]
    pd.testing.assert_frame_equal(by_theme(found, labels), agreement(STUDY, "recovery"))


def test_only_answers_that_the_student_coded_count():
    people = PEOPLE[5:15]
    coding = coding_of("Ana", people[::-1], [(people[0], "other"), (people[3], "family_support")])
    table = lab.beside(coding, STUDY).set_index(["other", "theme"])
    assert set(table.index.get_level_values(0)) == {"consensus", "c1", "c2", "c3"}
    for other in ["consensus", "c1", "c2", "c3"]:
        theirs = presence(STUDY, "recovery", other).loc[people]
        own = coding.found.loc[people]
        pairs = {theme: [own[theme], theirs[theme]] for theme in THEMES}
        pairs["all"] = [own.to_numpy().ravel(), theirs.to_numpy().ravel()]
        for theme, pair in pairs.items():
            whose = np.repeat(people, len(THEMES)) if theme == "all" else None
            expected = reliability(np.array(pair), whose)
            assert table.loc[(other, theme), list(expected)].to_dict() == pytest.approx(
                expected, nan_ok=True
            )


def test_agreement_by_hand():
    # Of ten answers Ana has one "other" too many: 4 of 10 or 5 of 10 both say yes in 4, no in 5.
    yes, no = (list(TRUTH.index[TRUTH["other"] == value]) for value in (True, False))
    coding = coding_of("Ana", [*yes[:4], *no[:6]], [(no[0], "other")])
    table = lab.beside(coding, STUDY).query("other == 'consensus'").set_index("theme")
    row = table.loc["other"]
    assert (row["n"], row["percent_agreement"]) == (10, 90)
    # Chance: .5 * .4 + .5 * .6 = .5; Krippendorff's: 20 values, 9 yes and 11 no, 2 in unlike pairs.
    assert row["cohen_kappa"] == pytest.approx(0.8)
    assert row["alpha"] == pytest.approx(1 - (20 - 1) * 2 / (2 * 9 * 11))
    assert table.loc["all", "percent_agreement"] == pytest.approx(100 * (1 - 1 / 70))
    assert table.drop(index=["other", "all"])["percent_agreement"].eq(100).all()


def test_a_coding_of_one_answer_can_be_held_against_others():
    table = lab.beside(coding_of("Ana", ["P01"]), STUDY)
    own = table.query("other == 'consensus'")
    assert own["percent_agreement"].eq(100).all()
    assert own.set_index("theme").loc["other", ["cohen_kappa", "alpha"]].isna().all()


def test_differences_by_hand():
    one, two = PEOPLE[3], PEOPLE[7]
    flipped = [(one, THEMES[2]), (two, THEMES[5]), (two, THEMES[0])]
    table = lab.differences(coding_of("Ana", PEOPLE[:10], flipped), STUDY)
    book = STUDY.codebook.query("question == 'recovery'").set_index("theme")
    assert list(zip(table["participant_id"], table["theme"], strict=True)) == [
        (two, THEMES[0]),
        (two, THEMES[5]),
        (one, THEMES[2]),
    ]
    for row in table.itertuples():
        assert row.coder != TRUTH.loc[row.participant_id, row.theme]
        assert row.exclude == book.loc[row.theme, "exclude"]


def test_pairs_are_those_whose_means_reliability_gives():
    found = lab.ratings(simulated_class(4), STUDY)
    found.iloc[0, :140] = np.nan
    table = pairwise(found)
    assert list(zip(table["coder"], table["other"], strict=True)) == list(
        combinations(found.index, 2)
    )
    whole = reliability(found)
    for measure in ["percent_agreement", "cohen_kappa"]:
        assert table[measure].mean() == pytest.approx(whole[measure])
        for row in table.to_dict("records"):
            two = reliability(found.loc[[row["coder"], row["other"]]])
            assert row[measure] == pytest.approx(two[measure])
            assert row["n"] == two["n"]


@settings(max_examples=25)
@given(st.integers(2, 6), st.integers(0, 999), st.floats(0, 0.9))
def test_disputed_answers_are_those_with_least_agreement(coders, seed, unread):
    rng = np.random.default_rng(seed)
    columns = pd.MultiIndex.from_product([list("PQRS"), ["x", "y", "z"]])
    found = pd.DataFrame(rng.integers(0, 2, (coders, 12)), columns=columns).astype(float)
    for person in "PQRS":
        found.loc[rng.random(coders) < unread, person] = np.nan
    table = lab.disputed(found).set_index("participant_id")
    assert table["percent_agreement"].is_monotonic_increasing
    for person in "PQRS":
        of_person = found[person].dropna()
        assert (person in table.index) == (len(of_person) > 1)
        if person in table.index:
            agreed = reliability(of_person)["percent_agreement"]
            assert table.loc[person, "percent_agreement"] == pytest.approx(agreed)
            assert set(table.loc[person, "split"]) == {
                theme for theme in "xyz" if len(set(of_person[theme])) > 1
            }


def test_disputed_by_hand():
    columns = pd.MultiIndex.from_product([["P1", "P2"], ["a", "b"]])
    rows = [[1, 1, 1, 0], [1, 0, 1, 0], [0, 0, 1, np.nan], [0, 1, 1, np.nan]]
    table = lab.disputed(pd.DataFrame([[0, 1, 1, 1], *rows], columns=columns))
    # P1: a is 2 of 5 and b 3 of 5, so 6 of 10 pairs differ on each; P2: b 1 of 3, 2 of 13 pairs.
    assert table["participant_id"].tolist() == ["P1", "P2"]
    assert table["percent_agreement"].tolist() == pytest.approx([40, 100 * 11 / 13])
    assert table["split"].tolist() == [("a", "b"), ("b",)]


def test_a_class_of_thirty_costs_each_pair_twice_and_once_a_theme(monkeypatch, tmp_path):
    codings = simulated_class(30)
    for number, coding in enumerate(codings):
        lab.save(tmp_path / f"coding_recovery_{number}.csv", coding)
    calls = []
    pair = helpers.compute.agreement._pair
    monkeypatch.setattr(helpers.compute.agreement, "_pair", lambda *a: calls.append(1) or pair(*a))
    found = lab.ratings(lab.read(tmp_path.iterdir(), STUDY, "recovery"), STUDY)
    assert found.shape == (30, TRUTH.size)
    labels = STUDY.codebook.query("question == 'recovery'").set_index("theme")["label"]
    table, whole = pairwise(found), by_theme(found, labels)
    assert len(lab.disputed(found)) == len(PEOPLE)
    pairs = 30 * 29 // 2
    assert len(table) == pairs
    assert len(calls) == pairs * (2 + len(THEMES))
    # Who slips more agrees less with everyone.
    means = pd.concat([table.groupby(c)["cohen_kappa"].sum() for c in ("coder", "other")])
    means = means.groupby(level=0).sum() / 29
    assert means["Student 0"] > means["Student 15"] > means["Student 29"]
    assert 0 < whole["alpha"].iloc[-1] < 1


# --- The chapter ---


@pytest.mark.parametrize(("question", "answers"), [("recovery", 1), ("relapse", 3)])
def test_the_chapter_is_about_the_files_of_students_where_there_are_some(
    tmp_path, question, answers
):
    # As the consensus has it, so that much of what is computed has nothing to be computed from.
    found = presence(STUDY, question)
    desk = Desk(STUDY, question, "Ana", folder=tmp_path)
    (tmp_path / "class").mkdir()
    for coder, file in {"Ana": desk.path, "Ben": tmp_path / "class" / "coding_x.csv"}.items():
        lab.save(file, Coding(coder, question, found.head(answers)))
    lab.save(tmp_path / "class" / "coding_y.csv", Coding("Eva", question, found.head(9)))
    before = sorted(tmp_path.rglob("*"))
    text = CHAPTER.read_text(encoding="utf-8")
    for old, new in {
        'name = \\"\\"': 'name = \\"Ana\\"',
        'folder = \\"\\"': 'folder = \\"class\\"',
        'question = \\"recovery\\"': f'question = \\"{question}\\"',
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    notebook = nbformat.reads(text, as_version=4)
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, kernel_name="python3", timeout=120, resources=resources).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    pages = [out.data.get("text/html", "") for c in code for out in c.outputs if "data" in out]
    told = "".join(pages)
    assert f"Ana compared with others, all themes; answers coded: {answers}" in told
    assert "for each pair of 2 coders" in told
    assert "Fictitious" not in told
    assert sorted(tmp_path.rglob("*")) == before


def test_the_chapter_and_the_desk_take_the_codebook_of_another_study(tmp_path, monkeypatch):
    own = write(tmp_path, "texts")
    settings = own / "study.toml"
    settings.write_text(settings.read_text().replace("private = true", "private = false"))
    study = load(own)
    assert {"definition", "include", "exclude"}.isdisjoint(study.codebook)
    desk = Desk(study, "answer", "Eva", folder=tmp_path)
    widgets = live(desk)
    assert [box.description for box in widgets.boxes.values()] == [*study.codebook["label"]]
    widgets.boxes["descanso"].value = True
    assert desk.noted(next(iter(desk.answers().index))) == {"descanso"}
    monkeypatch.setenv("STUDY_DATA", str(own))
    text = CHAPTER.read_text(encoding="utf-8").replace('\\"recovery\\"', '\\"answer\\"')
    notebook = nbformat.reads(text, as_version=4)
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    pages = [out.data.get("text/html", "") for c in code for out in c.outputs if "data" in out]
    shown = BeautifulSoup("".join(pages), "html.parser")
    assert [cell.text for cell in shown.table.select("tbody th")] == ["c1", "c2"]
    told = shown.text
    assert "Compañeras" in told
    assert "themes that one of the two found and the other did not" in told
    for word in ["simulated", "invented", "the consensus", "Counts", "nan"]:
        assert word not in told


def test_a_private_study_shows_its_answers_on_the_live_desk_only(tmp_path):
    own = write(tmp_path, "texts")
    desk = Desk(load(own), "answer", "Eva", folder=tmp_path)
    first = desk.answers().iloc[0]
    assert first not in desk.picture().html + repr(desk.picture())
    assert first in live(desk).answer.value


# --- The desk on the page ---


def live(desk):
    return lab._Widgets(desk)


def shown(widgets):
    """Return whose answer is shown and which boxes are ticked."""
    text = BeautifulSoup(widgets.answer.value, "html.parser").blockquote.text
    [person] = [p for p, answer in widgets.desk.answers().items() if answer == text]
    return person, {theme for theme, box in widgets.boxes.items() if box.value}


def test_a_tick_is_there_after_the_kernel_was_restarted(desk):
    widgets = live(desk)
    widgets.boxes["other"].value = True
    widgets.buttons["next"].click()
    widgets.boxes["family_support"].value = True
    widgets.boxes["other"].value = True
    widgets.boxes["family_support"].value = False
    again = live(Desk(STUDY, "recovery", "Ana", first=4, folder=desk.folder))
    assert shown(again) == ("P03", set())
    again.buttons["back"].click()
    assert shown(again) == ("P02", {"other"})
    again.buttons["back"].click()
    again.buttons["back"].click()
    assert shown(again) == ("P01", {"other"})


def test_looking_changes_nothing(desk):
    widgets = live(desk)
    for button in ["next", "next", "back", "next", "next"]:
        widgets.buttons[button].click()
    assert not desk.path.exists()
    assert shown(widgets) == ("P04", set())


def test_none_is_saved_over_ticks_and_the_next_answer_comes(desk):
    widgets = live(desk)
    widgets.boxes["other"].value = True
    widgets.buttons["none"].click()
    assert desk.noted("P01") == set()
    assert shown(widgets) == ("P02", set())
    assert "Coded so far: 1 of 4" in widgets.answer.value
    widgets.buttons["back"].click()
    assert "Answer 1 of 4</strong>, carries none" in widgets.answer.value


def test_after_the_last_answer_comes_the_first_that_is_not_coded(desk):
    widgets = live(desk)
    for button in ["none", "next", "none", "none"]:
        widgets.buttons[button].click()
    assert shown(widgets) == ("P02", set())
    widgets.buttons["none"].click()
    assert desk.unread() == []
    for _ in range(3):
        widgets.buttons["next"].click()
    assert shown(widgets) == ("P04", set())
    assert "Coded so far: 4 of 4" in widgets.answer.value


def test_a_file_broken_meanwhile_is_left_alone_and_the_box_does_not_lie(desk):
    widgets = live(desk)
    widgets.boxes["other"].value = True
    desk.path.write_text("broken")
    widgets.boxes["family_support"].value = True
    assert "Not saved" in widgets.said.value
    assert "this column is missing" in widgets.said.value
    assert not widgets.boxes["family_support"].value
    widgets.buttons["none"].click()
    assert desk.path.read_text() == "broken"
    desk.path.unlink()
    widgets.boxes["family_support"].value = True
    assert "Saved in" in widgets.said.value
    assert desk.noted("P01") == {"family_support"}


def test_a_full_disk_is_told(desk, monkeypatch):
    widgets = live(desk)
    widgets.boxes["other"].value = True

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    widgets.boxes["family_support"].value = True
    assert "Not saved: <pre>[Errno 28] No space left on device" in widgets.said.value
    assert shown(widgets) == ("P01", {"other"})
    assert desk.noted("P01") == {"other"}


def test_every_theme_has_a_box_with_its_definition_below_and_the_rest_folded(desk):
    book = STUDY.codebook.query("question == 'recovery'").set_index("theme")
    folded, _, *pairs, buttons, _, _ = desk.live().children
    for box, meant, theme in zip(pairs[::2], pairs[1::2], book.itertuples(), strict=True):
        assert box.description == theme.label
        assert BeautifulSoup(meant.value, "html.parser").text == theme.definition
    rest = BeautifulSoup(folded.value, "html.parser").details.text
    assert all(text in rest for text in [*book["include"], *book["exclude"]])
    assert [button.description for button in buttons.children] == list(BUTTONS.values())


def test_answers_cannot_smuggle_in_markup(tmp_path):
    responses = STUDY.responses.assign(text="<b>x</b> & y")
    study = type(STUDY)(**(vars(STUDY) | {"responses": responses}))
    desk = Desk(study, "recovery", "Ana", folder=tmp_path)
    for html in [live(desk).answer.value, desk._repr_html_()]:
        assert "<b>" not in html
        assert BeautifulSoup(html, "html.parser").blockquote.text == "<b>x</b> & y"


# --- Which of the two is offered ---


def test_a_page_gets_a_picture_with_every_theme(desk):
    page = BeautifulSoup(desk._repr_html_(), "html.parser")
    assert page.blockquote.text == STUDY.responses["text"].iloc[0]
    assert len(page.select("li")) == len(THEMES)
    assert page.figcaption.text.startswith("A picture of the desk")
    assert not page.select("input, button")


def test_outside_a_kernel_there_is_only_the_picture(desk):
    assert set(desk._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert repr(desk) == "Desk: Ana has coded 0 of 4 answers"


def test_without_ipywidgets_a_word_says_what_is_missing(desk, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle = desk._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/plain", "text/html"}
    assert "pip install ipywidgets" in bundle["text/html"]
    with pytest.raises(ImportError):
        desk.live()


@pytest.mark.parametrize(("name", "kinds"), [("", set()), ("Ana", {WIDGET})])
def test_a_kernel_is_offered_widgets_once_there_is_a_name(tmp_path, name, kinds):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.format(name=name))])
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(notebook, kernel_name="python3", timeout=60, resources=resources).execute()
    [output] = notebook.cells[0].outputs
    assert set(output.data) == {"text/plain", "text/html"} | kinds
    assert list(tmp_path.iterdir()) == []


def test_nobody_has_no_file_even_if_there_is_one_without_a_name(tmp_path):
    (tmp_path / "coding_recovery_.csv").write_text("broken")
    desk = Desk(STUDY, "recovery", folder=tmp_path)
    assert desk.coding().found.empty
    assert repr(desk).startswith("Desk: Nobody has coded 0 of")
