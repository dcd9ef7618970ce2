"""A book of another study: its own pages, what is released, its twin, and what is told."""

import json
import shutil

import own_book
import pandas as pd
from own_books import ROOT, build, everything, site_of, write

from helpers.load import load_study


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


def test_released_stretches_are_quoted_and_no_others(tmp_path):
    own = write(tmp_path, "texts")
    study = load_study(own)
    first = study.codings.iloc[[0]]
    first[["participant_id", "question", "start", "end"]].to_csv(own / "released.csv", index=False)
    status, _, complaints = build(own)
    assert (status, complaints) == (0, "")
    text = everything(site_of(own))
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


def test_a_folder_that_is_no_study_is_told(tmp_path):
    status, _, complaints = build(tmp_path)
    assert status == 1
    assert "has no datapackage.json: make own drafts such a folder" in complaints


def test_first_page_says_what_study_toml_says(tmp_path):
    from helpers.load.settings import Settings

    page = own_book.intro(None, Settings("A title", "synthetic", private=False), {})
    assert page.startswith("# A title\n\nThe records are synthetic")
    assert "not shown" not in page
    private = own_book.intro(None, Settings("A title", "real"), {"scale": "there is none"})
    assert "fewer than 10 people are not shown" in private
    assert "Left out: scale (there is none)." in private


def test_frames_of_pages_keep_their_mark():
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["disclosure"] = ""
    assert frame[["a"]].assign(b=2).sort_values("a").head().attrs == {"disclosure": ""}
