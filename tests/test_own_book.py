"""Books of three made-up studies, public and private: what the private ones show, and what not."""

import json
import re
import shutil

import foreign
import pingouin
import pytest
import release
from own_books import add_facts, build, everything, load, site_of, write
from scipy import stats

from helpers.compute import scorecard


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
    study = load(own)
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


def test_no_count_of_a_private_page_can_be_worked_out_from_a_mean(built):
    name, _, _, private, _ = built
    if name != "wards":
        return
    rows = release.Shown((private / "chapters" / "scale.html").read_text()).rows
    start = rows.index(["Ward", "Answer", "Answers", "Share"])
    counts = [row for row in rows[start:] if row[0] in foreign.WARDS.values() and len(row) == 4]
    assert len(counts) == 25 * 3 * 6
    for place in range(0, len(counts), 6):  # a group's answers to an item: all, or none
        shown = [row[2] for row in counts[place : place + 6]]
        assert shown == ["–"] * 6 or all(int(n) >= 10 for n in shown)


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
    study = load(own)
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


def test_printed_tables_need_recipes_only(tmp_path):
    own = write(tmp_path, "wards")
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
    add_facts(own, recipes)
    study = load(own)
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
