"""A reader to be fuzzed, with valid files to begin with."""
import json
import random
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, List

from .mutations import mutate_json, mutate_text


class Target(ABC):
    """A reader and its files.

    Attributes:
        root (Path): Folder of the files.
        victims (list[Path]): Those that are damaged, one at a time.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.prepare()
        self.victims = self.find()
        self.valid = {path: path.read_bytes() for path in self.victims}
        self.content = {
            path: json.loads(data)
            for path, data in self.valid.items()
            if data.startswith((b'{', b'['))
        }

    @abstractmethod
    def prepare(self) -> None:
        """Write valid files."""

    @abstractmethod
    def find(self) -> List[Path]:
        """Name the files that are damaged."""

    @abstractmethod
    def read(self, victim: Path, index: int) -> None:
        """Read everything; ``victim`` is damaged."""

    def damage(self, rng: random.Random) -> Path:
        """Damage one of the files."""
        victim = rng.choice(self.victims)
        victim.write_bytes(self.mutated(victim, rng))
        return victim

    def mutated(self, victim: Path, rng: random.Random) -> bytes:
        """Return the damaged content of a file."""
        if victim in self.content and rng.random() < 0.75:
            return mutate_json(self.content[victim], rng)
        return mutate_text(self.valid[victim], rng)

    def repair(self, victim: Path) -> None:
        """Undo the damage."""
        victim.write_bytes(self.valid[victim])


def write(path: Path, content: Any) -> None:
    """Write a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
