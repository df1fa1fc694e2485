"""Count the people of a video and say how many there were."""
from mmengine.logging import print_log

from .person_boxes import BoxSource


class PeopleTally:
    """Counts of the frames and people of one run.

    Args:
        video (str): Name of the video.
    """

    def __init__(self, video: str) -> None:
        self.video = video
        self.frames = 0
        self.frames_with_people = 0
        self.people = 0

    def add(self, people: int) -> None:
        """Count a frame.

        Args:
            people (int): Number of its people.
        """
        self.frames += 1
        self.frames_with_people += people > 0
        self.people += people

    def report(self, find: BoxSource) -> None:
        """Log what came of a run; a run without people is a warning.

        Args:
            find (BoxSource): Where the people came from.
        """
        summary = find.summary()
        if summary is not None:
            print_log(summary, 'current')
        if self.frames and not self.people:
            # with its name: a logger shows equal warnings once
            print_log(f'there are no people in the {self.frames} frames of '
                      f'`{self.video}`: {find.empty_hint}', 'current', 30)
