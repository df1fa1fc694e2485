import json

import numpy as np
import pytest
from mmpose.datasets.datasets.body import JhmdbDataset

from mmpose_video.datasets.body import SubJhmdbClipDataset


def write(tmp_path, **changes):
    ann = dict(id=1, image_id=4, category_id=1, bbox=[11, 21, 30, 40],
               keypoints=[15., 25., 2.] * 15)
    ann.update(changes)
    content = dict(
        images=[dict(id=4, file_name='run/a/00001.png', width=320, height=240)
                ],
        annotations=[ann], categories=[dict(id=1, name='person')])
    path = tmp_path / 'Sub1_test.json'
    path.write_text(json.dumps(content))
    return str(path)


def test_counts_from_0(tmp_path):
    info = SubJhmdbClipDataset(ann_file=write(tmp_path)).get_data_info(0)
    assert info['bbox'].tolist() == [[10, 20, 40, 60]]
    assert (info['keypoints'] == [14, 24]).all()
    assert (info['keypoints_visible'] == 1).all()
    # the labels themselves are not touched
    assert info['raw_ann_info']['bbox'] == [10, 20, 30, 40]


@pytest.mark.parametrize('changes, reason', [
    (dict(keypoints=[]), 'no keypoints'),
    (dict(bbox=None), 'no box of four finite numbers'),
    (dict(bbox=[5, 5, -1, 3]), 'a box of zero area'),
])
def test_unusable_annotations(tmp_path, changes, reason):
    path = write(tmp_path, **changes)
    with pytest.raises(ValueError, match=reason):
        SubJhmdbClipDataset(ann_file=path)


def test_other_numbers_of_keypoints(tmp_path):
    path = write(tmp_path, keypoints=[1.] * 51)
    with pytest.raises(ValueError, match='17 keypoints.*takes 15'):
        SubJhmdbClipDataset(ann_file=path)


def test_real_sample_as_mmpose_reads_it(samples):
    common = dict(data_root=str(samples / 'jhmdb'),
                  ann_file='test_jhmdb_sub1.json', data_prefix=dict(img=''))
    ours = SubJhmdbClipDataset(
        **common, clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)))
    host = JhmdbDataset(**common)
    assert len(ours) == len(host) == 3
    for i in range(3):
        a, b = ours.get_data_info(i), host.get_data_info(i)
        for key in ('bbox', 'keypoints', 'keypoints_visible', 'area'):
            np.testing.assert_allclose(a[key], b[key], err_msg=key)
        assert a['frame_offsets'].tolist() == [0, 0, 0]
        assert a['img_path'].endswith('00001.png')
