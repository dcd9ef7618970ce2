"""Lead from the name of a helper in code to its source, which sphinx.ext.viewcode shows.

`<!-- modules of helpers.load -->` on a page becomes the reference of these modules, which
sphinx.ext.autodoc makes of their docstrings. A name counts where the chapter imports it, as
`themes.by_group` after `from helpers import themes`.
"""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

CODE = re.compile(r'(?<=python3 notranslate"><div class="highlight"><pre>).*?(?=</pre>)', re.DOTALL)
MODULES = re.compile(r"^<!-- modules of (\S+) -->$", re.MULTILINE)
# Strings and comments, which no name is looked for in, and names with dots between.
PART = re.compile(r'<span class="[cs]\w*">[^<]*</span>|(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*')


def modules(package: str) -> list[str]:
    """Return the modules of a package in order; where it is, is found out without loading it.

    Examples
    --------
    >>> modules("helpers.load")[-1]
    'helpers.load.study'
    """
    top, *below = package.split(".")
    [place] = find_spec(top).submodule_search_locations
    return [f"{package}.{name}" for _, name, _ in iter_modules([str(Path(place, *below))])]


def insert_reference(_: Sphinx, __: str, content: list[str]) -> None:
    """Put the reference of each module in the place of the comment that asks for it."""

    def reference(found: re.Match[str]) -> str:
        return "\n".join(
            f"## {name}\n\n```{{eval-rst}}\n.. automodule:: {package}.{name}\n   :members:\n```\n"
            for package, _, name in (module.rpartition(".") for module in modules(found[1]))
        )

    content[0] = MODULES.sub(reference, content[0])


def shortened(*event: Any) -> tuple[str | None, str | None]:  # noqa: ANN401, autodoc's own
    """Shorten a signature: types go without their package, and defaults made anew are dots."""
    *_, signature, returned = event
    if signature:
        signature = re.sub(r"\b(np|pd)\.|Posix(?=Path)", "", signature.replace("<factory>", "..."))
    return signature, returned


def with_new_modules(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Return the pages whose reference lacks a module that was not there when they were read."""
    known = set(env.get_domain("py").data["modules"])
    texts = {page: Path(env.doc2path(page)).read_text(encoding="utf-8") for page in env.found_docs}
    asked = {page: MODULES.findall(text) for page, text in texts.items()}
    return [p for p, names in asked.items() if any(set(modules(n)) - known for n in names)]


def leave_out_others(_: Sphinx, env: BuildEnvironment) -> None:
    """Forget modules without a source of their own, which viewcode would list and not show."""
    modules = getattr(env, "_viewcode_modules", {})
    for module in [module for module, entry in modules.items() if not entry]:
        del modules[module]


def link_names(
    app: Sphinx, page: str, _: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link the names in the code of a page."""
    if doctree is None:
        return
    code = [block.astext() for block in doctree.findall(nodes.literal_block)]
    imported = {name: full for text in code for name, full in imports(text)}
    if not imported:
        return
    known = sources(app.env)

    def linked(found: re.Match[str]) -> str:
        first, dot, rest = found[0].partition(".")
        target = place(imported.get(first, "") + dot + rest, known)
        if not target:
            return found[0]
        uri = app.builder.get_relative_uri(page, f"_modules/{target[0].replace('.', '/')}")
        return f'<a class="helper" href="{uri}#{target[1]}">{found[0]}</a>'

    context["body"] = CODE.sub(lambda pre: PART.sub(linked, pre[0]), context["body"])


def imports(code: str) -> Iterator[tuple[str, str]]:
    """Give the names that code imports, each with what it stands for, as `helpers.themes`."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a line for a shell, say
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            above = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                yield alias.asname or alias.name, above + alias.name


def sources(env: BuildEnvironment) -> dict[str, set[str]]:
    """Return the modules whose source the book shows, and the names defined in each."""
    modules = getattr(env, "_viewcode_modules", {})
    return {module: set(entry[2]) for module, entry in modules.items()}


def place(full: str, known: dict[str, set[str]]) -> tuple[str, str] | None:
    """Return module and name behind a name, which packages may offer higher up.

    Examples
    --------
    >>> known = {"helpers.compute.themes": {"by_group"}, "helpers.show.cards": {"themes"}}
    >>> place("helpers.themes.by_group", known)
    ('helpers.compute.themes', 'by_group')
    >>> place("helpers.themes", known)  # the module, not the function of that name elsewhere
    """
    package, *between = full.split(".")
    name = between.pop() if between else ""
    if any(module.startswith(f"{package}.") and module.endswith(f".{name}") for module in known):
        return None
    found = [
        module
        for module, names in known.items()
        if name in names and is_within(between, module.split("."), package)
    ]
    return (found[0], name) if len(found) == 1 else None


def is_within(between: list[str], module: list[str], package: str) -> bool:
    """Say whether a module lies in a package, and below the modules named between."""
    return module[0] == package and [part for part in module[1:] if part in between] == between


def setup(app: Sphinx) -> dict[str, bool]:
    """Link names once a page's code is as the theme wants it."""
    app.connect("source-read", insert_reference)
    app.connect("autodoc-process-signature", shortened)
    app.connect("env-get-outdated", with_new_modules)
    app.connect("env-updated", leave_out_others)
    app.connect("html-page-context", link_names, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
