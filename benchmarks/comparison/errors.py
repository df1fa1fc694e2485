"""Errors of a run."""


class RunError(RuntimeError):
    """A run that cannot be made; the message says why and where to look."""


class StoppedError(Exception):
    """The comparison was interrupted."""
