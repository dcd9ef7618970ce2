"""What two chapters or more share: load, compute, show."""

__version__ = "0.1.0"
