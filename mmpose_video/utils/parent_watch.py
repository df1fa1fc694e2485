"""End worker processes whose parent was killed.

A process that is killed cannot tell its workers to end. PyTorch's loader
workers notice by themselves, but then wait for the thread that sends their
last batches, and this thread waits for a reader that is gone. An executor's
workers wait for work that never comes. Such processes keep memory, and they
keep open the output that the killed process had, so that its reader
waits, too.
"""
import multiprocessing
import os
import threading
import time

#: Seconds between two checks of the parent.
INTERVAL = 1.
_watched = -1


def end_with_parent() -> None:
    """End this worker process soon after its parent has ended.

    Does nothing in a process that :mod:`multiprocessing` did not start, nor
    when called again.
    """
    global _watched
    parent = multiprocessing.parent_process()
    # by process: a fork inherits the variable, but not the thread
    if parent is None or parent.pid is None or _watched == os.getpid():
        return
    _watched = os.getpid()
    threading.Thread(
        target=_watch, args=(parent.pid, ), name='parent-watch',
        daemon=True).start()


def _watch(parent: int) -> None:
    # Windows keeps returning the id of a parent that has ended, but there a
    # pipe without a reader fails at once
    while os.getppid() == parent:
        time.sleep(INTERVAL)
    # not sys.exit: the main thread is the one that hangs
    os._exit(1)
