"""The tested code behind the pages: it loads a study, computes its statistics and shows them.

The folders are the floors load, compute and show, and a module imports only from its own floor and
those below. Chapters need not know them: `from helpers import themes` finds the module wherever it
stands.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

FLOORS = ("load", "compute", "show")
"""The floors from the ground up."""


def __getattr__(name: str) -> ModuleType:
    for floor in () if name.startswith("_") else FLOORS:
        module = f"helpers.{floor}.{name}"
        if find_spec(module):
            return import_module(module)
    raise AttributeError(f"module 'helpers' has no attribute {name!r}")
