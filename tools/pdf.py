"""Print the built book as one PDF with an outline and links that work: `book/_build/book.pdf`.

Chromium prints one page, in which the articles of all pages stand one after the other.
"""

import re
import shutil
import sys
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import urlsplit

import contracts
import yaml
from bs4 import BeautifulSoup, Tag
from execute import ROOT

SITE = ROOT / "book" / "_build" / "html"
PDF = SITE.with_name("book.pdf")
# A4 is 297 mm high and Letter 216 mm wide; what fits both prints on either.
PAPER = {"width": "210mm", "height": "279mm"}
REFERENCES = ("href", "xlink:href", "aria-labelledby", "aria-describedby", "for")


def main() -> None:
    """Write the PDF."""
    program = shutil.which("chromium")
    if not program:
        sys.exit("No chromium here: install it (Debian: apt install chromium)")
    if not (SITE / "index.html").exists():
        sys.exit("There are no pages yet: make book")
    from playwright.sync_api import sync_playwright

    toc = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    whole = SITE / "whole.html"  # beside the pages, whose style sheets it shares
    whole.write_text(in_one_page(SITE, f"{toc['root']}.html"), encoding="utf-8")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(whole.as_uri())
            page.pdf(path=PDF, outline=True, tagged=True, print_background=True, **PAPER)
            browser.close()
    finally:
        whole.unlink()
    print(f"{PDF.relative_to(ROOT)}: {PDF.stat().st_size / 1e6:.1f} MB")


def in_one_page(site: Path, root: str) -> str:
    """Return the first page with the articles of all others added, each with the next.

    `root` is the name by which other pages link to the first, which index.html is a copy of.
    """
    first = page = read(site, root)
    articles = {root: first.article}
    while link := page.select_one(contracts.NEXT_PAGE):
        name = normpath(PurePosixPath(list(articles)[-1]).parent / link["href"])
        page = read(site, name)
        articles[name] = page.article
    first.main.clear()
    for name, article in articles.items():
        rename(article, name, set(articles))
        first.main.append(article)
    for script in first.find_all("script"):
        script.decompose()  # explorers then show all their views
    first.head.append(first.new_tag("style", string="article{break-before:page}"))
    return str(first)


def read(site: Path, name: str) -> BeautifulSoup:
    """Return a page of the site, parsed."""
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def rename(article: Tag, name: str, names: set[str]) -> None:
    """Make ids unique in the book, and let links between its pages lead to places in the one."""
    article["id"] = place(name, "")
    for element in article.find_all(True):
        if "id" in element.attrs:
            element["id"] = place(name, element["id"])
        for attribute in set(REFERENCES) & set(element.attrs):
            reference = target(name, attribute, element[attribute], names)
            if reference is None:
                element.unwrap()  # or it would look like a link
            else:
                element[attribute] = reference
        for attribute, value in element.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                element[attribute] = re.sub(
                    r"url\(#([^)]*)\)", lambda m: f"url(#{place(name, m[1])})", value
                )


def place(name: str, anchor: str) -> str:
    """Return the id in the one page of a place on a page."""
    return f"{PurePosixPath(name).stem}--{anchor}"


def target(name: str, attribute: str, value: str, names: set[str]) -> str | None:
    """Return what a reference is in the one page, or None if it leads to what is not printed."""
    if not attribute.endswith("href"):
        return place(name, value)
    url = urlsplit(value)
    if url.scheme or url.netloc:
        return value
    path = normpath(str(PurePosixPath(name).parent / url.path)) if url.path else name
    return f"#{place(path, url.fragment)}" if path in names else None


if __name__ == "__main__":
    main()
