"""Keypoint sets that MMPose defines."""
import os.path as osp

import mmpose
from mmengine.config import Config


def mmpose_metainfo(name: str, dataset_name: str = '') -> dict:
    """Read the definition of a keypoint set that MMPose ships.

    MMPose's datasets name it by ``from_file`` with a relative path, which is
    looked up in the working directory first and elsewhere with a warning.
    Here only the file of the installed MMPose is read.

    Args:
        name (str): Name of a file in MMPose's ``configs/_base_/datasets``.
        dataset_name (str): Name of the dataset, if it differs from
            the name of the file.

    Raises:
        FileNotFoundError: If MMPose was installed without its configs.
    """
    root = osp.dirname(mmpose.__file__)
    relative = osp.join('configs', '_base_', 'datasets', f'{name}.py')
    for folder in (osp.join(root, '.mim'), osp.dirname(root)):
        path = osp.join(folder, relative)
        if osp.exists(path):
            info = Config.fromfile(path).dataset_info.to_dict()
            return {**info, 'dataset_name': dataset_name or name}
    raise FileNotFoundError(
        f'`{relative}` is not part of the MMPose in `{root}`; install a '
        'release (`pip install --no-deps mmpose`), which holds the configs')
