"""Labels in COCO's layout."""
import json

import pytest

from mmpose_video.formats.labels import read_labels


@pytest.mark.parametrize('name, split', [
    ('instances_train2017', 'train'), ('val', 'val'), ('Validation', 'val'),
    ('person_keypoints_test-dev', 'test'), ('training', 'train'),
    ('latest', ''), ('carnival', ''), ('intervals', ''), ('straining', ''),
    ('trainval', ''), ('train_and_val', ''), ('default', '')])
def test_the_name_of_the_file_tells_the_split(name, split, tmp_path):
    path = tmp_path / f'{name}.json'
    path.write_text(json.dumps(dict(
        images=[dict(id=1, file_name='a/000001.jpg')],
        annotations=[dict(id=1, image_id=1, category_id=1,
                          keypoints=[5, 6, 2])],
        categories=[dict(id=1, name='x', keypoints=['nose'])])))
    frame, = read_labels(str(path)).videos[0].frames
    assert frame.split == split
