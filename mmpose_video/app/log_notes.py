"""Collect the warnings of a job for the page."""
import contextlib
import logging
import threading
from typing import Iterator, List

from mmengine.logging import MMLogger


class _NoteHandler(logging.Handler):
    """Keep the warnings of one thread.

    Args:
        notes (list[str]): Gets the messages.
    """

    def __init__(self, notes: List[str]) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        message = record.getMessage()
        if record.thread == self._thread and message not in self._notes:
            self._notes.append(message)


@contextlib.contextmanager
def collect_warnings() -> Iterator[List[str]]:
    """Collect the warnings that this thread writes to MMEngine's log.

    Yields:
        list[str]: The messages, none twice.
    """
    notes: List[str] = []
    logger = MMLogger.get_current_instance()
    handler = _NoteHandler(notes)
    logger.addHandler(handler)
    try:
        yield notes
    finally:
        logger.removeHandler(handler)
