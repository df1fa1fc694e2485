"""Read damaged files in a process of its own, and count how it ends."""
import contextlib
import io
import json
import logging
import os
import random
import select
import signal
import tempfile
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import IO, Any, Iterator, List, NamedTuple, Optional

from mmpose_video.formats.schema import FormatError

from .target import Target
from .targets import TARGETS

#: Ends: read without complaint; an error that names the file; an error that
#: does not; the process died; no end in time.
OUTCOMES = ('ok', 'clear', 'traceback', 'crash', 'hang')
#: Longest processor time that a file of a few kilobytes may take, in seconds.
PATIENCE = 30
#: The same for a process that waits, on a machine that may do much else.
_LONGEST_WAIT = 600
#: Folder in memory, where the system has one: converters wait for the disk
#: after each file, which takes most of their time.
_MEMORY = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
#: Errors that a reader may end in. Others are faults, even if they are
#: subclasses of these, as UnicodeDecodeError is.
CLEAR = (ValueError, FormatError, OSError, FileNotFoundError)


class Result(NamedTuple):
    """Outcomes of reading the mutated files of one kind.

    Attributes:
        counts (Counter): Number of files by outcome.
        faults (list[str]): The distinct faults, each with the number of a
            file that shows it.
    """

    counts: Counter
    faults: List[str]


def fuzz(kind: str, count: int, seed: int = 0, start: int = 0) -> Result:
    """Read damaged files of one kind.

    Args:
        kind (str): A key of ``TARGETS``.
        count (int): Number of files.
        seed (int): Seed; a file depends on it and on its number alone.
        start (int): Number of the first file.
    """
    counts: Counter = Counter()
    faults = {}
    number, end = start, start + count
    while number < end:
        for outcome, detail in _read_in_child(kind, number, end, seed):
            counts[outcome] += 1
            if outcome not in ('ok', 'clear'):
                faults.setdefault(f'{outcome}: {detail}', number)
            number += 1
    return Result(counts, [f'{fault} (file {number})'
                           for fault, number in faults.items()])


def _read_in_child(kind: str, start: int, end: int,
                   seed: int) -> Iterator[tuple]:
    """Yield outcomes until all files are read or the process is gone."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1  # never go on as a second parent
        try:
            os.close(reading)
            with os.fdopen(writing, 'w') as out, _quiet():
                _read_files(kind, start, end, seed, out)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    number = start
    try:
        with os.fdopen(reading, 'rb', buffering=0) as stream:
            rest = b''
            while number < end:
                ready, _, _ = select.select([stream], [], [], _LONGEST_WAIT)
                data = stream.read(65536) if ready else b''
                if not data:
                    yield _end_of(child, bool(ready))
                    return
                *lines, rest = (rest + data).split(b'\n')
                for line in lines:
                    number += 1
                    yield tuple(json.loads(line))
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _end_of(child: int, ended: bool) -> tuple:
    """Return the outcome for a process that answers no more."""
    if not ended:
        return 'hang', 'no end'
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF:
        return 'hang', 'no end'
    return 'crash', 'the process died'


def _read_files(kind: str, start: int, end: int, seed: int,
                out: IO[str]) -> None:
    """Read files one by one, and write how each ended."""
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        target = TARGETS[kind](Path(folder))
        for number in range(start, end):
            rng = random.Random(f'{kind} {seed} {number}')
            signal.setitimer(signal.ITIMER_PROF, PATIENCE)
            out.write(json.dumps(read_one(target, rng, number)) + '\n')
            out.flush()


def read_one(target: Target, rng: random.Random, number: int) -> list:
    """Damage a file, read it, and return outcome and detail."""
    victim: Optional[Path] = None
    try:
        victim = target.damage(rng)
        target.read(victim, number)
    except Exception as error:
        return _judge(error, victim)
    finally:
        if victim is not None:
            target.repair(victim)
    return ['ok', '']


def _judge(error: Exception, victim: Any) -> list:
    text = str(error)
    # some are about a folder of files as a whole
    if type(error) in CLEAR and victim is not None and (
            victim.stem in text or str(victim.parent) in text):
        return ['clear', '']
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return ['traceback', f'{type(error).__name__} at '
            f'{Path(frame.filename).name}:{frame.lineno}: {text[:200]}']


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep logs and warnings out of the way."""
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings(), contextlib.redirect_stdout(
            io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter('ignore')
        yield
