import unicodedata
from collections import Counter
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from wordcloud import STOPWORDS, WordCloud

from helpers import words
from helpers.compute.words import cloud, frequencies, in_context, keyness, stop_words
from helpers.load import load_study

ANSWERS = load_study().responses
RECOVERY = ANSWERS[ANSWERS["question"].eq("recovery")].set_index("participant_id")["text"]


def counted(texts, **options):
    """Return how often each word is counted."""
    table = frequencies(texts, **options)
    return dict(zip(table["word"], table["n"], strict=True))


# Frequencies


def test_counts_as_wordcloud_does():
    other = WordCloud(
        stopwords=stop_words(), collocations=False, normalize_plurals=False, regexp=r"\w+(?:'\w+)*"
    )
    assert counted(ANSWERS["text"]) == other.process_text(" ".join(ANSWERS["text"]).lower())


def test_counts_words_and_people():
    table = frequencies(["Family, family and FAMILY!", "A family; the clinic.", "No clinic", ""])
    assert table.to_dict("list") == {
        "word": ["family", "clinic"],
        "n": [4, 2],
        "people": [2, 2],
        "share": [0.5, 0.5],
    }


def test_equal_words_stand_in_alphabetical_order():
    assert frequencies(["pear apple pear fig apple fig"])["word"].tolist() == [
        "apple",
        "fig",
        "pear",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The patient's sister", {"patient": 1, "sister": 1}),
        ("She doesn\N{RIGHT SINGLE QUOTATION MARK}t relapse", {"relapse": 1}),
        ("They say 'relapse', 'the dose'", {"say": 1, "relapse": 1, "dose": 1}),
        ("in 2019 on the 12th of 300 days", {"12th": 1, "days": 1}),
        ("twenty-three weeks", {"weeks": 1}),
        ("dose\u2014dose\n\tdose", {"dose": 3}),
        ("", {}),
    ],
)
def test_what_a_word_is(text, expected):
    assert counted([text]) == expected


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_spanish(form):
    texts = ["La adhesión al tratamiento; sin adhesión no hay recuperación.", "SU ADHESIÓN"]
    texts = [unicodedata.normalize(form, text) for text in texts]
    assert frequencies(texts, language="es").to_dict("list") == {
        "word": ["adhesión", "recuperación", "tratamiento"],
        "n": [3, 1, 1],
        "people": [2, 1, 1],
        "share": [1.0, 0.5, 0.5],
    }


@pytest.mark.parametrize(
    ("text", "phrases", "expected"),
    [
        ("Support network, no support", ["support network"], {"support network": 1, "support": 1}),
        ("a support\nnetwork's help", ["support network"], {"support network": 1, "help": 1}),
        ("support networks", ["support network"], {"support": 1, "networks": 1}),
        ("support. Network", ["support network"], {"support": 1, "network": 1}),
        ("unsupport network", ["support network"], {"unsupport": 1, "network": 1}),
        ("social support network", ["support network", "social support network"], None),
        ("support network abroad", ["support network", "support network abroad"], None),
        ("C.B.T. sessions", ["c.b.t. sessions"], {"c.b.t. sessions": 1}),
    ],
)
def test_phrases_are_kept_whole(text, phrases, expected):
    assert counted([text], phrases=phrases) == (expected or {phrases[-1]: 1})


def test_a_phrase_may_hold_stop_words():
    assert counted(["Una red de apoyo y otra red"], language="es", phrases=["Red de apoyo"]) == {
        "red": 1,
        "red de apoyo": 1,
    }


def test_lemmas_are_the_callers():
    texts = ["one family", "two families, support networks", "a family"]
    lemmas = {"families": "family", "support networks": "support network"}
    table = frequencies(texts, phrases=["support networks"], lemmas=lemmas).set_index("word")
    assert table["n"].to_dict() == {"family": 3, "support network": 1}
    assert table.loc["family", "people"] == 3


def test_no_texts_give_no_rows():
    assert frequencies([]).columns.tolist() == ["word", "n", "people", "share"]
    assert frequencies([]).empty


@pytest.mark.parametrize("of", [stop_words, lambda language: frequencies(["mot"], language)])
def test_a_language_without_list_is_an_error(of):
    with pytest.raises(ValueError, match="no stop words for 'fr'; there are lists for en, es"):
        of("fr")


def test_stop_words():
    assert stop_words("en") > STOPWORDS
    assert {"with", "without", "towards"} < stop_words("en")
    assert {"con", "sin", "según", "qué"} < stop_words("es")
    for language in ["en", "es"]:
        assert all(
            word == unicodedata.normalize("NFC", word.lower()) for word in stop_words(language)
        )


speech = st.lists(
    st.text(st.sampled_from("aábcñ '’,.\n1A") | st.characters(codec="utf-8"), max_size=40),
    max_size=6,
)


@given(speech, speech)
def test_frequencies_add_up(some, more):
    table = frequencies(some + more)
    assert (table["people"] <= table["n"]).all()
    assert (table["people"] >= 1).all()
    assert (table["share"] <= 1).all()
    assert table["word"].is_unique
    assert not stop_words() & set(table["word"])
    assert Counter(counted(some)) + Counter(counted(more)) == counted(some + more)
    assert table.equals(frequencies(more + some))
    keys = list(zip(-table["n"], table["word"], strict=True))
    assert keys == sorted(keys)


# Keyness


@pytest.mark.parametrize(
    ("cells", "published"),
    [((110, 2442, 111, 29114), 270.72), ((29, 123, 13, 31612), 263.90)],
)
def test_log_likelihood_of_dunning_1993(cells, published):
    a, b, rest_a, rest_b = cells
    found = keyness(["swiss " * a + "beer " * rest_a], ["swiss " * b + "beer " * rest_b])
    assert found["g2"].round(2).tolist() == [published] * 2


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=5))
def test_log_likelihood_is_that_of_scipy(pairs):
    named = {f"w{i}": pair for i, pair in enumerate(pairs)} | {"rest": (3, 5)}
    texts = [" ".join((word + " ") * pair[side] for word, pair in named.items()) for side in (0, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "_DEALS", 9)
        found = keyness(texts[:1], texts[1:]).set_index("word")
    a, b = (sum(pair[side] for pair in named.values()) for side in (0, 1))
    for word, row in found.iterrows():
        table = [[row["n_a"], row["n_b"]], [a - row["n_a"], b - row["n_b"]]]
        if np.all(np.sum(table, axis=1)):
            expected = chi2_contingency(table, correction=False, lambda_="log-likelihood")
            assert row["g2"] == pytest.approx(expected.statistic, abs=1e-8)
        rates = [(n or 0.5) / total for n, total in ((row["n_a"], a), (row["n_b"], b))]
        assert row["log_ratio"] == pytest.approx(np.log2(rates[0] / rates[1]))
        assert tuple(row[["n_a", "n_b"]]) == named[word]


def test_p_is_the_share_of_ways_to_deal_people_out():
    texts = ["hope hope work", "hope money", "hope work", "money work work", "money", "work dose"]
    columns = ["dose", "hope", "money", "work"]
    uses = np.array([[text.split().count(word) for word in columns] for text in texts])

    def statistic(a):
        n_a, n = uses[list(a)].sum(axis=0), uses.sum(axis=0)
        others = np.array([n_a, n - n_a, n_a.sum() - n_a, (n - n_a).sum() - (n - n_a)])
        tables = others.T.reshape(-1, 2, 2)
        return np.array(
            [chi2_contingency(t, correction=False, lambda_="log-likelihood")[0] for t in tables]
        )

    every = np.array([statistic(a) for a in combinations(range(6), 3)])
    real = statistic((0, 1, 2)) - 1e-9
    found = keyness(texts[:3], texts[3:]).set_index("word").loc[columns]
    # Four standard errors of a share of 2,000.
    np.testing.assert_allclose(found["p"], (every >= real).mean(axis=0), atol=0.045)
    adjusted = (every.max(axis=1)[:, None] >= real).mean(axis=0)
    np.testing.assert_allclose(found["p_adjusted"], adjusted, atol=0.045)


def test_one_person_who_repeats_a_word_shows_nothing():
    some = ["tianguis " * 40, *["family clinic"] * 9]
    found = keyness(some, ["family clinic"] * 10).set_index("word").loc["tianguis"]
    assert found["g2"] > 20  # chi-squared would have p < .00001
    assert found["people_a"] == 1
    assert found["p"] > 0.9


def test_a_word_that_a_whole_group_uses_shows():
    found = keyness(["hope clinic"] * 10, ["cure clinic"] * 10).set_index("word")
    assert (found.loc[["hope", "cure"], "p_adjusted"] < 0.01).all()
    assert (found["p_adjusted"] >= found["p"]).all()
    assert found.loc["hope", "log_ratio"] > 0 > found.loc["cure", "log_ratio"]


def test_groups_dealt_at_random_rarely_differ(monkeypatch):
    monkeypatch.setattr(words, "_DEALS", 199)
    rng = np.random.default_rng(3)
    smallest = []
    for _ in range(60):
        order = rng.permutation(RECOVERY.to_numpy())[:40]
        smallest.append(keyness(order[:15], order[15:])["p_adjusted"].min())
    # 3 of 60 are expected; 9 or more have a chance of .2%.
    assert sum(p <= 0.05 for p in smallest) < 9


def test_keyness_is_the_same_every_time_and_mirrors():
    some, others = RECOVERY.iloc[:12], RECOVERY.iloc[12:30]
    options = {"phrases": ["support network"], "lemmas": {"disorders": "disorder"}}
    first = keyness(some, others, **options)
    pd.testing.assert_frame_equal(first, keyness(some, others, **options))
    back = keyness(others, some, **options).set_index("word").loc[first["word"]]
    np.testing.assert_allclose(back["g2"], first["g2"], atol=1e-8)
    np.testing.assert_allclose(back["log_ratio"], -first["log_ratio"])
    both = Counter(counted(some, **options)) + Counter(counted(others, **options))
    assert dict(zip(first["word"], first["n_a"] + first["n_b"], strict=True)) == both


@pytest.mark.parametrize(("some", "others"), [([], ["hope"]), (["hope"], ["the"]), ([], [])])
def test_keyness_needs_words_on_both_sides(some, others):
    with pytest.raises(ValueError, match="words in both groups"):
        keyness(some, others)


# In context


@pytest.mark.parametrize("word", ["family", "medication", "support network", "years"])
def test_every_counted_use_is_shown_in_its_text(word):
    found = in_context(RECOVERY, word.upper())
    assert len(found) == counted(RECOVERY, phrases=[word])[word]
    for row in found.itertuples():
        assert row.left + row.word + row.right in " ".join(RECOVERY[row.person].split())
        assert row.word.lower().removesuffix("'s") == word
        assert len(row.left.split()) <= 7
        assert len(row.right.split()) <= 7


@pytest.mark.parametrize(
    ("text", "width", "sides"),
    [
        ("one two family, three four", 1, ("two ", ", three")),
        ("one two family, three four", 9, ("one two ", ", three four")),
        ("say 'family' again and again", 1, ("say '", "' again")),
        ("family", 2, ("", "")),
    ],
)
def test_as_many_words_as_asked_for(text, width, sides):
    row = in_context(pd.Series({"P01": text}), "family", width).iloc[0]
    assert (row["left"], row["right"]) == sides


def test_parts_of_words_are_no_uses():
    texts = pd.Series({"P01": "unfamily familyhood", "P02": "the family's house"})
    assert in_context(texts, "family")["person"].tolist() == ["P02"]
    assert in_context(texts, "nowhere").columns.tolist() == ["person", "left", "word", "right"]


# Cloud


def test_cloud_is_laid_out_the_same_every_time():
    counts = frequencies(RECOVERY, phrases=["support network"])
    first, second, other = (cloud(counts, seed=seed).layout_ for seed in (1, 1, 2))
    assert first == second
    assert [place for _, _, place, *_ in first] != [place for _, _, place, *_ in other]


def test_cloud_shows_the_most_frequent_words_sized_by_the_root():
    counts = frequencies(RECOVERY, phrases=["support network"])
    layout = cloud(counts, words=40).layout_
    assert [word for (word, _), *_ in layout] == counts["word"].head(40).tolist()
    sizes = np.array([size for _, size, *_ in layout])
    expected = sizes[0] * np.sqrt(counts["n"].head(40) / counts["n"].iloc[0])
    np.testing.assert_allclose(sizes, expected, rtol=0.15)
    assert all(turned is None for _, _, _, turned, _ in layout)


def test_words_of_the_cloud_do_not_overlap():
    laid_out = cloud(frequencies(RECOVERY))
    together = np.asarray(laid_out.to_image())[:, :, 3] > 127
    alone = np.zeros(together.shape, dtype=int)
    for place in list(laid_out.layout_):
        laid_out.layout_ = [place]
        alone += np.asarray(laid_out.to_image())[:, :, 3] > 127
    assert alone.max() == 1
    assert (alone > 0).sum() == together.sum()


def test_cloud_of_few_words():
    for counts in product([["family"], ["family clinic"]], [3, 40]):
        assert cloud(frequencies(counts[0] * counts[1])).layout_
    with pytest.raises(ValueError, match="at least 1 word"):
        cloud(frequencies(["the"]))
