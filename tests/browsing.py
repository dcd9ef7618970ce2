"""What tests in a browser share: the built pages, a way to open them, and axe."""

import contextlib
from pathlib import Path

import pytest

SITE = Path(__file__).parents[1] / "book" / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
PAGES = [name for name in PAGES if name != "index.html"]  # the same bytes as the first page
CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]
THEME = "document.documentElement.dataset.theme"
WITHOUT_CONTRAST = {"color-contrast": {"enabled": False}}
every_page = pytest.mark.parametrize("name", PAGES)
every_chapter = pytest.mark.parametrize("name", CHAPTERS)


@contextlib.contextmanager
def opened(browser, url, width, scheme):
    """Open a page without the policy that would forbid axe."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def axe_faults(page, **rules):
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    # Code has the same few colours everywhere, so the first blocks stand for all.
    page.evaluate(
        "[...document.querySelectorAll('.highlight pre')].slice(3)"
        ".forEach((pre) => (pre.textContent = pre.textContent))"
    )
    options = {"runOnly": tags, "rules": rules, "resultTypes": ["violations"]}
    result = Axe().run(page, options=options).response
    assert len(result["passes"]) > 20
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
