"""Write random.csv: 60 items of many kinds in the layout of data/study/omi.csv, seeded.

Each item has its own group sizes, scale, shape and missing answers; the shorter ones leave the
rest of their column empty, so that every test also has to drop missing answers.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

Draw = Callable[[np.random.Generator, int, float, float], np.ndarray]

# Each draws n answers of a group, given its shift and its spread in units of the first group's.
KINDS: dict[str, Draw] = {
    "six-point": lambda r, n, m, s: (2.5 + m + 1.2 * s * r.normal(size=n)).round().clip(0, 5),
    "two-peaked": lambda r, n, m, s: np.where(
        r.random(n) < 0.4 + m / 5, r.integers(4, 6, n), r.binomial(2, 0.3 * s / 3, n)
    ).astype(float),
    "yes or no": lambda r, n, m, s: r.binomial(1, 0.3 + m / 4, n).astype(float),
    "mostly zero": lambda r, n, m, s: r.poisson(0.5 + m + s / 4, n).astype(float),
    "skewed": lambda r, n, m, s: np.exp(m + s * r.normal(size=n)).round(2),
    "full precision": lambda r, n, m, s: m + s * r.normal(size=n),
    "far from zero": lambda r, n, m, s: (1000 + m + s * r.normal(size=n)).round(3),
    "negative": lambda r, n, m, s: -(5 * r.exponential(m + s, n)).round(1),
    "tiny": lambda r, n, m, s: 1e-6 * (m + s * r.standard_t(3, n)),
    "huge": lambda r, n, m, s: 1e6 * (m + s * r.uniform(size=n)).round(4),
}


def answers(rng: np.random.Generator, draw: Draw, shift: float, spread: float) -> np.ndarray:
    """Draw one group's answers, some of them missing, at least three different deviations left."""
    while True:
        values = draw(rng, int(np.exp(rng.uniform(np.log(4), np.log(200)))), shift, spread)
        values[rng.random(values.size) < rng.uniform(0, 0.3)] = np.nan
        given = values[~np.isnan(values)]
        if given.size > 2 and np.ptp(np.abs(given - given.mean())) > 1e-9 * np.ptp(given) > 0:
            return values


def main() -> None:
    """Draw the items and write them side by side, women above men."""
    rng = np.random.default_rng(20230411)
    columns = {"woman": {}, "man": {}}
    for number in range(60):
        name, draw = f"item_{number + 1:02}", list(KINDS.values())[number % len(KINDS)]
        columns["woman"][name] = pd.Series(answers(rng, draw, 0.5, 1.0))
        shift, spread = rng.uniform(0, 1), rng.choice([1.0, rng.uniform(0.3, 3)])
        columns["man"][name] = pd.Series(answers(rng, draw, shift, spread))
    table = pd.concat({sex: pd.DataFrame(items) for sex, items in columns.items()}, names=["sex"])
    table.droplevel(1).to_csv(Path(__file__).with_name("random.csv"), lineterminator="\n")


if __name__ == "__main__":
    main()
