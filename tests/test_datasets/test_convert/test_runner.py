import json
import os
import shutil

import pytest

from mmpose_video.datasets.convert import (
    ConversionError,
    convert,
    posetrack18,
    runner,
)
from mmpose_video.datasets.convert.cli import main
from mmpose_video.datasets.convert.posetrack18 import plan
from mmpose_video.datasets.convert.report import Report
from mmpose_video.datasets.convert.source_images import SourceImages

from . import layouts


@pytest.fixture
def src(tmp_path):
    layouts.posetrack18(tmp_path / 'src')
    return tmp_path / 'src'


@pytest.fixture
def dst(tmp_path):
    return tmp_path / 'dst'


def run(src, dst, **kwargs):
    return convert(plan(str(src)), str(dst), progress=False, **kwargs)


def output(dst):
    return json.loads((dst / 'annotations/posetrack18_val.json').read_text())


def test_writes_one_file_and_links_the_images(src, dst, capsys):
    assert main(['posetrack18', str(src), str(dst)]) == 0
    text = capsys.readouterr().out
    assert 'nothing was left out' in text and '2/2' in text
    assert 'wrote 6 images, 12 people' in text
    assert os.path.realpath(dst / 'images') == str(src / 'images')
    content = output(dst)
    assert all((dst / image['file_name']).exists()
               for image in content['images'])
    # nothing but the file and the record of what it was made from
    left = sorted(path.name for path in (dst / 'annotations').rglob('*'))
    assert left == ['.convert', 'posetrack18_val.done.json',
                    'posetrack18_val.json']


def test_src_and_dst_may_be_one_folder(src):
    run(src, src)
    assert not (src / 'images').is_symlink() and output(src)['images']


def test_no_link(src, dst):
    assert main(['posetrack18', str(src), str(dst), '--no-link']) == 0
    assert not (dst / 'images').exists()


def test_an_interrupted_run_goes_on(src, dst, monkeypatch):
    calls = []
    original = runner.write_json

    def killed(content, path):
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        original(content, path)

    monkeypatch.setattr(runner, 'write_json', killed)
    with pytest.raises(KeyboardInterrupt):
        run(src, dst)
    assert not (dst / 'annotations/posetrack18_val.json').exists()
    monkeypatch.setattr(runner, 'write_json', original)

    read = []
    again = plan(str(src))
    for video in again.splits[0].videos:
        def spy(images, report, inner=video.read, name=video.name):
            read.append(name)
            return inner(images, report)
        video.read = spy
    convert(again, str(dst), progress=False)
    assert read == ['000101_mpii_test']  # the first one is kept
    resumed = output(dst)
    shutil.rmtree(dst)
    run(src, dst)
    assert output(dst) == resumed


def test_up_to_date_until_the_labels_change(src, dst, capsys):
    run(src, dst)
    path = dst / 'annotations/posetrack18_val.json'
    before = path.stat().st_mtime_ns
    run(src, dst)
    assert path.stat().st_mtime_ns == before
    assert 'up to date' in capsys.readouterr().out

    label = src / 'annotations/val/000100_mpii_test.json'
    data = json.loads(label.read_text())
    data['annotations'] = data['annotations'][1:]
    label.write_text(json.dumps(data))
    run(src, dst)
    assert len(output(dst)['annotations']) == 11


def test_a_crash_while_writing_leaves_the_old_file(src, dst, monkeypatch):
    run(src, dst)
    path = dst / 'annotations/posetrack18_val.json'
    before = path.read_bytes()
    os.utime(src / 'annotations/val/000100_mpii_test.json', ns=(1, 1))

    def full_disk(number):
        raise OSError(28, 'no space left on device')

    monkeypatch.setattr(os, 'fsync', full_disk)
    with pytest.raises(OSError, match='no space'):
        run(src, dst)
    assert path.read_bytes() == before
    assert not list((dst / 'annotations').rglob('*.part'))


def test_files_of_others_are_not_replaced(src, dst, capsys):
    path = dst / 'annotations/posetrack18_val.json'
    path.parent.mkdir(parents=True)
    path.write_text('mine')
    assert main(['posetrack18', str(src), str(dst)]) == 1
    assert '--overwrite' in capsys.readouterr().err
    assert path.read_text() == 'mine'
    assert main(['posetrack18', str(src), str(dst), '--overwrite']) == 0
    assert output(dst)['images']


def test_missing_images(src, dst, capsys):
    gone = src / 'images/val/000101_mpii_test/000001.jpg'
    data = gone.read_bytes()
    gone.unlink()
    (src / 'images/val/000101_mpii_test/000002.jpg').unlink()
    with pytest.raises(ConversionError, match='--on-error skip'):
        run(src, dst)
    text = capsys.readouterr().out
    assert ('left out 2: image that does not exist (first: '
            'images/val/000101_mpii_test/000001.jpg)') in text
    assert not (dst / 'annotations/posetrack18_val.json').exists()

    report = run(src, dst, on_error='skip')
    assert report.faults['image that does not exist'][0] == 2
    content = output(dst)
    assert len(content['images']) == 4 and len(content['annotations']) == 8

    gone.write_bytes(data)  # what was put right is seen
    assert run(src, dst, on_error='skip').faults[
        'image that does not exist'][0] == 1
    assert len(output(dst)['images']) == 5


def test_no_images_at_all(src, dst):
    shutil.rmtree(src / 'images')
    with pytest.raises(ConversionError, match='no image is left'):
        run(src, dst, on_error='skip')


def test_files_that_are_no_images(src, dst):
    path = src / 'images/val/000100_mpii_test/000000.jpg'
    path.write_bytes(b'no picture')
    report = run(src, dst, on_error='skip')
    assert report.faults == {
        'file that is not an image':
        (1, 'images/val/000100_mpii_test/000000.jpg')}


def test_folders_without_permission(src, dst, monkeypatch):
    original = os.scandir

    def scandir(path):
        if str(path).endswith('000101_mpii_test'):
            raise PermissionError(13, 'Permission denied', str(path))
        return original(path)

    monkeypatch.setattr(os, 'scandir', scandir)
    report = run(src, dst, on_error='skip')
    assert report.faults == {
        'image folder without permission to list it':
        (3, 'images/val/000101_mpii_test/000000.jpg')}
    with pytest.raises(ConversionError):
        run(src, dst / 'other')


def test_label_files_without_permission(src, dst, monkeypatch):
    # root may read everything, so a mode would not do
    original = posetrack18.read_json

    def read_json(path):
        if path.endswith('000100_mpii_test.json'):
            raise PermissionError(13, 'Permission denied', path)
        return original(path)

    monkeypatch.setattr(posetrack18, 'read_json', read_json)
    report = run(src, dst, on_error='skip')
    assert report.faults == {
        'label file without permission to read it':
        (1, str(src / 'annotations/val/000100_mpii_test.json'))}
    assert len(output(dst)['images']) == 3


def test_unreadable_images(tmp_path, monkeypatch):
    (tmp_path / 'a.jpg').write_bytes(b'')

    def denied(path):
        raise PermissionError(13, 'Permission denied', path)

    monkeypatch.setattr('mmpose_video.datasets.convert.source_images.'
                        'read_size', denied)
    report = Report()
    assert SourceImages(str(tmp_path)).size('a.jpg', report) is None
    assert report.faults == {
        'image without permission to read it': (1, 'a.jpg')}


@pytest.mark.parametrize('content, message', [
    ('{"images": [', 'is not valid JSON'),
    ('{"annolist": []}', 'are converted with posetrack17'),
    ('[1, 2]', "holds no list 'images'"),
])
def test_broken_labels_are_named(src, dst, content, message, capsys):
    label = src / 'annotations/val/000100_mpii_test.json'
    label.write_text(content)
    with pytest.raises(ConversionError):
        run(src, dst)
    text = capsys.readouterr().out
    assert message in text and '000100_mpii_test.json' in text
    run(src, dst, on_error='skip')
    assert len(output(dst)['images']) == 3


def test_two_videos_with_the_same_ids(src, dst, capsys):
    folder = src / 'annotations/val'
    shutil.copy(folder / '000100_mpii_test.json', folder / 'copy.json')
    with pytest.raises(ConversionError, match='val.json` was not'):
        run(src, dst)
    reason = ('copy.json: the id 10000000000 is that of two images: is the '
              'video there twice?')
    assert reason in capsys.readouterr().out
    run(src, dst, on_error='skip')
    assert len(output(dst)['images']) == 6
    text = capsys.readouterr().out
    assert reason in text and 'nothing was used of 1:' in text


@pytest.mark.parametrize('key', ['images', 'annotations'])
def test_a_video_that_has_an_id_twice(src, dst, key):
    path = src / 'annotations/val/000100_mpii_test.json'
    data = json.loads(path.read_text())
    data[key][1]['id'] = data[key][0]['id']
    path.write_text(json.dumps(data))
    report = run(src, dst, on_error='skip')
    assert list(report.broken) == [str(path)]
    assert len(output(dst)['images']) == 3


def test_one_broken_file_costs_one_video(src, dst, capsys):
    """Files with each kind of fault, and an intact one."""
    folder = src / 'annotations/val'
    intact = json.loads((folder / '000101_mpii_test.json').read_text())
    broken = {
        'a': b'{"images": [', 'b': b'\xff\xfe{', 'c': b'[]', 'd': b'',
        'e': b'[' * 100000, 'f': b'{"images": [5]}',
        'g': b'{"images": [{"id": [1], "file_name": "a/0.jpg"}]}',
        'h': b'{"images": [{"id": 1, "file_name": 7}]}',
        'i': b'{"images": [], "categories": [{"keypoints": ["a"]}]}',
        'j': b'{"images": [], "annotations": 7}',
        'l': json.dumps(dict(intact, categories=[dict(
            keypoints=[f'{i}' for i in range(18)])])).encode(),
        'k': json.dumps(dict(intact, images=[
            dict(image, width=float('nan')) for image in intact['images']
        ])).encode(),
    }
    for name, data in broken.items():
        (folder / f'{name}.json').write_bytes(data)
    report = run(src, dst, on_error='skip')
    assert list(report.broken) == [f'{folder}/{name}.json'
                                   for name in sorted(broken)]
    assert len(output(dst)['images']) == 6
    text = capsys.readouterr().out
    assert 'left out 12: label file that cannot be read' in text
    for name in broken:
        assert f'    {folder}/{name}.json' in text
    assert "images[0] (id 1): 'file_name' must be a string, got 7" in text
    # the list is kept for the next run
    assert run(src, dst, on_error='skip').broken == report.broken


def test_people_of_wrong_types_cost_themselves(src, dst):
    path = src / 'annotations/val/000100_mpii_test.json'
    data = json.loads(path.read_text())
    for ann, changes in zip(data['annotations'], (
            dict(keypoints=['1'] * 51), dict(bbox='1234'), dict(iscrowd=[]),
            dict(keypoints=[10**400] * 51), dict(image_id=77))):
        ann.update(changes)
    path.write_text(json.dumps(data))
    report = run(src, dst)
    assert {k: v[0] for k, v in report.skipped.items()} == {
        'person that cannot be read': 4,
        'person in an image that the file does not list': 1}
    assert len(output(dst)['annotations']) == 7


def test_all_splits_are_looked_through(src, dst):
    shutil.copytree(src / 'annotations/val', src / 'annotations/test')
    (src / 'annotations/val/000100_mpii_test.json').write_text('{')
    with pytest.raises(ConversionError, match='posetrack18_val.json` was not'):
        run(src, dst)
    assert (dst / 'annotations/posetrack18_test.json').exists()
    (src / 'annotations/val/000101_mpii_test.json').write_text('{')
    run(src, dst, on_error='skip')  # one split is left
    assert not (dst / 'annotations/posetrack18_val.json').exists()


def test_wrong_sources(tmp_path, capsys):
    assert main(['posetrack17', str(tmp_path / 'none'), str(tmp_path)]) == 1
    assert 'there is no folder' in capsys.readouterr().err
    (tmp_path / 'annotations/val').mkdir(parents=True)
    (tmp_path / 'annotations/val/a.mat').write_bytes(b'')
    assert main(['posetrack17', str(tmp_path), str(tmp_path)]) == 1
    assert 'a.mat: it is no Matlab file' in capsys.readouterr().out
    with pytest.raises(ValueError, match='on_error'):
        convert(None, str(tmp_path), on_error='ignore')


def test_report_survives_json():
    report = Report()
    for name in 'ab':
        report.skip('no box', name)
        report.fault('no image', name)
    twice = Report.from_dict(json.loads(json.dumps(report.to_dict())))
    report.lose('c.json', 'it is empty', 'no labels')
    twice.add(report)
    assert twice.skipped == {'no box': (4, 'a')}
    assert twice.lines()[-1] == '    c.json: it is empty'
    assert Report.from_dict(twice.to_dict()).broken == twice.broken
    assert twice.lines()[0] == '  left out 4: no image (first: a)'


@pytest.mark.parametrize('name', ['../a/000000.jpg', '/a/000000.jpg'])
def test_images_outside_of_the_folder_are_faults(src, dst, name):
    (src.parent / 'a').mkdir()
    path = min((src / 'annotations/val').iterdir())
    content = json.loads(path.read_text())
    shutil.copy(src / content['images'][0]['file_name'], src.parent / 'a')
    content['images'][0]['file_name'] = name
    path.write_text(json.dumps(content))
    report = run(src, dst, on_error='skip')
    assert report.faults['image name that leaves the image folder'] == (
        1, name)
    assert len(output(dst)['images']) == 5
