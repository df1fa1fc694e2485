"""Run MMPose's publish_model.py on training checkpoints.

The stock script reads no config, so nothing imports this package for it, and
its plain ``torch.load`` refuses MMEngine's checkpoints under torch 2.6 and
newer: ``mim run mmpose_video publish_model IN OUT``.
"""
import sys
from typing import Any, Optional, Sequence

import torch

from mmpose_video.compat.checkpoint import guard_supported, guarded_load
from mmpose_video.tools._stock import run_stock
from mmpose_video.utils import one_line_errors
from mmpose_video.utils.weights_file import check_weights


def _load(f: Any, *args: Any, **kwargs: Any) -> Any:
    """Read a checkpoint, and refuse one that nobody could use.

    Raises:
        ValueError: If it holds no weights, or some are not finite.
    """
    content = guarded_load(f, *args, **kwargs)
    check_weights(content, str(f))
    return content


@one_line_errors
def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the script and return the exit status."""
    if guard_supported():
        torch.load = _load  # in this process, for this one script
    run_stock('misc/publish_model.py')
    return 0


if __name__ == '__main__':
    sys.exit(main())
