"""Weights of TensorFlow.js graph models, read with NumPy alone."""
import os
from math import prod
from typing import Any, Dict, List, Union

import numpy as np

from .inner_path import inner_path
from .json_file import read_json
from .schema import FormatError, Record, shown

PathLike = Union[str, os.PathLike]

#: Sizes and values of stored types.
_DTYPES = dict(
    float32='<f4', float16='<f2', int32='<i4', uint8='u1', uint16='<u2',
    bool='?')


def read_graph_weights(path: PathLike) -> Dict[str, np.ndarray]:
    """Read the constants of a TensorFlow.js graph model.

    The json file holds topology and weight manifest; the weights are in
    binary files beside it. Weights stored as float16 are returned as float32.
    Nothing in either file is executed.

    Args:
        path (str | PathLike): The json file.

    Returns:
        dict[str, np.ndarray]: Arrays by the names of their graph nodes, in
        TensorFlow's layouts.

    Raises:
        FileNotFoundError: If the json file or one of its binary files is
            missing.
        ValueError: If the json file is no graph model, or a binary file does
            not have the size that the manifest states.
    """
    manifest = _manifest(path)
    folder = os.path.dirname(os.fspath(path))
    weights: Dict[str, np.ndarray] = {}
    for group in manifest:
        data = b''.join(
            _read_binary(inner_path(folder, name, os.fspath(path)), path)
            for name in group['paths'])
        start = 0
        entries = []
        for entry in group['weights']:
            dtype = _stored_dtype(entry, path)
            size = prod(entry['shape']) * dtype.itemsize
            entries.append((entry, dtype, start))
            start += size
        if start != len(data):
            raise ValueError(
                f'{", ".join(group["paths"])} beside {path} has {len(data)} '
                f'bytes, its manifest describes {start}: the file is '
                f'{"truncated" if len(data) < start else "another model"}; '
                'fetch it again')
        for entry, dtype, start in entries:
            array = np.frombuffer(data, dtype, prod(entry['shape']), start)
            array = array.reshape(entry['shape'])
            weights[entry['name']] = (
                array.astype(np.float32) if dtype.kind == 'f' else array)
    return weights


def _manifest(path: PathLike) -> List[Dict[str, Any]]:
    """Return the weight manifest of a json file, checked."""
    content = read_json(os.fspath(path))
    try:
        file = Record(content, os.fspath(path))
        file.record('modelTopology').items('node')
        groups = file.records('weightsManifest')
        for group in groups:
            _check_group(group)
    except FormatError as error:
        raise ValueError(
            f'{path} is not the json file of a TensorFlow.js graph model '
            f'(`modelTopology` and `weightsManifest`): {error}') from error
    return [group.data for group in groups]


def _check_group(group: Record) -> None:
    """Check the types of a group of weights."""
    if not all(isinstance(name, str) for name in group.items('paths')):
        raise group.error("'paths' must be names of files")
    for entry in group.records('weights'):
        entry.text('name')
        if not all(isinstance(n, int) and n >= 0
                   for n in entry.items('shape')):
            raise entry.error("'shape' must be whole numbers, got "
                              f"{shown(entry.value('shape'))}")
        if 'quantization' in entry.data:
            entry.record('quantization')


def _read_binary(binary: str, path: PathLike) -> bytes:
    """Read a file of weights."""
    try:
        with open(binary, 'rb') as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise FileNotFoundError(
            f'{path} says that its weights are in {binary}, which is no '
            'file; put it beside the json file') from error


def _stored_dtype(entry: Dict[str, Any], path: PathLike) -> np.dtype:
    """Return the type that an entry of the manifest has in the file."""
    stored = entry.get('quantization', entry).get('dtype')
    known = isinstance(stored, str) and stored in _DTYPES
    if not known or ('quantization' in entry and stored != 'float16'):
        raise ValueError(
            f'{path}: weights stored as {stored} are not supported '
            f'({entry["name"]}); float32 and float16 are')
    return np.dtype(_DTYPES[stored])
