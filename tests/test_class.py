"""What a lecturer gets for a class: a fresh study, questions, handouts, and marks for all."""

import csv
import filecmp
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import exercises
import klass
import nbformat
import pypdf
import pytest
import questions
import replication
import sheets
from test_exercises import SOURCE

from helpers.load import load_study
from learn.check import RIGHT, check

ROOT = Path(__file__).parents[1]
BANK = questions.read(ROOT / "class" / "questions.md")
CHAPTERS = sorted((ROOT / "book" / "exercises").glob("*.md"))
SELF_CHECKS = [question for path in CHAPTERS for question in questions.read(path)]
ANSWERS = (ROOT / "class" / "answers.md").read_text(encoding="utf-8")

# --- The fresh study ---


@pytest.fixture(scope="module", params=[1, 2, 17])
def fresh(request, tmp_path_factory):
    """The truth and the folder of a fresh study."""
    folder = tmp_path_factory.mktemp("fresh")
    return replication.write(request.param, folder), folder


def test_a_fresh_study_keeps_the_schema_and_has_other_people(fresh):
    _, folder = fresh
    study, book = load_study(folder), load_study(ROOT / "data")
    assert list(study.participants) == list(book.participants)
    assert len(study.participants) != len(book.participants)
    assert not set(study.responses["text"]) & set(book.responses["text"])
    assert study.omi_items["t"].eq("").all()


def test_a_seed_gives_the_same_bytes_again(fresh, tmp_path):
    truth, folder = fresh
    assert replication.write(truth["seed"], tmp_path / "again") == truth
    names = [p.relative_to(folder) for p in folder.rglob("*") if p.is_file()]
    assert filecmp.cmpfiles(folder, tmp_path / "again", names, shallow=False)[0] == names


def test_what_is_said_to_be_impossible_is_so_and_nothing_else(fresh):
    truth, folder = fresh
    study = load_study(folder)
    n = len(study.participants)
    able = {f"{1000 * count / n / 10:.1f}" for count in range(n + 1)}
    odd = study.facts.loc[~study.facts["printed"].isin(able), "fact_id"]
    assert odd.tolist() == [truth["impossible_fact"]]


def test_what_is_said_to_differ_differs_by_more_than_the_rest_on_average():
    """Over many studies: a single one may have it otherwise by chance."""
    rng_truths = []
    for seed in range(20):
        rng = replication.np.random.default_rng(seed)
        people = replication._people(rng, "continuing_education")
        omi, differing = replication._attitudes(people, [f"i{k}" for k in range(11)], rng)
        means = omi.drop(columns="participant_id").groupby("sex").mean()
        gaps = (means.loc["woman"] - means.loc["man"]).abs()
        rng_truths.append(gaps[differing].mean() - gaps.drop(differing).mean())
    assert sum(rng_truths) / 20 > 0.4
    assert min(rng_truths) > 0


def test_the_key_of_the_class_is_computed_from_its_study(fresh, monkeypatch):
    truth, folder = fresh
    monkeypatch.setenv("STUDY_DATA", str(folder))
    sheet = sheets.read(ROOT / "class" / "replication.md")
    assert len(sheet.exercises) >= 15
    answers = {exercise.answer for exercise in sheet.exercises}
    assert len(answers) == len(sheet.exercises)
    for exercise in sheet.exercises:
        names = sheet.run(exercise.code)
        assert not answers & (set(names) - {exercise.answer} - set(sheet.prepared))
        right = names[exercise.answer]
        for test in exercise.tests:
            sheet.run(test, **{exercise.answer: right})
        sealed = exercises.seal_of(sheet, exercise)
        said = [check(sheet.run(code)[exercise.answer], sealed) for code in exercise.wrong]
        assert said.count(RIGHT) <= 1, exercise.label  # two may coincide in one study
        if exercise.label == "class-impossible":
            assert right == truth["impossible_fact"]


# --- Questions ---


@pytest.mark.parametrize("bank", [BANK, SELF_CHECKS], ids=["bank", "self-checks"])
def test_questions_are_whole(bank):
    assert len({question.name for question in bank}) == len({q.text for q in bank}) == len(bank)
    for question in bank:
        assert 0 <= question.right < len(question.options) == len(question.feedback) >= 3
        assert all(question.options)
        assert all(question.feedback)
        assert not re.search(r"[`*]|\]\(", question.text + "".join(question.options))


def test_the_bank_is_large_and_does_not_tell_the_answer_by_its_length_or_place():
    assert len(BANK) >= 40
    longest = [max(q.options, key=len) == q.options[q.right] for q in BANK]
    assert sum(longest) / len(BANK) < 0.45
    places = [sum(q.right == place for q in BANK) for place in range(3)]
    assert min(places) > len(BANK) / 5


def test_what_is_for_a_class_alone_is_not_on_the_site():
    site = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "book").rglob("*")
        if path.suffix in (".md", ".ipynb") and "_build" not in path.parts
    )
    own = sheets.TRAINS.sub("", (ROOT / "class" / "replication.md").read_text(encoding="utf-8"))
    assert not [q.text for q in BANK if q.text in site]
    assert not [label for label in re.findall(r":label: (\S+)", own) if label in site]


def test_gift_reads_back_as_the_same_questions():
    parts = questions.gift(SELF_CHECKS + BANK, "All").split("\n\n")[1:]
    unescaped = [re.sub(r"\\(.)", r"\1", part) for part in parts]
    for question, part, plain in zip(SELF_CHECKS + BANK, parts, unescaped, strict=True):
        assert plain.startswith(f"::{question.name}::{question.text}{{\n")
        rows = re.findall(r"^    ([=~])(.*?)(?<!\\)#(.*)$", part, re.MULTILINE)
        assert [sign for sign, _, _ in rows].index("=") == question.right
        assert [re.sub(r"\\(.)", r"\1", option) for _, option, _ in rows] == question.options
        assert not re.search(r"(?<!\\)[{}]", part[part.index("{") + 1 : part.rindex("}")])


def test_a_package_of_qti_holds_together(tmp_path):
    questions.qti(BANK, tmp_path / "bank.zip")
    questions.qti(BANK, tmp_path / "again.zip")
    assert filecmp.cmp(tmp_path / "bank.zip", tmp_path / "again.zip", shallow=False)
    with zipfile.ZipFile(tmp_path / "bank.zip") as package:
        trees = {name: ElementTree.fromstring(package.read(name)) for name in package.namelist()}
    manifest = trees.pop("imsmanifest.xml")
    listed = [e.get("href") for e in manifest.iter(f"{{{questions.CONTENT}}}resource")]
    assert listed == list(trees)
    for question, item in zip(BANK, trees.values(), strict=True):
        tag = f"{{{questions.QTI}}}"
        order = ["responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing"]
        assert [child.tag for child in item] == [tag + name for name in order]
        choices = list(item.iter(f"{tag}simpleChoice"))
        assert [choice.text.strip() for choice in choices] == question.options
        [right] = [e.text for e in item.find(f".//{tag}correctResponse")]
        assert choices[question.right].get("identifier") == right


def test_a_lecturer_gets_all_questions_in_both_formats(tmp_path):
    klass.write_questions(tmp_path)
    for name, wanted in {"self-checks": SELF_CHECKS, "bank": BANK}.items():
        gift = (tmp_path / f"{name}.gift").read_text(encoding="utf-8")
        assert re.findall(r"^::(.+?)::", gift, re.MULTILINE) == [q.name for q in wanted]
        with zipfile.ZipFile(tmp_path / f"{name}.qti.zip") as package:
            items = set(package.namelist()) - {"imsmanifest.xml"}
        assert items == {f"{question.name}.xml" for question in wanted}


# --- Model answers and handouts ---


def test_each_judgement_has_a_model_answer_at_two_levels(fresh, monkeypatch):
    monkeypatch.setenv("STUDY_DATA", str(fresh[1]))
    paths = [*CHAPTERS, ROOT / "class" / "replication.md"]
    judges = [e.title for path in paths for e in sheets.read(path).exercises if e.judges]
    sections = dict(
        re.findall(r"^### ([^\n]*)\n(.*?)(?=^##|\Z)", ANSWERS, re.MULTILINE | re.DOTALL)
    )
    assert sorted(sections) == sorted(judges)
    for title, text in sections.items():
        [points] = re.findall(r"\*\*Passes \((\d)", text)
        parts = re.findall(r"(?:base|method|doubt|both sides|words) (\d)", text.split(")")[0])
        assert sum(map(int, parts)) == int(points), title
        assert "**Very good (10).**" in text


def test_handouts_say_what_the_study_says():
    study = load_study(ROOT / "data")
    book = klass.codebook(study)
    for label in study.codebook.query("question == 'recovery'")["label"]:
        assert label in book
        assert label in klass.answer_sheet(study)
    assert klass.answers(study).count("<blockquote>") == klass.NUMBER_OF_ANSWERS
    sheet = klass.audit_by_hand(study)
    assert study.facts.set_index("fact_id").loc["P13", "printed"] in sheet
    assert "1.99" in sheet  # the two-sided 5% point of t with 93 degrees of freedom, in any table


# --- The archive ---


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder with the notebooks made from one small sheet."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "exercises").mkdir()
    (folder / "exercises" / "01_small.md").write_text(SOURCE)
    tool = ROOT / "tools" / "exercises.py"
    subprocess.run([sys.executable, tool, folder], check=True, capture_output=True)
    return folder / "_build" / "exercises"


IN_ANOTHER_FOLDER = """
import pathlib, sys
import klass
klass.ROOT = pathlib.Path(sys.argv[2])
klass.BUILT = pathlib.Path(sys.argv[3])
klass.PLACE = klass.ROOT / "class"
sys.exit(klass.main())
"""


@pytest.fixture(scope="module")
def archive(small, tmp_path_factory):
    """The unpacked archive for a class."""
    folder = tmp_path_factory.mktemp("archive")
    command = [sys.executable, "-c", IN_ANOTHER_FOLDER, "7", folder, small]
    made = subprocess.run(command, cwd=ROOT / "tools", capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    shutil.unpack_archive(folder / "class" / "class-7.zip", folder)
    return folder / "class-7"


def test_the_archive_gives_students_no_solution(archive):
    students, lecturer = archive / "students", archive / "lecturer"
    names = sorted(path.name for path in students.iterdir())
    assert names == ["01_small.ipynb", "replication", "replication.ipynb"]
    given = (students / "replication.ipynb").read_text(encoding="utf-8")
    solved = (lecturer / "solutions" / "replication.ipynb").read_text(encoding="utf-8")
    for exercise in sheets.read(ROOT / "class" / "replication.md").exercises:
        line = json.dumps(exercise.codes[0].splitlines()[0]).strip('"')
        assert line in solved
        assert line not in given
    truth = json.loads((lecturer / "truth.json").read_text(encoding="utf-8"))
    facts = load_study(students / "replication").facts["fact_id"]
    assert truth["impossible_fact"] in set(facts)


def test_the_archive_has_pages_to_print(archive):
    headings = {
        path.stem: pypdf.PdfReader(path).pages[0].extract_text().splitlines()[0]
        for path in archive.rglob("*.pdf")
    }
    assert headings == {
        "answer-sheet": "Answer sheet",
        "answers-to-code": "Answers to code: can people recover, and what helps?",
        "audit-by-hand": "The audit, by hand",
        "codebook": "Codebook: what helps people recover",
        "model-answers": "Model answers to the judgement exercises",
    }


def test_the_archive_grades_what_is_handed_in(archive, tmp_path):
    shutil.copy(archive / "students" / "replication.ipynb", tmp_path)
    command = [sys.executable, "grade.py", tmp_path]
    run = subprocess.run(command, cwd=archive / "lecturer", capture_output=True, text=True)
    assert run.stdout.startswith("1 files: 1 graded, 0 not"), run.stdout + run.stderr
    with (archive / "lecturer" / "marks.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert float(row["total"]) == 0


# --- A class of forty ---

BROKEN = {
    "empty": (b"", "is empty"),
    "cut": (b'{"cells": [', "cannot be read as JSON"),
    "picture": (b"\x89PNG\r\n", "cannot be read as JSON"),
    "list": (b"[]", "it has no cells"),
    "format-3": (b'{"worksheets": [], "nbformat": 3}', "it has no cells"),
    "other": (b'{"cells": [], "metadata": {}}', "does not say from which"),
}


@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_a_class_of_forty_is_graded_and_nothing_is_lost(small, tmp_path):
    lecturer, handed_in = tmp_path / "lecturer", tmp_path / "handed in"
    key = lecturer / "key"
    key.mkdir(parents=True)
    handed_in.mkdir()
    shutil.copy(small / "teacher" / "01_small-autograder.zip", key)
    shutil.copy(ROOT / "tools" / "grade.py", lecturer)
    student = nbformat.read(small / "student" / "01_small.ipynb", as_version=4)
    told = student.metadata.exercises
    (key / "versions.json").write_text(json.dumps({told.sheet: told.version}))

    def hand_in(name, answer, **told_otherwise):
        notebook = nbformat.reads(nbformat.writes(student), as_version=4)
        notebook.metadata.exercises.update(told_otherwise)
        for cell in notebook.cells:
            if cell.source == "n = ...":
                cell.source = f"n = {answer}"
            elif "report(" in cell.source:
                said = nbformat.v4.new_output("stream", text="Somebody was forgotten.\n")
                cell.outputs = [said]
        nbformat.write(notebook, handed_in / f"{name}.ipynb")

    expected = {}
    for number in range(8):
        for name, answer, mark in [("right", "3", 1), ("wrong", "2", 0)]:
            hand_in(f"{name} {number}", answer)
            expected[f"{name} {number}.ipynb"] = mark
    for number in range(4):
        hand_in(f"fails {number}", "no_such_name")
        hand_in(f"blank {number}", "...")
        expected |= {f"fails {number}.ipynb": 0, f"blank {number}.ipynb": 0}
    faults = {}
    for number in range(4):
        hand_in(f"old {number}", "3", version="another")
        faults[f"old {number}.ipynb"] = "another version"
    for number in range(2):
        for name, (content, said) in BROKEN.items():
            (handed_in / f"{name}-{number}.ipynb").write_bytes(content)
            faults[f"{name}-{number}.ipynb"] = said
    assert len(expected) + len(faults) == 40

    command = [sys.executable, "grade.py", handed_in]
    run = subprocess.run(command, cwd=lecturer, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("40 files: 24 graded, 16 not")
    with (lecturer / "marks.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert rows.keys() == expected.keys() | faults.keys()
    marks = {name: float(rows[name]["how-many"]) for name in expected}
    assert marks == expected
    for name, said in faults.items():
        assert said in rows[name]["fault"]
        assert rows[name]["total"] == ""
    report = (lecturer / "report.md").read_text(encoding="utf-8")
    assert "| how-many | 16 | 24 | Somebody was forgotten. |" in report
    assert all(f"`{name}`" in report for name in faults)


def test_a_notebook_that_does_not_end_is_ended(tmp_path, monkeypatch):
    import grade

    monkeypatch.setattr(grade, "TIME_LIMIT", 0.1)
    monkeypatch.setattr(grade, "KEY", tmp_path)
    path = tmp_path / "slow.ipynb"
    told = {"exercises": {"sheet": "s", "version": "v"}}
    path.write_text(json.dumps({"cells": [], "metadata": told}))
    assert "still running" in grade.grade(path, {"s": "v"}).fault


def test_a_notebook_whose_kernel_did_not_start_is_run_again(tmp_path, monkeypatch):
    import grade

    outcomes = iter([grade.KERNEL_DIED, [{"name": "how-many", "score": 1.0}]])
    monkeypatch.setattr(grade, "run_otter", lambda *_: next(outcomes))
    path = tmp_path / "one.ipynb"
    path.write_text(
        json.dumps({"cells": [], "metadata": {"exercises": {"sheet": "s", "version": "v"}}})
    )
    result = grade.grade(path, {"s": "v"})
    assert (result.marks, result.fault) == ({"how-many": 1.0}, "")


@pytest.mark.parametrize("arguments", [[], ["nowhere"]])
def test_a_folder_that_is_not_there_is_one_line(arguments):
    command = [sys.executable, ROOT / "tools" / "grade.py", *arguments]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == "Name the folder with the notebooks: python grade.py SUBMISSIONS\n"
