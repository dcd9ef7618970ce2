"""Load: read the tables and check them once."""

from helpers.load.study import Study, StudyError, load_study

__all__ = ["Study", "StudyError", "load_study"]
