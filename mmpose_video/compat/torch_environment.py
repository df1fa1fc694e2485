"""Set what PyTorch reads from the environment when it is loaded.

What is broken
    *Waiting threads.* PyTorch computes with OpenMP threads that meet at a
    barrier after each parallel region, thousands of times in a training
    iteration. GNU's OpenMP (``libgomp``, which PyTorch's wheels for Linux
    contain) spins 300,000 times at a barrier, several milliseconds, before a
    thread sleeps. On a machine that does something else as well, the threads
    that spin take the processors from the one that they wait for: beside
    other processes an iteration takes many times longer than its share of the
    machine explains. ``benchmarks/busy_machine.py`` measures it.

    *Memory.* Each large tensor on the CPU is mapped anew by the C library and
    given back when it is freed, so the kernel clears all of its pages again
    in every layer, 4 kB at a time. PyTorch can ask for huge pages
    (``THP_MEM_ALLOC_ENABLE``, Linux, tensors of 2 MB and more), but does so
    only where told to. ``benchmarks/huge_pages.py`` measures it.

Why at interpreter start
    Both are read when torch is loaded or allocates first. MMPose's scripts
    import torch long before they read a config and with it
    ``custom_imports``. The build therefore installs a copy of this file
    beside the package (``setup.py``), which waits for the first import of
    MMEngine, MMPose or this package and sets the variables if torch has not
    been loaded by then. Processes that import none of them are left alone,
    and so is a choice that the user made.

When it can go
    When PyTorch sets the wait policy and uses huge pages itself.

This file must not import anything outside of the standard library, nor the
package: it also runs in processes that have nothing to do with MMPose.
"""
import os
import sys
from typing import Any, List, MutableMapping

#: Turns at a barrier before a thread sleeps, some tenths of a millisecond. On
#: an idle machine 1000 made an iteration of a small model take 1.3 times as
#: long, and beside other processes 100,000 made a clip take 10 times as long.
SPIN_COUNT = '5000'
#: Variables to set, their values, and the variables that show that the user
#: has chosen.
SETTINGS = (
    ('GOMP_SPINCOUNT', SPIN_COUNT, ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT')),
    ('THP_MEM_ALLOC_ENABLE', '1', ('THP_MEM_ALLOC_ENABLE', )),
)
_LIBRARIES = ('mmengine', 'mmpose', 'mmpose_video')


def choose(environ: MutableMapping[str, str],
           torch_loaded: bool) -> List[str]:
    """Set the variables that the user left alone, unless it is too late.

    Args:
        environ (MutableMapping): Environment variables, changed in place.
        torch_loaded (bool): Whether torch has read them already.

    Returns:
        list[str]: Names of the variables that were set.
    """
    chosen: List[str] = []
    if torch_loaded:
        return chosen
    for name, value, choices in SETTINGS:
        if not any(choice in environ for choice in choices):
            environ[name] = value
            chosen.append(name)
    return chosen


class ImportWatcher:
    """Watch for the first import of a library of OpenMMLab."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None,
                  target: Any = None) -> None:
        """Find nothing, but take notice of what is imported."""
        if fullname in _LIBRARIES:
            choose(os.environ, 'torch' in sys.modules)
        elif fullname != 'torch':
            return
        # the choice is made, or can no longer be made
        uninstall()


def install() -> None:
    """Put the watcher first in ``sys.meta_path``, once."""
    # By name: the class exists twice when both copies of this file are loaded.
    uninstall()
    if 'torch' not in sys.modules:
        sys.meta_path.insert(0, ImportWatcher)


def uninstall() -> None:
    """Remove the watcher."""
    sys.meta_path[:] = [
        finder for finder in sys.meta_path
        if getattr(finder, '__name__', None) != ImportWatcher.__name__
    ]


if __name__.startswith('mmpose_video'):  # the package is being imported
    choose(os.environ, 'torch' in sys.modules)
else:
    install()
