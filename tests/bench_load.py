"""Time the loading of ever more people; ends 1 above 1 s for 1,000 or 5 s for 10,000."""

import json
import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from helpers.compute import scorecard
from helpers.load import load_study

DATA = Path(__file__).parents[1] / "data"
LIMITS = {100: 1.0, 1_000: 1.0, 10_000: 5.0}  # seconds


def write_people(folder: Path, number: int) -> None:
    """Write a study of so many people, drawn with all their rows from those of the book.

    What the paper prints and these people do not give is left without a recipe to compute it.
    """
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("__pycache__"))
    package = folder / "datapackage.json"
    described = json.loads(package.read_text(encoding="utf-8"))
    for resource in described["resources"]:
        for field in resource["schema"]["fields"]:
            if field["name"] == "participant_id":
                field["constraints"].pop("pattern", None)
    package.write_text(json.dumps(described), encoding="utf-8")
    ids = [f"P{i:05}" for i in range(1, number + 1)]
    people = pd.read_csv(DATA / "study" / "participants.csv")["participant_id"]
    drawn = pd.DataFrame(
        {"participant_id": people.sample(number, replace=True, random_state=1), "new": ids}
    )
    for path in sorted((folder / "study").glob("*.csv")):
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        more = drawn.merge(rows, on="participant_id")
        more = more.assign(participant_id=more["new"])[list(rows)]
        more.to_csv(path, index=False, lineterminator="\n")
    study = load_study(folder)
    board = scorecard.compare(study.facts, scorecard.compute(study)).set_index("fact_id")
    facts = pd.read_csv(folder / "published" / "facts.csv", dtype=str, keep_default_na=False)
    differs = facts["fact_id"].isin(board.index[board["verdict"] == "differs"])
    facts.loc[differs, ["table", "statistic", "column", "where", "base"]] = ""
    facts.to_csv(folder / "published" / "facts.csv", index=False, lineterminator="\n")


def main() -> int:
    """Load each study twice, the second time as found in order before, and print the seconds."""
    load_study(DATA)  # what it imports takes as long for one person
    too_slow = False
    with TemporaryDirectory() as place:
        os.environ["STUDY_CHECKED"] = str(Path(place, "checked"))
        for number, limit in LIMITS.items():
            folder = Path(place, str(number))
            write_people(folder, number)
            seconds = []  # of the processor, as others may use the machine
            for _ in range(2):
                start = time.process_time()
                study = load_study(folder)
                seconds.append(time.process_time() - start)
            rows = sum(len(getattr(study, r["name"])) for r in study.package["resources"])
            print(
                f"{number:>6,} people, {rows:>7,} rows: {seconds[0]:.2f} s "
                f"(limit {limit:g} s), {seconds[1]:.2f} s once checked"
            )
            too_slow |= seconds[0] > limit
    return int(too_slow)


if __name__ == "__main__":
    sys.exit(main())
