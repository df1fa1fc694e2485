"""Let idle OpenMP threads sleep soon instead of spinning.

What is broken
    PyTorch computes with OpenMP threads that meet at a barrier after each
    parallel region, thousands of times in a training iteration. GNU's OpenMP
    (``libgomp``, which PyTorch's wheels for Linux contain) spins 300,000
    times at a barrier, several milliseconds, before a thread sleeps. On a
    machine that does something else as well, the threads that spin take the
    processors from the one that they wait for: beside other processes an
    iteration takes many times longer than its share of the machine explains.
    ``benchmarks/busy_machine.py`` measures it.

Why at interpreter start
    ``libgomp`` reads its environment variables when it is loaded, which is
    when torch is imported. MMPose's scripts import torch long before they
    read a config and with it ``custom_imports``. The build therefore installs
    a copy of this file beside the package (``setup.py``), which waits for
    the first import of MMEngine, MMPose or this package and sets the variable
    if torch has not been loaded by then. Processes that import none of them
    are left alone, and so is a choice that the user made.

When it can go
    When PyTorch sets the wait policy itself.

This file must not import anything outside of the standard library, nor the
package: it also runs in processes that have nothing to do with MMPose.
"""
import os
import sys
from typing import Any, MutableMapping

#: Turns at a barrier before a thread sleeps: some microseconds, enough for
#: threads that arrive together.
SPIN_COUNT = '1000'
#: Any of them is a choice of the user's.
CHOICES = ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT')
_LIBRARIES = ('mmengine', 'mmpose', 'mmpose_video')


def choose_wait(environ: MutableMapping[str, str],
                torch_loaded: bool) -> bool:
    """Set the number of turns at a barrier, unless it is set or too late.

    Args:
        environ (MutableMapping): Environment variables, changed in place.
        torch_loaded (bool): Whether torch has read them already.

    Returns:
        bool: Whether the variable was set.
    """
    if torch_loaded or any(name in environ for name in CHOICES):
        return False
    environ['GOMP_SPINCOUNT'] = SPIN_COUNT
    return True


class WaitChooser:
    """Watch for the first import of a library of OpenMMLab."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None,
                  target: Any = None) -> None:
        """Find nothing, but take notice of what is imported."""
        if fullname in _LIBRARIES:
            choose_wait(os.environ, 'torch' in sys.modules)
        elif fullname != 'torch':
            return
        # the choice is made, or can no longer be made
        uninstall()


def install() -> None:
    """Put the watcher first in ``sys.meta_path``, once."""
    # By name: the class exists twice when both copies of this file are loaded.
    uninstall()
    if 'torch' not in sys.modules:
        sys.meta_path.insert(0, WaitChooser)


def uninstall() -> None:
    """Remove the watcher."""
    sys.meta_path[:] = [
        finder for finder in sys.meta_path
        if getattr(finder, '__name__', None) != WaitChooser.__name__
    ]


if __name__.startswith('mmpose_video'):  # the package is being imported
    choose_wait(os.environ, 'torch' in sys.modules)
else:
    install()
