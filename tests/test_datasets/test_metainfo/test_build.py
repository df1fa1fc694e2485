import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

from mmpose_video.datasets.metainfo import HIEVE_METAINFO
from mmpose_video.datasets.metainfo.build import build_metainfo

# a skeleton of one's own
SMALL = build_metainfo(
    'arms', ('nose', 'left_wrist', 'right_wrist', 'left_ankle',
             'right_ankle', 'left_hip', 'right_hip', 'left_knee',
             'right_knee'),
    (('nose', 'left_wrist'), ('nose', 'right_wrist'),
     ('nose', 'left_hip'), ('nose', 'right_hip'), ('left_hip', 'left_knee'),
     ('right_hip', 'right_knee'), ('left_knee', 'left_ankle'),
     ('right_knee', 'right_ankle'), ('left_hip', 'right_hip')),
    dict(nose=.02, wrist=.06, ankle=.09, hip=.1, knee=.08),
    dict(title='A skeleton of the test'))
OWN = pytest.mark.parametrize('info', [HIEVE_METAINFO, SMALL],
                              ids=['hieve', 'own'])


@OWN
def test_mirrors_sides_and_colors(info):
    parsed = parse_pose_metainfo(info)
    names = [parsed['keypoint_id2name'][i] for i in range(len(
        info['keypoint_info']))]
    for i, mirror in enumerate(parsed['flip_indices']):
        other = names[i].replace('left', '*').replace('right', 'left')
        assert names[mirror] == other.replace('*', 'right')
        color = parsed['keypoint_colors'][i].tolist()
        side = names[i].split('_')[0]
        assert color == dict(left=[0, 255, 0], right=[255, 128, 0]).get(
            side, [51, 153, 255])
    lower = {names[i] for i in parsed['lower_body_ids']}
    assert lower == {f'{s}_{j}' for s in ('left', 'right')
                     for j in ('hip', 'knee', 'ankle')}
    assert len(parsed['sigmas']) == len(names) == len(
        parsed['dataset_keypoint_weights'])


@OWN
def test_limbs_join_everything(info):
    joined = {'nose'}
    links = [limb['link'] for limb in info['skeleton_info'].values()]
    for _ in links:
        for a, b in links:
            if {a, b} & joined:
                joined |= {a, b}
    assert joined == {k['name'] for k in info['keypoint_info'].values()}
    for limb in info['skeleton_info'].values():
        sides = {name.split('_')[0] for name in limb['link']}
        if {'left', 'right'} <= sides:
            assert limb['color'] == [51, 153, 255]


def test_sigmas_follow_the_names_without_sides():
    assert SMALL['sigmas'] == [.02, .06, .06, .09, .09, .1, .1, .08, .08]


@OWN
def test_the_stock_visualizer_draws_each_limb(info):
    parsed = parse_pose_metainfo(info)
    num = len(parsed['keypoint_id2name'])
    angle = np.linspace(0, 2 * np.pi, num, endpoint=False)
    points = 60 + 50 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    sample = PoseDataSample()
    sample.pred_instances = InstanceData(
        keypoints=points[None], keypoint_scores=np.ones((1, num)))
    visualizer = PoseLocalVisualizer(radius=2, line_width=2, alpha=1.)
    visualizer.set_dataset_meta(parsed)
    image = visualizer.add_datasample(
        'x', np.zeros((120, 120, 3), np.uint8), sample, draw_gt=False,
        draw_bbox=False)
    for a, b in parsed['skeleton_links']:
        x, y = np.round((points[a] + points[b]) / 2).astype(int)
        assert image[y - 1:y + 2, x - 1:x + 2].any(), (a, b)
    for k, (x, y) in enumerate(np.round(points).astype(int)):
        assert image[y, x].tolist() == parsed['keypoint_colors'][k].tolist()
