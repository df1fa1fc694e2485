"""Files and folders that get their names when they are complete."""
import contextlib
import os
import os.path as osp
import re
import secrets
import shutil
from typing import Dict, Iterator, List, Set

from mmengine.logging import print_log

try:
    import fcntl
except ImportError:  # Windows: which drafts are still written is not known
    fcntl = None  # type: ignore[assignment]

#: Longest name of a file in bytes, on the file systems in use.
_LONGEST = 255
_NAME = re.compile(r'(?P<target>.+)\.[0-9a-f]{8}\.part')
#: Drafts that were in a folder when this process first wrote to it.
_FOUND: Dict[str, List[str]] = {}
#: Drafts of this process.
_OWN: Set[str] = set()


def draft_name(path: str) -> str:
    """Return where to write a file or folder until it is complete.

    The draft lies beside it, so that it can be renamed. Nobody can foresee
    its name: in a folder that others may write to, a link to some other file
    could wait there, and two processes, whose ids may be the same in two
    containers, could write to one draft.

    Args:
        path (str): The file or folder.

    Returns:
        str: ``<path>.<random>.part``.
    """
    folder, name = osp.split(path)
    end = f'.{secrets.token_hex(4)}.part'
    while len(os.fsencode(name + end)) > _LONGEST and len(name) > 1:
        name = name[:-1]
    return osp.join(folder, name + end)


class Draft:
    """A file or folder under another name, until it is complete.

    A process that is killed leaves its drafts. So each is locked by the
    process that writes it, and the system frees the lock when the process
    ends, however it ends. The next process that writes the same path removes
    the drafts that are not locked.

    Args:
        path (str): The file or folder; missing folders above it are created.
        folder (bool): Make a folder. Defaults to False, an empty file.
        boxed (bool): Make no file, but a folder to write it into, for
            libraries that tell the format by the suffix, or that lock
            themselves what they write. Defaults to False.

    Attributes:
        path (str): The file or folder.
        name (str): Where to write it until it is complete.

    Raises:
        OSError: If it cannot be made; the error names the path.
    """

    def __init__(self,
                 path: str,
                 folder: bool = False,
                 boxed: bool = False) -> None:
        self.path = path
        os.makedirs(osp.dirname(osp.abspath(path)), exist_ok=True)
        remove_left(path)
        try:
            self._make(folder or boxed)
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from error
        self.name = osp.join(self._draft, osp.basename(
            path)) if boxed else self._draft

    def _make(self, folder: bool) -> None:
        """Make the draft and lock it."""
        while True:
            self._draft = draft_name(self.path)
            if folder:
                os.mkdir(self._draft)
            else:
                open(self._draft, 'xb').close()
            self._lock = _lock(self._draft, wait=True)
            # another process may have removed it before it was locked
            if osp.lexists(self._draft):
                break
        _OWN.add(osp.abspath(self._draft))

    def finish(self) -> None:
        """Give it its name; what had that name is replaced.

        Raises:
            OSError: If that is impossible.
        """
        if osp.isdir(self.name):
            shutil.rmtree(self.path, ignore_errors=True)
        os.replace(self.name, self.path)

    def close(self) -> None:
        """Remove what has not got its name, and unlock it."""
        _remove(self._draft)
        _OWN.discard(osp.abspath(self._draft))
        if self._lock != -1:
            os.close(self._lock)
            self._lock = -1


@contextlib.contextmanager
def draft_of(path: str,
             folder: bool = False,
             boxed: bool = False) -> Iterator[str]:
    """Write a file or folder that gets its name at the end of the block.

    After an error there is none, and an earlier one of that name stays.

    Args:
        path (str): See :class:`Draft`.
        folder (bool): See there. Defaults to False.
        boxed (bool): See there. Defaults to False.

    Yields:
        str: Where to write it.

    Raises:
        OSError: If it cannot be made.
    """
    draft = Draft(path, folder, boxed)
    try:
        yield draft.name
        draft.finish()
    finally:
        draft.close()


def remove_left(path: str) -> None:
    """Remove the drafts of a path that killed processes have left.

    They are looked for once per folder and process, since a folder may get
    thousands of files.

    Args:
        path (str): The file or folder that they were to become.
    """
    folder, name = osp.split(osp.abspath(path))
    if folder not in _FOUND:
        try:
            _FOUND[folder] = _drafts_in(folder)
        except OSError:  # there is none yet
            return
    for draft in list(_FOUND[folder]):
        match = _NAME.fullmatch(draft)
        assert match
        if match['target'] == name:
            _FOUND[folder].remove(draft)
            _remove_unlocked(osp.join(folder, draft))


def remove_all_left(folder: str) -> None:
    """Remove all drafts of a folder that killed processes have left.

    Only for folders that this machine alone writes to: on some network file
    systems each machine sees its own locks alone.

    Args:
        folder (str): The folder; need not exist.
    """
    with contextlib.suppress(OSError):
        for draft in _drafts_in(folder):
            _remove_unlocked(osp.join(folder, draft))


def _drafts_in(folder: str) -> List[str]:
    """Return the names of the drafts in a folder."""
    return sorted(filter(_NAME.fullmatch, os.listdir(folder)))


def _lock(name: str, wait: bool = False) -> int:
    """Lock a draft; return the descriptor that holds it, -1 for none."""
    if fcntl is None:
        return -1
    try:
        # NFS wants to write what it locks
        handle = os.open(
            name, (os.O_DIRECTORY if osp.isdir(name) else os.O_RDWR)
            | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return -1
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # locked, or a file system without locks
        os.close(handle)
        return -1
    return handle


def _remove_unlocked(draft: str) -> None:
    """Remove a draft that nobody writes, and say so."""
    if osp.abspath(draft) in _OWN:
        return
    handle = _lock(draft)
    if handle == -1:
        return
    try:
        _remove(draft)
    finally:
        os.close(handle)
    print_log(f'removed `{draft}`, which a killed run has left', 'current')


def _remove(path: str) -> None:
    """Remove a file or folder, if it is there."""
    if osp.isdir(path) and not osp.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
