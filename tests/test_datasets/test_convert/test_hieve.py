import json
import re
import shutil

import cv2
import numpy as np
import pytest

from mmpose_video.datasets.body import HiEveClipDataset
from mmpose_video.datasets.convert import ConversionError, convert
from mmpose_video.datasets.convert.cli import main
from mmpose_video.datasets.convert.hieve import plan
from mmpose_video.evaluation import HiEveAP
from mmpose_video.formats.keypoints import HIEVE_JOINTS

from . import layouts


def run(root, split='train', on_error='stop', **kwargs):
    report = convert(plan(str(root), **kwargs), str(root), on_error=on_error,
                     progress=False)
    path = root / f'annotations/hieve_{split}.json'
    return json.loads(path.read_text()), report


@pytest.mark.parametrize('as_xml', [False, True])
def test_labels_per_frame(tmp_path, as_xml):
    truth = layouts.hieve(tmp_path, as_xml=as_xml)
    content, report = run(tmp_path)
    assert not report.faults and not report.skipped
    assert [im['file_name'] for im in content['images'][:2]] == [
        'images/1/000000.jpg', 'images/1/000001.jpg']
    assert content['images'][0]['id'] == 1000000
    wanted = [p for video in '12' for frame in truth[video] for p in frame]
    assert len(content['annotations']) == len(wanted)
    for ann, person in zip(content['annotations'], wanted):
        x1, y1, x2, y2 = person['box']
        assert ann['bbox'] == [x1, y1, x2 - x1, y2 - y1]
        assert ann['track_id'] == person['number']
        points = np.reshape(ann['keypoints'], (14, 3))
        # 0 visible, 1 invisible, -1 not annotated become COCO's 2, 1, 0
        flags = [{0: 2, 1: 1, -1: 0}[flag] for flag in person['flags']]
        assert points[:, 2].tolist() == flags
        for k, flag in enumerate(flags):
            assert points[k, :2].tolist() == (
                person['joints'][k, :2].tolist() if flag else [0, 0])


def test_dataset_metric_and_held_out_videos(tmp_path):
    layouts.hieve(tmp_path, videos=3)
    content, _ = run(tmp_path, split='val', val=['2'])
    assert {im['vid_id'] for im in content['images']} == {'2'}
    train = json.loads(
        (tmp_path / 'annotations/hieve_train.json').read_text())
    assert {im['vid_id'] for im in train['images']} == {'1', '3'}
    dataset = HiEveClipDataset(
        ann_file='annotations/hieve_val.json', data_root=str(tmp_path),
        clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)),
        test_mode=True)
    assert len(dataset) == 6
    assert dataset.get_data_info(0)['frame_offsets'].tolist() == [0, 0, 1]
    metric = HiEveAP()
    metric.dataset_meta = dataset.metainfo
    for i in range(6):
        info = dataset.get_data_info(i)
        metric.process(None, [
            dict(id=info['id'], img_id=info['img_id'],
                 raw_ann_info=info['raw_ann_info'],
                 pred_instances=dict(
                     keypoints=info['keypoints'],
                     keypoint_scores=info['keypoints_visible'] + .1))])
    scores = metric.evaluate(6)
    # all visible keypoints are found and rank before the one never annotated
    assert scores['hieve/Shoulder AP'] == pytest.approx(100)
    with pytest.raises(ValueError, match=r"\['9'\] to hold out"):
        plan(str(tmp_path), val=['9'])


def test_labels_per_video(tmp_path):
    truth = layouts.hieve(tmp_path, videos=1)
    frames = []
    for i, people in enumerate(truth['1']):
        rects = [
            dict(
                x1=[p['box'][0]], y1=[p['box'][1]], x2=[p['box'][2]],
                y2=[p['box'][3]], track_id=[p['number']],
                annopoints=[
                    dict(point=[
                        dict(id=[k], x=[int(p['joints'][k, 0])],
                             y=[int(p['joints'][k, 1])],
                             flag=[p['flags'][k]])
                        for k in range(14) if p['flags'][k] >= 0
                    ])
                ]) for p in people
        ]
        frames.append(dict(image=[dict(name=f'{i:06d}.jpg')], annorect=rects))
    wanted, _ = run(tmp_path)
    layouts.dump(tmp_path / 'other/train/1.json', dict(annolist=frames))
    content, _ = run(tmp_path, labels=str(tmp_path / 'other/train'))
    assert content['annotations'] == wanted['annotations']


def test_boxes_of_track_1(tmp_path, capsys):
    layouts.hieve(tmp_path, videos=2)
    folder = tmp_path / 'track1'
    folder.mkdir()
    (folder / '1.txt').write_text('1, 4, 10, 20, 30, 40, 0.75, -1, -1, -1\n'
                                  '2, 4, 11, 21, 31, 41, 0, -1, -1, -1\n'
                                  '3, 4, 12, 22, -5, 42, 1, -1, -1, -1\n'
                                  '9, 4, 12, 22, 5, 42, 1, -1, -1, -1\n')
    assert main(['hieve', str(tmp_path), str(tmp_path), '--boxes',
                 str(folder), '--boxes-from', '1']) == 0
    text = capsys.readouterr().out
    for reason in ('box that does not count', 'box without an area',
                   'box in a frame without an image'):
        assert f'left out 1: {reason}' in text
    path = tmp_path / 'annotations/hieve_train_boxes.json'
    assert json.loads(path.read_text()) == [
        dict(image_id=1000000, category_id=1, bbox=[10, 20, 30, 40],
             score=.75)]
    dataset = HiEveClipDataset(
        ann_file='annotations/hieve_train.json', data_root=str(tmp_path),
        bbox_file=str(path), test_mode=True)
    assert dataset.get_data_info(0)['bbox'].tolist() == [[10, 20, 40, 60]]

    (folder / '2.csv').write_text('0,1,5\n')
    command = ['hieve', str(tmp_path), str(tmp_path), '--boxes', str(folder)]
    before = path.read_text()
    assert main(command) == 1
    out, err = capsys.readouterr()
    assert '2.csv, line 1: a line is frame, id' in out
    assert 'got 3 values' in out
    assert 'hieve_train_boxes.json` was not written' in err
    assert path.read_text() == before
    assert main([*command, '--on-error', 'skip']) == 0
    assert len(json.loads(path.read_text())) == 1  # frame 3 is 2 from 0
    (folder / '2.csv').write_bytes(b'\xff\xfe')
    assert main([*command, '--on-error', 'skip']) == 0
    assert '2.csv is not UTF-8 text' in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match='holds no <video>.txt'):
        run(tmp_path, boxes=str(tmp_path / 'labels'))


def test_frames_of_videos(tmp_path, capsys):
    src, dst = tmp_path / 'src', tmp_path / 'dst'
    layouts.hieve(src, videos=1)
    frames = layouts.clip()[0]
    (src / 'images').rename(tmp_path / 'put away')
    (src / 'videos/train').mkdir(parents=True)
    writer = cv2.VideoWriter(
        str(src / 'videos/train/1.mp4'), cv2.VideoWriter_fourcc(*'mp4v'), 25,
        (160, 96))
    if not writer.isOpened():
        pytest.skip('this OpenCV writes no mp4')
    for frame in frames:
        writer.write(frame)
    writer.release()
    assert main(['hieve', str(src), str(dst), '--extract']) == 0
    first = cv2.imread(str(dst / 'images/1/000000.jpg'))
    assert np.abs(first.astype(int) - frames[0]).mean() < 8
    content = json.loads((dst / 'annotations/hieve_train.json').read_text())
    assert len(content['images']) == 3
    stamp = (dst / 'images/1/000000.jpg').stat().st_mtime_ns
    assert main(['hieve', str(src), str(dst), '--extract']) == 0
    assert (dst / 'images/1/000000.jpg').stat().st_mtime_ns == stamp

    (src / 'videos/train/2.mp4').write_bytes(b'no video')
    # named, and the others are converted all the same
    layouts.hieve(src, videos=2)
    (src / 'images').rename(tmp_path / 'put away too')
    command = ['hieve', str(src), str(dst), '--extract']
    assert main(command) == 1
    out, err = capsys.readouterr()
    assert 'OpenCV cannot open the video' in out and '2.mp4' in out
    assert 'hieve_train.json` was not written' in err
    assert not list((dst / 'images').glob('2*'))
    assert main([*command, '--on-error', 'skip']) == 0
    out, err = capsys.readouterr()
    assert 'left out 1: video that cannot be decoded' in out and not err
    content = json.loads((dst / 'annotations/hieve_train.json').read_text())
    assert {image['vid_id'] for image in content['images']} == {'1'}


def test_frames_behind_broken_ones_keep_their_numbers(tmp_path, capsys):
    layouts.hieve(tmp_path / 'src', videos=1, frames=20)
    shutil.rmtree(tmp_path / 'src/images')
    video = tmp_path / 'src/videos/1.avi'
    video.parent.mkdir()
    writer = cv2.VideoWriter(
        str(video), cv2.VideoWriter_fourcc(*'MJPG'), 25, (160, 96))
    for number in range(20):  # the brightness tells the frame
        writer.write(np.full((96, 160, 3), 10 * number, np.uint8))
    writer.release()
    data = bytearray(video.read_bytes())
    begin = data.index(b'movi')
    chunks = [begin + m.start() for m in re.finditer(b'00dc', data[begin:])]
    for number in (8, 9):  # of the JPEG only its length is left
        end = chunks[number + 1]
        data[chunks[number] + 8:end] = bytes(end - chunks[number] - 8)
    video.write_bytes(data)
    command = ['hieve', str(tmp_path / 'src'), str(tmp_path / 'dst'),
               '--extract', '--on-error', 'skip']
    assert main(command) == 0
    found = {int(path.stem): round(cv2.imread(str(path)).mean() / 10)
             for path in (tmp_path / 'dst/images/1').iterdir()}
    assert found == {n: n for n in range(20) if n not in (8, 9)}
    out = capsys.readouterr().out
    assert '18 of the 20 frames' in out
    assert 'left out 2: annotated frame without an image' in out


def test_bad_people_and_files(tmp_path, capsys):
    layouts.hieve(tmp_path, videos=1)
    path = tmp_path / 'labels/1/000001.xml'
    data = json.loads(path.read_text())
    objects = data['annotation']['object']
    box = objects[0]['bndbox']
    objects[1]['bndbox'] = dict(box, Nose='1,2')
    objects.append(dict(bndbox=dict(box, Nose='1,2,5')))
    objects.append(dict(bndbox=dict(box, Nose='nan,2,0')))
    objects.append(dict(bndbox=dict(box, xmin='90', xmax='10')))
    objects.append(dict(bndbox=dict(xmin=5, ymin=5, xmax=5, ymax=5)))
    path.write_text(json.dumps(data))
    content, report = run(tmp_path)
    assert {k: v[0] for k, v in report.skipped.items()} == {
        'person that cannot be read': 2,
        'person with a keypoint that is not finite': 1,
        'person without a box and keypoints': 1}
    found = [a for a in content['annotations'] if a['image_id'] == 1000001]
    assert len(found) == 2 and found[1]['bbox'][2] > 0
    assert content['categories'][0]['keypoints'] == list(
        HIEVE_JOINTS)

    path.write_text('<annotation><object>')
    with pytest.raises(ConversionError):
        run(tmp_path)
    assert 'neither JSON nor XML' in capsys.readouterr().out
    path.write_text('{}')
    with pytest.raises(ConversionError):
        run(tmp_path)
    assert "holds no 'annotation'" in capsys.readouterr().out
    path.unlink()  # a frame without labels is an unlabeled frame
    content, _ = run(tmp_path)
    assert [im['is_labeled'] for im in content['images']] == [
        True, False, True]
    (tmp_path / 'images/1/000002.jpg').unlink()
    _, report = run(tmp_path, on_error='skip')
    assert report.faults == {
        'annotated frame without an image': (1, 'frame 2 of video 1')}


def test_no_labels(tmp_path):
    with pytest.raises(FileNotFoundError, match='000000.xml'):
        plan(str(tmp_path))
