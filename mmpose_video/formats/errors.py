"""The error of files that break their format."""


class FormatError(ValueError):
    """A file breaks its format; the message names file, item and fault."""
