"""Take in a study from the files of other programs: SPSS, Stata, Excel, CSV, REFI-QDA.

`tables` reads data files, `qdpx` coded texts, `draft` writes the folder that the book is built
from. Nothing here is needed by the book itself, and nothing here interprets: what had to be
guessed is said.
"""


class IntakeError(ValueError):
    """Something that cannot be taken in; `problems` lists all of it, a line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))
