"""The models that a page offers."""
import os.path as osp
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Tuple

from mmpose_video.weights import PUBLISHED

from .errors import AppError


@dataclass(frozen=True)
class ModelChoice:
    """A model of the page.

    Attributes:
        title (str): What the page shows.
        config (str): Name, or path of the config.
        checkpoint (str, optional): Its weights, None for published ones, or
            for random ones with a config.
    """

    title: str
    config: str
    checkpoint: Optional[str] = None

    @property
    def is_movenet(self) -> bool:
        """bool: Whether it is a published model of MoveNet."""
        return self.config in PUBLISHED


class Menu:
    """The models that the command line allows.

    A config is Python code and a checkpoint may hold any, so a browser picks
    from this list and never sends a path.

    Args:
        models (Sequence[tuple[str, str | None]]): Config or name, and
            checkpoint of each model; the first one is the default.

    Raises:
        ValueError: If there is none.
    """

    def __init__(self, models: Sequence[Tuple[str, Optional[str]]]) -> None:
        self._choices: Dict[str, ModelChoice] = {}
        for config, checkpoint in models:
            title = self._title(config, checkpoint)
            self._choices[title] = ModelChoice(title, config, checkpoint)
        if not self._choices:
            raise ValueError('the menu needs a model')

    def titles(self) -> List[str]:
        """Return what the page shows, the default first."""
        return list(self._choices)

    def find(self, title: str) -> ModelChoice:
        """Return the model of a title.

        Args:
            title (str): What the browser sent.

        Raises:
            AppError: If it is not on the list.
        """
        if title not in self._choices:
            raise AppError(f'there is no model {title!r} on the list: the '
                           'models are those of the command line')
        return self._choices[title]

    def _title(self, config: str, checkpoint: Optional[str]) -> str:
        """Return a title that no other model has."""
        name = osp.splitext(osp.basename(config))[0]
        if checkpoint is not None:
            name += f' ({osp.basename(checkpoint)})'
        elif config.endswith('.py'):
            name += ' (random weights)'
        title, count = name, 1
        while title in self._choices:
            count += 1
            title = f'{name} #{count}'
        return title
