import importlib.util
import re
import unicodedata
from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

DATA = Path(__file__).parents[1] / "data"
QUESTIONS = ["recovery", "relapse"]
LANGUAGES = ["es", "en"]
REMARKS = ["clinical", "broad", "story"]
CODEBOOK = pd.read_csv(DATA / "published" / "codebook.csv").query("language == 'en'")
RECOVERY = CODEBOOK.loc[CODEBOOK["question"].eq("recovery"), "theme"].tolist()
PEOPLE = [f"P{i:02}" for i in range(1, 96)]

_spec = importlib.util.spec_from_file_location("markup", DATA / "markup.py")
markup = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(markup)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Read a file of answers on recovery with this content, in text or bytes."""
    path = tmp_path_factory.mktemp("answers") / "recovery.md"

    def read(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        files = {"recovery": {"es": path}}
        responses, codings, _ = markup.read_answers(files, PEOPLE, CODEBOOK, REMARKS)
        return responses, codings

    return read


@pytest.fixture(scope="module")
def problems(read):
    """Return what is wrong with a file of this content."""

    def problems(content):
        with pytest.raises(markup.MarkupError) as caught:
            read(content)
        return caught.value.problems

    return problems


@pytest.fixture
def read_both(tmp_path):
    """Read answers on recovery in Spanish and in English."""

    def read_both(spanish, english):
        files = {language: tmp_path / f"recovery.{language}.md" for language in LANGUAGES}
        files["es"].write_text(spanish, encoding="utf-8")
        files["en"].write_text(english, encoding="utf-8")
        return markup.read_answers({"recovery": files}, PEOPLE, CODEBOOK, REMARKS)

    return read_both


@pytest.fixture(scope="module")
def every_table():
    """Return the responses, the consensus codings and the remarks of the study."""
    files = {
        question: {
            language: DATA / "answers" / f"{question}.{language}.md" for language in LANGUAGES
        }
        for question in QUESTIONS
    }
    remarks = pd.read_csv(DATA / "study" / "remarks.csv")["remark"].unique()
    return markup.read_answers(files, PEOPLE, CODEBOOK, remarks)


@pytest.fixture(scope="module")
def answers(every_table):
    """Return the responses and the consensus codings of the study."""
    return every_table[:2]


@pytest.fixture(scope="module")
def simulated(answers):
    return markup.simulate_coders(*answers, np.random.default_rng(1))


def on_words(text, start, end):
    """Tell whether both ends lie beside a word, or beside the signs that go with it."""
    inner = r"(?<=\w)['’-]?(?=\w)"
    cut = {place for m in re.finditer(inner, text) for place in range(m.start(), m.end() + 1)}
    stretch = text[start:end]
    return stretch == stretch.strip() and bool(stretch) and not {start, end} & cut


# Reading


def test_reads_marks_and_their_offsets(read):
    responses, codings = read(
        """# A title

An introduction with an example in code, `[stretch of words]{theme}`.

## P07

Well, [taking
the tablets  every day]{treatment_adherence} and
[a sister who comes along]{family_support
support_network}. That's it.

## P02
"[Nothing at all]{other}?", she said.
"""
    )
    assert responses.to_dict("list") == {
        "participant_id": ["P07", "P02"],
        "question": ["recovery"] * 2,
        "language": ["es"] * 2,
        "text": [
            "Well, taking the tablets every day and a sister who comes along. That's it.",
            '"Nothing at all?", she said.',
        ],
    }
    assert codings.columns.tolist() == [
        "participant_id", "question", "theme", "language", "coder", "start", "end",
    ]  # fmt: skip
    found = codings[["participant_id", "theme", "start", "end"]]
    assert list(found.itertuples(index=False, name=None)) == [
        ("P07", "treatment_adherence", 6, 34),
        ("P07", "family_support", 39, 63),
        ("P07", "support_network", 39, 63),
        ("P02", "other", 1, 15),
    ]
    assert codings["coder"].eq("consensus").all()


@pytest.mark.parametrize(
    ("body", "line", "found", "advice"),
    [
        ("[no money]{poverty}", 5, "poverty", "unknown theme; use treatment_adherence, "),
        ("[no money]{}", 5, "no money", "needs one or more different themes"),
        ("[no money]{other other}", 5, "no money", "needs one or more different themes"),
        ("no mon[ey at]{other} all", 5, "ey at", "start of a word"),
        ("no [money a]{other}t all", 5, "money a", "end of one"),
        ("they don[t pay]{other}", 5, "t pay", None),
        ("they don'[t pay]{other}", 5, "t pay", "start of a word"),
        ("half-[hearted help]{other}", 5, "hearted help", "start of a word"),
        ("no [money ]{other}at all", 5, "money ", "end of one"),
        ("no [money,]{other} no", 5, "money,", "end of one"),
        ("no\n[]{other} money", 6, "", "empty stretch"),
        ("no [ ]{other} money", 5, " ", "empty stretch"),
        ("no\nmoney [at\nall", 6, "[at all", "never closed"),
        ("no [money [at]{other} all", 5, "[money [at]{other} all", "close it with ]{theme}"),
        ("no\nmoney]{other} at", 6, "]{other} at", "stray bracket or brace"),
        ("no [money] at all", 5, "] at all", "stray bracket or brace"),
        ("no [money] {other}", 5, "] {other}", "stray bracket or brace"),
        ("no money\nat {all", 6, "{all", "stray bracket or brace"),
        ("no [mon}ey]{other}", 5, "}ey]{other}", "stray bracket or brace"),
        ("no money\n\n# P08\n\nnone", 7, "# P08", "a header is ##"),
        ("no money\n\n## P99\n\nnone", 7, "## P99", "names nobody who was asked"),
        ("no money\n\n##P08\n\nnone", 7, "##P08", "a header is ##"),
        ("no money\n\n## p08\n\nnone", 7, "## p08", "names nobody who was asked"),
        ("no money\n\n## P07\n\nnone", 7, "## P07", "a second time; the first is on line 3"),
        ("no money\n\n## P08\n", 7, "## P08", "no text"),
        ("no money\n\nnone at all", 7, "none at all", "text without a header"),
    ],
)
def test_names_place_text_and_cure(problems, body, line, found, advice):
    said = problems(f"# Answers\n\n## P07\n\n{body}\n")
    place = f"recovery.md, line {line}: {found!r}: "
    assert any(problem.startswith(place) for problem in said), said
    assert all(advice is None or advice in problem for problem in said[:1]), said


def test_marks_above_the_first_header_belong_to_nobody(problems):
    assert problems("# Answers\n\nNo [money]{other}.\n\n## P07\n\nNone.\n") == [
        "recovery.md, line 3: 'No [money]{other}.': text without a header; "
        "put ## and the participant_id above it"
    ]


def test_a_long_stretch_is_cut_short(problems):
    (said,) = problems("## P07\n\n[" + "word " * 50 + "]{other}\n")
    assert len(said) < 160


def test_lists_every_problem_of_every_file(tmp_path):
    (tmp_path / "recovery.md").write_text("## P07\n\nno [money]{poverty}\n\n## P98\n\n[help\n")
    (tmp_path / "relapse.md").write_text("## P07\n\n[money]{family_support}\n")
    paths = {question: {"es": tmp_path / f"{question}.md"} for question in QUESTIONS}
    with pytest.raises(markup.MarkupError, match="the answers have 4 problems") as caught:
        markup.read_answers(paths, PEOPLE, CODEBOOK, REMARKS)
    assert [problem.split(": ")[0] for problem in caught.value.problems] == [
        "recovery.md, line 3",
        "recovery.md, line 5",
        "recovery.md, line 7",
        "relapse.md, line 3",
    ]
    assert all(problem in str(caught.value) for problem in caught.value.problems)


def test_another_encoding_is_an_error_with_its_line(problems):
    (said,) = problems("## P07\n\nla\nadhesión\n".encode("latin-1"))
    assert said == "recovery.md, line 4: 'ó': is not UTF-8; save the file in UTF-8"


def test_files_of_other_systems_read_alike(read):
    content = "## P07\n\nuna [red de\nadhesión]{other} más\n"
    expected = read(content)
    decomposed = unicodedata.normalize("NFD", content)
    for other in [decomposed, "\ufeff" + content, content.replace("\n", "\r\n")]:
        for table, same in zip(read(other), expected, strict=True):
            pd.testing.assert_frame_equal(table, same)


word = st.from_regex(r"[a-zé]+(?:['’-][a-zé]+)?", fullmatch=True)
stretch = st.tuples(
    st.lists(word, min_size=1, max_size=6),
    st.lists(st.sampled_from(RECOVERY), unique=True, max_size=2),
)


@given(st.lists(st.lists(stretch, min_size=1, max_size=5), min_size=1, max_size=4), st.data())
def test_what_is_marked_is_read_again(read, spoken, data):
    content, expected = "", []
    for person, pieces in zip(PEOPLE, spoken, strict=False):
        text, marked = "", []
        for words, themes in pieces:
            start = len(text)
            text += " ".join(words)
            expected += [(person, theme, start, len(text)) for theme in themes]
            marked.append(
                f"[{' '.join(words)}]{{{' '.join(themes)}}}" if themes else " ".join(words)
            )
            text += ", "
        wrapped = [
            piece + data.draw(st.sampled_from([" ", "\n", "  \n "]))
            for piece in ", ".join(marked).split()
        ]
        content += f"## {person}\n\n{''.join(wrapped).strip()}\n\n"
        expected.append((person, text.removesuffix(", ")))
    responses, codings = read(content)
    found = list(
        codings[["participant_id", "theme", "start", "end"]].itertuples(index=False, name=None)
    )
    found += list(responses[["participant_id", "text"]].itertuples(index=False, name=None))
    assert sorted(found, key=str) == sorted(expected, key=str)


# Two languages, and remarks

SPANISH = """## P07 {clinical story}

[Sin dinero]{other}, con
[la familia]{family_support}.

## P02

[La hermana]{family_support}, nada más.
"""
ENGLISH = """## P07

[No money]{other}, with [the family]{family_support}.

## P02

[The sister]{family_support}, that's all.
"""


def test_reads_both_languages_and_remarks(read_both):
    responses, codings, remarks = read_both(SPANISH, ENGLISH)
    assert responses["language"].tolist() == ["es", "es", "en", "en"]
    themes = codings.groupby(["language", "participant_id"])["theme"].agg(list)
    assert themes["es"].equals(themes["en"])
    assert remarks.to_numpy().tolist() == [
        ["P07", "recovery", "clinical"],
        ["P07", "recovery", "story"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "{other}",
            "{support_network}",
            "recovery.en.md, line 3: 'support_network': theme of stretch 1 of P07; "
            "recovery.es.md, line 3, has other there; both languages need the same themes in the "
            "same order",
        ),
        (
            ", with [the family]{family_support}",
            "",
            "recovery.en.md, line 1: 'none': theme of stretch 2 of P07; "
            "recovery.es.md, line 4, has family_support there; both languages need the same themes "
            "in the same order",
        ),
        (
            "that's all",
            "[that's all]{other}",
            "recovery.en.md, line 7: 'other': theme of stretch 2 of P02; "
            "recovery.es.md has none there; both languages need the same themes in the same order",
        ),
        (
            "[No money]{other}, with [the family]{family_support}",
            "[The family]{family_support}, [no money]{other}",
            "recovery.en.md, line 3: 'family_support': theme of stretch 1 of P07; "
            "recovery.es.md, line 3, has other there; both languages need the same themes in the "
            "same order",
        ),
        (
            "## P02",
            "## P03",
            [
                "recovery.es.md, line 6: '## P02': is not in recovery.en.md; write the same "
                "answer there",
                "recovery.en.md, line 5: '## P03': is not in recovery.es.md; write the same "
                "answer there",
            ],
        ),
        (
            "## P02",
            "## P02 {story}",
            "recovery.en.md, line 5: 'story': remarks stand in the file of the language that "
            "was spoken",
        ),
        (
            "{other}",
            "{poverty}",
            "recovery.en.md, line 3: 'poverty': unknown theme; use " + ", ".join(RECOVERY),
        ),
    ],
)
def test_both_languages_carry_the_same_themes(read_both, old, new, problem):
    assert old in ENGLISH
    with pytest.raises(markup.MarkupError) as caught:
        read_both(SPANISH, ENGLISH.replace(old, new))
    assert caught.value.problems == (problem if isinstance(problem, list) else [problem])


def test_an_unknown_remark_is_named_with_its_line(read_both):
    with pytest.raises(markup.MarkupError) as caught:
        read_both(SPANISH.replace("clinical", "grim"), ENGLISH)
    assert caught.value.problems == [
        "recovery.es.md, line 1: 'grim': unknown remark; use clinical, broad, story"
    ]


# The answers of the study


@pytest.mark.parametrize("table", ["responses", "codings", "remarks"])
def test_the_tables_hold_what_the_files_say(every_table, table):
    written = pd.read_csv(DATA / "study" / f"{table}.csv")
    if table == "codings":
        written = written[written["coder"].eq("consensus")]
    read = every_table[["responses", "codings", "remarks"].index(table)]
    by = [column for column in read if column not in ("text", "end")]
    pd.testing.assert_frame_equal(
        *(t.sort_values(by, ignore_index=True) for t in (read, written)), check_dtype=False
    )


def test_every_stretch_lies_on_whole_words(answers, simulated):
    responses, consensus = answers
    spans = pd.concat([consensus, simulated]).merge(responses)
    wrong = [row for row in spans.itertuples() if not on_words(row.text, row.start, row.end)]
    assert wrong == []


# Simulated coders


def found(codings, responses, question, coder, language="es"):
    """Return who has which theme according to a coder, as whole numbers."""
    codings = codings[codings["question"].eq(question) & codings["coder"].eq(coder)]
    codings = codings[codings["language"].eq(language)]
    responses = responses[responses["language"].eq(language)]
    people = responses.loc[responses["question"].eq(question), "participant_id"]
    themes = CODEBOOK.loc[CODEBOOK["question"].eq(question), "theme"]
    named = pd.crosstab(codings["participant_id"], codings["theme"]).clip(upper=1)
    return named.reindex(index=people, columns=themes, fill_value=0)


def test_the_table_of_themes_is_that_of_the_codebook():
    for question, themes in CODEBOOK.groupby("question")["theme"]:
        assert set(markup.THEMES[question]) == set(themes)
        for theme, (vagueness, neighbours) in markup.THEMES[question].items():
            assert 0 < vagueness < 1
            assert set(neighbours) <= set(themes) - {theme}


def test_codings_are_unique_and_do_not_overlap_within_a_theme(simulated):
    key = ["participant_id", "question", "language", "theme", "coder"]
    assert not simulated.duplicated([*key, "start"]).any()
    in_order = simulated.sort_values([*key, "start"])
    before = in_order.groupby(key)["end"].shift()
    assert not in_order["start"].lt(before).any()


def test_the_same_seed_gives_the_same_coders(answers, simulated):
    again = markup.simulate_coders(*answers, np.random.default_rng(1))
    pd.testing.assert_frame_equal(again, simulated)
    other = markup.simulate_coders(*answers, np.random.default_rng(2))
    assert not other.equals(simulated)


def test_editing_one_answer_leaves_the_others_as_they_were(answers, simulated):
    responses, consensus = answers
    edited = consensus["participant_id"].eq("P20") & consensus["question"].eq("recovery")
    assert edited.any()
    assert set(consensus.loc[edited, "language"]) == set(LANGUAGES)
    changed = markup.simulate_coders(responses, consensus[~edited], np.random.default_rng(1))
    in_other = ~(simulated["participant_id"].eq("P20") & simulated["question"].eq("recovery"))
    in_same = ~(changed["participant_id"].eq("P20") & changed["question"].eq("recovery"))
    pd.testing.assert_frame_equal(
        changed[in_same].reset_index(drop=True), simulated[in_other].reset_index(drop=True)
    )


def test_coders_err_in_every_way(answers, simulated):
    _, consensus = answers
    answer = ["participant_id", "question", "language"]
    both = consensus.merge(simulated, on=answer, suffixes=("", "_read"))
    both = both[both["start"].lt(both["end_read"]) & both["start_read"].lt(both["end"])]
    same = both[both["theme"].eq(both["theme_read"])]
    exact = same["start"].eq(same["start_read"]) & same["end"].eq(same["end_read"])
    assert 0.5 < exact.mean() < 0.9
    agreed = consensus.groupby(answer)["theme"].agg(set)
    given = both.set_index(answer)["theme_read"]
    confused = [theme not in agreed[answer] for answer, theme in given.items()]
    assert 0.02 < np.mean(confused) < 0.2
    hits = same.groupby("coder_read").size()
    assert (hits < len(consensus)).all()
    bare = simulated.merge(consensus, on=answer, how="left")
    overlap = bare["start_x"].lt(bare["end_y"]) & bare["start_y"].lt(bare["end_x"])
    key = [*answer, "theme_x", "coder_x", "start_x"]
    assert (~overlap.groupby([bare[column] for column in key]).any()).sum() > 10


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_read_in_one_language_is_read_in_the_other(answers, simulated, question):
    for coder in markup.CODERS:
        spanish, english = (
            found(simulated, answers[0], question, coder, language) for language in LANGUAGES
        )
        pd.testing.assert_frame_equal(spanish, english)
    codes = simulated[simulated["question"].eq(question)]
    in_order = [
        codes[codes["language"].eq(language)]
        .groupby(["participant_id", "coder"])["theme"]
        .agg(list)
        for language in LANGUAGES
    ]
    pd.testing.assert_series_equal(*in_order)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_coders_disagree_on_every_theme(answers, question):
    written = pd.read_csv(DATA / "study" / "codings.csv")
    first, *others = (found(written, answers[0], question, coder) for coder in markup.CODERS)
    assert sum(first.ne(other) for other in others).any().all()


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("codings", ["drawn here", "written"])
def test_coders_agree_as_coders_do(answers, simulated, question, codings):
    if codings == "written":
        simulated = pd.read_csv(DATA / "study" / "codings.csv")
    named = [found(simulated, answers[0], question, coder) for coder in markup.CODERS]
    overall = krippendorff.alpha(
        [table.to_numpy().ravel() for table in named], level_of_measurement="nominal"
    )
    # As careful coders of plain answers do: Krippendorff relies on 0.8, and not below 0.667.
    assert 0.7 <= overall <= 0.85
    agreed = pd.Series(
        {
            theme: krippendorff.alpha(
                [table[theme] for table in named], level_of_measurement="nominal"
            )
            for theme in named[0]
        }
    )
    vagueness = pd.Series({theme: vague for theme, (vague, _) in markup.THEMES[question].items()})
    assert agreed[vagueness < 0.5].mean() > agreed[vagueness >= 0.5].mean() + 0.1


def test_the_more_careful_coder_is_closer_to_the_consensus(answers):
    responses, consensus = answers
    errors = dict.fromkeys(markup.CODERS, 0)
    for seed in range(4):
        read = markup.simulate_coders(responses, consensus, np.random.default_rng(seed))
        for coder in errors:
            for question in QUESTIONS:
                agreed = found(consensus, responses, question, "consensus")
                errors[coder] += agreed.ne(found(read, responses, question, coder)).sum().sum()
    assert list(errors) == sorted(errors, key=errors.get)
    assert errors["c1"] < 0.75 * errors["c3"]
