"""Name the drafts of files that get their names when they are complete."""
import os
import os.path as osp
import secrets

#: Longest name of a file in bytes, on the file systems in use.
_LONGEST = 255


def draft_name(path: str, keep_suffix: bool = False) -> str:
    """Return where to write a file or folder until it is complete.

    The draft lies beside it, so that it can be renamed. Nobody can foresee
    its name: in a folder that others may write to, a link to some other file
    could wait there, and two processes, whose ids may be the same in two
    containers, could write to one draft.

    Args:
        path (str): The file or folder.
        keep_suffix (bool): End in its suffix, by which others tell the
            format. Defaults to False, ``.part``.

    Returns:
        str: ``<path>.<random>.part``, or with the suffix
        ``<stem>.<random>.part<suffix>``.
    """
    folder, name = osp.split(path)
    stem, suffix = osp.splitext(name) if keep_suffix else (name, '')
    end = f'.{secrets.token_hex(4)}.part{suffix}'
    while len(os.fsencode(stem + end)) > _LONGEST and len(stem) > 1:
        stem = stem[:-1]
    return osp.join(folder, stem + end)
