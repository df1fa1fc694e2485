"""Error raised for mmcv operators without a replacement."""
from typing import NoReturn


def missing_operator(name: str) -> NoReturn:
    """Raise an error that says how to get an operator.

    Args:
        name (str): The operator as ``mmcv._ext`` calls it, with the option
            that made the difference, if one did.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(
        f"the operator '{name}' of mmcv._ext is not available: this mmcv was "
        'installed without its compiled operators, and mmpose_video answers '
        'only those that torchvision has. Two ways to get it: (1) build full '
        'mmcv 2.1.0 from source, which needs a C++ compiler and torch 2.13 '
        "or older: 'pip uninstall mmcv-lite', then 'MMCV_WITH_OPS=1 pip "
        "install --no-build-isolation --no-binary mmcv mmcv==2.1.0'; (2) with "
        'torch 2.1 or older, install the ready wheel: '
        "'mim install mmcv==2.1.0'.")
