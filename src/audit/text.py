"""Find test statistics in a paper's text, and hold each against its own p."""

from __future__ import annotations

import re
from decimal import Decimal
from os import PathLike

import pandas as pd

from audit.printed import Reading, parse
from audit.pvalues import Test, p_range, p_verdict
from audit.two_groups import ALPHA

VALUE = r"([<>=])\s?(-?\s?(?:\d[\d,]*\.?\d*|\.\d+))"
DF = r"(\d+\.?\d*)"
# How the tests are written, in APA style and close to it.
_TESTS = {
    "t": rf"(?<![^\W_])t\s?\(\s?{DF}\s?\)",
    "F": rf"(?<![^\W_])F\s?\(\s?{DF}\s?,\s?{DF}\s?\)",
    "r": rf"(?<![^\W_])r\s?\(\s?{DF}\s?\)",
    "z": r"(?<![^\W_])[zZ]",
    "chi2": rf"(?:chi[-\s]?|\u03c7|\u03a7|(?<![^\W_])[xX])\s?[_^]?\s?[2\u00b2]\s?"
    rf"\(\s?{DF}(?:\s?,\s?[nN]\s?=\s?\d[\d,]*)?\s?\)",
    "Q": rf"(?<![^\W_])Q(?:-?(?:w|within|b|between))?\s?\(\s?{DF}\s?\)",
}
# From 0 to 1, or a number above 1 with the power of ten that makes it small.
P = (
    r"(?:(n\.?s)\b|p\s?([<>=])\s?"
    r"(0?\.\d+|[01](?:\.0+)?(?!\d|\.\d)|\d(?:\.\d+)?(?=e-))(e-?\d+)?)"
)
ONE_TAIL = re.compile(r"one[-\s]?(?:tail|sided)|directional", re.IGNORECASE)
# fmt: off
COLUMNS = [
    "raw", "test", "df_1", "df_2", "value", "sign", "p", "p_low", "p_high", "tails", "verdict",
]
# fmt: on


def read(text: str, digits: Reading = "either") -> pd.DataFrame:
    """Find test statistics in a text, and hold the printed p of each against its own.

    It finds what is written in APA style: the test with its degrees of freedom, the statistic, a
    comma, and p (or *ns*): "t(28) = 2.20, p = .03", likewise F, r, z, chi-squared and Q. Spaces may
    be anywhere between, minus signs of any kind. The text is taken as it is; lines that a PDF broke
    do not matter. What no such test can print, such as a negative F, is left out.

    Parameters
    ----------
    text
        A paper's text.
    digits
        How the printed digits came about, one of `audit.printed.READINGS`.

    Returns
    -------
    DataFrame
        One row for every test found, in the order of the text: `raw`, as it stands there; `test`
        (t, F, r, z, chi2 or Q); `df_1` and `df_2`, empty where the test has none; `value`; the
        `sign` before p and `p` itself, "ns" as > .05; the least and the largest p that the
        statistic can have (`p_low`, `p_high`), which is bounded on one side if the statistic is
        ("F(1, 20) < 1"); `tails`, 2, or 1 where the text speaks of one-tailed tests and the printed
        p fits one tail and not two; and the `verdict` of `p_verdict`.

    References
    ----------
    Nuijten, M. B., Hartgerink, C. H. J., van Assen, M. A. L. M., Epskamp, S., & Wicherts, J. M.
    (2016). The prevalence of statistical reporting errors in psychology (1985–2013). Behavior
    Research Methods, 48(4), 1205–1226. https://doi.org/10.3758/s13428-015-0664-2

    Examples
    --------
    >>> found = read("It helped, t(28) = 2.20, p = .01, but not all, F(2, 28) = 2.20, p = .13.")
    >>> found[["test", "value", "p", "verdict"]]
      test value    p       verdict
    0    t  2.20  .01  inconsistent
    1    F  2.20  .13    consistent
    """
    text = re.sub(r"[\u2212\u2012\u2013\u2014\ufe63\uff0d]", "-", re.sub(r"\s+", " ", text))
    one_tail = bool(ONE_TAIL.search(text))
    found = {
        match.start(): _held(test, match, one_tail, digits)
        for test, pattern in _TESTS.items()
        for match in re.finditer(rf"{pattern}\s?{VALUE}\s?,\s?{P}", text)
    }
    rows = [found[start] for start in sorted(found) if found[start]]
    return pd.DataFrame(rows, columns=COLUMNS)


def read_pdf(path: str | PathLike) -> str:
    """Return the text of a PDF, page after page, for `read`.

    It needs pypdf, which `pip install pypdf` brings. Scanned pages have no text.
    """
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def _held(test: Test, match: re.Match, one_tail: bool, digits: Reading) -> tuple | None:
    """Return a row of `read`, or None if what looks like a test cannot be one."""
    *df, relation, value, ns, sign, p, power = match.groups()
    value = re.sub(r"[\s,]", "", value)
    if test == "r" and abs(parse(value)) > 1:
        return None
    sign, p = (">", str(ALPHA)) if ns else (sign, p if not power else f"{Decimal(p + power):f}")
    verdicts = {}
    try:
        for tails in (2, 1) if one_tail else (2,):
            low, high = p_range(test, value, *df, tails=tails, digits=digits)
            low, high = {"=": (low, high), "<": (low, 1.0), ">": (0.0, high)}[relation]
            verdicts[tails] = low, high, tails, p_verdict(p, low, high, sign, digits=digits)
    except ValueError:
        return None
    consistent = [row for row in verdicts.values() if row[-1] == "consistent"]
    df_1, df_2 = [*df, "", ""][:2]
    return match[0], test, df_1, df_2, value, sign, p, *(consistent or [verdicts[2]])[0]
