"""Read ``annolist`` .mat files, in which PoseTrack2017 was first released."""
from .mat_file import READER


def load_annolist_mat(path: str) -> dict:
    """Return a Matlab file as the JSON of it would be.

    Args:
        path (str): A file with a struct array ``annolist``, saved by Matlab
            as version 4 to 7.2.

    Returns:
        dict: ``annolist`` with structs as dictionaries and arrays as lists.
        Arrays of one element stand without their list, which all readers of
        ``annolist`` allow for.

    Raises:
        OSError: If the file cannot be read.
        FormatError: If it is no Matlab file, or holds no ``annolist``.
    """
    annolist = READER.struct(path, 'annolist')
    return dict(annolist=annolist if isinstance(annolist, list) else
                [annolist])
