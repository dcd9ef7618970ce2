"""A book of another study: its own pages, what is released, its twin, and what is told."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import foreign
import own_book
import pandas as pd
import pytest
import release
from own_books import ROOT, add_facts, build, everything, load, site_of, write

from helpers.load import StudyError
from helpers.show import page
from helpers.show.guards import DisclosureError
from intake import draft


def test_a_page_that_shows_a_row_stops_the_build_and_leaves_no_site(tmp_path):
    own = write(tmp_path, "course")
    (own / "pages").mkdir()
    notebook = json.loads((ROOT / "book" / "own" / "people.ipynb").read_text())
    code = "from helpers.load import load_study\nload_study().participants.head()"
    notebook["cells"][1]["source"] = code
    notebook["cells"] = notebook["cells"][:2]
    (own / "pages" / "people.ipynb").write_text(json.dumps(notebook))
    status, _, complaints = build(own)
    assert status == 1
    assert "people.ipynb: unchecked output" in complaints
    assert not site_of(own).exists()
    code = code.replace("load_study().participants", "tables.table(load_study().participants")
    code = "from helpers import tables\n" + code.replace(".head()", ".head(), 'People')")
    notebook["cells"][1]["source"] = code
    (own / "pages" / "people.ipynb").write_text(json.dumps(notebook))
    status, _, complaints = build(own)
    assert status == 1
    assert "'People' was not checked, and the study is private" in complaints


def test_a_private_book_of_few_people_tells_no_count_of_them(tmp_path):
    foreign.before_and_after(tmp_path / "course.csv", n=8)
    own = tmp_path / "own"
    draft.write(draft.draft([tmp_path / "course.csv"]), own)
    assert build(own)[::2] == (0, "")
    pages = [release.Shown(path.read_text()) for path in site_of(own).rglob("*.html")]
    told = " ".join(text for shown in pages for _, text in shown.items)
    assert "Fewer than 10 people took part" in told
    assert not re.findall(r"\b(8|16|32)\b", told)  # people, answers to an item, answers
    cells = {cell for shown in pages for row in shown.rows for cell in row}
    assert not {cell for cell in cells if re.search(r"\d", cell)} - {"0"}  # nobody is missing


def test_a_sentence_or_flow_with_a_small_count_is_stopped(tmp_path, monkeypatch):
    settings = 'title = "T"\nrecords = "real"\n[compare]\ngroup = "sex"\n'
    settings += 'labels = { woman = "women", man = "men" }\n'
    (tmp_path / "study.toml").write_text(settings)
    monkeypatch.setenv("STUDY_DATA", str(tmp_path))
    small = ["We asked 7 people.", "3 women say so", "3 of 40", "1,196 of 1,200 agree"]
    for text in [*small, "1 person disagrees", "1 participant", "1 respondent", "1 woman left"]:
        with pytest.raises(DisclosureError, match="tells of fewer people than may be shown"):
            page.say(text)
    text = "Fewer than 10 people, 12 women, 25 items from 1 to 6, 30 of 40"
    assert repr(page.say(text)) == text
    page.flow([(95, "asked", ""), (80, "answered", ""), (80, "coded", "")], "Who")
    for n in [4, 91]:
        with pytest.raises(DisclosureError, match="'Who' tells of fewer people"):
            page.flow([(95, "asked", ""), (n, "answered", "")], "Who")


def test_print_is_held_against_real_records_without_telling_them(tmp_path):
    own = write(tmp_path, "wards")
    recipes = {
        "Answers of the first ward": (
            "moments",
            "value",
            "n",
            "item == 'q1' and group == 'Medical'",
        ),
        "Mean age": ("participants", "mean", "age", ""),
    }
    add_facts(own, recipes, printed="17")
    assert build(own)[::2] == (0, "")
    shown = release.Shown((site_of(own) / "chapters" / "print.html").read_text())
    assert (
        "the records give 0 to the digit, and another value for 2."
        in dict(shown.items)["sentence with numbers"]
    )
    assert ["Fact", "Printed", "Verdict", "Note"] in shown.rows
    rows = json.loads((site_of(own) / "scorecard.json").read_text())
    assert [(row["verdict"], row["computed"]) for row in rows] == [("differs", None)] * 2


def test_released_stretches_are_quoted_and_no_others(tmp_path):
    own = write(tmp_path, "texts")
    study = load(own)
    first = study.codings.iloc[[0]]
    first[["participant_id", "question", "start", "end"]].to_csv(own / "released.csv", index=False)
    settings = own / "study.toml"
    settings.write_text(settings.read_text().replace('"real"', '"synthetic"'))
    status, _, complaints = build(own)
    assert (status, complaints) == (0, "")
    text = everything(site_of(own))
    assert "The records are synthetic; no row describes a real person." in text
    texts = study.responses.set_index("participant_id")["text"]
    quoted = [
        row.participant_id
        for row in study.codings.itertuples()
        if texts[row.participant_id][row.start : row.end] in text
    ]
    assert set(quoted) == {first["participant_id"].iloc[0]}


def test_a_twin_is_given_away_in_place_of_a_private_study(tmp_path, monkeypatch):
    import parcel

    own = write(tmp_path, "course")
    monkeypatch.setenv("STUDY_DATA", str(own))
    assert parcel.given_away() is None
    shutil.copytree(own, own / "twin")
    settings = own / "study.toml"
    settings.write_text(
        settings.read_text().replace("private = true", 'private = true\ntwin = "twin"')
    )
    with pytest.raises(StudyError, match="is given away, so"):
        parcel.given_away()
    twin = own / "twin" / "study.toml"
    twin.write_text(twin.read_text().replace('"real"', '"synthetic"'))
    assert parcel.given_away() == own / "twin"
    (own / "notes.md").write_text("Who said what")
    names = {path.name for path in parcel.tables(own)}
    assert names == {
        "participants.csv",
        "answers.csv",
        "items.csv",
        "study.toml",
        "datapackage.json",
    }


def test_jupyterlite_gets_the_twin_of_a_private_study_or_refuses(tmp_path):
    import work

    own = write(tmp_path, "course")
    twin = shutil.copytree(own, own / "twin")
    assert build(own)[0] == 0
    site = [sys.executable, ROOT / "tools" / "lite.py", own]
    done = subprocess.run(site, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr.strip()) == (1, work.PRIVATE)
    for folder, change in [(own, 'twin = "twin"\nrecords'), (twin, "records")]:
        settings = folder / "study.toml"
        settings.write_text(settings.read_text().replace("records", change))
    settings.write_text(settings.read_text().replace('"real"', '"synthetic"'))
    answers = pd.read_csv(twin / "answers.csv")
    answers.assign(stress=30).to_csv(twin / "answers.csv", index=False)
    assert build(own)[::2] == (0, "")
    with zipfile.ZipFile(site_of(own) / "files" / "data.zip") as archive:
        assert archive.read("answers.csv") == (twin / "answers.csv").read_bytes()
    laid = work.contents(own / "_build" / "book", twin)
    assert {"chapters/people.ipynb", "chapters/scale.ipynb"} < set(laid)
    assert laid["data/answers.csv"] == (twin / "answers.csv").read_bytes()
    assert not [name for name in laid if name.startswith("exercises/")]


def test_what_pages_do_not_show_is_told(tmp_path):
    own = write(tmp_path, "wards")
    settings = own / "study.toml"
    text = settings.read_text().replace('language = "en"', 'language = "es"')
    settings.write_text(text.replace(', "Intensive" = "Intensive"', ""))
    people = load(own).participants["ward"].eq("Intensive").sum()
    told = list(own_book.remarks(load(own)))
    assert told[0].startswith(f"  not compared: {people} people whose ward is Intensive, which")
    assert told[1].startswith("  in English: ")
    table = pd.read_csv(own / "participants.csv", dtype=str)
    table.loc[:4, "ward"] = None
    table.to_csv(own / "participants.csv", index=False)
    settings.write_text(text)
    told = list(own_book.remarks(load(own)))
    assert told[0] == "  not compared: 5 people whose ward is missing"
    settings.write_text(text.replace("high = 6", "high = 5"))
    with pytest.raises(StudyError, match="lies outside the scale, which goes from 1 to 5 in study"):
        load(own)


def test_of_a_public_study_nothing_is_said_to_be_safe(tmp_path, monkeypatch, capsys):
    own = write(tmp_path, "course")
    monkeypatch.setenv("STUDY_DATA", "")
    monkeypatch.setattr("sys.argv", ["release.py", str(own)])
    site_of(own).mkdir(parents=True)
    settings = own / "study.toml"
    settings.write_text(settings.read_text().replace("private = true", "private = false"))
    assert release.main() == 0
    said = capsys.readouterr().out
    assert "everything is public, and nothing was looked for" in said
    assert "No answer, identifier, person or small cell was found" not in said


def test_identifiers_of_any_form_are_found_and_bare_numbers_refused(tmp_path, study):
    ids = ["anna-01", "01X", "7 b", "P1+", "12", "3"]
    people = study.participants.head(len(ids)).assign(participant_id=ids)
    private = replace(study.settings, private=True)
    theirs = replace(study, participants=people, settings=private, responses=None, omi=None)
    (tmp_path / "a.js").write_text("x='anna-01', anna-012, 01XY, (7 b), P1+, 12 of 3")
    (tmp_path / "b.html").write_text("<p>01X</p>")
    found = [(leak.file, leak.what) for leak in release.leaks(tmp_path, theirs)]
    assert found[0][1].startswith("2 of 6 are bare numbers, such as '12', which")
    assert found[1:] == [("a.js", "7 b"), ("a.js", "P1+"), ("a.js", "anna-01"), ("b.html", "01X")]


def test_a_folder_that_is_no_study_is_told(tmp_path):
    status, _, complaints = build(tmp_path)
    assert status == 1
    assert "has no datapackage.json: make own drafts such a folder" in complaints


def test_first_page_says_what_study_toml_says(tmp_path):
    from helpers.load.settings import Settings

    page = own_book.intro(None, Settings("A title", "synthetic", author="Ana", private=False), {})
    assert page.startswith("# A title\n\nAna\n\nThe records are synthetic")
    assert "not shown" not in page
    private = own_book.intro(None, Settings("A title", "real"), {"scale": "there is none"})
    assert "fewer than 10 people are not shown" in private
    assert "Left out: scale (there is none)." in private


def test_frames_of_pages_keep_their_mark():
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["disclosure"] = ""
    assert frame[["a"]].assign(b=2).sort_values("a").head().attrs == {"disclosure": ""}
