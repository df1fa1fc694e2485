"""Convert time stamps to positions in frames."""
from typing import Optional, Union

# distances between frames this near to a whole number of frames are jitter
_JITTER = 0.25


class FrameClock:
    """Place the frames of a video on an axis whose unit is one frame.

    A video with a constant rate has the positions 0, 1, 2 and so on. In a
    video with a variable rate the distance between two frames is the time
    between them, times the rate. Distances within a quarter of a frame of a
    whole number are rounded to it: containers store rounded times, and the
    rate in a header is often the mean rate.

    Args:
        fps (float, optional): Frames per second. None places frames by their
            numbers.
    """

    def __init__(self, fps: Optional[float]) -> None:
        self.fps = fps
        self._number: int = 0
        self._time: Optional[float] = None
        self._position: Union[int, float] = 0

    def place(self, number: int, time: Optional[float]) -> Union[int, float]:
        """Return the position of the next frame.

        Args:
            number (int): Number of the frame, higher than the last one's.
            time (float, optional): Its time stamp in seconds. Where it is
                missing or does not increase, the number counts.

        Returns:
            int | float: The position in frames; an integer as long as all
            distances are whole.
        """
        step: Union[int, float] = number - self._number
        if (self.fps is not None and time is not None
                and self._time is not None and time > self._time):
            step = (time - self._time) * self.fps
            whole = max(1, round(step))
            if abs(step - whole) <= _JITTER:
                step = whole
        self._position += step
        self._number, self._time = number, time
        return self._position
