"""What explorers show of one choice."""

import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from scipy import stats

from audit import ALPHA
from learn import views


def cells(shown):
    rows = BeautifulSoup(shown.html, "html.parser").tbody.find_all("tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def each(counts):
    return np.repeat(range(len(counts)), counts)


def test_a_theme_has_its_entry_its_groups_and_its_words():
    entry = pd.Series(
        {"label": "Family", "definition": "Kin <help>", "include": "Aunts", "exclude": "Friends"},
        name="family",
    )
    named = pd.DataFrame(
        {
            "by": [None, "job_title"],
            "group": ["everyone", "social_worker"],
            "n": [3, 1],
            "base": [9, 2],
            "assumed": [False, True],
        }
    )
    named = named.assign(share=named["n"] / named["base"], low=0, high=1)
    speaker = {"speaker": "nurse, man, 40, 1 year in the field"}
    said = pd.DataFrame([{"stretch": "An aunt."} | speaker])
    page = BeautifulSoup(views.theme(entry, named, said).html, "html.parser")
    assert [td.get_text() for td in page.table.find_all("td")] == ["Kin <help>", "Aunts", "Friends"]
    assert page.figure["id"] == "who-family"
    assert page.figcaption.get_text() == (
        "Family: 3 of 9 people name it (33%). Below: who names it, by job title. "
        "Hollow: the count is assumed."
    )
    assert page.svg["aria-label"].endswith("everyone 3 of 9, social worker 1 of 2.")
    assert page.li.get_text() == "“An aunt.” nurse, man, 40, 1 year in the field"


def test_shares_of_studies_by_how_many_tests_are_significant():
    shown = views.false_alarms(pd.Series([0] * 5 + [1] * 3 + [2] * 2), 2, 2, "two")
    caption, alt = shown.text.splitlines()
    assert "0.7 of 2 tests" in caption
    assert "at least one in 50.0%" in caption
    # R 4.2: prop.test(2, 10, correct = FALSE)$conf.int
    assert "2 or more in 20.0% (95% limits 5.7% and 51.0%)" in caption
    assert alt.endswith("50.0%, 30.0%, 20.0%)")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([2, 0, 2], "SD 1.15470, printed 1.15: it fits."),
        ([0, 4, 0], "SD 0.00000, printed 1.15: the SD is too small."),
        ([1, 0, 1], "SD 1.41421, printed 1.15: the SD is too large."),
    ],
)
def test_answers_beside_print(counts, said):
    shown = views.answers(np.array(counts), "1.00", "1.15", "Men", "hand")
    assert said in shown.text
    assert f"Men who give each answer. 0: {counts[0]}, 1: {counts[1]}, 2: {counts[2]}" in shown.text


@pytest.mark.parametrize("mover", ["woman", "man"])
def test_a_move_is_tested_as_scipy_tests_it(mover):
    groups = {"woman": np.array([9, 3, 2, 1, 1, 4]), "man": np.array([1, 2, 3, 4, 0, 2])}
    moved = {who: counts.copy() for who, counts in groups.items()}
    other = "man" if mover == "woman" else "woman"
    moved[mover][5] -= 1
    moved[other][5] += 1
    rows = cells(views.one_move(*groups.values(), 5, mover, "Item 1"))
    for row, (women, men) in zip(
        rows, (map(each, g.values()) for g in (groups, moved)), strict=True
    ):
        levene_p = stats.levene(women, men, center="mean").pvalue
        student = levene_p > ALPHA
        test = stats.ttest_ind(women, men, equal_var=student)
        numbers = [np.mean(women), np.mean(men), levene_p, test.statistic, test.df, test.pvalue]
        forms = ["{:.2f}", "{:.2f}", "{:.3f}", "{:.3f}", "{:.1f}", "{:.4f}"]
        expected = [form.format(number) for form, number in zip(forms, numbers, strict=True)]
        assert [cell.replace("\N{MINUS SIGN}", "-") for cell in row[1:-1]] == expected
        assert row[-1] == ("Student" if student else "Welch")


def test_a_move_says_whether_the_result_changes():
    women, men = np.array([6, 1, 0, 0, 0, 1]), np.array([1, 1, 1, 1, 1, 3])
    captions = {a: views.one_move(women, men, a, "man", "Item 1").text for a in (0, 5)}
    for caption in captions.values():
        now, after = map(float, re.findall(r"0\.\d{4}", caption.splitlines()[0]))
        changes = (now < 0.05) != (after < 0.05)
        assert ("the result changes" in caption) == changes
        assert ("the result stays" in caption) != changes
    assert "changes" in captions[5]
    assert "stays" in captions[0]


def test_nobody_can_move_who_is_not_there():
    women, men = np.array([2, 2, 0]), np.array([1, 1, 1])
    assert repr(views.one_move(women, men, 2, "woman", "Item 1")) == "No woman gave this answer."
