"""Put together what a lecturer needs for one class: `book/_build/class/class-SEED.zip`.

`python tools/klass.py SEED` makes up a fresh study from the seed, so that no published solution
fits it. In the archive

- `students/` goes to the class: notebooks to practise, one to be graded, and its study;
- `lecturer/` stays with you: solutions, `grade.py` with its key, model answers at two levels, what
  is true of the study, and questions for Moodle (GIFT) and Canvas (QTI 2.1);
- `handouts/` is for the printer.

The notebooks of the chapters come from `make exercises`, and Chromium prints the handouts.
"""

import html
import json
import os
import shutil
import sys
from pathlib import Path

import exercises
import questions
import replication
from execute import ROOT
from scipy import stats

from helpers.load import Study, load_study

SOURCES = ROOT / "class"
BUILT = ROOT / "book" / "_build" / "exercises"
PLACE = ROOT / "book" / "_build" / "class"
PAPER = {"format": "A4", "margin": dict.fromkeys(["top", "right", "bottom", "left"], "15mm")}
STYLE = """
body { margin: 0; font: 10pt/1.35 "DejaVu Sans", Arial, sans-serif; color: #111; }
h1 { margin-top: 0; font-size: 16pt; } h2 { margin: 10pt 0 4pt; font-size: 12pt; }
h1, h2 { break-after: avoid; } p { margin: 6pt 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 0.5pt solid #777; padding: 3pt 4pt; text-align: left; vertical-align: top; }
thead { display: table-header-group; } tr, .whole { break-inside: avoid; }
td.empty { height: 18pt; } blockquote { margin: 0; }
.room { height: 42mm; }
"""
NUMBER_OF_ANSWERS = 12
README = """This class: study {seed}

1. Give out `students/`. Students open the notebooks in JupyterLab where the book is installed
   (make lab). `replication.ipynb` is to be handed in; its study is the folder beside it.
2. Collect the notebooks in one folder, in whatever folders below it, and run, in this archive's
   folder `lecturer` and the book's environment:  python grade.py FOLDER
   It writes marks.csv and report.md. It runs what students wrote: use an account or a container
   that has nothing to lose.
3. Written judgements are yours to mark: model-answers.pdf has each at two levels, with points.
4. truth.json says what is true of this study. Show it when all is handed in.
5. Import bank.gift into Moodle or bank.qti.zip into Canvas for questions that are not on the public
   site; self-checks.* are those that are.
6. Print handouts/: the codebook and the answer sheet once for each student, the answers to code and
   the audit once for each pair.

What must not become public: this archive. The questions and exercises lie in the folder `class` of
the book's repository, and not on its site.
"""


def main() -> int:
    """Write the archive; return the exit status."""
    program = shutil.which("chromium")
    if not program:
        print("No chromium here: install it (Debian: apt install chromium)", file=sys.stderr)
        return 1
    seed = int(sys.argv[1])
    book = load_study()
    whole = PLACE / f"class-{seed}"
    shutil.rmtree(whole, ignore_errors=True)
    students, lecturer, handouts = (whole / n for n in ("students", "lecturer", "handouts"))
    key = lecturer / "key"
    truth = replication.write(seed, students / "replication")
    shutil.copytree(students / "replication", key / "study")
    os.environ["STUDY_DATA"] = str(key / "study")
    exercises.make(SOURCES / "replication.md", PLACE / "made")
    for made in (BUILT, PLACE / "made"):
        shutil.copytree(made / "student", students, dirs_exist_ok=True)
        for path in (made / "teacher").iterdir():
            place = key if path.suffix == ".zip" else lecturer / "solutions"
            place.mkdir(exist_ok=True)
            shutil.copy(path, place)
    shutil.rmtree(PLACE / "made")
    versions = {p.stem: told(p)["version"] for p in sorted(students.glob("*.ipynb"))}
    (key / "versions.json").write_text(json.dumps(versions, indent=2))
    (lecturer / "truth.json").write_text(json.dumps(truth, indent=2))
    shutil.copy(Path(__file__).with_name("grade.py"), lecturer)
    (whole / "README.txt").write_text(README.format(seed=seed), encoding="utf-8")
    write_questions(lecturer)
    pages = {
        handouts / "codebook.pdf": codebook(book),
        handouts / "answers-to-code.pdf": answers(book),
        handouts / "answer-sheet.pdf": answer_sheet(book),
        handouts / "audit-by-hand.pdf": audit_by_hand(book),
        lecturer / "model-answers.pdf": rendered((SOURCES / "answers.md").read_text("utf-8")),
    }
    handouts.mkdir()
    print_pages(pages, program)
    archive = shutil.make_archive(str(whole), "zip", PLACE, whole.name)
    print(f"{Path(archive).relative_to(ROOT)}: {Path(archive).stat().st_size / 1e6:.1f} MB")
    return 0


def told(notebook: Path) -> dict[str, str]:
    """Return what a student's notebook says it was made from."""
    return json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["exercises"]


def write_questions(folder: Path) -> None:
    """Write the self-checks of the pages, and the bank that is on no page, in both formats."""
    chapters = sorted((ROOT / "book" / "exercises").glob("*.md"))
    banks = {
        "self-checks": [question for path in chapters for question in questions.read(path)],
        "bank": questions.read(SOURCES / "questions.md"),
    }
    for name, bank in banks.items():
        (folder / f"{name}.gift").write_text(questions.gift(bank, name), encoding="utf-8")
        questions.qti(bank, folder / f"{name}.qti.zip")


# Handouts


def codebook(study: Study) -> str:
    """Return the codebook for recovery."""
    rows = study.codebook.query("question == 'recovery'")
    cells = rows[["label", "definition", "include", "exclude"]]
    return f"<h1>Codebook: what helps people recover</h1>{table(cells, WHAT)}"


WHAT = ["Theme", "What it means", "What counts", "What does not, and where it goes"]


def answers(study: Study) -> str:
    """Return some answers to code, of people spread evenly over the sample."""
    said = study.responses.query("question == 'recovery'").drop_duplicates("participant_id")
    chosen = said.iloc[:: len(said) // NUMBER_OF_ANSWERS].head(NUMBER_OF_ANSWERS)
    quotes = "".join(
        f'<div class="whole"><h2>{person}</h2><blockquote>{html.escape(text)}</blockquote></div>'
        for person, text in zip(chosen["participant_id"], chosen["text"], strict=True)
    )
    note = "<p>Nobody said this: the people and their words are made up. Code what is said.</p>"
    return f"<h1>Answers to code: can people recover, and what helps?</h1>{note}{quotes}"


def answer_sheet(study: Study) -> str:
    """Return a sheet to tick themes on, one row for each answer."""
    themes = study.codebook.query("question == 'recovery'")["label"]
    heads = "".join(f"<th>{html.escape(label)}</th>" for label in ["Answer", *themes, "None"])
    row = "<tr>" + '<td class="empty"></td>' * (len(themes) + 2) + "</tr>"
    note = (
        "<p>Name or alias: ____________________ Tick each theme once, however often it comes.</p>"
    )
    grid = f"<table><thead><tr>{heads}</tr></thead>{row * NUMBER_OF_ANSWERS}</table>"
    return f"<h1>Answer sheet</h1>{note}{grid}"


def audit_by_hand(study: Study) -> str:
    """Return printed numbers of the study with room to check each with a pocket calculator."""
    facts = study.facts.query("chapter == '02_demographics' and unit == '%'")
    first, *_ = study.omi_items[study.omi_items["t"] != ""].itertuples()
    women = int((study.omi["sex"] == "woman").sum())
    at = [f"{stats.t.isf(p / 2, float(first.df)):.2f}" for p in (0.05, 0.025, 0.01)]
    room = '<div class="room"></div>'
    tasks = [
        "<h2>1. Which whole number of people?</h2><p>Try "
        f"{len(study.participants)} people, and {study.participants['patient_contact'].sum()}. "
        "Not every percentage fits one of the two.</p>"
        + table(
            facts[["label", "printed"]].assign(a="", b=""),
            ["Printed", "%", "People of all", "People of those asked"],
        ),
        "<h2>2. Can the mean be?</h2><p>Women answer from 0 to 5 with a printed mean of "
        f"{first.mean_women}. For {women - 2}, {women - 1}, {women} and {women + 1} women: which "
        "whole sums of answers lie near, and what mean does each print, when digits are dropped?"
        f"</p>{room}",
        "<h2>3. How large can the SD be?</h2><p>With that mean, the answers that lie farthest "
        "apart are all 0 or 5. How many women must answer 5? Compute the SD of these answers and "
        f"compare it with the printed {first.sd_women}.</p>{room}",
        f"<h2>4. Which p?</h2><p>Printed: t = {first.t}, df = {first.df}, p = {first.p}. For so "
        f"many degrees of freedom, |t| above {at[0]} has p below .05, above {at[1]} below .025 and "
        f"above {at[2]} below .01. What can p be, and does any decision change?</p>{room}",
        "<h2>5. Two sentences to the authors</h2><p>What you found, and what would settle it.</p>"
        f"{room}",
    ]
    parts = "".join(f'<div class="whole">{task}</div>' for task in tasks)
    return f"<h1>The audit, by hand</h1>{parts}"


def table(frame: object, heads: list[str]) -> str:
    """Return a frame as a table of HTML."""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    rows = "".join(
        f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>"
        for row in frame.itertuples(index=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def rendered(markdown: str) -> str:
    """Return Markdown as HTML."""
    from markdown_it import MarkdownIt

    return MarkdownIt().enable("table").render(markdown)


def print_pages(pages: dict[Path, str], program: str) -> None:
    """Print each page into its file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        for path, body in pages.items():
            page.set_content(
                f'<!doctype html><html lang="en"><style>{STYLE}</style><body>{body}</body></html>'
            )
            page.pdf(path=path, tagged=True, outline=True, **PAPER)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
