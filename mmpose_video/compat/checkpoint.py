"""Load MMEngine's own checkpoints with torch's guard on.

What is broken
    torch 2.6 made ``torch.load(..., weights_only=True)`` the default.
    mmengine 0.10.7 (``runner/checkpoint.py``) calls plain ``torch.load``, so
    ``test.py``, ``--resume`` and ``load_from`` refuse what ``train.py`` has
    just written: its message hub holds HistoryBuffers, numpy scalars and
    arrays. onedl-mmengine 0.10.12 tries with the guard and **falls back to
    full unpickling** on failure, so a hostile file runs its code. Both read
    URLs by ``torch.hub.load_state_dict_from_url``, unguarded by default.

What this does
    Every ``torch.load`` of ``mmengine.runner.checkpoint`` runs with
    ``weights_only=True``, and URLs likewise. The additional globals in
    :mod:`._checkpoint_globals` are replaced by stand-ins that build exactly
    what such checkpoints hold and call nothing that the file names. Anything
    else is refused by an error that names it.

    ``torch.serialization.add_safe_globals`` of the user's own code counts.
    ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1``, torch's documented switch for
    files one trusts, is obeyed: the user has decided.

    torch below 2.5 has no ``safe_globals``; there, files are read as mmengine
    reads them, **without** a guard, and nothing is changed.

When it can go
    When the supported versions of mmengine load their own checkpoints with
    ``weights_only=True`` and without a fallback.
"""
import contextlib
import os
import pickle
import re
import threading
import types
import zipfile
from typing import Any, Iterator, Optional

import torch

from mmpose_video.utils.one_line import one_line

from ._checkpoint_content import MAX_TENSOR, bounded_reader, resolve
from ._checkpoint_globals import global_path, safe_globals

_lock = threading.RLock()
#: Longest part of a foreign message that is quoted.
_MAX_REASON = 300


def guard_supported() -> bool:
    """Return whether this torch can admit further globals (2.5 or newer)."""
    return hasattr(torch.serialization, 'safe_globals')


def trusts_all_files() -> bool:
    """Return whether the user has turned torch's guard off."""
    value = os.environ.get('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '')
    return value.lower() in ('1', 'y', 'yes', 'true')


@contextlib.contextmanager
def _admitted() -> Iterator[None]:
    """Admit the stand-ins, ahead of the user's own entries, within bounds.

    The whole set is replaced rather than extended: where a user (or
    onedl-mmengine) has admitted numpy's real functions, torch would otherwise
    pick one of the two per name by chance.
    """
    ours = safe_globals()
    paths = {global_path(item) for item in ours}
    serialization = torch.serialization
    with _lock:
        before = serialization.get_safe_globals()
        kept = [item for item in before if global_path(item) not in paths]
        serialization.clear_safe_globals()
        serialization.add_safe_globals(kept + ours)
        try:
            with bounded_reader():
                yield
        finally:
            serialization.clear_safe_globals()
            serialization.add_safe_globals(before)


def _refusal(source: Any, error: Exception) -> pickle.UnpicklingError:
    """Return the message: which file was refused, why, and what to do."""
    # torch puts advice around the reason: to turn the guard off, for one
    text = str(error).rpartition('WeightsUnpickler error: ')[2].strip()
    found = re.search(r'GLOBAL (\S+)', text)
    reason = (f"it refers to '{found[1]}', which no MMEngine checkpoint needs"
              if found else text.split('\n')[0])
    # add_safe_globals wants the object: functions of the user's own package
    # may be unknown here only because that package was not imported.
    return pickle.UnpicklingError(
        f'{source} was not loaded and nothing in it was run: {reason}. If it '
        'is your own code (a custom HistoryBuffer statistic, say), import '
        'its module before loading, e.g. in custom_imports, and admit other '
        'classes by torch.serialization.add_safe_globals. If you trust the '
        'file, extract its weights once: torch.save(torch.load(path, '
        "weights_only=False)['state_dict'], new_path).")


def guarded_load(f: Any, *args: Any, **kwargs: Any) -> Any:
    """Replace ``torch.load`` in ``mmengine.runner.checkpoint``.

    Args:
        f (str | Path | IO): As for ``torch.load``.
        *args: As for ``torch.load``.
        **kwargs: As for ``torch.load``; ``weights_only=False`` and
            ``pickle_module`` are overruled.

    Returns:
        Any: The file's content.

    Raises:
        pickle.UnpicklingError: If the file refers to anything that MMEngine's
            own checkpoints do not hold.
        OSError: If the file cannot be read.
        ValueError: If the file is empty, truncated or not a checkpoint; the
            message names it.
    """
    if trusts_all_files():
        return torch.serialization.load(f, *args, **kwargs)
    args = args[:1]  # map_location; the next one is pickle_module
    kwargs.pop('pickle_module', None)
    kwargs['weights_only'] = True
    try:
        size = _size_of(f)
        with _admitted():
            content = torch.serialization.load(f, *args, **kwargs)
        return resolve(content, size)
    except pickle.UnpicklingError as error:
        raise _refusal(f, error) from None
    except EOFError as error:
        raise ValueError(f'{f} cannot be read: it is empty or truncated'
                         ) from error
    except OSError:
        raise
    except Exception as error:
        # bytes of any kind give errors of any kind, which name no file
        raise ValueError(f'{f} cannot be read: {_reason(error)}') from error


def _reason(error: Exception) -> str:
    """Return why a file cannot be read, without advice to trust it."""
    text = one_line(error).split('. ')[0][:_MAX_REASON]
    if isinstance(error, (RuntimeError, MemoryError, ValueError)):
        return text
    return ('it is no checkpoint of PyTorch, or a broken one '
            f'({type(error).__name__}: {text})')


def _size_of(f: Any) -> Optional[int]:
    """Return the size of a file, None if it is not in the file system.

    Raises:
        pickle.UnpicklingError: If it holds much more than it has bytes.
            PyTorch does not compress, but it reads what others compressed.
    """
    if not isinstance(f, (str, os.PathLike)) or not os.path.isfile(f):
        return None
    size = os.path.getsize(f)
    if zipfile.is_zipfile(f):
        with zipfile.ZipFile(f) as archive:
            inside = sum(entry.file_size for entry in archive.infolist())
        if inside > 2 * max(size, MAX_TENSOR):
            raise pickle.UnpicklingError(
                f'it is compressed and holds {inside / 1e9:.1f} GB')
    return size


def guarded_load_url(url: str,
                     model_dir: Optional[str] = None,
                     map_location: Any = None,
                     progress: bool = True,
                     check_hash: bool = False,
                     file_name: Optional[str] = None) -> Any:
    """Replace ``load_url`` in ``mmengine.runner.checkpoint``.

    Args:
        url (str): As for ``torch.hub.load_state_dict_from_url``.
        model_dir (str, optional): As there.
        map_location (Any): As there.
        progress (bool): As there.
        check_hash (bool): As there.
        file_name (str, optional): As there.

    Returns:
        Any: The file's content.

    Raises:
        pickle.UnpicklingError: See :func:`guarded_load`.
    """
    weights_only = not trusts_all_files()
    try:
        with _admitted():
            content = torch.hub.load_state_dict_from_url(
                url,
                model_dir,
                map_location,
                progress,
                check_hash,
                file_name,
                weights_only=weights_only)
        return resolve(content)
    except pickle.UnpicklingError as error:
        raise _refusal(url, error) from None


class _GuardedTorch(types.ModuleType):
    """Module ``torch`` for ``mmengine.runner.checkpoint``, with a guard."""

    load = staticmethod(guarded_load)

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


def install() -> None:
    """Guard MMEngine's loaders, if this torch can."""
    if not guard_supported():
        return
    from mmengine.runner import checkpoint

    # One name covers all of MMEngine's loaders (local files, s3, petrel,
    # model zoos), now and in the forks; torch itself stays as it is.
    checkpoint.torch = _GuardedTorch('torch')
    checkpoint.load_url = guarded_load_url
