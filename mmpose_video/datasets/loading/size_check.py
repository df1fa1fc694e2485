"""Notice images that are not of the size that their labels are for."""
import logging
from typing import Optional, Sequence

import torch
from mmengine.logging import print_log


class SizeCheck:
    """Compare the sizes of images with the annotated ones.

    Of images that were resized and labels that were not, boxes and keypoints
    lie in wrong places. The first such image of all workers is named, and
    again the 10th, 100th, and so on, with their number.

    Attributes:
        count (int): Number of samples with another size, in all processes.
    """

    def __init__(self) -> None:
        self._count = torch.zeros(1, dtype=torch.int64).share_memory_()

    @property
    def count(self) -> int:
        """int: Number of samples with another size, in all processes."""
        return int(self._count)

    def __call__(self, path: str, found: Sequence[int],
                 annotated: Optional[Sequence[int]]) -> None:
        """Compare the sizes of one image.

        Args:
            path (str): The image.
            found (Sequence[int]): Its height and width.
            annotated (Sequence[int], optional): The annotated ones, None if
                there are none.
        """
        if annotated is None or tuple(found) == tuple(annotated):
            return
        self._count += 1
        count = self.count
        if str(count).strip('0') != '1':  # powers of ten alone
            return
        text = (f'`{path}` is {found[1]} x {found[0]}, its annotation says '
                f'{annotated[1]} x {annotated[0]}: boxes and keypoints are '
                'those of an image of another size')
        if count > 1:
            text += f' ({count} samples so far)'
        print_log(text, 'current', logging.WARNING)

    def __setstate__(self, state: dict) -> None:
        # a deep copy of a shared tensor is not shared
        self.__dict__.update(state)
        self._count.share_memory_()
