"""Stop the job of a page."""
import threading
from typing import Dict, Optional

from .errors import CancelledError


class Stops:
    """One switch for each open page.

    A page is named by the session that the browser's connection has.
    """

    def __init__(self) -> None:
        self._switches: Dict[Optional[str], threading.Event] = {}
        self._closing = threading.Event()

    def start(self, session: Optional[str]) -> threading.Event:
        """Return a new switch for a job.

        Args:
            session (str, optional): The page's session.
        """
        self._switches[session] = switch = threading.Event()
        return switch

    def stop(self, session: Optional[str]) -> None:
        """Stop the job of a page, if there is one.

        Args:
            session (str, optional): The page's session.
        """
        switch = self._switches.pop(session, None)
        if switch is not None:
            switch.set()

    def stop_all(self) -> None:
        """Stop all jobs, also those that begin later."""
        self._closing.set()

    def check(self, switch: threading.Event) -> None:
        """Raise an error if the job is to stop.

        Args:
            switch (threading.Event): The job's.

        Raises:
            CancelledError: If it is.
        """
        if switch.is_set() or self._closing.is_set():
            raise CancelledError
