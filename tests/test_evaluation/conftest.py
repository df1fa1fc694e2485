"""Small PoseTrack videos written by hand."""
import json

import pytest

NAMES = [
    'nose', 'head_bottom', 'head_top', 'left_ear', 'right_ear',
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle'
]
# Diagonal 100 and head size 60: keypoints match up to 30 pixels.
HEAD = [0, 0, 60, 80]


class Video:
    """One video under construction, in PoseTrack18's layout."""

    def __init__(self, num_frames=1, name='000001_mpii_test', names=NAMES):
        self.names = list(names)
        self.name = name
        self.data = dict(
            images=[
                dict(
                    id=10000 + i,
                    frame_id=10000 + i,
                    vid_id=name.split('_')[0],
                    nframes=num_frames,
                    is_labeled=True,
                    file_name=f'images/val/{name}/{i:06d}.jpg')
                for i in range(num_frames)
            ],
            annotations=[],
            categories=[dict(id=1, name='person', keypoints=self.names)])

    def add(self, joints, frame=0, head=HEAD, scores=None, default=0.5,
            **more):
        """Add a person.

        Args:
            joints (dict): From a joint's name to (x, y) or (x, y, v).
            frame (int): Position of the frame.
            head (list | None): Head box, x y width height.
            scores (dict | list | None): Keypoint scores by name, or the list
                as it goes into the file; None writes no scores.
            default (float): Score of a keypoint that ``scores`` leaves out.
            **more: Further fields of the annotation.
        """
        points = []
        for name in self.names:
            joint = joints.get(name, (0, 0, 0))
            points += [*joint, *([1] if len(joint) == 2 else [])]
        number = len(self.data['annotations'])
        ann = dict(
            id=1000 + number,
            track_id=number,
            category_id=1,
            image_id=self.data['images'][frame]['id'],
            bbox=[0, 0, 100, 200],
            keypoints=points)
        if head is not None:
            ann['bbox_head'] = list(head)
        if isinstance(scores, dict):
            scores = [scores.get(name, default) for name in self.names]
        if scores is not None:
            ann['scores'] = scores
        ann.update(more)
        self.data['annotations'].append(ann)
        return self

    def ignore(self, *polygons, frame=0):
        """Add ignore regions, each a list of (x, y)."""
        self.data['images'][frame].update(
            ignore_regions_x=[[x for x, _ in p] for p in polygons],
            ignore_regions_y=[[y for _, y in p] for p in polygons])
        return self


@pytest.fixture
def video():
    """The class that builds a video."""
    return Video


@pytest.fixture
def write(tmp_path):
    """A function that writes videos into two folders and names them."""

    def write_pair(gts, preds):
        folders = []
        for kind, videos in (('gt', gts), ('pred', preds)):
            folder = tmp_path / kind
            folder.mkdir(exist_ok=True)
            videos = videos if isinstance(videos, list) else [videos]
            for one in videos:
                (folder / f'{one.name}.json').write_text(json.dumps(one.data))
            folders.append(str(folder))
        return folders

    return write_pair
