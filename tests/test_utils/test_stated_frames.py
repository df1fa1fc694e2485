import cv2
import numpy as np

from mmpose_video.utils.stated_frames import stated_frames


def test_counts_the_frames_of_a_file_and_none_of_a_missing_one(tmp_path):
    path = tmp_path / 'clip.avi'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*'MJPG'), 25, (32, 16))
    for value in range(7):
        writer.write(np.full((16, 32, 3), 30 * value, np.uint8))
    writer.release()
    assert stated_frames(str(path)) == 7
    assert stated_frames(str(tmp_path / 'other.avi')) == 0
