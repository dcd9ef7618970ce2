"""Load, compute, show: the folders are the layers, imports lead down, and are light."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import helpers

SRC = Path(helpers.__file__).parents[1]
# From the ground up. `intake` and `audit` are libraries of their own, `learn` stands on all of it.
LAYERS = ["intake", "audit", *(f"helpers.{layer}" for layer in helpers.LAYERS), "learn"]
COMPUTING = LAYERS[:4]
NOT_FOR_COMPUTING = {"IPython", "ipywidgets", "matplotlib", "seaborn", "html", "jinja2"}
HEAVY = {"scipy", "statsmodels", "frictionless", "krippendorff", "seaborn", "IPython"}
# No compiled code of our own is allowed, nor what a browser has no processes or threads for.
NOT_IN_A_BROWSER = {"numba", "multiprocessing", "concurrent", "subprocess", "threading", "joblib"}


def dotted(path):
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in sorted(SRC.rglob("*.py")) if dotted(path) != "helpers"}


def imports(module):
    """Give every imported module by its full name, inside functions too."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the package"
            for alias in node.names:
                if node.module == "helpers":
                    yield helpers.__getattr__(alias.name).__name__
                else:
                    below = f"{node.module}.{alias.name}"
                    yield below if below in MODULES else node.module


def ours(module):
    return {name for name in imports(module) if name in MODULES} - {module}


def layer(module):
    return next(n for n, name in enumerate(LAYERS) if f"{module}.".startswith(f"{name}."))


@pytest.mark.parametrize("module", MODULES)
def test_imports_lead_downwards(module):
    assert not [name for name in ours(module) if layer(name) > layer(module)]


def picture():
    """Draw who imports from whom, layer by layer, as GitHub shows a picture in a text."""
    arrows = {
        (LAYERS[layer(module)], LAYERS[layer(other)])
        for module in MODULES
        for other in ours(module)
        if layer(module) != layer(other)
    }
    lines = [*LAYERS, *(f"{upper} --> {lower}" for upper, lower in sorted(arrows))]
    return "\n".join(["```mermaid", "graph TD", *(f"  {line}" for line in lines), "```"])


def test_the_picture_of_the_floors_shows_the_imports():
    page = (SRC.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- layers -->\n")[2].partition("\n<!-- /layers -->")[0]
    assert shown == picture(), f"put this between the marks in ARCHITECTURE.md:\n{picture()}"


def test_no_circle_within_a_floor():
    list(
        TopologicalSorter(
            {m: ours(m) for m in MODULES if MODULES[m].stem != "__init__"}
        ).static_order()
    )


@pytest.mark.parametrize("module", MODULES)
def test_no_module_takes_what_another_keeps_to_itself(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    package = module.split(".")[0]
    others = [node for node in froms if node.module.split(".")[0] != package]
    assert not [a.name for node in others for a in node.names if a.name.startswith("_")]


@pytest.mark.parametrize("module", [m for m in MODULES if layer(m) < len(COMPUTING)])
def test_computing_knows_nothing_of_pages(module):
    assert not {name.partition(".")[0] for name in imports(module)} & NOT_FOR_COMPUTING


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("helpers.compute")])
def test_what_computes_is_given_its_study(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"load_settings", "load_study"}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_that_a_browser_cannot_run(module):
    assert not {name.partition(".")[0] for name in imports(module)} & NOT_IN_A_BROWSER


# The lab reads what students write, intake what other programs do, the loader all else.
READERS = ("helpers.load", "intake", "learn.lab")


@pytest.mark.parametrize("module", [m for m in MODULES if not m.startswith(READERS)])
def test_nothing_reads_files_after_the_loader(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    calls = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not calls & {"read_csv", "read_json", "read_text", "read_bytes"}
    assert "open" not in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


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
    loaded = loaded_after(f"import {', '.join(m for m in MODULES if layer(m) < len(COMPUTING))}")
    assert "pandas" in loaded
    assert not loaded & (HEAVY | {"matplotlib"})
