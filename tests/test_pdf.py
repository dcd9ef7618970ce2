"""The book as one page to print: what its links lead to."""

import pdf
from bs4 import BeautifulSoup

PAGE = """<head></head><nav id="contents"><ul>
<li><a href="#" aria-current="page">Overview</a></li>
<li><a href="chapters/one.html">One</a></li>
</ul></nav><main><article>{}</article></main>"""
START = '<h1 id="start">Start</h1><a href="chapters/one.html#end">0</a>'
END = """<h2 id="end">End</h2><a href="#end">1</a><a href="../intro.html#start">2</a>
<a href="../intro.html">3</a><a href="https://example.org/">4</a>
<a href="../scorecard.json">5</a><a href="../search.html">6</a>"""


def test_links_lead_to_places_in_the_page_or_to_other_hosts_and_the_rest_is_text(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "intro.html").write_text(PAGE.format(START))
    (tmp_path / "index.html").write_text(PAGE.format(START))
    (tmp_path / "chapters" / "one.html").write_text(PAGE.format(END))
    page = BeautifulSoup(pdf.in_one_page(tmp_path, "intro.html"), "html.parser")
    assert "".join(page.main.get_text().split()) == "Start0End123456"
    links = {link.string: link["href"] for link in page.main("a")}
    assert links.pop("4") == "https://example.org/"
    assert list(links) == ["0", "1", "2", "3"]
    assert all(page.find(id=href.removeprefix("#")) for href in links.values())
