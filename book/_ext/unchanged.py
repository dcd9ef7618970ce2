"""Write all pages again where a chapter changed what others show of it, such as its title.

Sphinx by itself writes only the pages that changed themselves.
"""

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def offered(env: BuildEnvironment) -> str:
    """Return what pages show of other pages: titles, places to link to, numbers, citations."""
    std, cite = env.get_domain("std"), env.get_domain("cite")
    titles = sorted((page, title.astext()) for page, title in env.titles.items())
    places = sorted([*std.labels.items(), *std.anonlabels.items()], key=repr)
    numbers = sorted(env.toc_fignumbers.items())
    cited = sorted((citation.citation_id, citation.key) for citation in cite.citations)
    picture = getattr(env, "picture", "")  # which a program that runs the chapters itself has not
    return repr([titles, places, numbers, cited, picture])


def all_if_changed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return all pages if some page offers others something new; those of source code go."""
    last, env.offered = getattr(env, "offered", ""), offered(env)
    if env.offered == last:
        return []
    shutil.rmtree(Path(app.outdir, "_modules"), ignore_errors=True)
    return sorted(env.found_docs)


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build when all pages are read and numbered."""
    app.connect("env-get-updated", all_if_changed, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
