"""Measure time and peak memory of calls, each in a forked process."""
import ctypes
import multiprocessing
import statistics
import time
from typing import Any, Callable, Dict, List, Tuple

import torch


def memory(field: str) -> float:
    """Return a field of the process's status in MB."""
    with open('/proc/self/status') as file:
        for line in file:
            if line.startswith(field):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f'no {field} in /proc/self/status')


def _child(call: Callable[[], Any], repeats: int, threads: int,
           connection: Any) -> None:
    """Measure in a process of its own."""
    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    try:
        with open('/proc/self/clear_refs', 'w') as file:
            file.write('5')  # the peak counts from here
    except OSError:
        pass
    before = memory('VmRSS')
    call()
    peak = memory('VmHWM') - before
    times = []
    for _ in range(repeats):
        start = clock()
        call()
        times.append(clock() - start)
    connection.send((statistics.median(times or [float('nan')]) * 1e3, peak))
    connection.close()


def measure(calls: Dict[str, Callable[[], Any]], rounds: int, threads: int,
            repeats: int = 3) -> Dict[str, Tuple[float, float]]:
    """Measure calls in turn, each time in a process of its own.

    Args:
        calls (dict): The calls by name.
        rounds (int): Processes for each call; the median counts.
        threads (int): PyTorch's threads. With one the time is that of the
            processor, so that other work on the machine matters less.
        repeats (int): Timed calls in a process, after one that is not.
            Defaults to 3.

    Returns:
        dict[str, tuple[float, float]]: Milliseconds, and the peak of the
        memory that the first call takes, in MB.
    """
    context = multiprocessing.get_context('fork')
    # what this process has freed would hide what a child takes
    ctypes.CDLL(None).malloc_trim(0)
    found: Dict[str, List[Tuple[float, float]]] = {n: [] for n in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            receiver, sender = context.Pipe(False)
            child = context.Process(
                target=_child, args=(call, repeats, threads, sender))
            child.start()
            sender.close()
            found[name].append(receiver.recv())
            child.join()
    return {
        name: (statistics.median(t for t, _ in values),
               statistics.median(m for _, m in values))
        for name, values in found.items()
    }
