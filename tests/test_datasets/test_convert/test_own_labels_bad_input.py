"""Labels that are broken, or do not belong to what is there."""
import json
import re

import cv2
import numpy as np
import pytest

from mmpose_video.datasets.convert import own_frames
from mmpose_video.formats.skeleton import Skeleton
from mmpose_video.tools.import_labels import main

from . import label_tools as tools

PATTERN = '{video}/{number:06d}.png'


@pytest.fixture
def project(tmp_path):
    """A COCO file over frames, and a function that changes the file."""
    tools.write_images(tmp_path / 'frames', PATTERN)
    path = tmp_path / 'a.json'
    tools.coco(path, tools.truth(2), PATTERN)

    def change(edit):
        content = json.loads(path.read_text())
        edit(content)
        path.write_text(json.dumps(content))

    return change


def run(tmp_path, capsys, *arguments, labels='a.json'):
    """Import, and return status, output and error."""
    status = main([str(tmp_path / labels), str(tmp_path / 'out'), '--images',
                   str(tmp_path / 'frames'), *map(str, arguments)])
    out, err = capsys.readouterr()
    assert err.count('\n') <= 1 and 'Traceback' not in err
    return status, out, err


def nothing_half_written(root):
    if not root.exists():
        return
    assert not (root / 'annotations/train.json').exists()
    assert not [p for p in root.rglob('*.part*')]


def people(root):
    return sum(len(json.loads((root / 'annotations' / f'{split}.json')
                              .read_text())['annotations'])
               for split in ('train', 'val')
               if (root / 'annotations' / f'{split}.json').exists())


def absolute(content):
    content['images'][0]['file_name'] = '/etc/frame_000001.png'


def escaping(content):
    content['images'][0]['file_name'] = '../../cage_a/000001.png'


def absent(content):
    content['images'][0]['file_name'] = 'cage_a/000077.png'


def twins(content):
    content['annotations'][1]['attributes']['track_id'] = 0


def other_size(content):
    content['images'][0]['width'] = 640


def again(content):
    entry = dict(content['images'][0], id=99)
    content['images'].append(entry)
    content['annotations'].append(
        dict(content['annotations'][0], id=99, image_id=99))


@pytest.mark.parametrize('edit, reason, example, lost', [
    (absolute, 'image name that leaves the image folder',
     '/etc/frame_000001.png', 2),
    (escaping, 'image name that leaves the image folder',
     '../../cage_a/000001.png', 2),
    (absent, 'image that does not exist', 'cage_a/000077.png', 2),
    (twins, 'two people with one id in a frame', 'annotation 2: id 0', 1),
    (other_size, 'image of another size than its labels say',
     'is 64x48, the labels say 640x48', 2),
    (again, 'frame that is labeled twice', 'frame 1 of video cage_a', 0)])
def test_stop_and_skip(project, tmp_path, capsys, edit, reason, example, lost):
    """`stop` counts and names it and writes nothing; `skip` goes on."""
    project(edit)
    status, out, err = run(tmp_path, capsys, '--val', 'cage_b')
    assert status == 1 and reason in out and example in out
    assert '1 ' in out and '--on-error skip' in err
    nothing_half_written(tmp_path / 'out')
    status, out, err = run(tmp_path, capsys, '--val', 'cage_b', '--on-error',
                           'skip')
    assert status == 0 and reason in out and not err
    assert people(tmp_path / 'out') == 6 - lost


def test_basenames(project, tmp_path, capsys):
    """Absolute names of another machine, and where two images fit."""
    def move(content):
        for image in content['images']:
            image['file_name'] = 'C:\\me\\' + image['file_name'].replace(
                'cage_a/', 'a').replace('cage_b/', 'b')
    for video in ('a', 'b'):
        for path in (tmp_path / f'frames/cage_{video}').iterdir():
            path.rename(path.with_name(video + path.name))
    project(move)
    status, out, _ = run(tmp_path, capsys, '--val', '*b')
    assert status == 1 and 'leaves the image folder' in out
    status, out, _ = run(tmp_path, capsys, '--val', '*b', '--basenames')
    assert status == 0 and people(tmp_path / 'out') == 6
    (tmp_path / 'frames/a000001.png').write_bytes(
        (tmp_path / 'frames/cage_a/a000001.png').read_bytes())
    (tmp_path / 'out/annotations/train.json').unlink()
    status, out, _ = run(tmp_path, capsys, '--val', '*b', '--basenames')
    assert status == 1 and 'of whose name there are several' in out


def test_frames_beyond_the_end(tmp_path, capsys):
    tools.write_videos(tmp_path / 'videos')
    points = tools.truth()
    points['cage_a', 900, 0] = points.pop(('cage_a', 4, 0))
    points.pop(('cage_b', 2, 0))
    tools.coco(tmp_path / 'cage_a.json', points, 'frame_{number:06d}.PNG')
    (tmp_path / 'frames').mkdir()
    arguments = '--videos', tmp_path / 'videos'
    status, out, err = run(tmp_path, capsys, *arguments, labels='cage_a.json')
    assert status == 1 and 'beyond the end of its video' in out
    assert 'frame 900' in out and 'which has 6' in out
    nothing_half_written(tmp_path / 'out')
    status, out, err = run(tmp_path, capsys, *arguments, '--on-error', 'skip',
                           labels='cage_a.json')
    assert status == 0 and people(tmp_path / 'out') == 1


def test_images_in_the_place_of_extracted_ones_are_kept(tmp_path, capsys):
    tools.write_videos(tmp_path / 'videos')
    tools.coco(tmp_path / 'a.json', tools.truth(), 'x/{video}.avi')
    tools.deeplabcut(tmp_path / 'dlc', tools.truth())
    (tmp_path / 'frames').mkdir()
    mine = tmp_path / 'out/images/cage_a/mine.png'
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b'mine')
    status, out, _ = run(tmp_path, capsys, '--videos', tmp_path / 'videos',
                         labels='dlc')
    assert status == 1 and mine.read_bytes() == b'mine'
    assert 'cage_a` holds mine.png, which was not extracted' in out
    mine.unlink()
    status, out, _ = run(tmp_path, capsys, '--videos', tmp_path / 'videos',
                         labels='dlc')
    assert status == 0, out


def test_video_that_cannot_be_decoded(tmp_path, capsys):
    tools.write_videos(tmp_path / 'videos')
    (tmp_path / 'videos/cage_b.avi').write_bytes(b'no video at all')
    (tmp_path / 'frames').mkdir()
    tools.deeplabcut(tmp_path / 'project', tools.truth())
    arguments = '--videos', tmp_path / 'videos'
    status, out, err = run(tmp_path, capsys, *arguments, labels='project')
    assert status == 1 and 'cage_b.avi' in out and 'OpenCV' in out
    status, out, err = run(tmp_path, capsys, *arguments, '--on-error', 'skip',
                           labels='project')
    assert status == 0 and people(tmp_path / 'out') in (1, 2)


@pytest.mark.parametrize('name, content, message', [
    ('b.csv', 'image,x,y\n1,2,3\n', 'b.csv is no table of DeepLabCut.*'
     'begins with `image,x,y`'),
    ('b.csv', '', 'b.csv is empty'),
    ('b.csv', 'scorer,me\nparts,a\n', 'lacks the row `bodyparts`'),
    ('b.csv', 'scorer,me,me\nbodyparts,a,a\ncoords,x,z\n', 'coordinate `z`'),
    ('b.csv', 'scorer,me,me\nbodyparts,a,a\ncoords,x,y\n/a/b/i.png,1,2\n',
     'names no frame'),
    ('b.csv', 'scorer,me,me\nbodyparts,a,a\ncoords,x,y\n1,one,2\n',
     '`one` is no number'),
    ('b.csv', 'scorer,me,me\nbodyparts,a,a\ncoords,x,y\n1,,\n',
     'no labeled frame: frame without a label'),
    ('b.csv', 'scorer,me,me\nbodyparts,a,a\ncoords,x,"y\n1,2,3\n',
     'a quote left open'),
    ('b.json', '', 'b.json is not valid JSON'),
    ('b.json', '3', 'b.json must be an object'),
    ('b.json', '{"images": [], "categories": []}', 'no category names'),
    ('b.slp', 'x', 'b.slp is no file of SLEAP'),
    ('b.slp', '', 'b.slp is no file of SLEAP'),
    ('data.yaml', '', 'must hold keys and values'),
    ('data.yaml', 'train: images\n', 'tells no `kpt_shape`'),
    ('data.yaml', 'kpt_shape: [5, 4]', 'in place of'),
    ('data.yaml', 'kpt_shape: [2, 3]\nflip_idx: [a, {}]\ntrain: images\n',
     'leads to no label'),
    ('data.yaml', 'a: [', 'is not valid YAML'),
    ('data.yaml', 'kpt_shape: [5, 3]\ntrain: ../../etc\n',
     'not the name of a file inside of'),
    ('data.yaml', 'kpt_shape: [5, 3]\ntrain: /etc\n',
     'not the name of a file inside of'),
    ('data.yaml', 'kpt_shape: [5, 3]\ntrain: images\n', 'leads to no label'),
    ('b.txt', '', 'suffix of no format of labels'),
    ('b', None, 'is a folder without `data.yaml`')])
def test_broken_files(tmp_path, capsys, name, content, message):
    """One line that names the file and what is wrong; nothing is written."""
    if name.endswith('.slp'):
        pytest.importorskip('sleap_io', reason='the extra `formats`')
    (tmp_path / 'frames').mkdir()
    if content is None:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text(content)
    status, _, err = run(tmp_path, capsys, labels=name)
    assert status == 1 and err.startswith('error: ')
    assert re.search(message, err), err
    nothing_half_written(tmp_path / 'out')


def test_deeplabcut_as_h5_only(tmp_path, capsys):
    (tmp_path / 'frames').mkdir()
    folder = tmp_path / 'project/labeled-data/cage_a'
    folder.mkdir(parents=True)
    status, _, err = run(tmp_path, capsys, labels='project')
    assert status == 1 and 'is no project of DeepLabCut' in err
    (folder / 'CollectedData_me.h5').write_bytes(b'')
    status, _, err = run(tmp_path, capsys, labels='project')
    assert status == 1 and 'as h5 only' in err and 'to_csv' in err


def test_coco_results_are_no_labels(tmp_path, capsys):
    """A list of predictions lacks the names of images."""
    (tmp_path / 'frames').mkdir()
    (tmp_path / 'a.json').write_text('[{"image_id": 1, "keypoints": []}]')
    status, _, err = run(tmp_path, capsys)
    assert status == 1 and 'a.json is a list, as results of COCO are' in err


def test_unknown_keypoints(project, tmp_path, capsys):
    """Names that the skeleton lacks are named; `skip` leaves them out."""
    Skeleton.of('mouse', ('snout', 'left_ear', 'right_ear', 'spine',
                          'tail_base')).write(str(tmp_path / 's.json'))
    arguments = '--skeleton', tmp_path / 's.json', '--val', 'cage_b'
    status, _, err = run(tmp_path, capsys, *arguments)
    assert status == 1 and "keypoint 'back'" in err and 'spine' in err
    nothing_half_written(tmp_path / 'out')
    status, out, _ = run(tmp_path, capsys, *arguments, '--on-error', 'skip')
    assert status == 0 and 'left out keypoints that the skeleton lacks: back' \
        in out and 'nowhere labeled: spine' in out
    content = json.loads(
        (tmp_path / 'out/annotations/train.json').read_text())
    points = tools.truth(2)['cage_a', 1, 1]
    table = np.reshape(content['annotations'][1]['keypoints'], (5, 3))
    np.testing.assert_allclose(table[[0, 1, 2, 4], :2],
                               points[[0, 1, 2, 4]])
    assert (table[3] == 0).all()


def test_skeleton_that_was_edited_stays(project, tmp_path, capsys):
    arguments = '--val', 'cage_b'
    assert run(tmp_path, capsys, *arguments)[0] == 0
    path = tmp_path / 'out/skeleton.json'
    content = json.loads(path.read_text())
    content['sigmas'] = .07
    path.write_text(json.dumps(content))
    assert run(tmp_path, capsys, *arguments)[0] == 0
    assert Skeleton.read(str(path)).sigmas['back'] == .07
    assert run(tmp_path, capsys, *arguments, '--overwrite')[0] == 0
    assert not Skeleton.read(str(path)).sigmas


def test_changed_labels_are_read_again(project, tmp_path, capsys):
    assert run(tmp_path, capsys, '--val', 'cage_b')[0] == 0
    _, out, _ = run(tmp_path, capsys, '--val', 'cage_b')
    assert out.count('is there and up to date') == 2
    project(lambda content: content['annotations'].pop(0))
    _, out, _ = run(tmp_path, capsys, '--val', 'cage_b')
    assert 'is there and up to date' not in out
    assert people(tmp_path / 'out') == 5


def test_files_of_others_are_not_replaced(project, tmp_path, capsys):
    path = tmp_path / 'out/annotations/train.json'
    path.parent.mkdir(parents=True)
    path.write_text('mine')
    status, _, err = run(tmp_path, capsys, '--val', 'cage_b')
    assert status == 1 and 'was not written by this command' in err
    assert path.read_text() == 'mine'
    image = tmp_path / 'out/images/cage_a/000001.png'
    image.parent.mkdir(parents=True)
    cv2.imwrite(str(image), np.zeros((48, 64, 3), np.uint8))
    status, out, err = run(tmp_path, capsys, '--val', 'cage_b', '--overwrite')
    assert status == 1 and 'is another image than' in out


def test_unknown_video_to_hold_out(project, tmp_path, capsys):
    status, _, err = run(tmp_path, capsys, '--val', 'cage_c')
    assert status == 1 and "no video 'cage_c'" in err and 'cage_a' in err


def test_one_video_has_nothing_to_hold_out(tmp_path, capsys):
    points = {k: v for k, v in tools.truth().items() if k[0] == 'cage_a'}
    tools.write_images(tmp_path / 'frames', PATTERN)
    tools.coco(tmp_path / 'a.json', points, PATTERN)
    status, out, _ = run(tmp_path, capsys)
    assert status == 0 and 'one video' in out


def test_ctrl_c_leaves_nothing_half_written(tmp_path, capsys, monkeypatch):
    """Ctrl-C between two frames of the second video, then a second run."""
    tools.write_videos(tmp_path / 'videos')
    (tmp_path / 'frames').mkdir()
    tools.deeplabcut(tmp_path / 'project', tools.truth())
    arguments = '--videos', tmp_path / 'videos', '--val', 'cage_b'
    shown = []

    def interrupt(self):
        shown.append(self)
        if len(shown) == tools.FRAMES + 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(own_frames.Progress, 'update', interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, capsys, *arguments, labels='project')
    # the first video is whole, of the second there is nothing
    images = tmp_path / 'out/images'
    assert [path.name for path in images.iterdir()] == ['cage_a']
    assert len(list((images / 'cage_a').iterdir())) == tools.FRAMES
    assert not (tmp_path / 'out/annotations').exists()
    assert run(tmp_path, capsys, *arguments, labels='project')[0] == 0
    assert len(list((images / 'cage_b').iterdir())) == tools.FRAMES
    assert people(tmp_path / 'out') == 3


def test_link_or_copy(project, tmp_path, capsys, monkeypatch):
    assert run(tmp_path, capsys, '--val', 'cage_b')[0] == 0
    image = tmp_path / 'out/images/cage_a/000001.png'
    assert image.is_symlink()
    image.unlink()
    assert run(tmp_path, capsys, '--val', 'cage_b', '--copy',
               '--overwrite')[0] == 0
    assert not image.is_symlink() and image.stat().st_size > 0

    def refuse(*_):
        raise OSError('links need a permission here')

    monkeypatch.setattr(own_frames.os, 'symlink', refuse)
    other = tmp_path / 'out/images/cage_a/000002.png'
    other.unlink()
    project(lambda content: content['annotations'].pop(0))
    assert run(tmp_path, capsys, '--val', 'cage_b')[0] == 0
    assert other.is_file() and not other.is_symlink()


def test_pixels_and_fractions_of_one_video(project, tmp_path, capsys):
    """A COCO file and YOLO-pose: neither is taken for the other."""
    tools.yolo(tmp_path / 'yolo', tools.truth())
    status = main([str(tmp_path / 'a.json'), str(tmp_path / 'yolo/data.yaml'),
                   str(tmp_path / 'out'), '--images',
                   str(tmp_path / 'frames')])
    assert status == 1 and not (tmp_path / 'out/annotations').exists()
    err = capsys.readouterr().err
    assert 'both have labels of the video cage_a' in err
    assert err.count('\n') == 1
