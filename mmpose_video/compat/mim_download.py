"""Say in one line why ``mim download --dataset`` has nothing to download.

What is broken
    openmim 0.3.9 (``commands/download.py``) runs ``odl get``, the client of
    OpenDataLab, before anything else that an index may name, and an index
    cannot leave it out. PoseTrack, JHMDB and HiEve are not there but at their
    owners', who want to be asked, and the synthetic clips are rendered. So
    ``dataset-index.yml`` lists none as mim wants it, and mim ends in the
    traceback of a KeyError.

What this does
    :mod:`mmpose_video.compat.startup` loads this file for an error of
    ``mim download --dataset``. If it is that one, the entry of the index
    becomes one line: where the dataset is, and which command converts or
    renders it.

When it can go
    When mim runs the script of an index without a download.

This file must import nothing outside of the standard library, nor the
package.
"""
from typing import Optional


def answer(error: BaseException) -> Optional[str]:
    """Return the line that takes the place of a traceback.

    Args:
        error (BaseException): What ended mim, with its traceback.

    Returns:
        str, optional: The line; None for an error that has another cause.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, KeyError) or trace is None:
        return None
    names = trace.tb_frame.f_locals
    if (trace.tb_frame.f_code.co_name != '_download_dataset'
            or names.get('package') != 'mmpose_video'):
        return None
    index, = names['datasets_meta'].values()
    name = names['dataset']
    if name not in index:
        return (f'error: there is no dataset {name!r} of mmpose_video; there '
                f'are {", ".join(index)}')
    entry = index[name]
    way = (f'ask for it at {entry["homepage"]}, unpack it, and run '
           if 'homepage' in entry else 'it is made by ')
    return (f'error: mim downloads from OpenDataLab alone, where {name} is '
            f'not: {way}`{entry["command"]}`')
