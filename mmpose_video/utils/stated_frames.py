"""Number of frames that a video file states."""
import cv2

from .opencv_path import opencv_path


def stated_frames(path: str) -> int:
    """Return how many frames the header of a video file states.

    Nothing is decoded, so fewer may be readable.

    Args:
        path (str): The file.

    Returns:
        int: Zero if there is no such video, or if its header states nothing.
    """
    capture = cv2.VideoCapture(opencv_path(path))
    try:
        # OpenCV 5 has -1 for a video that cannot be opened, and some headers
        # have numbers below zero
        return max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
    finally:
        capture.release()
