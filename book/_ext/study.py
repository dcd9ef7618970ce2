"""Take from study.toml what pages say of the study: title, author, language, licence."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from helpers.load.settings import load_settings


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build before anything is read."""
    app.connect("config-inited", take_settings)
    app.connect("html-page-context", label_records)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def take_settings(_: Sphinx, config: Config) -> None:
    """Say on every page what study.toml says."""
    study = load_settings()
    config.project = config.html_title = study.title
    config.author = study.author
    config.language = study.language
    rights = f"Text and data: {study.licence}." if study.licence else "All rights reserved."
    config.html_theme_options |= {
        "author": study.author,
        "extra_footer": f"{rights} Code: MIT licence.",
        "license": study.licence_url,
    }


def label_records(
    app: Sphinx, page: str, _: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Say under the title of each chapter that its records are synthetic, if they are."""
    if doctree is None or "/" not in page or load_settings().records != "synthetic":
        return
    told, data = "synthetic", app.config.html_theme_options.get("dataset_page")
    if data in app.env.found_docs:
        told = f'<a href="{app.builder.get_relative_uri(page, data)}">{told}</a>'
    line = f'<p class="records">The records are {told}; no row describes a real person.</p>'
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{line}", 1)
