"""Self-checks on a built page: with the keyboard one chooses first and checks then."""

import pytest
from browsing import CHAPTERS, SITE

PAGE = next((name for name in CHAPTERS if "01_study" in name), None)


@pytest.fixture
def form(browser):
    """The first self-check of a chapter."""
    page = browser.new_page()
    page.goto((SITE / PAGE).as_uri())
    page.locator("details.question > summary").first.click()
    yield page.locator("form.self-check").first
    page.close()


def shown(form):
    said = form.locator(".feedback").all()
    return [number for number, part in enumerate(said) if part.is_visible()]


def test_arrows_choose_and_the_button_checks(form):
    keys = form.page.keyboard
    form.locator("input").first.focus()
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    assert form.locator("input").nth(2).is_checked()
    assert shown(form) == []
    keys.press("Tab")
    keys.press("Enter")
    assert shown(form) == [2]
    spoken, seen = form.locator("[role=status]"), form.locator(".feedback").nth(2)
    assert spoken.text_content().split() == seen.text_content().split()
    form.locator("input").nth(2).focus()
    keys.press("ArrowUp")
    assert shown(form) == []


def test_checking_before_choosing_says_so(form):
    form.get_by_role("button", name="Check").click()
    assert form.locator("[role=status]").text_content() == "Choose an answer first."
    assert form.locator("input").first.evaluate("(e) => e === document.activeElement")
    assert shown(form) == []


def test_without_a_script_the_choice_itself_shows_what_is_said(browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((SITE / PAGE).as_uri())
    page.locator("details.question > summary").first.click()
    form = page.locator("form.self-check").first
    form.locator("input").nth(1).check()
    assert shown(form) == [1]
    assert form.get_by_role("button").count() == 0
    page.context.close()
