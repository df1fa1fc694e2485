"""Read ``annolist`` .mat files, in which PoseTrack2017 was first released."""
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError, mat_struct


def load_annolist_mat(path: str) -> dict:
    """A Matlab file as the json of it would be.

    Args:
        path (str): A file with a struct array ``annolist``, saved by Matlab
            as version 4 to 7.2.

    Returns:
        dict: ``annolist`` with structs as dictionaries and arrays as lists.
        Arrays of one element stand without their list, which all readers of
        ``annolist`` allow for.

    Raises:
        ValueError: If it is no Matlab file, or holds no ``annolist``.
    """
    try:
        content = loadmat(path, struct_as_record=False, squeeze_me=True)
    except NotImplementedError as error:
        raise ValueError(
            f'{path} was saved with -v7.3, which scipy does not read: load '
            'and save it in Matlab or Octave with -v7') from error
    except (MatReadError, ValueError, TypeError) as error:
        raise ValueError(f'{path} is no Matlab file: {error}') from error
    if 'annolist' not in content:
        raise ValueError(f"{path} holds no struct 'annolist', but "
                         f"{sorted(k for k in content if k[0] != '_')}")
    annolist = _plain(content['annolist'])
    if not isinstance(annolist, list):
        annolist = [annolist]
    return dict(annolist=annolist)


def _plain(value: Any) -> Any:
    """Dictionaries, lists, strings and numbers of what scipy gives."""
    if isinstance(value, mat_struct):
        return {
            name: _plain(getattr(value, name))
            for name in value._fieldnames
        }
    if isinstance(value, np.ndarray):
        return [_plain(entry) for entry in value.ravel()]
    return value.item() if isinstance(value, np.generic) else value
