"""What a chapter puts on its page: pieces of HTML, and computed numbers for its sentences."""


class Html:
    """A piece of HTML that Jupyter and the book show as it is.

    Parameters
    ----------
    html
        The markup; whoever makes it has escaped what came from data.
    text
        What a plain terminal shows instead.

    Examples
    --------
    >>> Html("<p>Five</p>", "Five")
    Five
    """

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def say(**values: object) -> None:
    """Keep computed values for the chapter's sentences, where ``{glue:text}`name` `` shows them.

    It writes the output that `myst_nb.glue` writes, and needs nothing but IPython, so that a
    chapter runs where the book's own tools are not installed.

    Examples
    --------
    >>> say(share=f"{0.5:.0%}")  # a terminal shows what it keeps
    {'application/papermill.record/text/plain': '50%'}
    """
    from IPython.display import display

    for name, value in values.items():
        record = {"name": name, "mime_prefix": "application/papermill.record/"}
        bundle = {"application/papermill.record/text/plain": str(value)}
        display(bundle, metadata={"scrapbook": record}, raw=True)
