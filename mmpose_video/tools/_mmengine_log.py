"""Read the state of a run from the lines that MMEngine logs."""
import re
from typing import NamedTuple, Optional

_STATE = re.compile(r'Epoch\((train|val|test)\)\s*(?:\[(\d+)\])?'
                    r'\[\s*(\d+)/(\d+)\]')
_TIME_LEFT = re.compile(r'eta: ((?:\d+ days?, )?[\d:]+)')
_LOSS = re.compile(r'\bloss: (\S+)')


class RunState(NamedTuple):
    """State of a training, a validation or a test.

    Attributes:
        mode (str): ``'train'``, ``'val'`` or ``'test'``.
        epoch (int, optional): Epoch, from 1; None for a test.
        iteration (int): Iterations of this epoch that are done.
        iterations (int): Iterations of an epoch.
        time_left (str, optional): Of the whole training, hours:minutes:
            seconds.
        loss (str, optional): Sum of the losses.
    """

    mode: str
    epoch: Optional[int]
    iteration: int
    iterations: int
    time_left: Optional[str]
    loss: Optional[str]

    def describe(self, epochs: Optional[int] = None) -> str:
        """Write the state as one line.

        Args:
            epochs (int, optional): Number of epochs of the training.
        """
        parts = []
        if self.epoch is not None:
            parts.append(f'epoch {self.epoch}' +
                         (f'/{epochs}' if epochs else ''))
        name = 'iteration' if self.mode == 'train' else f'{self.mode} batch'
        parts.append(f'{name} {self.iteration}/{self.iterations}')
        if self.loss is not None:
            parts.append(f'loss {self.loss}')
        if self.time_left is not None:
            parts.append(f'{self.time_left} left')
        return ', '.join(parts)


def parse_run_state(line: str) -> Optional[RunState]:
    """Return the state that a line of MMEngine's log contains, if any."""
    found = _STATE.search(line)
    if found is None:
        return None
    mode, epoch, iteration, iterations = found.groups()
    time_left, loss = _TIME_LEFT.search(line), _LOSS.search(line)
    return RunState(mode, int(epoch) if epoch else None, int(iteration),
                    int(iterations), time_left and time_left[1],
                    loss and loss[1])
