"""Take from study.toml what pages say of the study: title, author, language, licence."""

from sphinx.application import Sphinx
from sphinx.config import Config

from helpers.load.settings import load_settings


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the build before anything is read."""
    app.connect("config-inited", take_settings)
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
