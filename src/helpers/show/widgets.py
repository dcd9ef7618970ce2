"""Let readers pick what is shown, in Jupyter and on a page behind which no Python runs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import TYPE_CHECKING

from helpers.show.page import Html, heading, join, with_widgets

if TYPE_CHECKING:
    from ipywidgets import Output, VBox

FEW = 4
"""Up to so many options stand side by side as radio buttons; more go into a menu."""


UNSEEN = "position: absolute; clip-path: inset(50%); white-space: nowrap"
"""The style of what is only read out."""

# JupyterLab takes keys for itself, such as x to cut the cell, unless what has the focus says no.
KEEP_KEYS = """
const keep = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
const find = () => {
  const box = element.closest(".widget-vbox");
  if (!box) return setTimeout(find, 50);
  box.addEventListener("focusin", keep);
  box.querySelector(".announced")?.setAttribute("aria-live", "polite");
};
find();
"""


def keep_keys() -> "Output":
    """Return a hidden widget that keeps keys pressed in its box from the notebook's shortcuts.

    It also makes a widget of the class `announced` in that box one whose changes are read out.

    Raises
    ------
    ImportError
        If ipywidgets is not installed.

    Examples
    --------
    >>> list(keep_keys().outputs[0]["data"])
    ['application/javascript']
    """
    import ipywidgets

    script = {
        "output_type": "display_data",
        "data": {"application/javascript": KEEP_KEYS},
        "metadata": {},
    }
    return ipywidgets.Output(outputs=[script], layout=ipywidgets.Layout(height="0", margin="0"))


@dataclass(frozen=True)
class Explorer:
    """Controls, and one view for every choice they offer.

    Jupyter shows widgets that call `view` anew at every choice. A page without a kernel, or Jupyter
    without ipywidgets, gets all views as HTML, each under its own heading; `explorer.js` then hides
    all but the chosen one. A choice has its own address on the page: `#explore-`, the name, and the
    chosen values, with colons between.

    Parameters
    ----------
    name
        What is explored, in words that can stand in an address.
    controls
        For each control its label, and the options: each value, and the text that stands for it.
    view
        Takes one value of each control, in their order, and returns what is to be shown. Anything
        in it that has an id, such as a figure, needs one that no other view has.

    Examples
    --------
    >>> powers = Explorer(
    ...     "powers",
    ...     {"Base": {"2": "two", "3": "three"}, "Power": {"1": "itself", "2": "squared"}},
    ...     lambda base, power: Html(f"<p>{int(base) ** int(power)}</p>", ""),
    ... )
    >>> powers
    Explorer of powers: 4 views
    >>> '<div class="view" id="explore-powers:3:2">' in powers._repr_html_()
    True
    """

    name: str
    controls: Mapping[str, Mapping[str, str]]
    view: Callable[..., Html]

    def __repr__(self) -> str:
        views = len(list(product(*self.controls.values())))
        return f"Explorer of {self.name}: {views} views"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return with_widgets(Html(self._repr_html_(), repr(self)), self.live)

    def live(self) -> "VBox":
        """Return the widgets that call `view` at every choice.

        Raises
        ------
        ImportError
            If ipywidgets is not installed.
        """
        import ipywidgets

        wide = {"description_width": "initial"}
        kinds = [
            ipywidgets.RadioButtons if len(options) <= FEW else ipywidgets.Dropdown
            for options in self.controls.values()
        ]
        controls = [
            kind(options=[(text, value) for value, text in options.items()], style=wide)
            for kind, options in zip(kinds, self.controls.values(), strict=True)
        ]
        shown = ipywidgets.Output()
        said = ipywidgets.HTML()
        said.add_class("announced")

        def show(change: object = None) -> None:
            html = self.view(*(control.value for control in controls)).html
            data = {"text/html": html}
            if change:
                chosen = self._chosen([control.value for control in controls])
                said.value = f'<span style="{UNSEEN}">Now shown: {escape(chosen)}</span>'
            shown.outputs = [{"output_type": "display_data", "data": data, "metadata": {}}]

        for control, label in zip(controls, self.controls, strict=True):
            control.description = label
            control.observe(show, "value")
        show()
        return ipywidgets.VBox([*controls, said, shown, keep_keys()])

    def _repr_html_(self) -> str:
        place = f"explore-{_slug(self.name)}"
        controls = "\n".join(
            _control(place, label, options) for label, options in self.controls.items()
        )
        views = "\n".join(self._view(place, choice) for choice in product(*self.controls.values()))
        return (
            f'<div class="explorer" id="{place}">\n'
            f'<form aria-label="Explore {escape(self.name)}" autocomplete="off" hidden>\n'
            f'{controls}\n</form>\n<p class="sr-only" role="status"></p>\n{views}\n</div>'
        )

    def _chosen(self, choice: Sequence[str]) -> str:
        """Return a choice in words: one control's text, of several each with its label."""
        texts = [
            self.controls[label][value] for label, value in zip(self.controls, choice, strict=True)
        ]
        labelled = (f"{label}: {text}" for label, text in zip(self.controls, texts, strict=True))
        return texts[0] if len(texts) == 1 else "; ".join(labelled)

    def _view(self, place: str, choice: tuple[str, ...]) -> str:
        shown = join(heading(self._chosen(choice)), self.view(*choice))
        place = ":".join([place, *map(_slug, choice)])
        return f'<div class="view" id="{place}">\n{shown.html}\n</div>'


def _control(place: str, label: str, options: Mapping[str, str]) -> str:
    """Return a native control, its first option chosen."""
    name = _slug(label.lower())
    if len(options) > FEW:
        choices = "".join(
            f'<option value="{_slug(value)}">{escape(text)}</option>'
            for value, text in options.items()
        )
        return (
            f'<p class="control"><label for="{place}-{name}">{escape(label)}</label>\n'
            f'<select id="{place}-{name}" name="{name}">{choices}</select></p>'
        )
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{_slug(value)}"'
        f"{' checked' if value == next(iter(options)) else ''}> {escape(text)}</label>"
        for value, text in options.items()
    )
    return (
        f'<fieldset class="control"><legend>{escape(label)}</legend>\n'
        f'<div class="options">{choices}</div></fieldset>'
    )


def _slug(text: str) -> str:
    """Return a text as a part of an address: letters, digits and hyphens."""
    return re.sub(r"\W+", "-", text)
