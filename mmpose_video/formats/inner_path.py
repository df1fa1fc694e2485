"""Keep file names that a file names inside of their folder."""
import os
import os.path as osp


def inner_path(folder: str, name: str, source: str) -> str:
    """Join a folder and the name of a file that another file tells.

    Labels come from anywhere. A name in them must neither make us write
    outside of the folder for results nor read outside of that for images.
    The name alone is looked at: links inside of the folder are followed.

    Args:
        folder (str): The folder, or its address.
        name (str): Relative path in the folder, with either kind of slash.
        source (str): Name of the file that tells it, for the message.

    Returns:
        str: The path, the name as it stands joined to the folder.

    Raises:
        ValueError: If the name is absolute, goes up with ``..``, is empty or
            holds a null character.
    """
    parts = name.replace('\\', '/').split('/')
    is_wrong = not parts[0] or parts[0].endswith(':')
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # half of a character
        is_wrong = True
    if is_wrong or '..' in parts or '\0' in name or not parts[-1]:
        raise ValueError(f'{source}: {name!r} is not the name of a file '
                         f'inside of `{folder or "."}`; names must be '
                         'relative to that folder and must not leave it')
    return osp.join(folder, name)
