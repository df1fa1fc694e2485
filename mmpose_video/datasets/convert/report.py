"""What a conversion left out, and why."""
from typing import Any, Dict, List, Tuple


class Report:
    """Counts by reason, each with its first example.

    A *fault* is something that ought to be there and is not, such as a
    missing image: it ends a conversion unless the user allows it. What is
    *skipped* could not serve anyone, such as a person without a box.
    """

    def __init__(self) -> None:
        self.faults: Dict[str, Tuple[int, str]] = {}
        self.skipped: Dict[str, Tuple[int, str]] = {}

    def fault(self, reason: str, example: Any) -> None:
        """Count a fault."""
        _count(self.faults, reason, 1, str(example))

    def skip(self, reason: str, example: Any) -> None:
        """Count something that cannot serve."""
        _count(self.skipped, reason, 1, str(example))

    def add(self, other: 'Report') -> None:
        """Add another report's counts."""
        for reason, (count, example) in other.faults.items():
            _count(self.faults, reason, count, example)
        for reason, (count, example) in other.skipped.items():
            _count(self.skipped, reason, count, example)

    def lines(self) -> List[str]:
        """One line per reason."""
        return [
            f'  left out {count}: {reason} (first: {example})'
            for reason, (count, example) in [
                *self.faults.items(), *self.skipped.items()]
        ]

    def to_dict(self) -> dict:
        """For json."""
        return dict(faults=self.faults, skipped=self.skipped)

    @classmethod
    def from_dict(cls, data: dict) -> 'Report':
        """The opposite of :meth:`to_dict`."""
        report = cls()
        for name in ('faults', 'skipped'):
            for reason, (count, example) in data[name].items():
                _count(getattr(report, name), reason, count, example)
        return report


def _count(table: Dict[str, Tuple[int, str]], reason: str, count: int,
           example: str) -> None:
    known, first = table.get(reason, (0, example))
    table[reason] = (known + count, first)
