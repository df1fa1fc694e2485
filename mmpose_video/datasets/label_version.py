"""Tell PoseTrack18's two versions of labels apart."""
from typing import Optional

#: Validation videos by version. The training videos number 593 in both, so a
#: training file tells nothing. 0.45 is counted as 170 and as 173 by those who
#: downloaded it.
VAL_VIDEOS = {'0.2': (74, ), '0.45': (170, 171, 172, 173)}


def version_of_count(num_val_videos: int) -> Optional[str]:
    """Return the version of the labels by the number of validation videos.

    Args:
        num_val_videos (int): Files in ``annotations/val``.

    Returns:
        str | None: ``'0.2'``, ``'0.45'``, or None for any other number.
    """
    for version, counts in VAL_VIDEOS.items():
        if num_val_videos in counts:
            return version
    return None


def label_version(labels: dict) -> Optional[str]:
    """Return the version of the labels of an annotation file.

    Args:
        labels (dict): Parsed JSON. The converter writes the version into
            ``info``; without it, the number of videos decides.

    Returns:
        str | None: The version, None if it is unknown.
    """
    info = labels.get('info')
    if isinstance(info, dict) and info.get('label_version'):
        return str(info['label_version'])
    videos = {
        str(image.get('file_name', '')).rpartition('/')[0]
        for image in labels.get('images', ())
    }
    return version_of_count(len(videos))


def describe_version(version: Optional[str]) -> str:
    """Describe a version for the log."""
    if version is None:
        return ('labels of unknown version: neither the 74 validation videos '
                'of 0.2 nor the 170 of 0.45')
    return f'labels of version {version}'
