"""Resume from the newest checkpoint that is intact.

What is broken
    With ``--resume``, mmengine 0.10.7 takes the path in ``last_checkpoint``
    as it stands. If that file is empty, if the checkpoint is truncated, or
    if the folder was moved, the training ends in an error that names no file
    while intact checkpoints lie beside it.

What this does
    Reads the checkpoint before it is taken, also one that the user names: all
    of the archive, by its check sums, and that it holds what resuming needs,
    in the right types. If it is not intact, the
    newest earlier one of the same folder that is takes its place, and the
    log says so. Where checkpoints exist and none is intact, that is an
    error: the training does not silently begin again.

When it can go
    When MMEngine verifies what it resumes from.
"""
import functools
import logging
import os
import re
import zipfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import mmengine.runner
import numpy as np
from mmengine.dist import barrier, is_main_process
from mmengine.logging import MessageHub, print_log
from mmengine.runner import Runner
from torch import Tensor

#: Entries that :meth:`Runner.resume` reads from a checkpoint.
_NEEDED = ('meta', 'state_dict', 'message_hub')
#: Types of what it reads.
_KINDS: Dict[str, Any] = dict(
    meta=dict, state_dict=dict, message_hub=(dict, MessageHub),
    optimizer=dict, param_schedulers=(dict, list))
_NAME = re.compile(r'(?P<prefix>.*?)(?P<step>[0-9]+)(?P<suffix>\.pth)')


class _Saved(NamedTuple):
    """A checkpoint and what its file name says about it."""

    step: int
    path: Path


def find_fault(path: Path) -> Optional[str]:
    """Return why a training cannot be resumed from a file.

    Args:
        path (Path): A checkpoint of MMEngine's ``CheckpointHook``.

    Returns:
        str, optional: The reason; None if the file is intact.
    """
    from .checkpoint import guard_supported, guarded_load

    if path.is_dir():
        return None  # DeepSpeed's, which reads it by itself
    if not path.is_file():
        return 'there is no such file'
    if not path.stat().st_size:
        return 'it is empty'
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
        if broken is not None:
            return f'its record {broken} is damaged'
        if not guard_supported():
            return None
        content = guarded_load(str(path), map_location='cpu')
    except zipfile.BadZipFile:
        return 'it is truncated, or not a checkpoint'
    except Exception as error:  # bytes of any kind: errors of any kind
        return f'{error}'.split('\n')[0] or type(error).__name__
    absent = [
        key for key in _NEEDED
        if not isinstance(content, dict) or key not in content
    ]
    if absent:
        return f'it lacks {", ".join(absent)}'
    wrong = _find_wrong(content)
    return f'its {wrong} is not what a training saves' if wrong else None


def _find_wrong(content: dict) -> Optional[str]:
    """Return the name of an entry that MMEngine cannot resume from.

    Args:
        content (dict): A checkpoint with all that is needed.
    """
    for name, kinds in _KINDS.items():
        if name in content and not isinstance(content[name], kinds):
            return name
    meta, hub = content['meta'], content['message_hub']
    for name in ('epoch', 'iter'):
        if not _is_count(meta.get(name)):
            return f'meta.{name}'
    if meta.get('seed') is not None and not _is_count(meta['seed']):
        return 'meta.seed'
    if isinstance(hub, MessageHub):  # of a file that the user trusts
        return None
    for name in ('log_scalars', 'runtime_info', 'resumed_keys'):
        if not isinstance(hub.get(name), dict):
            return f'message_hub.{name}'
    for name, value in hub['runtime_info'].items():
        if str(name).startswith('best_score') and not isinstance(
                value, (int, float, np.number, Tensor)):
            return f'message_hub.runtime_info.{name}'
    return None


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and int(value) >= 0


def find_latest_checkpoint(path: str) -> Optional[str]:
    """Return the newest intact checkpoint of a training.

    Args:
        path (str): The work directory.

    Returns:
        str, optional: The path of the checkpoint; None if the training has
        saved none so far.

    Raises:
        RuntimeError: If it has, and none is intact.
    """
    if is_main_process():
        from mmpose_video.formats.drafts import remove_all_left

        remove_all_left(path)
    barrier()
    faults: List[str] = []
    candidates = _candidates(Path(path), faults)
    if not candidates:
        why = f' ({faults[0]})' if faults else ''
        print_log(f'{path} holds no checkpoint to resume from{why}: the '
                  'training begins anew', logger='current',
                  level=logging.WARNING)
        return None
    for candidate in candidates:
        fault = find_fault(candidate)
        if fault is None:
            if faults:
                print_log(
                    f'{"; ".join(faults)}. The training goes on from '
                    f'{candidate}, the newest intact checkpoint',
                    logger='current', level=logging.WARNING)
            return str(candidate)
        faults.append(f'{candidate} cannot be resumed from: {fault}')
    raise RuntimeError(
        f'{"; ".join(faults)}. No other checkpoint of this training is '
        'intact. To begin anew, choose another work directory, or train '
        'without --resume')


def _candidates(folder: Path, faults: List[str]) -> List[Path]:
    """Return the checkpoints of a training, the newest first.

    ``last_checkpoint`` names the newest one. If that file is missing, the
    reason is added to ``faults``.
    """
    pointer = folder / 'last_checkpoint'
    recorded = None
    if pointer.exists():
        text = pointer.read_bytes().decode(errors='replace').strip()
        recorded = _find_recorded(text, folder)
        if recorded is None:
            faults.append(
                f'{pointer} names {text[:200]!r}, which is not there'
                if text else f'{pointer} is empty')
    if recorded is None:
        return [saved.path for saved in _saved_in(folder)]
    others = _saved_in(recorded.parent, recorded)
    return [recorded, *(saved.path for saved in others)]


def _find_recorded(text: str, folder: Path) -> Optional[Path]:
    """Return the file that ``last_checkpoint`` names.

    A work directory may have been moved, or may be relative to another
    current directory: then the file is looked for in it.
    """
    if not text or '\0' in text:
        return None
    for path in (Path(text), folder / Path(text).name):
        if path.exists():
            return path
    return None


def _saved_in(folder: Path, before: Optional[Path] = None) -> List[_Saved]:
    """List the checkpoints of a folder, the newest first.

    Args:
        folder (Path): The folder.
        before (Path, optional): Only those of its kind that are older; a
            folder may still hold later ones of another training.
    """
    bound = before and _NAME.fullmatch(before.name)
    found = []
    for path in folder.glob('*.pth'):
        name = _NAME.fullmatch(path.name)
        if name is None or path.name.startswith('best_'):
            continue
        if before is not None and (
                not bound or name['prefix'] != bound['prefix']
                or int(name['step']) >= int(bound['step'])):
            continue
        found.append(_Saved(int(name['step']), path))
    return sorted(found, reverse=True)


def _guard_resume() -> None:
    """Check a checkpoint that the user names, too, before it is used."""
    original = Runner.resume

    @functools.wraps(original)
    def resume(self: Runner, filename: str, *args: Any, **kwargs: Any) -> None:
        if os.path.isfile(filename):
            fault = find_fault(Path(filename))
            if fault is not None:
                raise ValueError(
                    f'{filename} cannot be resumed from: {fault}')
            _warn_of_newer(Path(filename), Path(self.work_dir))
        original(self, filename, *args, **kwargs)

    Runner.resume = resume


def _warn_of_newer(named: Path, work_dir: Path) -> None:
    """Warn if a checkpoint of the work directory is passed over.

    MMPose's script merges ``--cfg-options`` last: ``--resume`` together with
    ``load_from=START`` resumes the start, as if it were this training.
    """
    own = _candidates(work_dir, [])
    if own and named.resolve().parent != own[0].resolve().parent:
        print_log(
            f'the training goes on from {named}, which `load_from` names, and '
            f'not from {own[0]}, the newest of its work directory: to go on '
            'from there, leave `load_from` out of the options',
            logger='current', level=logging.WARNING)


def install() -> None:
    """Make MMEngine's runners resume from the newest intact checkpoint."""
    _guard_resume()
    from mmengine.runner import _flexible_runner, checkpoint, runner

    for module in (mmengine.runner, runner, _flexible_runner, checkpoint):
        module.find_latest_checkpoint = find_latest_checkpoint
