"""Books of three made-up studies, public and private: what the private ones show, and what not."""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import foreign
import own_book
import pandas as pd
import pingouin
import pytest
import release
from scipy import stats

from helpers.compute import scorecard
from helpers.load import load_study
from intake import draft

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "tools" / "own_book.py"


def write(folder, name):
    """Draft a study and return its folder."""
    sources = {
        "wards": (foreign.three_groups, "study.sav"),
        "texts": (foreign.project, "coded.qdpx"),
        "course": (foreign.before_and_after, "course.csv"),
    }
    make, file = sources[name]
    make(folder / file)
    own = folder / name
    draft.write(draft.draft([folder / file]), own)
    return own


def build(own):
    done = subprocess.run(
        [sys.executable, PROGRAM, own], capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    return done.returncode, done.stdout, done.stderr


def site_of(own):
    return own / "_build" / "book" / "_build" / "html"


def everything(site):
    """Return all text of a site: pages, sources, search index, scripts."""
    texts = [p.read_text(errors="replace") for p in sorted(site.rglob("*")) if p.is_file()]
    return re.sub(r"\s+", " ", html.unescape(" ".join(texts)))


def chapters(site):
    return {path.stem for path in (site / "chapters").glob("*.html")}


@pytest.fixture(scope="module", params=["wards", "texts", "course"])
def built(request, tmp_path_factory):
    """A study with the text of its private and its public site, which took the same build."""
    own = write(tmp_path_factory.mktemp("own"), request.param)
    status, said, complaints = build(own)
    assert (status, complaints) == (0, ""), complaints
    private = shutil.copytree(site_of(own), own / "private")
    settings = own / "study.toml"
    settings.write_text(settings.read_text().replace("private = true", "private = false"))
    status, _, complaints = build(own)
    assert (status, complaints) == (0, ""), complaints
    public = shutil.copytree(site_of(own), own / "public")
    settings.write_text(settings.read_text().replace("private = false", "private = true"))
    return request.param, own, said, private, public


def test_chapters_without_tables_are_left_out_and_named(built):
    name, _, said, private, public = built
    there = {"wards": {"people", "scale"}, "texts": {"people", "themes", "agreement"}}
    assert chapters(private) == chapters(public) == there.get(name, {"people", "scale"})
    assert "left out: print, since there is no table facts" in said


def test_no_answer_id_or_row_is_in_any_file_of_the_private_site(built):
    name, own, _, private, _ = built
    text = everything(private)
    study = load_study(own)
    assert not re.findall(r"\bP\d\d+\b", text)
    numbers = re.sub(r"[^\w.]+", " ", text.lower())
    for table in [study.participants, study.answers]:
        rows = (
            []
            if table is None
            else table.drop(columns="participant_id").astype("string").fillna("").to_numpy()
        )
        for row in rows:
            line = " ".join(filter(None, row)).lower()
            assert len(row) < 3 or f" {line} " not in numbers
    if name == "texts":
        for answer, _ in foreign.answers():
            for start in range(0, len(answer) - 25, 5):
                assert answer[start : start + 25] not in text
        assert not re.findall(r"Enfermera|\bAna\b|\bLuz\b", text)
    if name == "wards":
        assert not set(re.findall(r"\b\d{6}\b", text)) & {f"{n}" for n in range(770_001, 770_301)}
    if name == "course":
        assert not re.findall(r"\bK\d+\b", text)


def test_the_public_site_shows_what_the_private_one_does_not(built):
    name, _, _, private, public = built
    page = {"texts": "themes", "wards": "people", "course": "scale"}[name]
    pages = [(site / "chapters" / f"{page}.html").read_text() for site in (private, public)]
    if name == "texts":
        assert "hablar con mis compañeras" in pages[1]
    else:
        assert "table" in pages[1]
    assert (public / "files" / "data.zip").exists()
    assert not list(private.rglob("*.zip")) + list(private.rglob("*.csv"))


def test_nothing_of_another_study_is_on_the_pages(built):
    for site in built[3:]:
        pages = [path.read_text() for path in site.rglob("*.html")]
        assert not [
            page
            for page in pages
            if re.search(r"Mexico|mental|recovery|simulated|CC BY|\bwomen\b", page, re.IGNORECASE)
        ]


def test_planted_findings_are_found(built, tmp_path):
    name, own, _, private, _ = built
    study = load_study(own)
    assert not list(release.leaks(private, study))
    site = shutil.copytree(private, tmp_path / "site")
    person = study.participants["participant_id"].iloc[-1]
    table = "<table><tr><th>Job</th><th>People</th></tr><tr><th>nurse</th><td>3</td></tr></table>"
    planted = {
        "id.js": ("identifier", f"let x = '{person}';"),
        "cell.html": ("small cell", table),
        "alt.html": ("small count", '<img alt="Bars: 4 people say yes">'),
        "rest.html": ("small count", "<p>48 of 50 agree</p>"),
        "rows.csv": ("data", "a,b"),
    }
    if name == "texts":
        text = study.responses["text"].iloc[3]
        planted["index.json"] = ("answer", json.dumps({"words": text.upper()}))
    else:
        row = study.answers.drop(columns="participant_id").astype("string").fillna("").iloc[5]
        planted |= {"mark.svg": ("person", f"<g>{' '.join(row)}</g>")} if len(row) > 2 else {}
    for file, (_, content) in planted.items():
        (site / file).write_text(content)
    found = {(leak.file, leak.kind) for leak in release.leaks(site, study)}
    assert found == {(file, kind) for file, (kind, _) in planted.items()}


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


def test_printed_tables_need_recipes_only(tmp_path):
    own = write(tmp_path, "wards")
    described = json.loads((ROOT / "data" / "datapackage.json").read_text())["resources"]
    facts = next(table for table in described if table["name"] == "facts") | {"path": "facts.csv"}
    package = json.loads((own / "datapackage.json").read_text())
    package["resources"].append(facts)
    (own / "datapackage.json").write_text(json.dumps(package))
    names = [field["name"] for field in facts["schema"]["fields"]]
    recipes = {
        "f": ("comparisons", "value", "statistic", "item == 'score'"),
        "df": ("comparisons", "value", "df2", "item == 'q3'"),
        "p": ("comparisons", "value", "p", "item == 'q3'"),
        "effect": ("comparisons", "value", "size", "item == 'score'"),
        "sd": ("moments", "value", "sd", "item == 'q1' and group == 'Surgical'"),
        "t": ("pairs", "value", "t", "item == 'q1' and group == 'Medical' and other == 'Surgical'"),
        "alpha": ("scale", "value", "alpha", ""),
        "median": ("participants", "median", "age", "ward == 'Medical'"),
        "spread": ("participants", "sd", "age", ""),
    }
    rows = [
        dict.fromkeys(names, "")
        | {"fact_id": f"F{n}", "label": name, "printed": "1", "status": "reported"}
        | {"chapter": "scale", "section": "Results"}
        | dict(zip(["table", "statistic", "column", "where"], recipe, strict=True))
        for n, (name, recipe) in enumerate(recipes.items())
    ]
    pd.DataFrame(rows).to_csv(own / "facts.csv", index=False)
    study = load_study(own)
    values = dict(zip(recipes, scorecard.compute(study).values(), strict=True))
    raw = study.answers.merge(study.participants, on="participant_id")
    by = {ward: rows["q1"].dropna() for ward, rows in raw.groupby("ward", observed=True)}
    assert values["sd"] == pytest.approx(by["Surgical"].astype(float).std())
    welch = stats.ttest_ind(
        *(by[w].astype(float) for w in ("Medical", "Surgical")), equal_var=False
    )
    assert values["t"] == pytest.approx(welch.statistic)
    people = study.participants
    assert values["median"] == people.loc[people["ward"] == "Medical", "age"].median()
    items = [column for column in study.answers if column != "participant_id"]
    known = study.answers[items].dropna().astype(float)
    assert values["alpha"] == pytest.approx(pingouin.cronbach_alpha(known)[0])
    assert 0 < values["effect"] < 1
