"""What tests of the books of other studies share: made-up studies, and their books."""

import html
import re
import subprocess
import sys
from pathlib import Path

import foreign

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
