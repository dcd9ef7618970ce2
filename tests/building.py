"""What tests of `make book` share: a book of two pages, and how it is built."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "tools" / "build.py"
CONFIG = Path(__file__).parents[1] / "book" / "_config.yml"
STUDY = """
import os
from types import SimpleNamespace
from pathlib import Path

PEOPLE = 95

class StudyError(ValueError):
    pass

def load_study():
    return SimpleNamespace(facts=Path(os.environ["STUDY_DATA"], "facts.csv").read_text())
"""
SETTINGS = """
title = "Tiny"
records = "synthetic"
private = false
"""
SCORECARD = """
import pandas as pd

def compute(study):
    return {}

def compare(facts, computed):
    fact_id, printed, verdict = facts.split(",")
    return pd.DataFrame({"fact_id": [fact_id], "label": ["people"], "printed": [printed],
                         "computed": ["95"], "verdict": [verdict], "note": [""]})
"""
INTRO = "# Intro\n\nSee {doc}`chapters/one` and {cite}`key`.\n\n```{bibliography}\n```\n"


def write_notebook(path, *cells):
    """Write a notebook: a title, then code cells."""
    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {path.stem}"}
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    numbered = [code | {"id": f"code-{i}", "source": cell} for i, cell in enumerate(cells)]
    notebook = {"cells": [title, *numbered], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


def write_project(root):
    """Write a small book with two chapters, its data and its helpers."""
    chapters = root / "book" / "chapters"
    helpers = root / "src" / "helpers"
    for folder in [chapters, helpers / "load", root / "data"]:
        folder.mkdir(parents=True)
    shutil.copy(CONFIG, root / "book")
    for folder in ["_ext", "_theme"]:
        shutil.copytree(CONFIG.parent / folder, root / "book" / folder)
    (root / "tools").symlink_to(PROGRAM.parent)
    (root / "book" / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n- file: chapters/one\n- file: chapters/two\n"
    )
    (root / "book" / "intro.md").write_text(INTRO)
    (root / "book" / "references.bib").write_text("@misc{key, title={Title}, author={A. Name}}")
    write_notebook(chapters / "one.ipynb", "from helpers.load.study import PEOPLE", "PEOPLE + 1")
    write_notebook(chapters / "two.ipynb", "print(6 * 7)")
    (root / "data" / "facts.csv").write_text("S.n,95,match")
    (root / "data" / "study.toml").write_text(SETTINGS)
    (root / "data" / "datapackage.json").write_text('{"resources": [{"path": "facts.csv"}]}')
    (helpers / "__init__.py").write_text("")
    (helpers / "load" / "__init__.py").write_text(
        "from helpers.load.study import StudyError, load_study"
    )
    (helpers / "load" / "study.py").write_text(STUDY)
    for module in ["files.py", "settings.py", "settings.schema.json"]:
        shutil.copy(CONFIG.parents[1] / "src" / "helpers" / "load" / module, helpers / "load")
    (helpers / "scorecard.py").write_text(SCORECARD)


def start(root, before="", program=PROGRAM, **settings):
    """Start a build of the project in a folder, after a shell command."""
    own = {"PYTHONPATH": str(root / "src"), "STUDY_DATA": str(root / "data")}
    return subprocess.Popen(
        ["sh", "-c", f'{before}\nexec "$@"', "sh", sys.executable, program, root / "book"],
        cwd=root,
        env=os.environ | own | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def build(root, **settings):
    """Build the project and return the exit status, what it said, and its complaints."""
    process = start(root, **settings)
    said, complaints = process.communicate(timeout=120)
    return process.returncode, said, complaints


def site_bytes(root):
    """Return a digest of every file of the built site, by path."""
    site = root / "book" / "_build" / "html"
    return {
        path.relative_to(site): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


def page(root, name):
    return (root / "book" / "_build" / "html" / name).read_text()


def is_running(process):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(process, 0)
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    return False


def wait_until(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("waited for a minute")
