import zipfile

import foreign
import own
import pandas as pd
import pyreadstat
import pytest

from helpers.load import load_study
from intake import IntakeError, draft, qdpx, tables


@pytest.fixture(scope="module")
def spss(tmp_path_factory):
    path = tmp_path_factory.mktemp("spss") / "study.sav"
    return path, foreign.three_groups(path)


def test_spss_labels_become_levels_and_declared_missing_values_empty(spss):
    path, people = spss
    drafted = draft.draft([path])
    wards = drafted.frames["participants"]["ward"]
    assert list(wards) == [foreign.WARDS[code] for code in people["ward"]]
    given = drafted.frames["answers"].drop(columns="participant_id")
    raw = people[given.columns]
    assert (given.isna().to_numpy() == raw.eq(9).to_numpy()).all()
    gone = int(raw.eq(9).sum().sum())
    assert any(f"9 (no answer) is declared missing: {gone} cells" in told for told in drafted.took)
    assert drafted.settings["scale"]["ends"] == ["strongly disagree", "strongly agree"]
    assert (drafted.settings["scale"]["low"], drafted.settings["scale"]["high"]) == (1, 6)
    assert drafted.settings["compare"]["group"] == "ward"
    assert "RespID" not in drafted.frames["participants"]
    assert not drafted.frames["participants"].isin([770_001]).any(axis=None)


def test_spss_ranges_and_missing_texts(tmp_path):
    frame = pd.DataFrame({"age": [30.0, 97.0, 99.0, 41.0], "town": ["León", "x", "", "León"]})
    path = tmp_path / "f.sav"
    spans = {"age": [{"lo": 97, "hi": 99}], "town": ["x"]}
    pyreadstat.write_sav(frame, path, missing_ranges=spans)
    age, town = tables.read(path)
    assert age.cells.tolist() == [30, pd.NA, pd.NA, 41]
    assert age.declared == {"97": 1, "99": 1}
    assert town.cells.isna().tolist() == [False, True, True, False]
    assert town.declared == {"x": 1}


def test_stata_letters_are_missing(tmp_path):
    frame = pd.DataFrame({"stress": [3, 4, "a", 5], "sex": [0, 1, 1, 0]})
    path = tmp_path / "f.dta"
    pyreadstat.write_dta(
        frame,
        path,
        variable_value_labels={"sex": {0: "man", 1: "woman"}},
        missing_user_values={"stress": ["a"]},
    )
    stress, sex = tables.read(path)
    assert stress.cells.tolist() == [3, 4, pd.NA, 5]
    assert stress.declared == {"a": 1}
    assert sex.codes == {0: "man", 1: "woman"}


def test_excel_and_csv_give_the_same(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "age": [30, None], "job": ["nurse", "clerk"]})
    frame.to_excel(tmp_path / "f.xlsx", index=False)
    frame.astype({"age": "Int64"}).to_csv(tmp_path / "f.csv", index=False)
    frame.astype({"age": "Int64"}).to_csv(tmp_path / "g.csv", index=False, sep=";")
    sheets = [tables.read(tmp_path / name) for name in ["f.xlsx", "f.csv", "g.csv"]]
    told = [[(c.name, c.cells.astype("string").tolist()) for c in sheet] for sheet in sheets]
    assert told[0] == told[1] == told[2]
    assert told[0][1] == ("age", ["30", pd.NA])


def test_numbers_that_begin_with_zero_are_names(tmp_path):
    (tmp_path / "f.csv").write_text("id,postcode\n1,01234\n2,20000\n")
    assert tables.read(tmp_path / "f.csv")[1].cells.tolist() == ["01234", "20000"]


def test_text_that_could_tell_who_is_meant_is_left(tmp_path):
    rows = "\n".join(f"{n},Name {n},{'nurse' if n % 2 else 'clerk'}" for n in range(30))
    (tmp_path / "f.csv").write_text(f"id,name,job\n{rows}\n")
    drafted = draft.draft([tmp_path / "f.csv"])
    assert list(drafted.frames["participants"]) == ["participant_id", "job"]
    assert any(line.startswith("name: 30 different texts") for line in drafted.left)


def test_a_number_that_everybody_has_alone_is_an_identifier(tmp_path):
    people = pd.DataFrame({"ticket": range(10_001, 10_031), "age": [30, 40, 50] * 10})
    people.to_csv(tmp_path / "f.csv", index=False)
    drafted = draft.draft([tmp_path / "f.csv"])
    assert list(drafted.frames["participants"]) == ["participant_id", "age"]
    assert drafted.left == [
        "ticket: the identifiers, since no two are the same; people are P01 … in their order"
    ]


def test_items_that_go_against_the_others_are_told(spss):
    [told] = [line for line in draft.draft([spss[0]]).guessed if "against" in line]
    assert told.startswith("items that go against the others: q4, q9; name them under reversed")


def test_before_and_after_in_columns_and_in_rows(tmp_path):
    wide = foreign.before_and_after(tmp_path / "wide.csv")
    drafted = draft.draft([tmp_path / "wide.csv"])
    assert len(drafted.frames["participants"]) == 40
    answers = drafted.frames["answers"]
    assert answers.groupby("time", sort=False)["stress"].sum().tolist() == [
        wide["stress_before"].sum(),
        wide["stress_after"].sum(),
    ]
    assert drafted.settings["compare"] == {
        "group": "time",
        "paired": True,
        "labels": {"before": "before", "after": "after"},
    }
    answers.to_csv(tmp_path / "long.csv", index=False)
    again = draft.draft([tmp_path / "long.csv"]).frames["answers"]
    assert again["stress"].tolist() == answers["stress"].tolist()
    assert again["time"].tolist() == answers["time"].tolist()


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_coded_texts_keep_their_places(tmp_path, ends, encoding):
    path = foreign.project(tmp_path / "p.qdpx", ends=ends, encoding=encoding)
    texts = qdpx.read(path).texts
    for text, (plain, spans) in zip(texts, foreign.answers(), strict=True):
        assert text.text == f"Entrevista\n{plain}"
        words = {text.text[c.start : c.end] for c in text.codings}
        assert words == {plain[start:end] for start, end, _ in spans}
        assert {c.coder for c in text.codings} <= {"Ana", "Luz"}


def test_windows_line_ends_counted_as_one(tmp_path):
    path = foreign.project(tmp_path / "p.qdpx", ends="\r\n", shift=-1)
    text, (plain, spans) = qdpx.read(path).texts[0], next(foreign.answers())
    assert text.text[text.codings[0].start : text.codings[0].end] == plain[slice(*spans[0][:2])]


def test_a_selection_that_does_not_fit_is_refused_and_not_shifted(tmp_path):
    path = foreign.project(tmp_path / "p.qdpx", shift=1)
    with pytest.raises(IntakeError) as caught:
        qdpx.read(path)
    stretches = sum(1 + both for _, spans in foreign.answers() for *_, both in spans)
    assert len(caught.value.problems) == stretches
    assert "source 'Enfermera 1': selection 35 to 60: the export says" in caught.value.problems[0]


def test_selections_without_their_words_are_told(tmp_path):
    path = foreign.project(tmp_path / "p.qdpx", named=False)
    drafted = draft.draft([path])
    assert any("carry no words in the export" in line for line in drafted.guessed)


CODE, CASE = "0000000a-0000-4000-8000-00000000000{}".format, "0000000b-0000-4000-8000-000000000001"
SAID = "Ayer\r\nno dormí, pero caminé por el río hasta que se hizo de noche.\r\nHoy sí."


def selection(start, end, name="", codes=("0000000a-0000-4000-8000-000000000001",)):
    codings = "".join(f'<Coding><CodeRef targetGUID="{code}"/></Coding>' for code in codes)
    ends = f'startPosition="{start}" endPosition="{end}"'
    return f'<PlainTextSelection name="{name}" {ends}>{codings}</PlainTextSelection>'


def exported(path, inside, origin="", file="project.qde", address="internal://t.txt", more=""):
    """Write a project of one text, as a program of that origin does."""
    codes = f'<Code guid="{CODE(1)}" name="Sueño"/><Code guid="{CODE(2)}" name="Río"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            file,
            f'<Project xmlns="urn:QDA-XML:project:1.0" origin="{origin}"><CodeBook><Codes>{codes}'
            f'</Codes></CodeBook><Sources><TextSource guid="{CODE(9)}" name="Eva" '
            f'plainTextPath="{address}">{inside}</TextSource></Sources>{more}</Project>',
        )
        archive.writestr("sources/t.txt", SAID)
    return path


def found_in(path):
    text = qdpx.read(path).texts[0]
    return [text.text[coding.start : coding.end] for coding in text.codings]


def test_atlas_names_the_file_as_it_likes_and_counts_line_ends_as_one(tmp_path):
    inside = selection(5, 14, codes=[f"{{{CODE(1).upper()}}}"])
    path = exported(tmp_path / "p.qdpx", inside, "ATLAS.ti 26", "Turnos.qde")
    assert found_in(path) == ["no dormí,"]
    assert found_in(exported(tmp_path / "p.qdpx", inside)) == ["\nno dormí"]


@pytest.mark.parametrize(
    ("name", "words", "unchecked"),
    [
        ("no dormí, pero caminé por…", "all", 0),  # cut
        ("no dormí, pero caminé", "all", 0),  # cut without a sign
        ("pero caminé por el río", "all", 0),  # a title, taken from the words
        ("río", "all", 1),  # a title that stands there by chance
        ("noche larga", "all", 1),
        ("dormí, pero caminé por…", "other", 0),
        ("hasta que se hizo de noche", "other", 0),
    ],
)
def test_names_of_selections_are_held_against_the_text(tmp_path, name, words, unchecked):
    path = exported(tmp_path / "p.qdpx", selection(6, 38, name))
    if words == "other":
        with pytest.raises(IntakeError, match="selection 6 to 38: the export says"):
            qdpx.read(path)
    else:
        assert found_in(path) == ["no dormí, pero caminé por el río"]
        assert qdpx.read(path).unchecked == unchecked


def test_whole_texts_cases_and_remarks(tmp_path):
    inside = selection(6, 6, codes=()) + selection(6, 14, codes=[CODE(2), CASE])
    inside += f'<Coding><CodeRef targetGUID="{CODE(1)}"/></Coding><VariableValue><VariableRef '
    inside += f'targetGUID="{CODE(7)}"/><IntegerValue>41</IntegerValue></VariableValue>'
    more = f'<Cases><Case guid="{CASE}" name="Eva"/></Cases><Notes><Note/></Notes>'
    more += f'<Variables><Variable guid="{CODE(7)}" name="Edad"/></Variables>'
    path = exported(tmp_path / "p.qdpx", inside, address="t.txt", more=more)
    assert found_in(path) == [SAID.replace("\r\n", "\n"), "no dormí"]
    project = qdpx.read(path)
    assert project.left == {"Note": 1, "codings of cases": 1}
    assert project.texts[0].about == {"Edad": "41"}
    assert draft.draft([path]).frames["participants"]["edad"].tolist() == [41]


def test_a_project_without_codings_is_refused(tmp_path):
    path = exported(tmp_path / "p.qdpx", "")
    with pytest.raises(IntakeError, match="no stretch of a text is coded"):
        draft.draft([path])


def test_codes_are_told_apart_by_their_path(tmp_path):
    drafted = draft.draft([foreign.project(tmp_path / "p.qdpx")])
    book = drafted.frames["codebook"].set_index("theme")
    assert book.loc["apoyo_companeras", "label"] == "Compañeras"
    assert drafted.settings["themes"]["residual"] == ["otro"]
    assert drafted.settings["themes"]["language"] == "es"
    assert set(drafted.frames["codings"]["coder"]) == {"c1", "c2"}


def test_no_file_outside_of_the_archive_and_no_entity_is_read(tmp_path):
    path = foreign.project(tmp_path / "p.qdpx")
    with zipfile.ZipFile(path) as archive:
        qde = archive.read("project.qde").decode()
    outside = qde.replace("internal://", "absolute:///etc/")
    bomb = qde.replace("<Project", '<!DOCTYPE x [<!ENTITY a "b">]><Project', 1)
    for content, words in [(outside, "lies outside"), (bomb, "no XML to be trusted")]:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("project.qde", content)
        with pytest.raises(IntakeError, match=words):
            qdpx.read(path)


def test_people_of_texts_and_table_are_joined(tmp_path):
    path = foreign.project(tmp_path / "p.qdpx")
    names = [f"Enfermera {n}" for n in range(1, 21)]
    people = pd.DataFrame({"code": names[::-1], "age": range(30, 50)})
    people.to_csv(tmp_path / "people.csv", index=False)
    drafted = draft.draft([tmp_path / "people.csv", path])
    first = drafted.frames["responses"].iloc[0]
    ages = drafted.frames["participants"].set_index("participant_id")["age"]
    assert (ages[first["participant_id"]], first["text"][:20]) == (49, "Entrevista\nLo que má")
    people.iloc[:-1].to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(IntakeError, match="no row of the data file is about 'Enfermera 1'"):
        draft.draft([tmp_path / "people.csv", path])


def test_nothing_is_overwritten_or_half_written(tmp_path, spss):
    drafted = draft.draft([spss[0]])
    draft.write(drafted, tmp_path / "own")
    with pytest.raises(IntakeError, match="is there already"):
        draft.write(drafted, tmp_path / "own")
    assert not (tmp_path / "own.unfinished").exists()
    named = {"answers.csv", "items.csv", "participants.csv", "datapackage.json", "study.toml"}
    assert {path.name for path in (tmp_path / "own").iterdir()} == named | {".gitignore"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("f.docx", b"", "give files that end in one of"),
        ("f.csv", b"a,a\n1,2\n", "more than one column is called a"),
        ("f.csv", b"a,b\n1\n", "row 2: other than 2 cells"),
        ("f.sav", b"nonsense", "cannot be read as .sav"),
        ("f.qdpx", b"nonsense", "no REFI-QDA project"),
    ],
)
def test_files_that_cannot_be_taken_in_are_named(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(IntakeError, match=words):
        draft.draft([tmp_path / name])


def test_make_own_tells_what_it_wrote_or_that_nothing_was(tmp_path, monkeypatch, capsys):
    folder, table = tmp_path / "own", tmp_path / "people.csv"
    pd.DataFrame({"id": [1, 2, 3], "ward": ["A", "B", "A"]}).to_csv(table, index=False)
    monkeypatch.setattr("sys.argv", ["own.py", str(folder), str(tmp_path / "no.csv")])
    assert own.main() == 1
    told = capsys.readouterr()
    assert (told.out, folder.exists()) == ("", False)
    assert "no.csv" in told.err
    assert told.err.endswith("Nothing was written\n")
    monkeypatch.setattr("sys.argv", ["own.py", str(folder), str(table)])
    assert own.main() == 0
    assert str(folder) in capsys.readouterr().out
    assert pd.read_csv(folder / "participants.csv")["ward"].tolist() == ["A", "B", "A"]


def test_columns_without_a_name_shift_nothing_and_are_told(tmp_path):
    rows = [["id", None, "age", None], ["a", "note", 40, None], ["b", None, 50, None]]
    pd.DataFrame(rows).to_excel(tmp_path / "f.xlsx", index=False, header=False)
    (tmp_path / "f.csv").write_text("id,,age,\na,note,40,\nb,,50,\n")
    for name in ["f.xlsx", "f.csv"]:
        drafted = draft.draft([tmp_path / name])
        assert drafted.frames["participants"].columns.tolist() == ["participant_id", "age"]
        assert drafted.frames["participants"]["age"].tolist() == [40, 50]
        assert "1 columns without a name" in drafted.left


@pytest.mark.parametrize("name", ["paid", "aid", "covid", "caseload", "subjective_health"])
def test_words_that_end_or_begin_like_an_identifier_are_data(tmp_path, name):
    (tmp_path / "f.csv").write_text(f"ward,{name}\nA,10\nB,20\nA,30\n")
    drafted = draft.draft([tmp_path / "f.csv"])
    assert drafted.frames["participants"][name].tolist() == [10, 20, 30]


@pytest.mark.parametrize("name", ["userId", "StudyID", "subject", "participante_id", "CaseNo"])
def test_identifiers_are_known_by_their_names(tmp_path, name):
    (tmp_path / "f.csv").write_text(f"{name},age\n7,41\n8,41\n9,43\n")
    drafted = draft.draft([tmp_path / "f.csv"])
    assert list(drafted.frames["participants"]) == ["participant_id", "age"]


def test_a_table_is_known_by_its_ending_in_capitals_too(tmp_path):
    pd.DataFrame({"id": [1], "age": [40]}).to_excel(tmp_path / "f.xlsx", index=False)
    (tmp_path / "f.xlsx").rename(tmp_path / "F.XLSX")
    assert [column.name for column in tables.read(tmp_path / "F.XLSX")] == ["id", "age"]


def test_cells_and_headers_may_hold_whatever_ends_a_line(tmp_path):
    content = 'id,"your\nage",said\n1,40,"foo\x0bbar\u2028baz"\n\n2,50,"one\r\ntwo"\n'
    (tmp_path / "f.csv").write_bytes(content.encode())
    columns = {column.name: column.cells.tolist() for column in tables.read(tmp_path / "f.csv")}
    assert columns == {
        "id": [1, 2],
        "your\nage": [40, 50],
        "said": ["foo\x0bbar\u2028baz", "one\r\ntwo"],
    }


def test_numbers_too_long_to_be_counted_with_stay_text(tmp_path):
    (tmp_path / "f.csv").write_text(f"long,most\n{'9' * 20},{'9' * 18}\n1,1\n")
    long, most = tables.read(tmp_path / "f.csv")
    assert long.cells.tolist() == ["9" * 20, "1"]
    assert most.cells.tolist() == [int("9" * 18), 1]


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (selection(6, 14).replace('startPosition="6"', ""), "selection '' to '14': its positions"),
        (selection("x", 14), "selection 'x' to '14': its positions must be whole numbers"),
        (selection(6, 14).replace("<CodeRef", "<Ref"), "no code has the GUID ''"),
    ],
)
def test_a_malformed_selection_is_told_with_its_source(tmp_path, inside, words):
    path = exported(tmp_path / "p.qdpx", inside)
    with pytest.raises(IntakeError, match=f"p.qdpx, source 'Eva': {words}"):
        qdpx.read(path)


def drafted_and_loaded(path, folder, monkeypatch):
    """Draft a study of a file, and load it from the folder."""
    found = draft.draft([path])
    draft.write(found, folder)
    monkeypatch.setenv("STUDY_DATA", str(folder))
    return found, load_study()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no row of data"),
        ("\n\n", "has no row of data"),
        ("id,age\n", "has no row of data"),
        ("id;años\n1;40\n".encode("cp1252"), "is not in UTF-8; save it as CSV in UTF-8"),
    ],
)
def test_what_holds_no_data_or_other_signs_is_told(tmp_path, content, words):
    path = tmp_path / "f.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(IntakeError, match=f"f.csv: {words}"):
        draft.draft([path])


def test_decimal_commas_stand_beside_semicolons(tmp_path):
    (tmp_path / "f.csv").write_text("id;hours;said\n1;37,5;yes, 3,5\n2;-0,25;no\n3;40;no\n")
    _, hours, said = tables.read(tmp_path / "f.csv")
    assert hours.cells.tolist() == [37.5, -0.25, 40]
    assert said.cells.tolist() == ["yes, 3,5", "no", "no"]


def test_other_identifiers_stay_behind_too(tmp_path, monkeypatch):
    table = pd.DataFrame({"id": [1, 2, 3], "participant_id": ["x", "x", "y"], "caseNo": [7, 7, 8]})
    table.assign(age=[30, 40, 50]).to_csv(tmp_path / "f.csv", index=False)
    found, study = drafted_and_loaded(tmp_path / "f.csv", tmp_path / "own", monkeypatch)
    assert list(study.participants) == ["participant_id", "age"]
    assert "participant_id: looks like identifiers, but id is used" in found.left
    assert "case_no: looks like identifiers, but id is used" in found.left


def test_questions_as_headers_become_names(tmp_path, monkeypatch):
    question = "How far do you agree with what follows about your work in the ward? [{}]"
    items = {question.format(n): [1, 4, 7] for n in ["I like it", "It tires me", "I would return"]}
    table = pd.DataFrame({"1. Age": [30, 40, 50], "2. Group": ["a", "b", "b"]} | items)
    table.to_excel(tmp_path / "f.xlsx", index=False)
    _, study = drafted_and_loaded(tmp_path / "f.xlsx", tmp_path / "own", monkeypatch)
    assert list(study.participants) == ["participant_id", "q1_age", "q2_group"]
    assert study.items["label"].tolist() == list(items)
    assert study.items["item"].str.len().max() < 60
    assert (study.settings.scale.low, study.settings.scale.high) == (1, 7)


def test_no_column_takes_the_place_of_another(tmp_path):
    table = pd.DataFrame({"id": [1, 2, 3], "time": ["a", "b", "a"], "x": ["c", "d", "c"]})
    table.assign(x_pre=[1, 2, 3], x_post=[3, 2, 1]).to_csv(tmp_path / "f.csv", index=False)
    found = draft.draft([tmp_path / "f.csv"])
    assert list(found.frames["participants"]) == ["participant_id", "time", "x"]
    assert list(found.frames["answers"]) == ["participant_id", "time_2", "x_2"]
    assert found.settings["compare"]["group"] == "time_2"


def test_numbers_beyond_all_whole_ones_are_taken(tmp_path):
    pd.DataFrame({"id": [1, 2], "big": [1e20, 1]}).to_excel(tmp_path / "f.xlsx", index=False)
    assert tables.read(tmp_path / "f.xlsx")[1].cells.tolist() == [1e20, 1]
