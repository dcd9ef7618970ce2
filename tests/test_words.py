import unicodedata
from collections import Counter
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from scipy.stats import chi2_contingency
from wordcloud import WordCloud

from helpers import words
from helpers.compute.words import (
    cloud,
    contexts,
    declared,
    frequencies,
    in_context,
    key_terms,
    keyness,
    ranks,
    stop_words,
)
from helpers.load import load_study

STUDY = load_study()
ANSWERS = STUDY.responses
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
        ("They fear 'relapse', 'the dose'", {"fear": 1, "relapse": 1, "dose": 1}),
        ("in 2019 on the 12th of 300 days", {"12th": 1, "days": 1}),
        ("hospital-bound wards", {"hospital": 1, "bound": 1, "wards": 1}),
        ("dose\u2014dose\n\tdose", {"dose": 3}),
        ("", {}),
    ],
)
def test_what_a_word_is(text, expected):
    assert counted([text]) == expected


SPANISH = {
    "red de apoyo": "red de apoyo",
    "redes de apoyo": "red de apoyo",
    "curarse": "curar",
    "curan": "curar",
    "tomárselo": "tomar",
    "vecinas": "vecino",
    "vecinos": "vecino",
    "recuperación": "",
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("La adhesión al tratamiento. ¡SU ADHESIÓN!", {"adhesión": 2, "tratamiento": 1}),
        ("¿Curarse? No se curan, señora.", {"curar": 2, "señora": 1}),
        ("El niño, la niña, «la pingüina»", {"niño": 1, "niña": 1, "pingüina": 1}),
        ("Hay que tomárselo diario; dárselo, no", {"tomar": 1, "diario": 1, "dárselo": 1}),
        ("vecinas y vecinos: ¿quién más?", {"vecino": 2}),
        ("Una red de apoyo y otra red; redes de apoyo", {"red de apoyo": 2, "red": 1}),
        ("Sin recuperación no hay tratamiento", {"tratamiento": 1}),
        ("papá sí, papa no", {"papá": 1, "papa": 1}),
    ],
)
def test_spanish(form, text, expected):
    text = unicodedata.normalize(form, text)
    assert counted([text], language="es", forms=SPANISH) == expected


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("Support network, no apple", ["support network"], {"support network": 1, "apple": 1}),
        ("a support\nnetwork's care", ["support network"], {"support network": 1, "care": 1}),
        ("support networks", ["support network"], {"support": 1, "networks": 1}),
        ("support. Network", ["support network"], {"support": 1, "network": 1}),
        ("unsupport network", ["support network"], {"unsupport": 1, "network": 1}),
        ("social support network", ["support network", "social support network"], None),
        ("support network abroad", ["support network", "support network abroad"], None),
        ("C.B.T. sessions", ["c.b.t. sessions"], {"c.b.t. sessions": 1}),
    ],
)
def test_terms_are_kept_whole(text, terms, expected):
    forms = {term: term for term in terms}
    assert counted([text], forms=forms) == (expected or {terms[-1]: 1})


def test_a_term_may_hold_words_that_are_left_out():
    texts = ["What type of disorder, and which other disorders?"]
    forms = {"type of disorder": "type of disorder", "disorders": "", "disorder": ""}
    assert counted(texts, forms=forms) == {"type of disorder": 1}


def test_forms_are_counted_under_their_word():
    texts = ["one family", "two families, support networks", "a family"]
    forms = {"families": "family", "support networks": "support network"}
    table = frequencies(texts, forms=forms).set_index("word")
    assert table["n"].to_dict() == {"family": 3, "support network": 1}
    assert table.loc["family", "people"] == 3


def test_a_form_goes_out_with_its_word():
    assert "say" in stop_words()
    assert counted(["he mutters"], forms={"mutters": "say"}) == {}


def test_no_texts_give_no_rows():
    assert frequencies([]).columns.tolist() == ["word", "n", "people", "share"]
    assert frequencies([]).empty


@pytest.mark.parametrize("of", [stop_words, lambda language: frequencies(["mot"], language)])
def test_a_language_without_list_is_an_error(of):
    with pytest.raises(ValueError, match=r"no stop words for 'xx'; there are lists for .*en, .*es"):
        of("xx")


def test_stop_words():
    assert {"with", "without", "towards", "don't"} < stop_words("en")
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
    keys = list(zip(-table["people"], -table["n"], table["word"], strict=True))
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
    texts = ["hope hope rent", "hope money", "hope rent", "money rent rent", "money", "rent dose"]
    columns = ["dose", "hope", "money", "rent"]
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
    options = {"forms": declared(STUDY)}
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


@pytest.mark.parametrize("word", ["family", "medication", "support network", "schools"])
def test_every_counted_use_is_shown_in_its_text(word):
    found = in_context(RECOVERY, word.upper())
    assert len(found) == counted(RECOVERY, forms={word: word})[word]
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


def test_many_words_in_context_are_what_each_of_them_is_alone():
    spoken = ["family", "Family", "support network", "network", "nowhere"]
    found = contexts(RECOVERY, spoken, width=3, forms={"support network": "support network"})
    assert [*found] == spoken
    for word, uses in found.items():
        alone = in_context(RECOVERY, word, 3, {"support network": "support network"})
        assert uses.equals(alone)
    assert found["family"].equals(found["Family"])
    assert len(found["family"]) > 0


@pytest.mark.parametrize("language", STUDY.languages)
def test_every_form_of_a_word_is_shown(language):
    spoken = STUDY.in_language(language)
    answers = spoken.responses[spoken.responses["question"].eq("recovery")]
    texts, forms = answers.set_index("participant_id")["text"], declared(spoken)
    for word, n in list(counted(texts, language=language, forms=forms).items())[:40]:
        found = in_context(texts, word, forms=forms)
        assert len(found) == n
        uses = {use.lower().removesuffix("'s") for use in found["word"]}
        assert {forms.get(use, use) for use in uses} == {word}


# Key terms


def test_equal_words_share_the_last_of_their_places():
    table = frequencies(["fig pear apple", "fig pear", "fig plum"])
    places = ranks(table, ["fig", "pear", "plum", "apple", "plum pear", "mango"])
    assert places.to_dict() == {
        "fig": 1, "pear": 2, "plum": 4, "apple": 4, "plum pear": 4, "mango": None,
    }  # fmt: skip


def test_ranks_of_uses_are_others_than_those_of_people():
    table = frequencies(["fig fig fig", "pear", "pear"])
    assert ranks(table, ["fig", "pear"], "n").tolist() == [1, 2]
    assert ranks(table, ["fig", "pear"]).tolist() == [2, 1]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("counted_by", ["people", "n"])
def test_the_printed_words_are_among_the_first_ten(language, counted_by):
    terms = key_terms(STUDY)
    here = terms[terms["language"].eq(language) & terms["counted"].eq(counted_by)]
    assert len(here) == 5
    assert here["rank"].max() <= 10
    order = here.sort_values("named", ascending=False)["times"]
    assert order.is_monotonic_decreasing


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_people_who_use_a_term_are_those_who_are_heard_saying_it(language):
    said = {
        "es": {
            "apego al tratamiento": ["apego al tratamiento", "adherencia al tratamiento"],
            "tipo de trastorno": ["tipo de trastorno", "tipos de trastorno"],
            "familia": ["familia", "familias"],
            "red de apoyo": ["red de apoyo", "redes de apoyo"],
            "control farmacológico": ["control farmacológico"],
        },
        "en": {
            "adherence to treatment": ["adherence to treatment", "adherence to the treatment"],
            "type of disorder": ["type of disorder", "types of disorder"],
            "family": ["family", "families"],
            "support network": ["support network"],
            "pharmacological control": ["pharmacological control"],
        },
    }[language]
    answers = STUDY.in_language(language).responses
    texts = answers.loc[answers["question"].eq("recovery"), "text"].str.lower()
    terms = key_terms(STUDY).query("counted == 'people'").set_index(["language", "term"])["times"]
    for term, ways in said.items():
        heard = texts.map(lambda text, ways=ways: any(f" {way}" in f" {text}" for way in ways))
        assert terms[language, term] == heard.sum()


# Cloud


def test_cloud_is_laid_out_the_same_every_time():
    counts = frequencies(RECOVERY, forms=declared(STUDY))
    assert cloud(counts).layout_ == cloud(counts).layout_


def test_cloud_shows_the_most_frequent_words_sized_by_the_root():
    counts = frequencies(RECOVERY, forms=declared(STUDY))
    layout = cloud(counts.head(40)).layout_
    assert [word for (word, _), *_ in layout] == counts["word"].head(40).tolist()
    sizes = np.array([size for _, size, *_ in layout])
    expected = sizes[0] * np.sqrt(counts["people"].head(40) / counts["people"].iloc[0])
    np.testing.assert_allclose(sizes, expected, rtol=0.15)
    assert all(turned is None for _, _, _, turned, _ in layout)


@pytest.mark.parametrize("language", STUDY.languages)
def test_words_of_the_cloud_do_not_overlap(language):
    spoken = STUDY.in_language(language)
    answers = spoken.responses.loc[spoken.responses["question"].eq("recovery"), "text"]
    laid_out = cloud(frequencies(answers, language, declared(spoken)))
    drawn = np.zeros((laid_out.height, laid_out.width), dtype=int)
    for (word, _), size, (top, left), *_ in laid_out.layout_:
        alone = Image.new("L", (laid_out.width, laid_out.height))
        font = ImageFont.truetype(laid_out.font_path, size)
        ImageDraw.Draw(alone).text((left, top), word, fill=255, font=font, anchor="lt")
        ink = np.asarray(alone) > 127
        right, bottom = font.getbbox(word, anchor="lt")[2:]
        assert left + right <= laid_out.width
        assert top + bottom <= laid_out.height
        drawn += ink
    assert drawn.max() == 1
    assert (drawn > 0).mean() > 0.08  # dense: a page of print has about as much ink


def test_cloud_of_few_words():
    for counts in product([["family"], ["family clinic"]], [3, 40]):
        assert cloud(frequencies(counts[0] * counts[1])).layout_
    with pytest.raises(ValueError, match="at least 1 word"):
        cloud(frequencies(["the"]))
