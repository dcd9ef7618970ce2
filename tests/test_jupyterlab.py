"""Explorers and the coding lab in a real JupyterLab, by mouse, touch and keyboard."""

import json
import os
import subprocess
import sys
import time

import nbformat
import pytest

EXPLORER = """
from helpers.show.page import Html
from helpers.show.widgets import Explorer

bases = {str(n): f"The number {n}" for n in range(2, 8)}
powers = {"1": "itself", "2": "squared"}
Explorer(
    "powers",
    {"Base": bases, "Power": powers},
    lambda base, power: Html(f"<p class='result'>{factor * int(base) ** int(power)}</p>", ""),
)
"""
DESK = """
from helpers.load import load_study
from learn import lab

lab.Desk(load_study(), "recovery", "Ana", first=3)
"""
CELLS = ["factor = 1", EXPLORER, DESK]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that was just started, on a folder with one notebook."""
    folder = tmp_path_factory.mktemp("work")
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, folder / "keys.ipynb")
    settings = {
        f"JUPYTER_{name.upper()}_DIR": str(folder / name) for name in ("config", "data", "runtime")
    }
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"),
            *("--IdentityProvider.token=", f"--notebook-dir={folder}"),
        ],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield address_of(folder / "runtime", server)
    finally:
        server.terminate()
        server.wait()


def address_of(folder, server):
    for _ in range(600):
        assert server.poll() is None, "JupyterLab did not start"
        if found := list(folder.glob("jpserver-*.json")):
            return json.loads(found[0].read_text())["url"]
        time.sleep(0.2)
    raise AssertionError("JupyterLab took too long to start")


@pytest.fixture(scope="module")
def page(lab, browser):
    """The notebook with all its cells run, on a screen that is touched as well."""
    context = browser.new_context(viewport={"width": 1200, "height": 1600}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{lab}lab/tree/keys.ipynb?reset")
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).wait_for()
    page.get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.get_by_text("Answer 1 of 3").wait_for()
    page.locator(".result").wait_for()
    yield page
    context.close()


def sources(page):
    return page.locator(".jp-CodeCell").count()


def test_arrows_change_the_choice_and_it_is_announced(page):
    menu = page.get_by_label("Base")
    menu.focus()
    page.keyboard.press("ArrowDown")
    page.get_by_text("9", exact=True).or_(page.get_by_text("3", exact=True)).first.wait_for()
    assert menu.evaluate("e => e === document.activeElement")
    assert menu.evaluate("e => e.selectedIndex") == 1
    said = page.locator(".announced[aria-live=polite]").first
    assert "Now shown: Base: The number 3; Power: itself" in said.inner_text()


def test_no_key_reaches_the_notebook(page):
    cells = sources(page)
    for control in [page.get_by_label("Base"), page.get_by_label("squared")]:
        control.focus()
        for key in ["x", "a", "b", "d", "d", "m", "y", "c", "v", "0", "Escape"]:
            page.keyboard.press(key)
        assert sources(page) == cells
        assert control.evaluate("e => e === document.activeElement")
    for box in [page.get_by_role("checkbox").first, page.get_by_role("button", name="Next")]:
        box.focus()
        for key in ["x", "a", "b", "d", "d", "m"]:
            page.keyboard.press(key)
        assert sources(page) == cells


def test_mouse_and_touch_choose(page):
    page.get_by_label("Base").select_option(label="The number 5")
    page.get_by_label("squared").click()
    page.locator(".result", has_text="25").wait_for()
    page.get_by_label("itself").tap()
    page.locator(".result", has_text="5").wait_for()


def test_a_cell_above_changes_what_is_shown(page):
    page.get_by_label("Base").select_option(label="The number 4")
    page.locator(".result", has_text="4").wait_for()
    editor = page.locator(".jp-CodeCell").first.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("factor = 1000")
    page.keyboard.press("Control+Enter")
    page.get_by_label("Base").select_option(label="The number 7")
    page.locator(".result", has_text="7000").wait_for()


def test_the_desk_is_worked_by_keyboard(page):
    first = page.get_by_role("checkbox").first
    first.focus()
    page.keyboard.press("Space")
    page.get_by_text("Saved in").wait_for()
    assert page.locator(".announced[aria-live=polite]").count() == 2
    first.press("Space")
    page.get_by_text("Nothing is coded yet").wait_for()
