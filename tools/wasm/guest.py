"""Run the cells of a notebook in this Python, without a kernel; print what they show, as JSON.

`python guest.py NOTEBOOK` works under any Python that has the helpers' packages. Two packages with
compiled parts that a Python for WebAssembly lacks get stand-ins there.
"""

import ast
import builtins
import json
import os
import sys
import types
from pathlib import Path


def main(notebook: str) -> None:
    """Run the notebook and print a list with the views of each cell's last expression."""
    import matplotlib
    from IPython.core.formatters import DisplayFormatter

    matplotlib.use("agg")
    views = DisplayFormatter()
    names = {"__name__": "__main__"}
    shown = []
    builtins.display = lambda *objects: shown.extend(views.format(thing)[0] for thing in objects)
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for number, source in enumerate(code, start=1):
        file = f"code cell {number}"
        tree = ast.parse(source, file)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec"), names)
        if last:
            result = eval(compile(ast.Expression(last.value), file, "eval"), names)
            if result is not None and not source.rstrip().endswith(";"):
                builtins.display(result)
    print(json.dumps([{kind: str(view) for kind, view in views.items()} for views in shown]))


def stand_in() -> None:
    """Put simple modules in the place of compiled ones that the Python for WebAssembly lacks.

    frictionless names pydantic's models for a server that the book does not start; what checks its
    schemas keeps maps of which copies share memory.
    """
    os.system = None  # which simpleeval names, to refuse it
    sys.modules["pydantic"] = types.SimpleNamespace(BaseModel=object)
    sys.modules["rpds"] = types.SimpleNamespace(HashTrieMap=Map, HashTrieSet=Set, List=List)


class Map(dict):
    """A map that is copied instead of changed, as rpds has it."""

    @classmethod
    def convert(cls, pairs: object) -> "Map":
        """Return a map of pairs."""
        return cls(pairs)

    def insert(self, key: object, value: object) -> "Map":
        """Return the map with one pair more."""
        return Map({**self, key: value})

    def remove(self, key: object) -> "Map":
        """Return the map without a key."""
        return Map({other: value for other, value in self.items() if other != key})

    def update(self, *others: object, **pairs: object) -> "Map":
        """Return the map with other pairs."""
        return Map({**self, **dict(*others, **pairs)})

    def __hash__(self) -> int:
        return hash(tuple(self))


class Set(frozenset):
    """A set that is copied instead of changed."""

    def insert(self, member: object) -> "Set":
        """Return the set with one member more."""
        return Set(self | {member})

    def remove(self, member: object) -> "Set":
        """Return the set without a member."""
        return Set(self - {member})

    def update(self, *others: object) -> "Set":
        """Return the set with other members."""
        return Set(self.union(*others))


class List(tuple):
    """A list that is copied instead of changed."""

    def push_front(self, member: object) -> "List":
        """Return the list with a member before the others."""
        return List((member, *self))


if __name__ == "__main__":
    if sys.platform == "wasi":
        stand_in()
    main(sys.argv[1])
