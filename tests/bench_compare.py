"""Time eleven items on a million rows; ends 1 above five seconds."""

import sys
import time

import numpy as np
import pandas as pd

from helpers.compute.compare import two_groups

ROWS, ITEMS, LIMIT = 1_000_000, 11, 5.0


def main() -> float:
    """Return the seconds that the comparison takes, imports of scipy and statsmodels included."""
    rng = np.random.default_rng(1)
    answers = pd.DataFrame(
        {"sex": rng.choice(["woman", "man"], ROWS)}
        | {f"item_{i + 1:02}": pd.array(rng.integers(0, 6, ROWS), "Int64") for i in range(ITEMS)}
    )
    answers.iloc[::50, 1:] = pd.NA
    start = time.perf_counter()
    two_groups(answers, list(answers.columns[1:]), "sex", {"woman": "women", "man": "men"})
    return time.perf_counter() - start


if __name__ == "__main__":
    seconds = main()
    print(f"two_groups: {ITEMS} items x {ROWS:,} rows in {seconds:.2f} s (limit {LIMIT:.0f} s)")
    sys.exit(seconds > LIMIT)
