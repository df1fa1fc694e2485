"""Key-point sets."""
import os.path as osp

import mmpose


def host_metainfo(name: str) -> dict:
    """Point to the definition of a key-point set that MMPose ships.

    The host looks relative paths up in the working directory first, and warns
    when it finds them elsewhere; an absolute path is neither ambiguous nor
    loud.

    Args:
        name (str): Name of a file in MMPose's ``configs/_base_/datasets``.

    Raises:
        FileNotFoundError: If MMPose was installed without its configs.
    """
    root = osp.dirname(mmpose.__file__)
    relative = osp.join('configs', '_base_', 'datasets', f'{name}.py')
    for folder in (osp.join(root, '.mim'), osp.dirname(root)):
        path = osp.join(folder, relative)
        if osp.exists(path):
            return dict(from_file=path)
    raise FileNotFoundError(
        f'`{relative}` is not part of the MMPose in `{root}`; install a '
        'release (`pip install --no-deps mmpose`), which holds the configs')
