"""Load: read the tables and check them once."""

from helpers.load.files import StudyError
from helpers.load.study import Study, load_study

__all__ = ["Study", "StudyError", "load_study"]
