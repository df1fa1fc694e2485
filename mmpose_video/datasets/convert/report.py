"""Report of what a conversion left out, and why."""
from typing import Any, Dict, List, Tuple

#: The most label files that are listed.
_LISTED = 50


class Report:
    """Counts by reason, each with its first example.

    A *fault* is something that ought to be there and is not, such as a
    missing image: it ends a conversion unless the user allows it. What is
    *skipped* could not serve anyone, such as a person without a box.

    Attributes:
        faults (dict[str, tuple[int, str]]): Number and first example of the
            faults by kind.
        skipped (dict[str, tuple[int, str]]): The same of what is skipped.
        broken (dict[str, str]): From a video or file of which nothing could
            be used to the reason.
    """

    def __init__(self) -> None:
        self.faults: Dict[str, Tuple[int, str]] = {}
        self.skipped: Dict[str, Tuple[int, str]] = {}
        self.broken: Dict[str, str] = {}

    def fault(self, reason: str, example: Any) -> None:
        """Count a fault."""
        _count(self.faults, reason, 1, str(example))

    def skip(self, reason: str, example: Any) -> None:
        """Count something that cannot serve."""
        _count(self.skipped, reason, 1, str(example))

    def lose(self, name: str, reason: str, kind: str) -> None:
        """Count a file or video of which nothing can be used.

        Args:
            name (str): The file or video.
            reason (str): What is wrong with it.
            kind (str): The kind of fault.
        """
        self.fault(kind, reason)
        self.broken[name] = reason

    def add(self, other: 'Report') -> None:
        """Add another report's counts."""
        for reason, (count, example) in other.faults.items():
            _count(self.faults, reason, count, example)
        for reason, (count, example) in other.skipped.items():
            _count(self.skipped, reason, count, example)
        self.broken.update(other.broken)

    def lines(self) -> List[str]:
        """Return one line per reason, then one per file that is lost."""
        lines = [
            f'  left out {count}: {reason} (first: {example})'
            for reason, (count, example) in [
                *self.faults.items(), *self.skipped.items()]
        ]
        if self.broken:
            lines.append(f'  nothing was used of {len(self.broken)}:')
            # most reasons begin with the name of the file
            lines += [f'    {reason}' if reason.startswith(name) else
                      f'    {name}: {reason}'
                      for name, reason in list(self.broken.items())[:_LISTED]]
        if len(self.broken) > _LISTED:
            lines.append(f'    and {len(self.broken) - _LISTED} more')
        return lines

    def to_dict(self) -> dict:
        """Return the content for JSON."""
        return dict(faults=self.faults, skipped=self.skipped,
                    broken=self.broken)

    @classmethod
    def from_dict(cls, data: dict) -> 'Report':
        """Return a report from what :meth:`to_dict` returned."""
        report = cls()
        for name in ('faults', 'skipped'):
            for reason, (count, example) in data[name].items():
                _count(getattr(report, name), reason, count, example)
        report.broken.update(data['broken'])
        return report


def _count(table: Dict[str, Tuple[int, str]], reason: str, count: int,
           example: str) -> None:
    known, first = table.get(reason, (0, example))
    table[reason] = (known + count, first)
