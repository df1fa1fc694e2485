"""Errors of a run."""


class RunError(RuntimeError):
    """Raised for a run that fails; it says why and where to look."""


class StoppedError(Exception):
    """Raised when the comparison is interrupted."""
