"""Keep MMEngine from acting on the strings of a checkpoint.

What is broken
    A checkpoint that holds nothing but plain data still makes mmengine
    0.10.7 run code or touch files:

    * ``Runner.resume`` executes ``meta['config']`` as a Python config;
    * inferencers without a config of their own execute ``meta['cfg']`` or
      the message hub's ``cfg``;
    * ``CheckpointHook`` deletes the files that the hub's ``best_ckpt`` and
      ``keep_ckpt_ids`` name as soon as a better or newer model comes;
    * mmpose's ``CocoMetric`` opens the hub's ``*_ann_file``;
    * ``mmpose.apis.inference_topdown`` merges ``meta['dataset_meta']`` into
      each sample, so that an ``img_path`` in it exchanges the image.

What this does
    Drops ``meta['config']`` (mmengine 0.10 does not write it) and the paths
    in ``dataset_meta``; leaves the hub's config and annotation files to the
    present run; reduces the checkpoints to be deleted to those names that
    the hook itself gives, in the folder of the present run; and makes
    inferencers without a config an error.

    ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1``, torch's switch for files one
    trusts, brings the inferencers' way back and lets ``meta`` as it is.

When it can go
    When MMEngine reads a checkpoint's strings as data.
"""
import functools
import re
from typing import Any, Optional

from mmengine.hooks import CheckpointHook
from mmengine.infer import BaseInferencer
from mmengine.logging import MessageHub
from mmengine.runner import CheckpointLoader

from .checkpoint import trusts_all_files


def drop_code_and_paths(checkpoint: Any) -> Any:
    """Remove from a checkpoint's ``meta`` what MMEngine or MMPose act on.

    Args:
        checkpoint (Any): The content of a file; changed in place.

    Returns:
        Any: The same object.
    """
    meta = checkpoint.get('meta') if isinstance(checkpoint, dict) else None
    if isinstance(meta, dict):
        meta.pop('config', None)
        dataset_meta = meta.get('dataset_meta')
        if isinstance(dataset_meta, dict):
            for key in list(dataset_meta):
                if key != 'dataset_name' and isinstance(
                        dataset_meta[key], (str, bytes)):
                    del dataset_meta[key]
    return checkpoint


def _describes_present_run(key: Any) -> bool:
    """Return whether this run has set the entry of the message hub itself."""
    return key == 'cfg' or str(key).endswith('_ann_file')


def _guard_hub() -> None:
    """Leave the hub's config and annotation files to the present run."""
    original = MessageHub.load_state_dict

    @functools.wraps(original)
    def load_state_dict(self: MessageHub, state_dict: Any) -> None:
        if isinstance(state_dict, dict):
            state_dict = dict(state_dict)
            for part in ('runtime_info', 'resumed_keys'):
                if isinstance(state_dict.get(part), dict):
                    state_dict[part] = {
                        key: value
                        for key, value in state_dict[part].items()
                        if not _describes_present_run(key)
                    }
        original(self, state_dict)

    MessageHub.load_state_dict = load_state_dict


def own_best_name(hook: CheckpointHook, indicator: str,
                  path: Any) -> Optional[str]:
    """Return the file name of a best checkpoint if the hook gave it.

    Args:
        hook (CheckpointHook): The hook that will delete the file.
        indicator (str): The metric, such as ``posetrack/AP``.
        path (Any): What a checkpoint says where the best model lies.

    Returns:
        str, optional: The name without its folder; None if the hook never
        writes a file of that name.
    """
    name = re.split(r'[/\\]', str(path))[-1]
    before, after = re.split(r'\{.*\}', hook.filename_tmpl)
    # 'auto' stands for the first metric of an evaluation still to come
    metric = '.+' if indicator == 'auto' else re.escape(
        indicator.replace('/', '_'))
    pattern = f'best_{metric}_{re.escape(before)}[0-9]+{re.escape(after)}'
    return name if re.fullmatch(pattern, name) else None


def _guard_hook() -> None:
    """Make the hook delete its own files only."""
    original = CheckpointHook.before_train

    @functools.wraps(original)
    def before_train(self: CheckpointHook, runner: Any) -> None:
        info = runner.message_hub.runtime_info
        ids = info.get('keep_ckpt_ids', [])
        if 'keep_ckpt_ids' in info:
            info['keep_ckpt_ids'] = [
                step for step in (ids if isinstance(ids, list) else [])
                if type(step) is int and step >= 0
            ]
        best = {
            key: info.pop(key)
            for key in list(info)
            if str(key).startswith('best_ckpt')
        }
        original(self, runner)  # finds the folder
        if not self.save_best:
            return
        several = len(self.key_indicators) > 1
        for indicator in self.key_indicators:
            key = f'best_ckpt_{indicator}' if several else 'best_ckpt'
            if key not in best:
                continue
            name = own_best_name(self, indicator, best[key])
            if name is None:
                continue
            info[key] = self.file_backend.join_path(self.out_dir, name)
            if several:
                self.best_ckpt_path_dict[indicator] = info[key]
            else:
                self.best_ckpt_path = info[key]

    CheckpointHook.before_train = before_train


def _guard_loader() -> None:
    """Drop code and paths from whatever MMEngine loads."""
    original = CheckpointLoader.load_checkpoint.__func__

    @functools.wraps(original)
    def load_checkpoint(cls: type, *args: Any, **kwargs: Any) -> Any:
        content = original(cls, *args, **kwargs)
        return content if trusts_all_files() else drop_code_and_paths(content)

    CheckpointLoader.load_checkpoint = classmethod(load_checkpoint)


def _guard_inferencer() -> None:
    """Prevent building a model from the config inside a checkpoint."""
    original = BaseInferencer._init_model

    @functools.wraps(original)
    def init_model(self: BaseInferencer,
                   cfg: Any,
                   weights: Optional[str],
                   device: str = 'cpu') -> Any:
        if not cfg and not trusts_all_files():
            raise ValueError(
                f'no config was given for {weights}, and the config inside '
                'of a checkpoint is not executed: pass the config that the '
                'model was trained with')
        return original(self, cfg, weights, device)

    BaseInferencer._init_model = init_model


def install() -> None:
    """Wrap the places where MMEngine acts on strings."""
    _guard_loader()
    _guard_hub()
    _guard_hook()
    _guard_inferencer()
