"""Write a whole dataset: resumable, without half-written files."""
import json
import multiprocessing
import shutil
import signal
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple, Union

import cv2

from mmpose_video.formats.drafts import draft_of, remove_all_left
from mmpose_video.formats.json_file import read_json, write_json
from mmpose_video.utils import end_with_parent

from .annotations import CATEGORIES, clip_name, detect
from .clip import Clip, clip_seed, detection_rng
from .config import SPLITS, SyntheticConfig

MANIFEST = 'synthetic.json'
# Raise this when the same settings give other pictures than before.
GENERATOR = 1

Progress = Callable[[int, int], None]


def _clip_paths(root: Path, split: str, index: int) -> Tuple[Path, Path]:
    name = clip_name(split, index)
    return (root / 'images' / split / name,
            root / 'annotations' / split / f'{name}.json')


def write_clip(root: Union[str, Path], config: SyntheticConfig, split: str,
               index: int) -> int:
    """Render one clip to disk, unless it is there already.

    The pictures appear under their name all at once; the json follows, so a
    json file means that the clip is whole.

    Args:
        root (str | Path): The dataset's folder.
        config (SyntheticConfig): The settings.
        split (str): ``'train'`` or ``'val'``.
        index (int): Number of the clip in its split.

    Returns:
        int: Number of frames written; 0 if the clip was there.

    Raises:
        OSError: If a picture cannot be written.
    """
    folder, record = _clip_paths(Path(root), split, index)
    if record.is_file() and folder.is_dir():
        return 0
    cv2.setNumThreads(1)  # the clips run in parallel, not their parts
    clip = Clip(config, clip_seed(config, split, index), split, index)
    quality = clip.scene.exposure.quality
    with draft_of(str(folder), folder=True) as draft:
        for i, frame in enumerate(clip.renderer().frames()):
            ok, data = cv2.imencode(
                '.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, int(quality[i])])
            if not ok:
                raise OSError(f'OpenCV cannot encode frame {i} of {folder}')
            Path(draft, f'{i:06d}.jpg').write_bytes(data.tobytes())
    write_json(clip.annotations, str(record))
    return config.frames


def _in_worker(task: Tuple[str, SyntheticConfig, str, int]) -> int:
    return write_clip(*task)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent; stop if the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(1)
    end_with_parent()


def _merge(root: Path, config: SyntheticConfig, split: str) -> None:
    """Join the clips of a split into the files that MMPose reads."""
    merged: Dict[str, Any] = dict(
        images=[], annotations=[], categories=CATEGORIES)
    boxes: List[Dict[str, Any]] = []
    for index in range(config.num_videos(split)):
        _, path = _clip_paths(root, split, index)
        record = read_json(str(path))
        merged['images'] += record['images']
        merged['annotations'] += record['annotations']
        if config.detections:
            boxes += detect(record, config,
                            detection_rng(config, split, index))
    base = root / 'annotations'
    if config.detections:
        write_json(
            boxes, str(base / f'posetrack18_{split}_human_detections.json'))
    write_json(merged, str(base / f'posetrack18_{split}.json'))


def _settings(config: SyntheticConfig) -> Dict[str, Any]:
    return dict(generator=GENERATOR, config=config.to_dict())


def _differences(old: Any, new: Any, name: str = '') -> List[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        out = []
        for key in sorted(set(old) | set(new)):
            out += _differences(old.get(key), new.get(key),
                                f'{name}.{key}' if name else key)
        return out
    return [] if old == new else [f'{name}: {old} there, {new} wanted']


def _remove(root: Path, manifest: Dict[str, Any]) -> None:
    """Delete the files that the manifest lists, and nothing else."""
    # An interrupted removal must not pass for a whole dataset.
    write_json(dict(manifest, complete=False), str(root / MANIFEST))
    settings = manifest['config']
    base = root / 'annotations'
    for split in SPLITS:
        (base / f'posetrack18_{split}.json').unlink(missing_ok=True)
        (base / f'posetrack18_{split}_human_detections.json').unlink(
            missing_ok=True)
        for index in range(settings[f'{split}_videos']):
            folder, record = _clip_paths(root, split, index)
            record.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
    (root / MANIFEST).unlink(missing_ok=True)


def _whole(root: Path, config: SyntheticConfig) -> bool:
    """Return whether all clips and joint files exist."""
    for split in SPLITS:
        wanted = [root / 'annotations' / f'posetrack18_{split}.json']
        for index in range(config.num_videos(split)):
            wanted += _clip_paths(root, split, index)
        if not all(path.exists() for path in wanted):
            return False
    return True


def _prepare(root: Path, config: SyntheticConfig, overwrite: bool) -> bool:
    """Check the folder; return whether the dataset is complete."""
    path = root / MANIFEST
    wanted = json.loads(json.dumps(_settings(config)))
    if path.is_file():
        try:
            found = read_json(str(path))
            same = dict(generator=found['generator'], config=found['config'])
            for split in SPLITS:
                found['config'][f'{split}_videos'] += 0  # must be numbers
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path} is not a manifest of this generator '
                             f'({error}); choose another folder') from error
        if same == wanted:
            if found.get('complete') and _whole(root, config):
                return True
        elif not overwrite:
            raise FileExistsError(
                f'{root} holds a dataset of other settings ('
                f'{"; ".join(_differences(same, wanted))}). Choose another '
                'folder, or pass overwrite=True (--overwrite) to replace it')
        else:
            _remove(root, found)
    elif root.is_dir() and any(root.iterdir()):
        raise FileExistsError(
            f'{root} is not empty and was not made by this generator (no '
            f'{MANIFEST} in it). Choose another folder')
    for split in SPLITS:  # leftovers of a killed run
        for room in ('images', 'annotations'):
            remove_all_left(str(root / room / split))
    write_json(dict(wanted, complete=False), str(path))
    return False


def generate(out_dir: Union[str, Path], config: SyntheticConfig,
             workers: int = 1, overwrite: bool = False,
             progress: Optional[Progress] = None) -> int:
    """Render a dataset in PoseTrack18's layout.

    Running it again with the same settings finishes an interrupted run, or
    does nothing if all is there. The result does not depend on ``workers``.

    Args:
        out_dir (str | Path): The dataset's folder, a ``data_root``.
        config (SyntheticConfig): The settings.
        workers (int): Number of processes.
        overwrite (bool): Replace a dataset of other settings.
        progress (Callable[[int, int], None], optional): Called with the
            number of finished clips and of all clips.

    Returns:
        int: Number of frames rendered by this call.

    Raises:
        FileExistsError: If the folder holds something else.
        ValueError: If ``workers`` is below 1 or the manifest is damaged.
    """
    if workers < 1:
        raise ValueError(f'workers must be at least 1, got {workers}')
    root = Path(out_dir)
    if _prepare(root, config, overwrite):
        return 0
    tasks = [(str(root), config, split, index) for split in SPLITS
             for index in range(config.num_videos(split))]
    written = 0
    if workers == 1:
        for done, task in enumerate(tasks, 1):
            written += write_clip(*task)
            if progress is not None:
                progress(done, len(tasks))
    else:
        # Forking spares each worker the import of the whole package. Other
        # systems than Linux cannot fork safely.
        method = 'fork' if sys.platform.startswith('linux') else 'spawn'
        pool = ProcessPoolExecutor(
            min(workers, max(1, len(tasks))),
            mp_context=multiprocessing.get_context(method),
            initializer=_start_worker)
        # A forked worker inherits OpenCV's pool without its threads, and
        # would wait for them for ever: it is taken down before.
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            futures = [pool.submit(_in_worker, task) for task in tasks]
            for done, future in enumerate(as_completed(futures), 1):
                written += future.result()
                if progress is not None:
                    progress(done, len(tasks))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            cv2.setNumThreads(threads)
    for split in SPLITS:
        _merge(root, config, split)
    write_json(
        dict(_settings(config), complete=True), str(root / MANIFEST))
    return written
