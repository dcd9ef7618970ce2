"""Time the counting of words and themes in ever more answers; ends 1 above 20 s for the most."""

import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.compute.themes import theme_counts
from helpers.compute.words import frequencies, stop_words
from helpers.load import load_study

SIZES, WORDS, LIMIT = [10_000, 50_000, 100_000], 55, 20.0
FORMS = {"support network": "support network", "treatment adherence": "treatment adherence"}


# Half function words, half others as rare as words are (Zipf), with commas as in speech.
def main() -> int:
    """Time ever more answers and return whether the most took too long."""
    rng = np.random.default_rng(1)
    function_words = np.array(sorted(stop_words()))
    shape = (SIZES[-1], WORDS)
    spoken = np.where(
        rng.random(shape) < 0.5,
        rng.choice(function_words, shape),
        np.char.add("word", rng.zipf(1.5, shape).clip(max=99_999).astype(str)),
    )
    spoken[:, 20:22] = ["support", "network,"]
    texts = [" ".join(answer) for answer in spoken]

    study = load_study()
    theme_counts(study, "recovery")  # imports statsmodels
    themes = study.codebook.loc[study.codebook["question"].eq("recovery"), "theme"]
    people = [f"P{i:06}" for i in range(SIZES[-1])]

    for size in SIZES:
        start = time.perf_counter()
        frequencies(texts[:size], forms=FORMS)
        words = time.perf_counter() - start

        given = pd.DataFrame({"participant_id": people[:size], "question": "recovery"})
        responses = given.assign(text=texts[:size])
        codings = given.loc[np.repeat(np.arange(size), 3)].assign(
            coder="consensus", theme=rng.choice(themes, 3 * size), start=0, end=1
        )
        larger = replace(study, responses=responses, codings=codings)
        start = time.perf_counter()
        theme_counts(larger, "recovery")
        seconds = words + time.perf_counter() - start
        print(f"{size:>7,} answers: words {words:.1f} s, with themes {seconds:.1f} s")
    print(f"limit {LIMIT:.0f} s")
    return int(seconds > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
