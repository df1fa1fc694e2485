"""Errors that the app shows to the person in front of the browser."""


class AppError(ValueError):
    """A wrong input; the message is shown as it is."""


class CancelledError(Exception):
    """The job was stopped by its button, or by closing the page."""
