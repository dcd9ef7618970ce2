"""Time the audit: the search for group sizes, and SPRITE beside pysprite if it is installed.

Run by `make bench`; prints medians and, for SPRITE, the ratio of the medians.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import pandas as pd

import audit
from audit.grim import has_answers
from audit.printed import interval

ITEMS = Path(__file__).parents[1] / "data" / "published" / "omi_items.csv"
DRAWS = 1000
PAIRS = [("2.78", "2.30"), ("2.40", "1.25"), ("2.50", "1.50")]


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Return the median time of some runs, after a first one that does not count."""
    work()
    times = []
    for _ in range(runs):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def search(digits: str) -> None:
    items = pd.read_csv(ITEMS, dtype="string")
    has_answers.cache_clear()
    interval.cache_clear()
    audit.splits(items, women=range(30, 81), men=range(15, 66), digits=digits)


def pysprite_draws(mean: str, sd: str) -> None:
    from pysprite import Sprite

    sampler = Sprite(60, float(mean), float(sd), 2, 2, 0, 5)
    result, found, _ = sampler.find_possible_distributions(DRAWS, "random", max_iter=10**7)
    assert result == "Success"
    assert len(found) == DRAWS


def main() -> None:
    for digits in ("rounded", "dropped", "either"):
        time = seconds(lambda digits=digits: search(digits))
        print(f"splits, 2,601 pairs of group sizes, {digits:<7}  {time:7.3f} s")
    theirs_too = importlib.util.find_spec("pysprite") is not None
    for mean, sd in PAIRS:
        ours = seconds(lambda mean=mean, sd=sd: audit.sprite(mean, sd, 60, draws=DRAWS))
        line = f"SPRITE, {DRAWS:,} draws, n = 60, M = {mean}, SD = {sd}  {ours:7.4f} s"
        if theirs_too:
            theirs = seconds(lambda mean=mean, sd=sd: pysprite_draws(mean, sd), runs=3)
            line += f"; pysprite {theirs:7.3f} s, {theirs / ours:,.0f} times as long"
        print(line)
    if not theirs_too:
        print("pysprite is not installed: pip install pysprite to time it beside ours")


if __name__ == "__main__":
    main()
