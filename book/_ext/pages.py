"""The book's own theme, which needs no script, style sheet or font from anywhere else.

Its templates and style sheet are in `_theme`. Here they get what Sphinx does not tell them: what a
page is about, in words and for search engines; where else it opens; its sections; how to cite and
to mend it; and a policy that keeps browsers from asking any other host for anything.
"""

import base64
import hashlib
import json
import re
import shutil
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment.adapters.toctree import TocTree
from sphinx.util import logging

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

import colophon
import contracts
import parcel

THEME = Path(__file__).parents[1] / "_theme"
# In the page, so that readers of dark pages do not see a white one first.
COLOURS_SCRIPT = (
    "let t;try{t=localStorage.theme}catch{}"
    "document.documentElement.dataset.theme="
    't||(matchMedia("(prefers-color-scheme:dark)").matches?"dark":"light")'
)
HASH = base64.b64encode(hashlib.sha256(COLOURS_SCRIPT.encode()).digest()).decode()
# To Firefox, pages opened from a folder are not 'self'; over the web, file: opens nothing.
POLICY = (
    "default-src 'self' file:; "
    f"script-src 'self' file: 'sha256-{HASH}'; "
    "style-src 'self' file: 'unsafe-inline'; "  # figures are inline SVG with styles of their own
    "img-src 'self' file: data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self' file:"
)
PART = re.compile(r'class="caption-text">([^<]*)</span></p>\n<ul class="current">')
HERE = re.compile(r'aria-current="page".*?</a>', re.DOTALL)
logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build where pages are made and where it ends."""
    app.add_html_theme("book", str(THEME))
    app.add_js_file("site.js")
    app.connect("config-inited", close_address)
    met: Counter[str] = Counter()
    app.connect("html-page-context", partial(add_context, met))
    app.connect("html-collect-pages", lambda _: [("404", {}, "404.html")])
    app.connect("build-finished", partial(finish, met))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def close_address(_: Sphinx, config: Config) -> None:
    """Let the site's address end in a slash: links are relative to what comes before the last."""
    if config.html_baseurl:
        config.html_baseurl = config.html_baseurl.rstrip("/") + "/"


def add_context(
    met: Counter[str],
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the templates what they show of a page; some pages have no source."""
    context["brand"] = app.env.titles[app.config.root_doc].astext()
    context["base"] = app.config.html_baseurl
    # Where another program runs the chapters, nobody has looked for a picture.
    context["picture"] = getattr(app.env, "picture", "")
    context["colours_script"] = COLOURS_SCRIPT
    context["policy"] = POLICY
    context["sections"] = sections(app, page) if doctree else ""
    context["contents"] = contents(context, met)
    part = PART.search(context["contents"])
    context["part"] = part[1] if part else ""
    context["version"] = version() if "colophon" in app.env.found_docs else ""
    context["source_links"] = {}
    context["own_scripts"] = [file for file in context["script_files"] if is_own(file, app)]
    context["own_styles"] = [file for file in context["css_files"] if is_own(file, app)]
    for script in context["own_scripts"]:
        script.attributes["defer"] = "defer"
    if page.startswith("_modules/"):
        module = page.removeprefix("_modules/").replace("/", ".")
        context["description"] = f"The source code of {module}, line by line."
        context["body"] = improved(context["body"], contracts.SOURCE, met)
    if doctree is None:
        return
    met[page] = 1
    context["body"] = improved(context["body"], contracts.MARKUP, met)
    context["description"] = description(doctree)
    context["linked_data"] = linked_data(app, page, context)
    context["is_notebook"] = context["sourcename"].endswith(".ipynb")
    context["launch"] = launch_links(page, context)
    context["cited"] = cited(app, page, context)
    context["source_links"] = source_links(app, page, context)


def is_own(file: Any, app: Sphinx) -> bool:  # noqa: ANN401, Sphinx keeps the classes to itself
    """Say whether a script or style sheet is the book's, and not one of Sphinx's extensions."""
    name = Path(str(file.filename)).name
    return (app.srcdir / "_static" / name).is_file() or (THEME / "static" / name).is_file()


def improved(html: str, markup: list[tuple[str, str]], met: Counter[str]) -> str:
    """Return HTML with patterns replaced, and count how often each was met."""
    for pattern, better in markup:
        html, number = re.subn(pattern, better, html, flags=re.DOTALL)
        met[pattern] += number
    return html


def contents(context: dict[str, Any], met: Counter[str]) -> str:
    """Return links to all pages, the one to this page marked and followed by its sections."""
    links = context["toctree"](collapse=True, includehidden=True, titles_only=True, maxdepth=2)
    html = improved(links or "", contracts.CONTENTS, met)
    return HERE.sub(lambda found: found[0] + context["sections"], html)


def sections(app: Sphinx, page: str) -> str:
    """Return links to the sections of a page, without the one to its title."""
    entries = TocTree(app.env).get_toc_for(page, app.builder)
    lists = list(entries.findall(nodes.bullet_list))
    return app.builder.render_partial(lists[1])["fragment"] if len(lists) > 1 else ""


def description(doctree: nodes.document) -> str:
    """Return what a page begins with, no longer than search engines show."""
    paragraph = next(iter(doctree.findall(nodes.paragraph)), nodes.paragraph())
    text = " ".join(re.sub(r"\s*\[\w+\]", "", paragraph.astext()).split())
    return text if len(text) <= 200 else text[:199].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def linked_data(app: Sphinx, page: str, context: dict[str, Any]) -> str:
    """Describe a page in the words of schema.org."""
    about = {
        "@context": "https://schema.org",
        "@type": "Dataset" if page == context["theme_dataset_page"] else "ScholarlyArticle",
        "name": app.env.titles[page].astext(),  # the context's title is HTML
        "description": context["description"],
        "inLanguage": context["language"],
        "license": context["theme_license"],
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": context["theme_author"]},
        "isBasedOn": context["theme_based_on"],
        "isPartOf": {"@type": "Book", "name": context["docstitle"]},
        "url": context["pageurl"],
    }
    # Nothing that could end the script element early.
    return json.dumps({key: value for key, value in about.items() if value}).replace("<", "\\u003c")


def launch_links(page: str, context: dict[str, Any]) -> dict[str, str]:
    """Return where else a chapter opens, once the settings say where the book is kept.

    All open it in the folder of the branch `work`, which tools/work.py makes.
    """
    repository = context["theme_repository_url"].removesuffix("/")
    if not repository:
        return {}
    on_github = repository.removeprefix("https://github.com/")
    is_on_github = on_github != repository
    kept = f"gh/{on_github}" if is_on_github else f"git/{quote(repository, safe='')}"
    links = {"Binder": f"https://mybinder.org/v2/{kept}/work?urlpath=lab/tree/{page}.ipynb"}
    if is_on_github and context["base"]:  # in Colab the chapter fetches the rest from the site
        colab = "https://colab.research.google.com/github"
        links["Colab"] = f"{colab}/{on_github}/blob/work/{page}.ipynb"
    if hub := (context["theme_launch_buttons"] or {}).get("jupyterhub_url", "").rstrip("/"):
        folder = repository.rsplit("/", 1)[1].removesuffix(".git")
        place = f"lab/tree/{folder}/{page}.ipynb"
        asked = {"repo": repository, "branch": "work", "urlpath": place}
        links["JupyterHub"] = f"{hub}/hub/user-redirect/git-pull?{urlencode(asked)}"
    return links


def version() -> str:
    """Return the version of the book, and the day of the commit that it was made from."""
    return f"Version {parcel.project()['version']}, {colophon.date()}"


def cited(app: Sphinx, page: str, context: dict[str, Any]) -> str:
    """Return how to cite a page."""
    book = context["theme_citation"] or f"{context['theme_author']}. {context['docstitle']}."
    title = app.env.titles[page].astext()
    parts = [
        ""
        if page == app.config.root_doc
        else f"\N{LEFT DOUBLE QUOTATION MARK}{title}{'.' * title[-1].isalnum()}"
        "\N{RIGHT DOUBLE QUOTATION MARK} In:",
        book,
        context["version"] and f"{context['version']}.",
        context["pageurl"] or "",
    ]
    return " ".join(filter(None, parts))


def source_links(app: Sphinx, page: str, context: dict[str, Any]) -> dict[str, str]:
    """Return where a page can be edited and its errors reported, if the book is on GitHub."""
    repository = context["theme_repository_url"].removesuffix("/")
    if not repository.startswith("https://github.com/"):
        return {}
    folder = context["theme_path_to_docs"].strip("/")
    path = f"{folder}/{app.env.doc2path(page, base=False)}".removeprefix("/")
    title = urlencode({"title": f"{app.env.titles[page].astext()}: "})
    return {
        "Edit this page": f"{repository}/edit/{context['theme_repository_branch']}/{path}",
        "Report an error": f"{repository}/issues/new?{title}",
    }


def finish(met: Counter[str], app: Sphinx, error: Exception | None) -> None:
    """Remove what no page needs, and list the pages for search engines."""
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    for pattern in contracts.UNUSED:
        for file in (out / "_static").glob(pattern):
            met[pattern] += 1
            file.unlink()
    for style in (out / "_static").glob("*.css"):
        text = re.sub(r"(?s)/\*.*?\*/", "", style.read_text())
        style.write_text(re.sub(r"(?<=[{};,])\s+", "", text))
    # Sphinx by itself writes only the pages that changed.
    if Path(app.srcdir) == contracts.WHOLE and app.env.found_docs <= set(met):
        for pattern in unmet(met):
            logger.warning("tools/contracts.py: Sphinx no longer writes this: %s", pattern)
    # An address that ends in the folder shows the first page itself, not a page that leads to it.
    if (root := app.config.root_doc) != "index":
        shutil.copy(out / f"{root}.html", out / "index.html")
    if base := app.config.html_baseurl:
        pages = sorted(app.builder.get_target_uri(page) for page in app.env.found_docs)
        urls = "\n".join(f"<url><loc>{urljoin(base, page)}</loc></url>" for page in pages)
        (out / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}\n</urlset>\n'
        )


def unmet(met: Counter[str]) -> list[str]:
    """Return the patterns that the build did not meet."""
    patterns = [pattern for pattern, _ in contracts.MARKUP + contracts.CONTENTS]
    return [pattern for pattern in patterns + contracts.UNUSED if not met[pattern]]
