"""Explorers: one object, shown by widgets that compute and as HTML that needs no kernel."""

import json
import sys
from itertools import product

import execute
import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from helpers.show.page import Html
from helpers.show.widgets import FEW, Explorer

BASES = {str(n): f"The number {n}" for n in range(2, FEW + 3)}
POWERS = {"1": "itself", "2": "squared", "3": "<cubed>"}
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL = """
from helpers.show.page import Html
from helpers.show.widgets import Explorer
Explorer("ages", {"Group": {"a": "A", "b": "B"}}, lambda group: Html(f"<p>{group}</p>", ""))
"""


@pytest.fixture
def calls():
    return []


@pytest.fixture
def powers(calls):
    """An explorer with a menu and radio buttons, which takes down each call of its view."""

    def view(base, power):
        calls.append((base, power))
        return Html(f"<p>{int(base) ** int(power)}</p>", "")

    return Explorer("powers", {"Base & more": BASES, "Power": POWERS}, view)


@pytest.fixture
def page(powers):
    return BeautifulSoup(powers._repr_html_(), "html.parser")


# --- HTML ---


def test_every_choice_has_a_view_with_its_own_heading_and_address(page):
    views = page.select(".explorer > .view")
    assert [view["id"] for view in views] == [
        f"explore-powers:{base}:{power}" for base, power in product(BASES, POWERS)
    ]
    assert [view.select_one("[role=heading]").text for view in views] == [
        f"Base & more: {base}; Power: {power}"
        for base, power in product(BASES.values(), POWERS.values())
    ]
    assert [int(view.p.find_next_sibling("p").text) for view in views] == [
        int(base) ** int(power) for base, power in product(BASES, POWERS)
    ]


def test_many_options_make_a_menu_with_a_label(page):
    menu = page.find("select")
    assert page.find("label", attrs={"for": menu["id"]}).text == "Base & more"
    assert {option["value"]: option.text for option in menu("option")} == BASES


def test_few_options_make_radio_buttons_in_a_named_group_the_first_chosen(page):
    group = page.find("fieldset")
    assert group.legend.text == "Power"
    buttons = group("input")
    assert {button["value"]: button.parent.text.strip() for button in buttons} == POWERS
    assert [button.has_attr("checked") for button in buttons] == [True, False, False]
    assert len({button["name"] for button in buttons}) == 1


def test_without_scripts_no_view_is_hidden_and_no_dead_control_is_shown(page):
    assert not page.select(".view[hidden]")
    controls = page.select("select, input")
    assert all(control.find_parent("form").has_attr("hidden") for control in controls)


def test_values_become_parts_of_an_address_that_controls_and_views_share():
    words = {"support network": "Support network", "atención/cura": "Atención"}
    explorer = Explorer("key words", {"Word": words}, lambda word: Html(f"<p>{word}</p>", ""))
    page = BeautifulSoup(explorer._repr_html_(), "html.parser")
    values = [button["value"] for button in page("input")]
    assert values == ["support-network", "atención-cura"]
    assert [v["id"] for v in page.select(".view")] == [f"explore-key-words:{v}" for v in values]
    assert [v.select("p")[-1].text for v in page.select(".view")] == list(words)


# --- Widgets ---


def test_a_choice_in_jupyter_computes_its_view_anew(powers, calls):
    menu, buttons, said, shown, _ = powers.live().children
    assert [menu.description, buttons.description] == ["Base & more", "Power"]
    assert calls == [("2", "1")]
    menu.value = "5"
    buttons.value = "3"
    assert calls[1:] == [("5", "1"), ("5", "3")]
    [output] = shown.outputs
    assert output["data"] == {"text/html": "<p>125</p>"}
    assert "Now shown: Base &amp; more: The number 5; Power: &lt;cubed&gt;" in said.value


def test_widgets_offer_the_same_options_as_the_page(powers, page):
    menu, buttons, *_ = powers.live().children
    assert [text for text, _ in menu.options] == [option.text for option in page("option")]
    assert [value for _, value in buttons.options] == [b["value"] for b in page("input")]


# --- Which of the two is offered ---


def test_outside_a_kernel_there_is_only_html(powers):
    assert set(powers._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_without_ipywidgets_there_is_only_html(powers, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert set(powers._repr_mimebundle_(include=None, exclude=None)) == {"text/plain", "text/html"}
    with pytest.raises(ImportError):
        powers.live()


def test_a_kernel_is_offered_both():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    [output] = notebook.cells[0].outputs
    assert set(output.data) == {"text/plain", "text/html", WIDGET}
    assert output.data["text/plain"] == "Explorer of ages: 2 views"


def test_the_book_keeps_the_html_alone_and_the_same_bytes_each_time(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    source = nbformat.writes(notebook).encode()

    def run():
        variables = execute.kernel_variables(tmp_path)
        return execute.execute(tmp_path / "one.ipynb", source, variables)

    (first, faults), (second, _) = run(), run()
    assert not faults
    assert first == second
    [output] = json.loads(first)["cells"][0]["outputs"]
    assert set(output["data"]) == {"text/html"}
