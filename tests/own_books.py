"""What tests of the books of other studies share: made-up studies, and their books."""

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import foreign
import pandas as pd
import pytest

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


def load(own):
    """Load a study as the build of its book does, which names its folder in STUDY_DATA."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STUDY_DATA", str(own))
        return load_study()


def add_facts(own, recipes, printed="1"):
    """Give a study printed numbers: by name, the table, statistic, column and condition of each."""
    described = json.loads((ROOT / "data" / "datapackage.json").read_text())["resources"]
    facts = next(table for table in described if table["name"] == "facts") | {"path": "facts.csv"}
    package = json.loads((own / "datapackage.json").read_text())
    package["resources"].append(facts)
    (own / "datapackage.json").write_text(json.dumps(package))
    names = [field["name"] for field in facts["schema"]["fields"]]
    rows = [
        dict.fromkeys(names, "")
        | {"fact_id": f"F{n}", "label": name, "printed": printed, "status": "reported"}
        | {"chapter": "scale", "section": "Results"}
        | dict(zip(["table", "statistic", "column", "where"], recipe, strict=True))
        for n, (name, recipe) in enumerate(recipes.items())
    ]
    pd.DataFrame(rows).to_csv(own / "facts.csv", index=False)


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
