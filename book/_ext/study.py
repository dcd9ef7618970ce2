"""Take from study.toml what pages say of the study, and say how long a chapter takes to read."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from helpers.load.settings import load_settings

PRACTICE = {"check-yourself", "exercises"}
WORDS_A_MINUTE = 238


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build before anything is read."""
    app.connect("config-inited", take_settings)
    app.connect("html-page-context", introduce)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def take_settings(_: Sphinx, config: Config) -> None:
    """Say on every page what study.toml says."""
    study = load_settings()
    config.project = config.html_title = study.title
    config.author = study.author
    config.language = study.language
    what = "Text" if study.private and not study.twin else "Text and data"
    rights = f"{what}: {study.licence}." if study.licence else "All rights reserved."
    config.html_theme_options |= {
        "author": study.author,
        "citation": study.citation,
        "extra_footer": f"{rights} Code: MIT licence.",
        "license": study.licence_url,
    }


def introduce(
    app: Sphinx, page: str, _: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Say under the title of a chapter that its records are synthetic, and how long it takes."""
    if doctree is None or not page.startswith("chapters/"):
        return
    line = f"About {minutes(doctree)} min to read."
    if load_settings().records == "synthetic":
        told, data = "synthetic", app.config.html_theme_options.get("dataset_page")
        if data in app.env.found_docs:
            told = f'<a href="{app.builder.get_relative_uri(page, data)}">{told}</a>'
        line = f"The records are {told}; no row describes a real person. {line}"
    html = f'</h1>\n<p class="records">{line}</p>'
    context["body"] = context["body"].replace("</h1>", html, 1)


def minutes(chapter: nodes.document) -> int:
    """Return how many minutes the paragraphs of a chapter take to read, without its exercises.

    References
    ----------
    Brysbaert (2019), Journal of Memory and Language 109, 104047, doi:10.1016/j.jml.2019.104047:
    adults read 238 words of English non-fiction a minute.
    """
    practice = [s for s in chapter.findall(nodes.section) if PRACTICE.intersection(s["ids"])]
    return max(1, round((words(chapter) - sum(map(words, practice))) / WORDS_A_MINUTE))


def words(node: nodes.Element) -> int:
    """Count the words in the paragraphs of a node."""
    return sum(len(text.astext().split()) for text in node.findall(nodes.paragraph))
