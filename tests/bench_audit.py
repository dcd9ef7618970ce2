"""Time the audit: the search for group sizes, wide scales, and SPRITE beside others.

The others are pysprite and an exhaustive search in plain Python. Run by `make bench`; prints
medians and the ratios of medians.
"""

from collections.abc import Callable
from itertools import combinations_with_replacement
from pathlib import Path
from statistics import mean, median, stdev
from time import perf_counter

import pandas as pd
from pysprite import Sprite

import audit
from audit.grim import has_answers
from audit.printed import interval

ITEMS = Path(__file__).parents[1] / "data" / "published" / "omi_items.csv"
DRAWS = 1000
PAIRS = [("2.78", "2.30"), ("2.40", "1.25"), ("2.50", "1.50")]
SMALL = ("2.45", "1.50", 20)  # what plain Python can search: 53,130 samples of twenty people
WIDE = [("60.00", "33.33"), ("60.00", "60.37"), ("80.57", "56.72")]


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Return the median time of some runs, after a first one that does not count."""
    forget()
    work()
    times = []
    for _ in range(runs):
        forget()
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def forget() -> None:
    """Empty what is kept between calls."""
    for kept in (has_answers, interval):
        kept.cache_clear()


def pysprite_draws(mean: str, sd: str) -> None:
    sampler = Sprite(60, float(mean), float(sd), 2, 2, 0, 5)
    result, found, _ = sampler.find_possible_distributions(DRAWS, "random", max_iter=10**7)
    assert result == "Success"
    assert len(found) == DRAWS


def exhaustive(printed_mean: str, printed_sd: str, n: int) -> int:
    """Count the samples with this mean and SD, one by one, as Python without numpy would."""
    return sum(
        f"{mean(sample):.2f}" == printed_mean and f"{stdev(sample):.2f}" == printed_sd
        for sample in combinations_with_replacement(range(6), n)
    )


def main() -> None:
    items = pd.read_csv(ITEMS, dtype="string")
    for digits in ("rounded", "dropped", "either"):
        time = seconds(
            lambda digits=digits: audit.splits(
                items, {"women": range(30, 81), "men": range(15, 66)}, digits=digits
            )
        )
        print(f"splits, 2,601 pairs of group sizes, {digits:<7}  {time:7.3f} s")
    for sd in WIDE:
        time = seconds(lambda sd=sd: audit.grimmer(*sd, 80, 0, 120))
        print(f"GRIMMER, 0 to 120, n = 80, M = {sd[0]}, SD = {sd[1]}  {time:7.4f} s")
    ours = seconds(lambda: audit.answers(*SMALL))
    theirs = seconds(lambda: exhaustive(*SMALL), runs=1)
    assert len(audit.answers(*SMALL)) == exhaustive(*SMALL)
    line = f"every answer, n = {SMALL[2]}, M = {SMALL[0]}, SD = {SMALL[1]}  {ours:7.4f} s"
    print(f"{line}; plain Python {theirs:7.3f} s, {theirs / ours:,.0f} times as long")
    for mean_, sd in PAIRS:
        ours = seconds(lambda mean_=mean_, sd=sd: audit.sprite(mean_, sd, 60, draws=DRAWS))
        line = f"SPRITE, {DRAWS:,} draws, n = 60, M = {mean_}, SD = {sd}  {ours:7.4f} s"
        theirs = seconds(lambda mean_=mean_, sd=sd: pysprite_draws(mean_, sd), runs=3)
        print(f"{line}; pysprite {theirs:7.3f} s, {theirs / ours:,.0f} times as long")


if __name__ == "__main__":
    main()
