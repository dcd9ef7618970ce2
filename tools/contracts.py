"""What one side of the book writes and another looks for: Sphinx, extensions, theme, tools.

If one side changed, the other would find nothing and say nothing. So what is looked for stands
here, and the build of the project's own book, which has a use for all of it, fails on what no page
has. Small books, and those of other studies, may do without some of it.
"""

import re
from pathlib import Path

WHOLE = Path(__file__).resolve().parents[1] / "book"

# --- What Sphinx, myst-nb and Pygments write, and book/_ext/pages.py replaces ---

MARKUP = [  # by what is shorter, and easier to announce
    (r'<span class="pre">([^<]*)</span>', r"\1"),
    # All this is in the colour of the text.
    (
        r'<span class="(?:g[opr]|n|nn|nx|o|p|w|x|colon|default_value|sig-paren|sig-return-\w+)">'
        r"((?:[^<]|</?a\b[^>]*>)*)</span>",
        r"\1",
    ),
    (r'<span class="(?:n|sig-return)">((?:[^<]|</?a\b[^>]*>)*)</span>', r"\1"),
    (r'<em class="sig-param">(.*?)</em>', r"\1"),
    (r"sig sig-object py", "sig"),
    (r"sig-name descname", "sig-name"),
    (
        r'class="reference internal"( href="[^"]*")><span (class="viewcode-link")>([^<]*)</span>',
        r"\2\1>\3",
    ),
    (r' class="field-(?:odd|even)"', ""),
    (r' class="(?:code )?docutils literal notranslate"', ' class="notranslate"'),
    (r' class="reference internal"', ""),
    # A paragraph cannot hold paragraphs and lists.
    (r"<dd><p>(?=<(?:p|ul)\b)", "<dd>"),
    (r"(</(?:p|ul)>)\n</p>(?=\n</dd>)", r"\1"),
    (r" docutils container(?=\")", ""),
    (r'</span>(\n*)<span class="s[2i]">', r"\1"),  # nor do pieces of a string differ in theirs
    (r"<pre><span></span>", "<pre>"),
    # Apostrophes as in the text around outputs, in drawings too; quotation marks stay.
    (r"(?<=\w)&#x27;(?=\w)|(?<=s)&#x27;(?=[ <])", "\N{RIGHT SINGLE QUOTATION MARK}"),
    (r"(?<=\w)'(?=\w[^<>]*</t(?:ext|span)>)", "\N{RIGHT SINGLE QUOTATION MARK}"),
    (r'(<a href="[\w/]+)\.ipynb(?=[#"])', r"\1.html"),  # links in what cells put out
    (r"(?<=>\n)<style>[^<]*</style>(?=<table)", ""),  # which only Jupyter needs
    (r'role="doc-biblioentry"', 'role="listitem"'),  # the former is deprecated
    (r'(<a class="headerlink" href="[^"]*") title="([^"]*)">', r'\1 aria-label="\2">'),
]
CONTENTS = [  # in the list of all pages
    (r' aria-level="2"| role="heading"', ""),
    (r'class="current reference internal" href="#"', 'aria-current="page" href="#"'),
    (r' class="reference internal"| class="toctree-l\d(?: current)?"', ""),
]
SOURCE = [  # on pages of source code, where viewcode's line ends would be blank lines
    (r'(<div class="viewcode-block" id="[^"]*">)\n(<a class="viewcode-back".*?</a>)\n', r"\1\2"),
    (r"</div>\n\n?", "</div>"),
]
UNUSED = [  # files that no page asks for, below _static
    *("mystnb.*.css", "pygments.css"),
    "../.buildinfo",  # a key over paths of this machine
]

# --- What helpers.show writes, and book/_ext/folds.py and tools/slides.py look for ---

EXPLORER = '<div class="explorer"'
# The end of a caption with none after it.
CAPTION = re.compile(r"</(figcaption|caption)>(?!.*</(?:fig)?caption>)", re.DOTALL)
TABLE = re.compile(r'<table class="study">(\s*<caption>)([^<]*)\Z')
TABLE_BOX = "table-box"

# --- What the theme writes, and tools look for ---

TITLE = re.compile(r"<article\b.*?</h1>", re.DOTALL)
PDF_PLACE = "<!-- PDF -->"
NEXT_PAGE = 'link[rel="next"]'

# --- What pages must have once they are built, and who looks for it ---

NAMES = {
    **dict.fromkeys(["#colours", "#contents", "#closed", ".highlight", ".open"], "site.js"),
    **dict.fromkeys([".to-search", "#words"], "site.js"),
    **dict.fromkeys(["#found", ".hits", ".search"], "search.js"),
    **dict.fromkeys([".self-check", ".option", ".feedback"], "site.js"),
    **dict.fromkeys([".explorer", ".view"], "explorer.js"),
    f".{TABLE_BOX}": "tools/slides.py",
    **dict.fromkeys([".source", ".term", ".code"], "site.css"),
}
TEXTS = {
    TITLE.pattern: "tools/lite.py",
    r'aria-current="page"': "tools/pdf.py",
    PDF_PLACE: "tools/lite.py",
    r'<div class="viewcode-block" id="[^"]*"><a class="viewcode-back"': "book/_ext/pages.py",
    r'<table class="study" aria-label="': "book/_ext/folds.py",
    **{
        f'Code<span class="sr-only"> for {of}</span>': "book/_ext/folds.py"
        for of in ("this sentence", "this figure", "this table", "this explorer")
    },
}
