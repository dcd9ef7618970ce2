"""Write a study of more people than the book has, to see how the book grows with them."""

import json
import shutil
from pathlib import Path

import pandas as pd
from execute import ROOT

from helpers.compute import scorecard
from helpers.load import load_study

DATA = ROOT / "data"


def write(folder: Path, number: int) -> None:
    """Write a study of so many people, drawn with all their rows from those of the book.

    The paper's numbers stay. Those that these people do not give cannot be of the same people as
    the printed number of people, and the facts say so.
    """
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("__pycache__"))
    package = folder / "datapackage.json"
    described = json.loads(package.read_text(encoding="utf-8"))
    for resource in described["resources"]:
        for field in resource["schema"]["fields"]:
            if field["name"] == "participant_id":
                field["constraints"].pop("pattern", None)
    package.write_text(json.dumps(described), encoding="utf-8")
    people = _read(DATA / "study" / "participants.csv")["participant_id"]
    drawn = pd.DataFrame(
        {
            "participant_id": people.sample(number, replace=True, random_state=1),
            "new": [f"P{i:05}" for i in range(1, number + 1)],
        }
    )
    for path in sorted((folder / "study").glob("*.csv")):
        rows = _read(path)
        more = drawn.merge(rows, on="participant_id")
        _write(more.assign(participant_id=more["new"])[list(rows)], path)
    study = load_study(folder)
    board = scorecard.compare(study.facts, scorecard.compute(study)).set_index("fact_id")
    path = folder / "published" / "facts.csv"
    facts = _read(path).set_index("fact_id", drop=False)
    differing = board.index[board["verdict"] == "differs"]
    facts.loc[differing, "conflicts_with"] = "P1"  # how many people there are
    facts.loc["P1", "conflicts_with"] = "X1"
    _write(facts, path)


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
