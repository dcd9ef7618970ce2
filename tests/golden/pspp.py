"""Usage: python pspp.py answers.csv results.csv.

Runs PSPP on the answers and gathers what its tables say. PSPP shows p values with three decimals
only, so a second run takes them from its own distribution functions.
"""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

# E and not F, so that a small figure has as many significant digits as a large one.
READ = """
SET DECIMAL=DOT.
SET FORMAT=E40.16.
GET DATA /TYPE=TXT /FILE='{file}' /ARRANGEMENT=DELIMITED /DELIMITERS=',' /FIRSTCASE=2
  /VARIABLES={variables}.
"""
TESTS = """
T-TEST GROUPS=sex('woman','man') /VARIABLES={items} /MISSING=ANALYSIS /CRITERIA=CI(.95).
NPAR TESTS /MANN-WHITNEY={items} BY sex('woman','man') /MISSING=ANALYSIS.
"""
P_VALUES = """
COMPUTE levene_p = SIG.F(levene_f, 1, student_df).
COMPUTE student_p = 2 * CDF.T(-ABS(student_t), student_df).
COMPUTE welch_p = 2 * CDF.T(-ABS(welch_t), welch_df).
FORMATS levene_p student_p welch_p (E40.16).
LIST levene_p student_p welch_p.
"""
FIGURES = ["levene_f", "student_t", "student_df", "welch_t", "welch_df"]


def pspp(syntax: str) -> dict[str, list[list[str]]]:
    """Run the syntax and return the rows of each table by its title."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "run.sps"), Path(folder, "run.csv")
        source.write_text(syntax)
        command = ["pspp", "-o", str(output), "-O", "format=csv", str(source)]
        subprocess.run(command, check=True)
        tables: dict[str, list[list[str]]] = {}
        for block in output.read_text().strip().split("\n\n"):
            title, *rows = csv.reader(block.splitlines())
            tables[title[0].removeprefix("Table: ")] = rows
        return tables


def formats(names: Iterable[str]) -> str:
    """Return the variables with their formats; words have the names that words have."""
    return " ".join(f"{n} {'A20' if n in ('participant_id', 'sex') else 'F40.16'}" for n in names)


def main(answers: Path, results: Path) -> None:
    """Run the tests, then the p values of what they gave, and write one row an item."""
    with answers.open() as file:
        names = next(csv.reader(file))
    items = [name for name in names if name.startswith("item_")]
    syntax = READ.format(file=answers, variables=formats(names))
    tables = pspp(syntax + TESTS.format(items=" ".join(items)))

    found: dict[str, dict[str, str]] = {item: {"item": item} for item in items}
    for women, men in zip(*[iter(tables["Group Statistics"][1:])] * 2, strict=True):
        for name, row in (("women", women), ("men", men)):
            keys = (f"n_{name}", f"mean_{name}", f"sd_{name}")
            found[women[0]].update(zip(keys, row[2:5], strict=True))
    for equal, unequal in zip(*[iter(tables["Independent Samples Test"][3:])] * 2, strict=True):
        found[equal[0]] |= {"levene_f": equal[2], "diff": equal[7]}
        for name, row in (("student", equal), ("welch", unequal)):
            keys = (f"{name}_t", f"{name}_df", f"{name}_low", f"{name}_high")
            found[equal[0]].update(zip(keys, (row[4], row[5], row[9], row[10]), strict=True))
    for women in tables["Ranks"][1::3]:
        found[women[0]]["rank_sum_women"] = women[4]

    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder, "figures.csv")
        with figures.open("w") as file:
            csv.writer(file).writerows(
                [FIGURES, *([r[f] for f in FIGURES] for r in found.values())]
            )
        tables = pspp(READ.format(file=figures, variables=formats(FIGURES)) + P_VALUES)
    keys, *rows = tables["Data List"]
    for item, row in zip(items, rows, strict=True):
        found[item].update(zip(keys, row, strict=True))

    with results.open("w") as file:
        writer = csv.DictWriter(file, list(found[items[0]]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found.values())


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
