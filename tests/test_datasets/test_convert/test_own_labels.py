"""Labels of other tools become a dataset: nothing is lost or moved."""
import json

import cv2
import numpy as np
import pytest

from mmpose_video.formats.skeleton import Skeleton
from mmpose_video.tools.import_labels import main

from . import label_tools as tools


def read(root, split):
    path = root / 'annotations' / f'{split}.json'
    return json.loads(path.read_text())


def check(root, points, tracks=True, val=('cage_b', ), boxes=None):
    """Compare a dataset with the truth, images included."""
    found = {}
    for split in ('train', 'val'):
        content = read(root, split)
        images = {image['id']: image for image in content['images']}
        for image in images.values():
            video, name = image['file_name'].split('/')[1:]
            assert (video in val) == (split == 'val')
            assert image['vid_id'] == video
            assert (image['width'], image['height']) == (
                tools.WIDTH, tools.HEIGHT)
            number = int(name.split('.')[0])
            pixels = cv2.imread(str(root / image['file_name']))
            level = tools.frame(video, number)[0, 0, 0]
            assert abs(int(pixels.mean()) - int(level)) <= 2
            # all frames of the video are there, for the clips around
            assert len(list((root / 'images' / video).iterdir())) == (
                image['nframes'])
        for person in content['annotations']:
            image = images[person['image_id']]
            video, name = image['file_name'].split('/')[1:]
            table = np.reshape(person['keypoints'], (-1, 3))
            key = video, int(name.split('.')[0])
            found.setdefault(key, []).append(person)
            assert person['num_keypoints'] == int((table[:, 2] > 0).sum())
            x, y, width, height = person['bbox']
            known = table[:, 2] > 0
            if boxes is not None:
                np.testing.assert_allclose(person['bbox'], boxes, atol=1e-3)
            else:
                assert (table[known, 0] >= x).all() and (
                    table[known, 0] <= x + width).all()
                assert (table[known, 1] >= y).all() and (
                    table[known, 1] <= y + height).all()
    wanted = {}
    for (video, number, _), table in points.items():
        wanted.setdefault((video, number), []).append(table)
    assert found.keys() == wanted.keys()
    for key, tables in wanted.items():
        assert len(found[key]) == len(tables)
        for i, (person, table) in enumerate(zip(found[key], tables)):
            got = np.reshape(person['keypoints'], (-1, 3))
            known = np.isfinite(table).all(1)
            np.testing.assert_array_equal(got[:, 2] > 0, known)
            np.testing.assert_allclose(got[known, :2], table[known],
                                       atol=1e-3)
            assert (got[~known] == 0).all()
            assert not tracks or person['track_id'] == i
    skeleton = Skeleton.read(str(root / 'skeleton.json'))
    assert skeleton.keypoints == tools.NAMES
    assert skeleton.swap == (('left_ear', 'right_ear'), )


@pytest.mark.parametrize('animals', [1, 2])
def test_coco_of_cvat(animals, tmp_path, capsys):
    """A folder of frames per video; tracks are attributes."""
    points = tools.truth(animals)
    tools.write_images(tmp_path / 'frames',
                       '{video}/frame_{number:06d}.PNG')
    tools.coco(tmp_path / 'ann' / 'person_keypoints_default.json', points,
               '{video}/frame_{number:06d}.PNG')
    out = tmp_path / 'out'
    assert main([str(tmp_path / 'ann/person_keypoints_default.json'),
                 str(out), '--images', str(tmp_path / 'frames'),
                 '--val', 'cage_b']) == 0
    check(out, points, boxes=[1, 2, 62, 45])
    assert 'wrote 2 images' in capsys.readouterr().out


def test_coco_of_label_studio(tmp_path):
    """Uploads of all videos in one folder, a hash before each name."""
    points = tools.truth()
    pattern = 'images/{video}-{number:04d}.png'
    tools.write_images(tmp_path, pattern)
    path = tmp_path / 'result.json'
    tools.coco(path, points, pattern, tracks='track_id')
    content = json.loads(path.read_text())
    for i, image in enumerate(sorted((tmp_path / 'images').iterdir())):
        name = f'{i:08x}-{image.name}'
        for entry in content['images']:
            if entry['file_name'] == f'images/{image.name}':
                entry['file_name'] = f'images/{name}'
        image.rename(image.with_name(name))
    path.write_text(json.dumps(content))
    out = tmp_path / 'out'
    assert main([str(path), str(out), '--val', 'cage_b']) == 0
    check(out, points)


def test_two_files_of_a_video_with_keypoints_in_two_orders(tmp_path):
    """The dataset has the order of the first one."""
    points = tools.truth(2)
    pattern = '{video}/frame_{number:06d}.png'
    tools.write_images(tmp_path, pattern)
    for name, numbers, order in (('a', (1, 2), [0, 1, 2, 3, 4]),
                                 ('b', (4, ), [4, 2, 0, 3, 1])):
        tools.coco(tmp_path / f'{name}.json',
                   {key: table[order] for key, table in points.items()
                    if key[1] in numbers},
                   pattern, names=[tools.NAMES[i] for i in order])
    out = tmp_path / 'out'
    assert main([str(tmp_path / 'a.json'), str(tmp_path / 'b.json'),
                 str(out), '--val', 'cage_b']) == 0
    check(out, points)


def test_coco_over_a_video_file(tmp_path):
    """CVAT exports labels of a video without its frames."""
    points = {k: v for k, v in tools.truth().items() if k[0] == 'cage_a'}
    tools.write_videos(tmp_path / 'videos')
    path = tmp_path / 'instances_default.json'
    tools.coco(path, points, 'frame_{number:06d}.PNG')
    out = tmp_path / 'out'
    assert main([str(path), str(out), '--videos',
                 str(tmp_path / 'videos/cage_a.avi')]) == 0
    content = read(out, 'train')
    assert [image['file_name'] for image in content['images']] == [
        'images/instances_default/000001.jpg',
        'images/instances_default/000004.jpg']
    assert content['images'][0]['nframes'] == tools.FRAMES
    assert not (out / 'annotations/val.json').exists()


@pytest.mark.parametrize('animals, columns', [(1, 3), (1, 1), (2, 3)])
@pytest.mark.parametrize('with_videos', [False, True])
def test_deeplabcut(animals, columns, with_videos, tmp_path):
    points = tools.truth(animals)
    project = tmp_path / 'project'
    tools.deeplabcut(project, points, animals, columns)
    if with_videos:
        tools.write_videos(project / 'videos')
    else:
        tools.write_images(project / 'labeled-data',
                           '{video}/img{number:04d}.png')
    out = tmp_path / 'out'
    assert main([str(project), str(out), '--val', 'cage_b']) == 0
    check(out, points, tracks=animals > 1)
    assert Skeleton.read(str(out / 'skeleton.json')).links == tools.LINKS


def test_deeplabcut_by_pandas(tmp_path):
    """A table as DeepLabCut's own code writes it."""
    pandas = pytest.importorskip('pandas')
    points = tools.truth(2)
    project = tmp_path / 'project'
    tools.deeplabcut(project, points, 2)
    tools.write_images(project / 'labeled-data',
                       '{video}/img{number:04d}.png')
    for video, numbers in tools.LABELED.items():
        columns = pandas.MultiIndex.from_tuples(
            [('me', f'm{a}', name, axis) for a in range(2)
             for name in tools.NAMES for axis in 'xy'],
            names=['scorer', 'individuals', 'bodyparts', 'coords'])
        index = pandas.MultiIndex.from_tuples(
            [('labeled-data', video, f'img{n:04d}.png') for n in numbers])
        table = pandas.DataFrame(
            [np.concatenate([points[video, n, a].ravel() for a in range(2)])
             for n in numbers], index=index, columns=columns)
        table.to_csv(
            project / 'labeled-data' / video / 'CollectedData_me.csv')
    out = tmp_path / 'out'
    assert main([str(project), str(out), '--val', 'cage_b']) == 0
    check(out, points)


def test_yolo(tmp_path):
    """Splits of the labels hold; positions are fractions there."""
    points = tools.truth()
    tools.yolo(tmp_path / 'yolo', points)
    out = tmp_path / 'out'
    assert main([str(tmp_path / 'yolo/data.yaml'), str(out)]) == 0
    check(out, points, tracks=False,
          boxes=[.2 * 64, .3 * 48, .6 * 64, .4 * 48])


@pytest.mark.parametrize('animals', [1, 2])
def test_sleap(animals, tmp_path):
    pytest.importorskip('sleap_io', reason='the extra `formats`')
    points = tools.truth(animals)
    tools.write_videos(tmp_path / 'clips')
    tools.sleap(tmp_path / 'labels.slp', points,
                tmp_path / 'on/another/machine')
    out = tmp_path / 'out'
    assert main([str(tmp_path / 'labels.slp'), str(out), '--videos',
                 str(tmp_path / 'clips'), '--val', 'cage_b']) == 0
    check(out, points)
    assert Skeleton.read(str(out / 'skeleton.json')).links == tools.LINKS


def test_around(tmp_path):
    """Of a long video only the neighborhood of labels is kept."""
    points = {k: v for k, v in tools.truth().items() if k[0] == 'cage_a'}
    tools.write_videos(tmp_path / 'videos')
    path = tmp_path / 'cage_a.json'
    tools.coco(path, points, 'frame_{number:06d}.PNG')
    assert main([str(path), str(tmp_path / 'out'), '--videos',
                 str(tmp_path / 'videos'), '--around', '1']) == 0
    names = sorted(p.name for p in (tmp_path / 'out/images/cage_a').iterdir())
    assert names == [f'{n:06d}.jpg' for n in (0, 1, 2, 3, 4, 5)]
    assert main([str(path), str(tmp_path / 'few'), '--videos',
                 str(tmp_path / 'videos'), '--around', '0']) == 0
    names = sorted(p.name for p in (tmp_path / 'few/images/cage_a').iterdir())
    assert names == ['000001.jpg', '000004.jpg']


def test_our_own_files_come_back(tmp_path):
    """What an import wrote is a COCO file, and is imported as it is."""
    points = tools.truth(2)
    tools.write_images(tmp_path / 'frames', '{video}/{number:06d}.png')
    tools.coco(tmp_path / 'a.json', points, '{video}/{number:06d}.png')
    first, second = tmp_path / 'first', tmp_path / 'second'
    assert main([str(tmp_path / 'a.json'), str(first), '--images',
                 str(tmp_path / 'frames'), '--val', 'cage_b']) == 0
    assert main([str(first / 'annotations/train.json'),
                 str(first / 'annotations/val.json'), str(second),
                 '--images', str(first)]) == 0
    check(second, points)
    for split in ('train', 'val'):
        a, b = read(first, split), read(second, split)
        assert a['images'] == b['images']
        assert a['annotations'] == b['annotations']
        assert a['categories'] == b['categories']


def test_val_share(tmp_path):
    """By default a fifth of the videos, at least one, is held out."""
    points = {(f'v{i}', 1, 0): table for i, table in enumerate(
        list(tools.truth().values()) * 2)}
    for video, number, _ in points:
        folder = tmp_path / 'frames' / video
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / f'{number:06d}.png'),
                    tools.frame('cage_a', 1))
    tools.coco(tmp_path / 'a.json', points, '{video}/{number:06d}.png')

    def held(*arguments):
        out = tmp_path / '-'.join(('out', *arguments))
        assert main([str(tmp_path / 'a.json'), str(out), '--images',
                     str(tmp_path / 'frames'), *arguments]) == 0
        videos = [{image['vid_id'] for image in read(out, split)['images']}
                  for split in ('train', 'val')
                  if (out / 'annotations' / f'{split}.json').exists()]
        assert set.union(*videos) == {f'v{i}' for i in range(6)}
        return len(videos[1]) if len(videos) > 1 else 0

    assert held() == 1
    assert held('--val-share', '0.5') == 3
    assert held('--val-share', '0') == 0
