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
CODEBOOK = pd.read_csv(DATA / "published" / "codebook.csv")
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
        return markup.read_answers({"recovery": path}, PEOPLE, CODEBOOK)

    return read


@pytest.fixture(scope="module")
def problems(read):
    """Return what is wrong with a file of this content."""

    def problems(content):
        with pytest.raises(markup.MarkupError) as caught:
            read(content)
        return caught.value.problems

    return problems


@pytest.fixture(scope="module")
def answers():
    """Return the responses and the consensus codings of the study."""
    paths = {question: DATA / "answers" / f"{question}.md" for question in QUESTIONS}
    return markup.read_answers(paths, PEOPLE, CODEBOOK)


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
        "text": [
            "Well, taking the tablets every day and a sister who comes along. That's it.",
            '"Nothing at all?", she said.',
        ],
    }
    assert codings.columns.tolist() == [
        "participant_id", "question", "theme", "coder", "start", "end",
    ]  # fmt: skip
    assert [tuple(row) for row in codings.drop(columns=["question", "coder"]).to_numpy()] == [
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
    paths = {question: tmp_path / f"{question}.md" for question in QUESTIONS}
    with pytest.raises(markup.MarkupError, match="the answers have 4 problems") as caught:
        markup.read_answers(paths, PEOPLE, CODEBOOK)
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


# The answers of the study


@pytest.mark.parametrize("table", ["responses", "codings"])
def test_the_tables_hold_what_the_files_say(answers, table):
    written = pd.read_csv(DATA / "study" / f"{table}.csv")
    if table == "codings":
        written = written[written["coder"].eq("consensus")]
    read = answers[["responses", "codings"].index(table)]
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


def found(codings, responses, question, coder):
    """Return who has which theme according to a coder, as whole numbers."""
    codings = codings[codings["question"].eq(question) & codings["coder"].eq(coder)]
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
    key = ["participant_id", "question", "theme", "coder"]
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
    changed = markup.simulate_coders(responses, consensus[~edited], np.random.default_rng(1))
    in_other = ~(simulated["participant_id"].eq("P20") & simulated["question"].eq("recovery"))
    in_same = ~(changed["participant_id"].eq("P20") & changed["question"].eq("recovery"))
    pd.testing.assert_frame_equal(
        changed[in_same].reset_index(drop=True), simulated[in_other].reset_index(drop=True)
    )


def test_coders_err_in_every_way(answers, simulated):
    _, consensus = answers
    both = consensus.merge(simulated, on=["participant_id", "question"], suffixes=("", "_read"))
    both = both[both["start"].lt(both["end_read"]) & both["start_read"].lt(both["end"])]
    same = both[both["theme"].eq(both["theme_read"])]
    exact = same["start"].eq(same["start_read"]) & same["end"].eq(same["end_read"])
    assert 0.5 < exact.mean() < 0.9
    agreed = consensus.groupby(["participant_id", "question"])["theme"].agg(set)
    given = both.set_index(["participant_id", "question"])["theme_read"]
    confused = [theme not in agreed[answer] for answer, theme in given.items()]
    assert 0.02 < np.mean(confused) < 0.2
    hits = same.groupby("coder_read").size()
    assert (hits < len(consensus)).all()
    bare = simulated.merge(consensus, on=["participant_id", "question"], how="left")
    overlap = bare["start_x"].lt(bare["end_y"]) & bare["start_y"].lt(bare["end_x"])
    key = ["participant_id", "question", "theme_x", "coder_x", "start_x"]
    assert (~overlap.groupby([bare[column] for column in key]).any()).sum() > 10


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("codings", ["drawn here", "written"])
def test_coders_agree_as_coders_do(answers, simulated, question, codings):
    if codings == "written":
        simulated = pd.read_csv(DATA / "study" / "codings.csv")
    named = [found(simulated, answers[0], question, coder) for coder in markup.CODERS]
    overall = krippendorff.alpha(
        [table.to_numpy().ravel() for table in named], level_of_measurement="nominal"
    )
    assert 0.65 <= overall <= 0.8
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
