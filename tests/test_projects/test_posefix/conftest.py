"""People in two frames."""
import numpy as np
import pytest


@pytest.fixture
def people(make_video, make_annotations):
    """Two people near each other and one apart, in two frames."""
    from tests.conftest import annotation
    make_video()
    anns = []
    for frame in range(2):
        for track, x in enumerate((5, 8, 40)):
            ann = annotation(
                len(anns), 1000 + frame, bbox=(x, 10, 20, 30),
                track_id=track)
            points = np.reshape(ann['keypoints'], (17, 3))
            points[:, 0] += x - 10 + 2 * frame
            ann['keypoints'] = points.ravel().tolist()
            anns.append(ann)
    return make_annotations(key_frames=(0, 1), annotations=anns)
