"""The book as one page to print: what its links lead to."""

import os
import shutil

import contracts
import lite
import pdf
import pypdf
from bs4 import BeautifulSoup

PAGE = """<head></head><main><article>{}</article></main>"""
FIRST = PAGE.replace("<head>", '<head><link rel="next" href="chapters/one.html">')
START = '<h1 id="start">Start</h1><a href="chapters/one.html#end">0</a>'
END = """<h2 id="end">End</h2><a href="#end">1</a><a href="../intro.html#start">2</a>
<a href="../intro.html">3</a><a href="https://example.org/">4</a>
<a href="../scorecard.json">5</a><a href="../search.html">6</a>"""


def test_links_lead_to_places_in_the_page_or_to_other_hosts_and_the_rest_is_text(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "intro.html").write_text(FIRST.format(START))
    (tmp_path / "index.html").write_text(FIRST.format(START))
    (tmp_path / "chapters" / "one.html").write_text(PAGE.format(END))
    page = BeautifulSoup(pdf.in_one_page(tmp_path, "intro.html"), "html.parser")
    assert "".join(page.main.get_text().split()) == "Start0End123456"
    links = {link.string: link["href"] for link in page.main("a")}
    assert links.pop("4") == "https://example.org/"
    assert list(links) == ["0", "1", "2", "3"]
    assert all(page.find(id=href.removeprefix("#")) for href in links.values())


def test_the_pdf_has_an_outline_and_links_that_work(tmp_path, monkeypatch):
    site = tmp_path / "book" / "_build" / "html"
    (site / "chapters").mkdir(parents=True)
    (tmp_path / "book" / "_toc.yml").write_text("root: intro")
    for name in ("index.html", "intro.html"):
        (site / name).write_text(FIRST.format(START))
    (site / "chapters" / "one.html").write_text(PAGE.format(END))
    for name, place in {"ROOT": tmp_path, "SITE": site, "PDF": site / "book.pdf"}.items():
        monkeypatch.setattr(pdf, name, place)
    pdf.main()
    assert not (site / "whole.html").exists()
    made = pypdf.PdfReader(pdf.PDF)
    start, [end] = made.outline
    assert [start.title, end.title] == ["Start", "End"]
    assert [made.get_destination_page_number(one) for one in (start, end)] == [0, 1]
    links = [link.get_object() for page in made.pages for link in page.get("/Annots", [])]
    assert sum("/Dest" in link for link in links) == 4
    assert [link["/A"]["/URI"] for link in links if "/A" in link] == ["https://example.org/"]


def test_the_site_offers_the_pdf_only_if_it_was_made_from_its_pages(tmp_path):
    pages, site, book = tmp_path / "pages", tmp_path / "site", tmp_path / "book.pdf"
    for name in ["index.html", "chapters/one.html"]:
        (pages / name).parent.mkdir(exist_ok=True)
        (pages / name).write_text(f"<footer>{contracts.PDF_PLACE}</footer>")
    book.write_bytes(b"%PDF")
    for seconds, links in [(-60, [None, None]), (60, ["book.pdf", "../book.pdf"])]:
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(pages, site)
        changed = (pages / "index.html").stat().st_mtime + seconds
        os.utime(book, (changed, changed))
        lite.add_pdf(book, pages, site)
        for name, address in zip(["index.html", "chapters/one.html"], links, strict=True):
            link = BeautifulSoup((site / name).read_text(), "html.parser").a
            assert (link and link["href"]) == address
        assert (site / "book.pdf").exists() == bool(links[0])
