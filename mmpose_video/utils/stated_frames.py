"""Number of frames that a video file states."""
import os

import cv2


def stated_frames(path: str) -> int:
    """Return how many frames the header of a video file states.

    Nothing is decoded, so fewer may be readable.

    Args:
        path (str): The file.

    Returns:
        int: Zero if there is no such video; some headers that state nothing
        give zero or less.
    """
    # as bytes: OpenCV crashes at a name that is not UTF-8
    capture = cv2.VideoCapture(os.fsencode(path))
    try:
        return int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    finally:
        capture.release()
