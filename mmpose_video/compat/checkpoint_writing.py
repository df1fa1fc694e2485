"""Write checkpoints so that a crash at any time leaves a good one.

What is broken
    mmengine 0.10.7 writes a checkpoint and ``last_checkpoint`` straight into
    their final names (``LocalBackend.put``, ``CheckpointHook``), after it has
    deleted the previous best and the oldest checkpoint. A process that is
    killed, or a disk that fills up, while a file is written leaves a
    truncated one under its name, and the good one is gone.

What this does
    Registers a local file backend whose ``put`` writes to a draft, flushes
    it to the disk and renames it; lets ``CheckpointHook`` write
    ``last_checkpoint`` in the same way; and postpones what the hook deletes
    until the new files are complete.

When it can go
    When MMEngine writes aside and renames, and deletes last.
"""
import contextlib
import functools
import io
from pathlib import Path
from typing import IO, Any, Callable, Iterator, List, Tuple, Union

from mmengine.fileio import register_backend
from mmengine.fileio.backends import LocalBackend
from mmengine.hooks import CheckpointHook, checkpoint_hook


class AtomicLocalBackend(LocalBackend):
    """Write local files that appear complete or not at all."""

    def put(self, obj: bytes, filepath: Union[str, Path]) -> None:
        """Write a file.

        Args:
            obj (bytes): The content.
            filepath (str | Path): The file; missing folders are created.

        Raises:
            OSError: If the file cannot be written; an earlier one stays.
        """
        from mmpose_video.formats.json_file import atomic_file

        with atomic_file(str(filepath)) as file:
            file.write(obj)


class PostponedDeletions:
    """A file backend that postpones deletions.

    Args:
        backend (BaseStorageBackend): Backend for everything else.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._pending: List[Tuple[Callable, str]] = []

    def remove(self, path: str) -> None:
        """Postpone the deletion of a file."""
        self._pending.append((self._backend.remove, path))

    def rmtree(self, path: str) -> None:
        """Postpone the deletion of a folder."""
        self._pending.append((self._backend.rmtree, path))

    def delete(self, kept: List[Any]) -> None:
        """Delete what was postponed.

        Args:
            kept (List[str | None]): Files that have been written since.
        """
        pending, self._pending = self._pending, []
        for delete, path in pending:
            if path not in kept:
                delete(path)

    def __getattr__(self, name: str) -> Any:
        if name == '_backend':
            raise AttributeError(name)
        return getattr(self._backend, name)


@contextlib.contextmanager
def _deleting_last(hook: CheckpointHook) -> Iterator[None]:
    """Postpone deletions of the hook until the end of the block.

    Nothing is deleted if writing fails.
    """
    backend = hook.file_backend
    if isinstance(backend, PostponedDeletions):
        # the best checkpoint has been written, and the hook goes on to save
        # the present one, which remembers it
        backend.delete(_current_files(hook))
        yield
        return
    postponed = PostponedDeletions(backend)
    hook.file_backend = postponed
    try:
        yield
        postponed.delete(_current_files(hook))
    finally:
        hook.file_backend = backend


def _current_files(hook: CheckpointHook) -> List[Any]:
    """Return the paths of the last checkpoint and of the best ones."""
    return [
        hook.last_ckpt,
        getattr(hook, 'best_ckpt_path', None),
        *getattr(hook, 'best_ckpt_path_dict', {}).values()
    ]


def _guard_hook(name: str) -> None:
    """Make a method of the hook delete old files after it has written."""
    original = getattr(CheckpointHook, name)

    @functools.wraps(original)
    def save(self: CheckpointHook, *args: Any, **kwargs: Any) -> None:
        with _deleting_last(self):
            original(self, *args, **kwargs)

    setattr(CheckpointHook, name, save)


@contextlib.contextmanager
def _open(path: str, mode: str = 'r', **kwargs: Any) -> Iterator[IO]:
    """Open a file as ``open`` does, but replace the file when it is closed."""
    from mmpose_video.formats.json_file import atomic_file

    if mode != 'w':
        with open(path, mode, **kwargs) as file:
            yield file
        return
    with atomic_file(path) as draft:
        text = io.TextIOWrapper(draft, encoding='utf-8')
        yield text
        text.detach()  # flushes, and leaves the draft open


def install() -> None:
    """Register the backend, and wrap the hook."""
    register_backend('local', AtomicLocalBackend, force=True, prefixes='')
    _guard_hook('_save_checkpoint_with_step')
    _guard_hook('_save_best_checkpoint')
    # the only file that this module opens is `last_checkpoint`
    checkpoint_hook.open = _open  # type: ignore[attr-defined]
