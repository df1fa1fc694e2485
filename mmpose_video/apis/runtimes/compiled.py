"""Run the network of a model by ``torch.compile``."""
import os
import shutil
import sys
from typing import Any

import torch


def use_compile(model: Any) -> None:
    """Compile backbone, neck and head of a model at their first batch.

    Batches of other sizes do not compile anew once two sizes were seen.

    Args:
        model (TopdownPoseEstimator): The model; changed.

    Raises:
        ValueError: If the model is on the CPU and there is no C++ compiler.
    """
    device = next(model.parameters()).device
    # what PyTorch calls, by default
    default = 'clang++' if sys.platform == 'darwin' else 'g++'
    command = os.environ.get('CXX', default).split()
    if (device.type == 'cpu' and sys.platform != 'win32'
            and not (command and shutil.which(command[0]))):
        raise ValueError(
            "runtime='compile' needs a C++ compiler on a CPU, and there is "
            f'no {" ".join(command)!r}: install one (Debian: g++) or name it '
            'in CXX')
    model.backbone.compile()
    if model.with_neck:
        model.neck.compile()
    model.head.forward = torch.compile(model.head.forward)
