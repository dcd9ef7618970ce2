"""Ask acro which cells it would suppress, and write acro_cells.csv.

It needs an environment of its own: `python3 -m venv DIR && DIR/bin/pip install acro==1.0.2`, then
`DIR/bin/python tests/golden/acro_cells.py`.
"""

import logging
from pathlib import Path

import acro
import numpy as np
import pandas as pd

logging.disable()
HERE = Path(__file__).parent
STUDY = HERE.parents[1] / "data" / "study"


def cells(session, name, rows, columns, values=None):
    """Give every cell of a table: how many people, and which checks it fails."""
    how = {"values": values, "aggfunc": "mean"} if values is not None else {}
    session.crosstab(rows, columns, **how)
    outcome = list(session.results.results.values())[-1].outcome
    counts = pd.crosstab(rows, columns)
    for row in counts.index:
        for column in counts.columns:
            inside = [] if values is None else values[(rows == row) & (columns == column)].dropna()
            checks = outcome.loc[row, column]
            yield (
                name,
                how.get("aggfunc", "count"),
                row,
                column,
                counts.loc[row, column],
                checks,
                (" ".join(f"{value:.6f}" for value in inside)),
            )


def main():
    """Check tables of the study and of random people, counts and means."""
    session = acro.ACRO(suppress=False)
    people = pd.read_csv(STUDY / "participants.csv")
    found = []
    for column in ["job_title", "work_setting", "recovery_opinion"]:
        known = people.dropna(subset=[column])
        found += cells(session, f"study {column}", known[column], known["sex"])
    rng = np.random.default_rng(4)
    for n in range(4):
        size = 30 * 3**n // 2
        ward = pd.Series(rng.choice(["a", "b", "c", "d"], size, p=[0.5, 0.3, 0.15, 0.05]), name="w")
        job = pd.Series(rng.choice(["x", "y", "z"], size, p=[0.6, 0.3, 0.1]), name="j")
        found += cells(session, f"random {n}", ward, job)
        pay = pd.Series(rng.pareto(0.15 + 0.1 * n, size) + 0.01, name="pay")
        found += [cell for cell in cells(session, f"pay {n}", ward, job, pay) if cell[4]]
    columns = ["table", "aggfunc", "row", "column", "n", "checks", "values"]
    pd.DataFrame(found, columns=columns).to_csv(HERE / "acro_cells.csv", index=False)


if __name__ == "__main__":
    main()
