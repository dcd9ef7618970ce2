"""Finding statistics in texts: as statcheck finds them, and in this paper's words."""

import numpy as np
import pytest

from audit import read, read_pdf

# Texts of statcheck's tests (tests/testthat/test-extract-*.R, test-error.R) and what it finds.


@pytest.mark.parametrize(
    ("text", "test", "df_1", "df_2", "value", "p"),
    [
        ("t(28) = 2.20, p = .03", "t", "28", "", "2.20", ".03"),
        (" t ( 28 ) = 2.20 , p = .03", "t", "28", "", "2.20", ".03"),
        ("t(28)=2.20,p=.03", "t", "28", "", "2.20", ".03"),
        ("t(28) = -2.20, p = .03", "t", "28", "", "-2.20", ".03"),
        ("t(28) = 2,000.20, p = .03", "t", "28", "", "2000.20", ".03"),
        ("t(28) < 2.20, p = .03", "t", "28", "", "2.20", ".03"),
        ("t(28) > 2.20, p = .03", "t", "28", "", "2.20", ".03"),
        ("t(28) = 2.20, p = 0.03", "t", "28", "", "2.20", "0.03"),
        ("t(28) = 2.20, ns", "t", "28", "", "2.20", "0.05"),
        ("t(28) = 2.20, p = .5e-3", "t", "28", "", "2.20", "0.0005"),
        ("t(28) = 0.00, p = 1.00", "t", "28", "", "0.00", "1.00"),
        ("t(28) = 0.00, p = 1", "t", "28", "", "0.00", "1"),
        ("t(28) = 5.00, p = 3.1e-05", "t", "28", "", "5.00", "0.000031"),
        ("t(99) = 22.0, p < 2.2e-16", "t", "99", "", "22.0", "0.00000000000000022"),
        ("t(99) = 5.00, p < 1e-5", "t", "99", "", "5.00", "0.00001"),
        ("t(28.1) = 2.20, p = .03", "t", "28.1", "", "2.20", ".03"),
        ("F(2, 28) = 2.20, p = .03", "F", "2", "28", "2.20", ".03"),
        (" F ( 2 , 28 ) = 2.20 , p = .03", "F", "2", "28", "2.20", ".03"),
        ("F(2.1, 28.1) = 2.20, p = .03", "F", "2.1", "28.1", "2.20", ".03"),
        ("r(28) = .20, p = .03", "r", "28", "", ".20", ".03"),
        (" z = 2.20, p = .03", "z", "", "", "2.20", ".03"),
        (" z=2.20,p=.03", "z", "", "", "2.20", ".03"),
        ("Q(2) = 2.20, p = .03", "Q", "2", "", "2.20", ".03"),
        ("Qw(2) = 2.20, p = .03", "Q", "2", "", "2.20", ".03"),
        ("Q-between(2) = 2.20, p = .03", "Q", "2", "", "2.20", ".03"),
        ("chi2(28) = 2.20, p = .03", "chi2", "28", "", "2.20", ".03"),
        ("X2(28) = 2.20, p = .03", "chi2", "28", "", "2.20", ".03"),
        ("x^2(28) = 2.20, p = .03", "chi2", "28", "", "2.20", ".03"),
        ("chi_2(28) = 2.20, p = .03", "chi2", "28", "", "2.20", ".03"),
        ("\u03c72(28) = 2.20, p = .03", "chi2", "28", "", "2.20", ".03"),
        ("chi\u00b2(28) = 2.20, p = .03", "chi2", "28", "", "2.20", ".03"),
        ("chi2(28, N = 129) = 2.2, p = .03", "chi2", "28", "", "2.2", ".03"),
        ("chi2(1, N = 11,455) = 16.78, p <.001", "chi2", "1", "", "16.78", ".001"),
        ("chi2(1, n = 81) = 3.25, p = 0.07", "chi2", "1", "", "3.25", "0.07"),
        # Typographic minus with a space, as in the text of this study.
        ("t(88) = \u2212 2.12, p = .05", "t", "88", "", "-2.12", ".05"),
        ("t\n(88) =\n2.12,\np = .05", "t", "88", "", "2.12", ".05"),
    ],
)
def test_one_statistic_is_found(text, test, df_1, df_2, value, p):
    found = read(f"The effect was seen, {text}.")
    assert found[["test", "df_1", "df_2", "value", "p"]].to_numpy().tolist() == [
        [test, df_1, df_2, value, p]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "t(28) = 2.20; p = .03",
        "t[28] = 2.20, p = .03",
        "t(28) = 2.20, p = 1.03",
        "t(28) = 2.20, p = 1.003",
        "t(28) = 2.20, p = 2.3",
        "t(28) = 2.20, p = 12",
        "F(1, 20) = -4.50, p = .04",
        "t(2,28) = 2.20, p = .03",
        "r(16) = 26.05, p = .10",
        "QError(16) = .26, p = .10",
        " z(28) = 2.20, p = .03",
        "q(2) = 2.2, p = .03",
        "Qs(2) = 2.2, p = .03",
        "Qb(2, N = 187) = 2.20, p = .03",
        "no statistics here",
    ],
)
def test_what_statcheck_leaves_out_is_left_out(text):
    assert read(text).empty


def test_several_are_found_in_the_order_of_the_text():
    text = "Both worked, F(2, 28) = 2.20, p = .13, t(28) = 1.23, p = .04, and z = 1.2, ns."
    found = read(text)
    assert found["test"].tolist() == ["F", "t", "z"]
    assert found["verdict"].tolist() == ["consistent", "decision", "consistent"]


def test_verdicts_are_those_of_statcheck():
    found = read("The effect was very significant (t(48) = 1.02, p < .05)")
    assert found["verdict"].tolist() == ["decision"]
    # p of t(28) = 2.20 is .036.
    verdicts = {
        p: read(f"t(28) = 2.20, p {p}")["verdict"].item()
        for p in ["= .03", "= .036", "> .05", "< .05", "= .30"]
    }
    assert verdicts == {
        # Dropped digits make .03 of .036; statcheck knows rounding alone.
        "= .03": "consistent",
        "= .036": "consistent",
        "> .05": "decision",
        "< .05": "consistent",
        "= .30": "decision",
    }
    assert read("t(28) = 2.20, p = .03", "rounded")["verdict"].item() == "inconsistent"


def test_one_tail_counts_only_where_the_text_speaks_of_it_and_p_fits():
    # One tail of t(28) = 1.70 has p = .05; both have .10.
    two = read("We found t(28) = 1.80, p = .041.").iloc[0]
    one = read("In a one-tailed test we found t(28) = 1.80, p = .041.").iloc[0]
    both = read("In one-tailed tests we found t(28) = 1.80, p = .083.").iloc[0]
    assert (two.verdict, two.tails) == ("decision", 2)
    assert (one.verdict, one.tails) == ("consistent", 1)
    assert (both.verdict, both.tails) == ("consistent", 2)
    assert np.isclose(2 * one.p_low, two.p_low)


def test_a_bounded_statistic_bounds_p():
    found = read("There was nothing, F(1, 20) < 1, p = .10.").iloc[0]
    assert found.p_low > 0.15
    assert (found.p_high, found.verdict) == (1, "inconsistent")
    assert read("F(1, 20) < 1, ns")["verdict"].item() == "consistent"
    assert read("F(1, 20) > 9, p = .20")["verdict"].item() == "decision"


def test_the_statistics_of_this_study():
    text = (
        "t (93) = 2.53, p = .05; and t(75.9) = 2.5, p = .05; also t(83.2) = 2.26, p = .05, "
        "and t(88) = \u2212 2.12, p = .05"
    )
    found = read(text)
    assert found["df_1"].tolist() == ["93", "75.9", "83.2", "88"]
    assert set(found["verdict"]) == {"inconsistent"}


def test_text_of_a_pdf(tmp_path):
    words = b"BT /F1 12 Tf 72 700 Td (It helped, t\\(28\\) = 2.20, p = .036.) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(words), words),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(content)
    content += b"xref\n0 6\n0000000000 65535 f \n" + table + trailer
    (tmp_path / "paper.pdf").write_bytes(content)
    assert read(read_pdf(tmp_path / "paper.pdf"))["verdict"].tolist() == ["consistent"]
