"""The tested code behind the pages: it loads a study, computes its statistics and shows them.

The folders are the layers load, compute and show, and a module imports only from its own layer and
those below. Chapters need not know them: `from helpers import themes` finds the module wherever it
stands.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

LAYERS = ("load", "compute", "show")
"""The layers from the ground up."""


def __getattr__(name: str) -> ModuleType:
    for layer in () if name.startswith("_") else LAYERS:
        module = f"helpers.{layer}.{name}"
        if find_spec(module):
            return import_module(module)
    raise AttributeError(f"module 'helpers' has no attribute {name!r}")
