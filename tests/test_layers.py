"""Load, compute, show: a module imports only from floors below its own, and is light to import."""

import ast
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

import helpers

FOLDER = Path(helpers.__file__).parent
LOAD = {"study", "printed", "check"}
DESCRIBE = {"describe"}
COMPUTE = {"themes", "words", "omi", "audit", "play"}
COMPARE = {"agreement", "scorecard"}
PAGE = {"page"}
SHOW = {"tables", "plots", "quotes", "glance", "widgets", "lab"}
VIEW = {"views"}
FLOORS = [LOAD, DESCRIBE, COMPUTE, COMPARE, PAGE, SHOW, VIEW]

NOT_FOR_COMPUTING = {
    "IPython",
    "ipywidgets",
    "matplotlib",
    "seaborn",
    "html",
    "jinja2",
}
HEAVY = {"scipy", "statsmodels", "frictionless", "krippendorff", "seaborn", "IPython"}
# No compiled code of our own is allowed, nor what a browser has no processes or threads for.
NOT_IN_A_BROWSER = {"numba", "multiprocessing", "concurrent", "subprocess", "threading", "joblib"}

MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


def tree(module):
    return ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))


def imports(module):
    """Give every imported module by its full name, inside functions too, with what is taken."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the package"
            yield from ((node.module, alias.name) for alias in node.names)


def helpers_imported(module):
    for name, taken in imports(module):
        if name == "helpers":
            yield taken
        elif name.startswith("helpers."):
            yield name.split(".")[1]


def floor(module):
    (number,) = [number for number, names in enumerate(FLOORS) if module in names]
    return number


def test_every_module_has_one_floor():
    assert set(MODULES) == set(chain(*FLOORS))
    assert sum(map(len, FLOORS)) == len(set(chain(*FLOORS)))


@pytest.mark.parametrize("module", MODULES)
def test_imports_lead_downwards(module):
    upward = [name for name in helpers_imported(module) if floor(name) >= floor(module)]
    assert not upward


@pytest.mark.parametrize("module", MODULES)
def test_no_module_takes_what_another_keeps_to_itself(module):
    private = [taken for name, taken in imports(module) if name.startswith("helpers") and taken]
    assert not [taken for taken in private if taken.startswith("_")]


@pytest.mark.parametrize("module", sorted(LOAD | DESCRIBE | COMPUTE | COMPARE))
def test_computing_knows_nothing_of_pages(module):
    tops = {name.partition(".")[0] for name, _ in imports(module)}
    assert not tops & NOT_FOR_COMPUTING
    assert not set(helpers_imported(module)) & (PAGE | SHOW)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_that_a_browser_cannot_run(module):
    tops = {name.partition(".")[0] for name, _ in imports(module)}
    assert not tops & NOT_IN_A_BROWSER


# The lab reads what students write, the loader all else.
@pytest.mark.parametrize("module", sorted(set(MODULES) - {"study", "lab"}))
def test_nothing_reads_files_after_the_loader(module):
    calls = {node.attr for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)}
    assert not calls & {"read_csv", "read_json", "read_text", "read_bytes"}
    assert "open" not in {n.id for n in ast.walk(tree(module)) if isinstance(n, ast.Name)}


def loaded_after(statement):
    """Return the packages that a new Python has loaded after a statement."""
    program = f"{statement}\nimport sys\nprint(*(name for name in sys.modules if '.' not in name))"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return set(output.stdout.split())


def test_importing_the_package_loads_nothing():
    assert not loaded_after("import helpers") & (HEAVY | {"numpy", "pandas", "matplotlib"})


def test_importing_what_computes_loads_pandas_and_no_more():
    modules = ", ".join(f"helpers.{name}" for name in MODULES if name not in SHOW | VIEW)
    loaded = loaded_after(f"import {modules}")
    assert "pandas" in loaded
    assert not loaded & (HEAVY | {"matplotlib"})
