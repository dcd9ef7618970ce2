import csv
import dataclasses
import io
import json
import re
import tempfile
from pathlib import Path

import execute
import pandas as pd
import people
import pytest
from conftest import TINY
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers.load.settings as settings_module
import helpers.load.study as study_module
from helpers.compute import scorecard, themes
from helpers.load.conditions import ConditionError, holds
from helpers.load.files import TOLD, Problem, StudyError, allowed
from helpers.load.study import data_folder, load_study

PEOPLE, ANSWERS = "study/participants.csv", "study/responses.csv"
CODINGS, OMI, FACTS = "study/codings.csv", "study/omi.csv", "published/facts.csv"
REMARKS = "study/remarks.csv"
ANSWER, THEME = "participant_id, question, language", "question, theme, language"
ITEMS = "published/omi_items.csv"
KEY = "participant_id, question, theme, language, coder, start"


def snapshot(folder):
    """Return what anything written to a folder would change."""
    paths = [folder, *folder.rglob("*")]
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in paths
    }


def problems(folder):
    """Return what the loader finds, and make sure that it wrote nothing."""
    before = snapshot(folder)
    with pytest.raises(StudyError) as raised:
        load_study(folder)
    assert snapshot(folder) == before
    return raised.value.problems


def edit(path, *replacements):
    """Replace text that stands in a file exactly once."""
    content = path.read_text(encoding="utf-8")
    for old, new in replacements:
        assert content.count(old) == 1, old
        content = content.replace(old, new)
    path.write_text(content, encoding="utf-8")


# Good data


def test_a_build_checks_the_same_tables_once(copy, tmp_path, monkeypatch):
    checked = Path(execute.kernel_variables(tmp_path)["STUDY_CHECKED"])
    monkeypatch.setenv("STUDY_CHECKED", str(checked))
    calls = []
    check = study_module.cell_problems
    monkeypatch.setattr(
        study_module, "cell_problems", lambda *cells: calls.append(cells) or check(*cells)
    )
    first, again = load_study(copy), load_study(copy)
    columns = sum(len(r["schema"]["fields"]) for r in first.package["resources"])
    assert len(calls) == columns
    pd.testing.assert_frame_equal(first.codings, again.codings)
    path = copy / PEOPLE
    path.write_text(path.read_text(encoding="utf-8").replace("nurse", "nurze", 1), encoding="utf-8")
    for _ in range(2):  # what was refused is never remembered
        with pytest.raises(StudyError, match="nurze"):
            load_study(copy)
    assert len(calls) == 3 * columns
    assert [path.name for path in tmp_path.iterdir() if path != copy] == ["checked"]


def test_a_private_study_is_loaded_only_where_pages_keep_it_private(tiny, monkeypatch):
    settings = tiny / "study.toml"
    settings.write_text(settings.read_text().replace("private = false", "private = true"))
    with pytest.raises(StudyError, match=rf"study.toml, line 3, column private: .* to {tiny}"):
        load_study(tiny)
    monkeypatch.chdir(tiny.parent)
    monkeypatch.setenv("STUDY_DATA", tiny.name)
    assert len(load_study(tiny).participants) == 4


def test_one_language_at_a_time(study):
    assert (study.language, study.languages) == ("en", ["es", "en"])
    spanish = study.in_language("es")
    for name, table in spanish.every.items():
        expected = table[table["language"].eq("es")].drop(columns="language")
        pd.testing.assert_frame_equal(getattr(spanish, name), expected.reset_index(drop=True))
    pd.testing.assert_frame_equal(spanish.in_language("en").responses, study.responses)
    pd.testing.assert_frame_equal(spanish.participants, study.participants)
    assert not set(spanish.responses["text"]) & set(study.responses["text"])


def test_a_language_that_nobody_answered_in(study):
    with pytest.raises(ValueError, match="no answers in 'fr'; there are es, en"):
        study.in_language("fr")


def test_types_are_as_documented(study):
    people = study.participants
    schema = {r["name"]: r["schema"]["fields"] for r in study.package["resources"]}
    assert {name: list(getattr(study, name)) for name in schema} == {
        name: [field["name"] for field in fields if field["name"] != "language"]
        for name, fields in schema.items()
    }
    assert people["recovery_opinion"].dtype == pd.CategoricalDtype(
        ["depends", "possible", "not_possible"], ordered=True
    )
    assert list(people["job_title"].cat.categories) == [
        *("psychiatrist", "psychologist", "social_worker", "nurse", "other")
    ]
    assert people["age"].dtype == "int64"
    for column in ["continuing_education", "patient_contact", "recovery_as_cure"]:
        assert people[column].dtype == "boolean"
    assert (study.omi.filter(like="item_").dtypes == "Int64").all()
    assert study.codebook["printed_count"].dtype == "Int64"
    assert study.codebook["target_count"].dtype == "int64"
    assert study.codings[["start", "end"]].dtypes.eq("int64").all()


def add_column(tiny, field, cells):
    """Describe one more column of the people, and fill it."""
    package = json.loads((tiny / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"][0]["schema"]["fields"].append(field)
    (tiny / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    head, *rows = (tiny / PEOPLE).read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{cell}" for row, cell in zip(rows, cells, strict=True)]
    (tiny / PEOPLE).write_text("\n".join([f"{head},{field['name']}", *rows, ""]))


def test_levels_may_be_numbers(tiny):
    field = {"name": "wave", "type": "integer", "constraints": {"enum": [1, 2, 3]}}
    add_column(tiny, field, ["2", "1", "", "3"])
    waves = load_study(tiny).participants["wave"]
    assert waves.cat.categories.tolist() == [1, 2, 3]
    assert waves.isna().tolist() == [False, False, True, False]
    assert waves.dropna().tolist() == [2, 1, 3]


@pytest.mark.parametrize(
    ("kind", "cells", "wrong"),
    [
        ("boolean", ["true", "True", "1", ""], ["True", "1"]),
        ("integer", ["9" * 18, "9" * 19, "-3", "+3"], ["9" * 19, "+3"]),
        ("number", ["1.5", "NaN", "1_5", "-2e3"], ["NaN", "1_5"]),
    ],
)
def test_forms_that_mean_something_only_to_programs(tiny, kind, cells, wrong):
    add_column(tiny, {"name": "more", "type": kind}, cells)
    assert [p.value for p in problems(tiny)] == wrong


def test_printed_numbers_stay_strings(study):
    printed = study.facts.set_index("fact_id")["printed"]
    assert printed["T1.mean_men"] == "1.5"
    assert printed["T1.sd_women"] == "2.30"
    assert printed["R9"] == ""


def test_the_tiny_study_loads_as_it_stands(tiny):
    study = load_study(tiny)
    people = study.participants.set_index("participant_id")
    assert list(people["age"]) == [40, 33, 51, 29]
    assert list(people["own_diagnosis"]) == [False, False, True, False]
    assert pd.isna(people.loc["P04", "recovery_opinion"])
    assert people.loc["P04", "recovery_as_cure"] is pd.NA
    assert study.omi["item_10"].isna().tolist() == [False, False, False, True]
    assert study.responses["text"][2] == "With treatment, and with family."


def test_a_study_cannot_be_changed(tiny):
    study = load_study(str(tiny))
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.participants = study.omi


def test_the_environment_names_the_folder(tiny, tmp_path, monkeypatch):
    own = data_folder()
    assert own.is_dir()
    monkeypatch.setenv("STUDY_DATA", str(tiny))
    assert data_folder() == tiny
    assert len(load_study().participants) == 4
    assert len(load_study(own).participants) == 95
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "nowhere"))
    (problem,) = problems_of_default()
    assert "nowhere" in problem.advice
    assert "set STUDY_DATA" in problem.advice


def problems_of_default():
    with pytest.raises(StudyError) as raised:
        load_study()
    return raised.value.problems


def test_allowed_values_in_words():
    text = {"name": "t", "type": "string"}
    number = {"name": "n", "type": "integer"}
    assert allowed(text | {"constraints": {"required": True}}) == "text"
    assert allowed(number | {"constraints": {"minimum": 0}}) == "a whole number from 0, or empty"
    assert allowed({"type": "boolean", "constraints": {"required": True}}) == "true or false"
    assert allowed(text | {"constraints": {"enum": ["a", "b"]}}) == "one of a, b, or empty"
    assert allowed(text | {"constraints": {"pattern": "x+"}}) == "text that matches x+, or empty"


# Files as spreadsheet programs leave them


@pytest.mark.parametrize("path", [PEOPLE, ANSWERS, CODINGS, OMI, FACTS])
def test_missing_file(tiny, path):
    (tiny / path).unlink()
    (problem,) = problems(tiny)
    place = f"resources.{Path(path).stem}.path"
    assert problem == Problem("datapackage.json", 0, place, path, "no such file")


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_empty_file(tiny, content):
    (tiny / OMI).write_bytes(content)
    (problem,) = problems(tiny)
    assert (problem.file, problem.line) == (OMI, 0)
    assert "empty" in problem.advice
    assert "header" in problem.advice


@pytest.mark.parametrize(
    ("change", "line", "value", "advice"),
    [
        (lambda text: text.replace("Not", "Nót").encode("latin-1"), 3, "ó", "save the file in UTF"),
        (lambda text: text.encode("utf-16"), 1, "ÿ", "save the file in UTF-8"),
        (lambda text: text.replace(",", ";").encode(), 1, "", "semicolons between columns; save w"),
        (lambda text: text.replace(",", "\t").encode(), 1, "", "tabs between columns; save with c"),
    ],
    ids=["Latin 1", "UTF-16", "semicolons", "tabs"],
)
def test_saved_in_another_way(tiny, change, line, value, advice):
    text = (tiny / ANSWERS).read_text(encoding="utf-8")
    (tiny / ANSWERS).write_bytes(change(text))
    (problem,) = problems(tiny)
    assert (problem.file, problem.line, problem.value) == (ANSWERS, line, value)
    assert advice in problem.advice


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace("seen.\n", "seen.\r\n").encode(),
    ],
    ids=["BOM", "Windows", "old Mac", "one line"],
)
def test_what_programs_put_around_lines_changes_nothing(write_tiny, tmp_path, change):
    text = TINY[ANSWERS].replace("and with", "and\nwith")  # a line end in a cell, too
    plain = write_tiny(tmp_path / "plain", {ANSWERS: text})
    other = write_tiny(tmp_path / "other", {ANSWERS: change(text)})
    one, same = (load_study(folder).responses for folder in (plain, other))
    pd.testing.assert_frame_equal(one, same)


def test_a_file_of_a_byte_order_mark_is_empty(tiny):
    (tiny / ANSWERS).write_bytes(b"\xef\xbb\xbf")
    (problem,) = problems(tiny)
    assert problem.advice == "the file is empty; it needs at least a header"


@pytest.mark.parametrize(
    ("broken", "place", "advice"),
    [
        ({"path": None}, "path", 'must be of type "string"'),
        ({"schema": {"fields": [{"name": "age"}]}}, "schema.fields.age.type", "must be set"),
    ],
)
def test_a_description_that_lacks_something(tiny, broken, place, advice):
    package = json.loads((tiny / "datapackage.json").read_text(encoding="utf-8"))
    package["resources"][0] |= broken
    (tiny / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    (problem,) = problems(tiny)
    assert problem.column == f"resources.participants.{place}"
    assert problem.advice.startswith(advice)


def test_a_file_without_a_last_line_end_is_fine(tiny):
    (tiny / OMI).write_bytes((tiny / OMI).read_bytes().rstrip())
    assert len(load_study(tiny).omi) == 4


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("sex,age", "sex,weight,age"), [("weight", "", "too many")]),
        (("_as_cure\n", "_as_cure,\n"), [("", "", "too many")]),
        (("sex,age,", "age,"), [("sex", "", "missing")]),
        (("sex,age,", "gender,age,"), [("sex", "", "missing"), ("gender", "", "too many")]),
        (("sex,age,", "sex,sex,age,"), [("sex", "", "too many")]),
        (("sex,age,", "Sex,age,"), [("sex", "", "missing"), ("Sex", "", "too many")]),
    ],
    ids=["stray", "unnamed", "missing", "renamed", "twice", "capital"],
)
def test_wrong_header(tiny, change, found):
    edit(tiny / PEOPLE, change)
    header = (
        "participant_id,sex,age,job_title,years_experience,work_setting,continuing_education,"
        "close_person_diagnosed,own_diagnosis,sought_treatment,patient_contact,recovery_opinion,"
        "recovery_as_cure"
    )
    listed = problems(tiny)
    assert [(p.file, p.line, p.column, p.value) for p in listed] == [
        (PEOPLE, 1, column, value) for column, value, _ in found
    ]
    for problem, (_, _, word) in zip(listed, found, strict=True):
        assert word in problem.advice
        assert problem.advice.endswith(f"the header must be exactly: {header}")


def test_columns_in_another_order(tiny):
    edit(tiny / PEOPLE, ("sex,age", "age,sex"))
    (problem,) = problems(tiny)
    assert problem.line == 1
    assert "another order" in problem.advice


# Rows and cells


@pytest.mark.parametrize(
    ("path", "change", "found"),
    [
        (
            PEOPLE,
            ("nurse", "nures"),
            [(4, "job_title", "nures", "psychiatrist, psychologist, soc")],
        ),
        (PEOPLE, ("woman,51", "woman,17"), [(4, "age", "17", "a whole number from 18 to 100")]),
        (PEOPLE, ("woman,51", "woman,51.0"), [(4, "age", "51.0", "a whole number from 18 to 1")]),
        (PEOPLE, ("woman,51", "woman,5_1"), [(4, "age", "5_1", "a whole number from 18 to 100")]),
        (PEOPLE, ("woman,51", "woman, 51"), [(4, "age", " 51", "a whole number from 18 to 100")]),
        (PEOPLE, ("woman,51", "woman,٥١"), [(4, "age", "٥١", "a whole number from 18 to 100")]),
        (PEOPLE, ("woman,51", "woman,"), [(4, "age", "", "empty; use a whole number from 18")]),
        (PEOPLE, ("woman,51", ",51"), [(4, "sex", "", "empty; use one of woman, man")]),
        (PEOPLE, ("woman,51", "NA,51"), [(4, "sex", "NA", "one of woman, man")]),
        (PEOPLE, ("true,depends", "yes,depends"), [(2, "patient_contact", "yes", "true or false")]),
        (PEOPLE, ("P02,man", "\nP02,man"), [(3, "", "", "an empty line; remove it")]),
        (
            PEOPLE,
            ("P02,man", "P02,Dr,man"),
            [(3, "", "", "the row has 14 cells and needs 13 (")],
        ),
        (PEOPLE, ("P02,man", "P02"), [(3, "", "", "the row has 12 cells and needs 13")]),
        (OMI, ("P02,man,1", "P02,man,6"), [(3, "item_01", "6", "number from 0 to 5, or empty")]),
        (OMI, ("P04,man", "P03,man"), [(5, "participant_id", "P03", "already used")]),
        (
            CODINGS,
            ("0,18", "0,18\nP01,relapse,no_treatment,en,consensus,0,18"),
            [(8, KEY, "P01, relapse, no_treatment, en, consensus, 0", "already used in line 7")],
        ),
        (CODINGS, ("c1,25,31", "c9,25,31"), [(6, "coder", "c9", "one of consensus, c1, c2, c3")]),
        (FACTS, ("percent", "procent"), [(3, "statistic", "procent", "count, people, percent")]),
    ],
)
def test_wrong_row_or_cell(tiny, path, change, found):
    edit(tiny / path, change)
    listed = problems(tiny)
    assert [(p.file, p.line, p.column, p.value) for p in listed] == [
        (path, *place) for *place, _ in found
    ]
    assert all(words in p.advice for p, (*_, words) in zip(listed, found, strict=True))


def test_ids_used_twice(tiny):
    edit(tiny / PEOPLE, ("P02", "P01"))
    (problem,) = problems(tiny)  # and not that others refer to P02, which only follows
    assert problem == Problem(PEOPLE, 3, "participant_id", "P01", problem.advice)
    assert problem.advice == "already used in line 2; every row needs its own"


def test_an_unclosed_quotation_mark_is_found_where_it_stands(tiny):
    edit(tiny / PEOPLE, ("woman,51", '"woman,51'))
    found = problems(tiny)[0]
    assert (found.file, found.line) == (PEOPLE, 4)
    assert all(len(str(problem)) < 250 for problem in problems(tiny))


def test_spaces_before_quotation_marks_are_not_guessed_away(tiny):
    text = (tiny / ANSWERS).read_text(encoding="utf-8")
    (tiny / ANSWERS).write_text(text.replace('"With', ' "With'), encoding="utf-8")
    (problem,) = problems(tiny)
    assert (problem.line, problem.more) == (2, (4,))
    assert problem.advice == "the row has 5 cells and needs 4 (a stray comma?)"


INTEGER = re.compile("-?[0-9]+")


def is_allowed(field, cell, contact):
    """Decide what the schema and the rule on patient contact allow, in another way."""
    name, rules = field["name"], field.get("constraints", {})
    if name in ("recovery_opinion", "recovery_as_cure") and (cell == "") == contact:
        return False
    if cell == "":
        return not rules.get("required", False)
    if field["type"] == "integer":
        return bool(INTEGER.fullmatch(cell)) and rules["minimum"] <= int(cell) <= rules["maximum"]
    if field["type"] == "boolean":
        return cell in ("true", "false")
    if "enum" in rules:
        return cell in rules["enum"]
    return bool(re.fullmatch(rules["pattern"], cell))


# A carriage return ends a line, as tried above.
CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        ["", " ", "NA", "true", "TRUE", "woman ", "0x20", "1e1", "P1", "None", "'", '"']
    ),
)


@settings(max_examples=25)
@given(data=st.data())
def test_any_cell_that_is_not_allowed_is_named(write_tiny, data):
    with tempfile.TemporaryDirectory() as place:
        folder = write_tiny(Path(place) / "tiny")
        schema = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        fields = schema["resources"][0]["schema"]["fields"]
        rows = list(csv.reader((folder / PEOPLE).read_text(encoding="utf-8").splitlines()))
        row = data.draw(st.integers(1, len(rows) - 1), label="row")
        column = data.draw(st.integers(0, len(fields) - 1), label="column")
        contact = rows[row][10] == "true"
        cell = data.draw(CELLS.filter(lambda c: not is_allowed(fields[column], c, contact)))

        rows[row][column] = cell
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        (folder / PEOPLE).write_text(written.getvalue(), encoding="utf-8")

        places = [(p.file, p.line, p.column, p.value) for p in problems(folder)]
        assert (PEOPLE, row + 1, fields[column]["name"], cell) in places


def test_lines_are_those_of_the_file_where_cells_have_lines(write_tiny, tmp_path):
    answers = TINY["study/responses.csv"]
    answers = answers.replace('"With treatment, some do."', '"With treatment,\nsome\ndo."')
    answers = answers.replace("P03,recovery", "P99,recovery").replace("P02,recovery", "P02,luck")
    folder = write_tiny(tmp_path / "tiny", {"study/responses.csv": answers}.items())
    found = {(p.line, p.value) for p in problems(folder) if p.file == "study/responses.csv"}
    assert found == {(5, "luck"), (6, "P99")}


# Rules that need more than one cell or table


@pytest.mark.parametrize(
    ("path", "change", "found"),
    [
        (
            PEOPLE,
            ("false,false,,", "false,false,possible,false"),
            [
                (PEOPLE, 5, "recovery_opinion", "possible", "and empty if it is false"),
                (PEOPLE, 5, "recovery_as_cure", "false", "and empty if it is false"),
            ],
        ),
        (
            PEOPLE,
            ("depends,false", ","),
            [
                (PEOPLE, 2, "recovery_opinion", "", "must be given if patient_contact is true"),
                (PEOPLE, 2, "recovery_as_cure", "", "must be given if patient_contact is true"),
            ],
        ),
        (
            PEOPLE,
            ("true,not_possible,true", "false,,"),
            [(ANSWERS, 3, "participant_id", "P02", "answered, but patient_contact is not true")],
        ),
        (
            CODINGS,
            ("family,en,consensus,25,31", "family,en,consensus,25,33"),
            [(CODINGS, 5, "end", "33", "lies beyond the end of the answer")],
        ),
        (
            CODINGS,
            ("family,en,consensus,25,31", "family,en,consensus,25,25"),
            [(CODINGS, 5, "end", "25", "must lie after start")],
        ),
        (
            CODINGS,
            ("family,en,consensus", "friends,en,consensus"),
            [(CODINGS, 5, THEME, "recovery, friends, en", "no row of codebook has this")],
        ),
        (
            CODINGS,
            ("P03,recovery,family,en,c1", "P02,relapse,no_treatment,en,c1"),
            [(CODINGS, 6, ANSWER, "P02, relapse, en", "no row of responses has")],
        ),
        (
            ITEMS,
            ("item_02,Second", "item_22,Second"),
            [(ITEMS, 3, "item", "item_22", "omi has no such column of numbers")],
        ),
        (
            FACTS,
            ("'woman',,N", "'woman',,N X9 C A1"),
            [
                (FACTS, 3, "conflicts_with", "X9", "no fact has this fact_id"),
                (FACTS, 3, "conflicts_with", "A1", "no fact has this fact_id"),
            ],
        ),
        (
            OMI,
            ("P04,man,0,3,1,5,2,1,0,4,3,,1\n", ""),
            [(PEOPLE, 5, "participant_id", "P04", "no row of omi has this")],
        ),
    ],
)
def test_broken_rule(tiny, path, change, found):
    edit(tiny / path, change)
    listed = problems(tiny)
    assert [(p.file, p.line, p.column, p.value) for p in listed] == [
        tuple(place) for *place, _ in found
    ]
    assert all(words in p.advice for p, (*_, words) in zip(listed, found, strict=True))


def test_a_stretch_may_end_where_the_answer_ends(tiny):
    edit(tiny / CODINGS, ("family,en,consensus,25,31", "family,en,consensus,25,32"))
    assert load_study(tiny).codings["end"].max() == 32


def test_one_woman_deleted_from_the_study(copy):
    lines = (copy / PEOPLE).read_text(encoding="utf-8").splitlines(keepends=True)
    deleted = next(line for line in lines if ",woman," in line).partition(",")[0]
    kept = [line for line in lines if not line.startswith(deleted)]
    (copy / PEOPLE).write_text("".join(kept), encoding="utf-8")
    listed = problems(copy)
    places = {
        (name, number)
        for name in [ANSWERS, OMI, REMARKS]
        for number, line in enumerate((copy / name).read_text(encoding="utf-8").splitlines(), 1)
        if line.startswith(deleted)
    }
    assert {(p.file, line) for p in listed for line in (p.line, *p.more)} == places
    assert all(p.value == deleted and "add it there" in p.advice for p in listed)


def test_every_problem_of_every_table_is_listed_at_once(tiny):
    edit(tiny / PEOPLE, ("nurse", "nures"), ("man,33", "man,133"))
    edit(tiny / OMI, ("P02,man,1", "P02,man,9"))
    edit(tiny / CODINGS, ("family,en,consensus", "friends,en,consensus"))
    edit(tiny / FACTS, ("Methods,reported,,participants", "Methods,printed,,participants"))
    with pytest.raises(StudyError) as raised:
        load_study(tiny)
    assert str(raised.value) == "\n  ".join(
        [
            "the data have 5 problems:",
            "study/participants.csv, line 3, column age: '133': not allowed; use a whole number "
            "from 18 to 100",
            "study/participants.csv, line 4, column job_title: 'nures': not allowed; use one of "
            "psychiatrist, psychologist, social_worker, nurse, other",
            "study/codings.csv, line 5, column question, theme, language: 'recovery, friends, en': "
            "no row of codebook has this; add it there or remove this row",
            "study/omi.csv, line 3, column item_01: '9': not allowed; use a whole number from 0 to "
            "5, or empty",
            "published/facts.csv, line 2, column status: 'printed': not allowed; use one of "
            "reported, derived, assumed",
        ]
    )


def test_no_number_of_faults_is_too_many(tiny):
    rows = [f"P{i},woman,9,1,2,3,4,5,4,1,2,3,4" for i in range(1000, 2100)]
    with (tiny / OMI).open("a") as file:
        file.write("\n".join(rows) + "\n")
    value, *strangers = problems(tiny)
    assert (value.line, value.column, value.value) == (6, "item_01", "9")
    assert value.more == tuple(range(7, 1106))
    assert [p.line for p in strangers] == list(range(6, 6 + TOLD))
    assert sum(len([p.line, *p.more]) for p in strangers) == 1100
    assert str(value).endswith("(the same in lines 7, 8, 9 and 1,096 more)")


def test_faults_of_several_files_are_listed_at_once(tiny):
    (tiny / CODINGS).unlink()
    (tiny / OMI).write_bytes(b"")
    edit(tiny / PEOPLE, ("sex,age", "sex,weight,age"))
    (tiny / ANSWERS).write_bytes((tiny / ANSWERS).read_bytes().replace(b"Not", b"N\xf3t"))
    found = [(p.file, p.value) for p in problems(tiny)]
    assert found == [(PEOPLE, ""), (ANSWERS, "ó"), (OMI, ""), ("datapackage.json", CODINGS)]


# datapackage.json


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda package: "{", "no valid JSON in UTF-8"),
        (lambda package: json.dumps([package]), 'must be of type "object"'),
        (lambda package: json.dumps({"name": "x"}), "must be set"),
        (lambda package: without_path(package), "must be set"),
        (lambda package: renamed(package), "there may be each of participants, res"),
        (
            lambda package: of_unknown_type(package),
            'one of ["string", "integer", "number",',
        ),
    ],
    ids=["no JSON", "a list", "no resources", "no path", "another table", "unknown type"],
)
def test_wrong_package(tiny, change, words):
    path = tiny / "datapackage.json"
    path.write_text(change(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    listed = problems(tiny)
    assert {problem.file for problem in listed} == {"datapackage.json"}
    assert all(words in problem.advice for problem in listed)


def without_path(package):
    del package["resources"][3]["path"]
    return json.dumps(package)


def renamed(package):
    package["resources"][3]["name"] = "attitudes"
    return json.dumps(package)


def of_unknown_type(package):
    package["resources"][3]["schema"]["fields"][2]["type"] = "intger"
    return json.dumps(package)


# study.toml


def test_settings_and_their_schema_know_the_same_keys():
    schema = json.loads(
        Path(settings_module.__file__).with_name("settings.schema.json").read_text()
    )
    tables = schema["properties"]
    parts = {settings_module.Settings: schema}
    parts |= {kind: tables[name] for name, kind in settings_module._TABLES.items()}
    for kind, part in parts.items():
        fields = {field.name: field for field in dataclasses.fields(kind)}
        given = (dataclasses.MISSING, dataclasses.MISSING)
        needed = [n for n, f in fields.items() if (f.default, f.default_factory) == given]
        assert (set(fields), needed) == (set(part["properties"]), part.get("required", []))


def test_tables_of_a_study_are_those_that_the_helpers_know():
    known = {field.name for field in dataclasses.fields(study_module.Study)}
    assert set(study_module.NEEDS) == known - {"package", "settings", "language", "every"}


def test_a_study_of_more_people_has_all_rows_of_those_drawn(tmp_path):
    people.write(tmp_path / "more", 200)
    more, ours = load_study(tmp_path / "more"), load_study()
    assert len(more.participants) == len(more.omi) == 200
    values = list(ours.participants.columns[1:])
    told = ours.responses.groupby("participant_id", observed=True)["text"].agg(tuple)
    by_person = ours.participants.set_index("participant_id")[values].astype(str)
    known = set(by_person.assign(told=told).itertuples(index=False, name=None))
    told = more.responses.groupby("participant_id", observed=True)["text"].agg(tuple)
    by_person = more.participants.set_index("participant_id")[values].astype(str)
    drawn = list(by_person.assign(told=told).itertuples(index=False, name=None))
    assert {str(row) for row in drawn} <= {str(row) for row in known}
    board = scorecard.compare(more.facts, scorecard.compute(more))
    assert "differs" not in set(board["verdict"])


def describe(folder, table, change):
    """Change the fields of a table, by name, in the package."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    schema = next(r["schema"] for r in package["resources"] if r["name"] == table)
    change({field["name"]: field for field in schema["fields"]}, schema)
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


SPANISH = """\
participant_id,question,language,text
P03,recovery,es,"Con tratamiento, y con familia."
P03,recovery,en,"With treatment, and with family."
"""


@pytest.fixture
def spoken(write_tiny, tmp_path):
    """Return a function that loads a study of two languages, of which the settings name one."""

    def load(themes, pages="en"):
        settings = TINY["study.toml"].replace("[themes]", f"[themes]\n{themes}")
        codings = TINY[CODINGS].partition("\n")[0]
        codings += (
            "\nP03,recovery,family,en,consensus,25,31\nP03,recovery,family,es,consensus,23,30\n"
        )
        book = TINY["published/codebook.csv"].partition("relapse")[0]
        book += "recovery,family,es,Familia,Ayudan.,Una hermana.,Amigas.,Viene.,,1,assumed,\n"
        folder = write_tiny(
            tmp_path / f"tiny{len(list(tmp_path.iterdir()))}",
            {
                "study.toml": f'language = "{pages}"\n{settings}',
                ANSWERS: SPANISH,
                CODINGS: codings,
                "published/codebook.csv": book,
                REMARKS: "participant_id,question,remark\n",
            },
        )
        for table in ("responses", "codings", "codebook"):  # a plain string has no order
            describe(folder, table, lambda fields, _: fields["language"].pop("constraints"))
        return load_study(folder)

    return load


def test_the_language_that_was_spoken_comes_first(spoken):
    study = spoken('language = "es"')
    assert (study.language, study.languages) == ("en", ["es", "en"])
    example = themes.examples(study, "recovery").iloc[0]
    assert example[["stretch", "original", "spoken"]].tolist() == ["family", "familia", "es"]
    assert spoken("").languages == ["en", "es"]


def test_pages_in_a_language_of_no_answer_show_the_spoken_one(spoken):
    assert spoken('language = "es"', pages="de").language == "es"


def test_a_spoken_language_of_no_answer_is_told(spoken):
    with pytest.raises(
        StudyError, match=r"themes\.language: 'fr': is not there; use one of es, en"
    ):
        spoken('language = "fr"')


def test_answers_in_words_are_told(tiny):
    describe(tiny, "omi", lambda fields, _: fields["item_01"].update(type="string", constraints={}))
    edit(tiny / OMI, ("P01,woman,5", "P01,woman,often"))
    (problem,) = problems(tiny)
    assert (problem.file, problem.line, problem.column) == (ITEMS, 2, "item")
    assert problem.advice == (
        "omi has no such column of numbers; its type must be integer or number, without an enum"
    )


def test_items_stand_in_a_table_with_a_column_item(tiny):
    edit(tiny / "study.toml", ('items = "omi_items"', 'items = "participants"'))
    (problem,) = problems(tiny)
    assert (problem.column, problem.value) == ("scale.items", "participants")
    assert problem.advice == "must be a table with a column item; use one of omi_items"


@pytest.mark.parametrize(
    ("kind", "cells"), [("integer", "1 2 1 "), ("boolean", "true false  true")]
)
def test_groups_in_numbers_are_told(tiny, kind, cells):
    add_column(tiny, {"name": "arm", "type": kind}, cells.split(" "))
    one, *_ = cells.split(" ")
    edit(
        tiny / "study.toml",
        ('group = "sex"', 'group = "arm"'),
        ('woman = "women", man = "men"', f'{one} = "ones", more = "more"'),
    )
    (problem,) = problems(tiny)
    assert (problem.line, problem.column, problem.value) == (6, "compare.group", "arm")
    assert problem.advice == (
        "is no column of text; make its type string, with an enum, in datapackage.json"
    )


def test_a_missing_group_is_no_level(tiny):
    describe(tiny, "participants", lambda fields, _: fields["sex"].pop("constraints"))
    edit(tiny / PEOPLE, ("P04,man", "P04,"))
    edit(tiny / "study.toml", ('man = "men"', 'men = "men"'))
    (problem,) = problems(tiny)
    assert problem.advice == "is not there; use one of woman, man"


def test_what_is_empty_about_a_person_is_missing(tiny):
    before = load_study(tiny).participants
    describe(tiny, "participants", lambda fields, _: fields["sex"].pop("constraints"))
    edit(tiny / PEOPLE, ("P04,man", "P04,"))
    people = load_study(tiny).participants
    assert people["sex"].isna().tolist() == [False, False, False, True]
    others = before.columns.drop("sex")
    pd.testing.assert_frame_equal(people[others], before[others])


def test_numbers_that_no_number_can_be_are_told(tiny):
    add_column(tiny, {"name": "more", "type": "number"}, ["1e999", "-1e400", "1e300", ""])
    assert [p.value for p in problems(tiny)] == ["1e999", "-1e400"]


def test_facts_need_what_pages_read_of_them(tiny):
    def without(fields, schema):
        kept = [f for name, f in fields.items() if name not in ("section", "status")]
        schema["fields"] = kept

    describe(tiny, "facts", without)
    facts = pd.read_csv(tiny / FACTS, dtype=str)
    facts.drop(columns=["section", "status"]).to_csv(tiny / FACTS, index=False)
    assert load_study(tiny).facts["base_n"].isna().tolist() == [True, False, True]
    describe(tiny, "facts", lambda fields, schema: schema["fields"].remove(fields["base_n"]))
    pd.read_csv(tiny / FACTS, dtype=str).drop(columns="base_n").to_csv(tiny / FACTS, index=False)
    (problem,) = problems(tiny)
    assert problem.advice == "the helpers need this column, of type integer"


# Conditions

COUNTED = pd.DataFrame(
    {
        "nombre": ["ñññññ", "x"],
        "edad": [1, 9],
        "wave": pd.Categorical([1, None], [1, 2, 3], ordered=True),
    }
)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("nombre == 'ñññññ' and edda < 3", "at character 23: 'edda' is no column"),
        ("   edda < 3", "at character 4: 'edda' is no column"),
        ("  edad < < 3", "at character 10: invalid syntax"),
        ("(nombre == 'ñ'\n and edda < 3)", "at character 21: 'edda' is no column"),
        ("edad + 99999999999999999999999 > 1", "cannot be worked out"),
        ("edad > 99999999999999999999999", None),
    ],
)
def test_conditions_are_told_by_character(condition, words):
    if words is None:
        assert holds(condition, COUNTED).tolist() == [False, False]
    else:
        with pytest.raises(ConditionError, match=re.escape(words)):
            holds(condition, COUNTED)


@pytest.mark.parametrize("condition", ["wave + 1 > 1", "-wave < 0", "wave < 2.5", "wave == 1"])
def test_numbers_with_levels_are_numbers(condition):
    assert holds(condition, COUNTED).tolist() == [True, pd.NA]
