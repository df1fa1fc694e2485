"""Broken files and files of other tools give one clear line each."""
import json

import pytest

from mmpose_video.formats.results import read_results, write_results
from mmpose_video.formats.schema import FormatError
from mmpose_video.tools import convert_results

from .test_round_trips import make_results

HEAD = ('frame,time,person,track_id,keypoint,x,y,score,bbox_x1,bbox_y1,'
        'bbox_x2,bbox_y2,bbox_score\n')
TRC = ('PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tUnits\n30\tpx\n'
       'Frame#\tTime\tnose\t\t\n\t\tX1\tY1\tZ1\n')


@pytest.mark.parametrize('name, content, message', [
    ('a.csv', 'image,x,y\n1,2,3\n', 'no column `frame`.*image, x, y'),
    ('a.csv', '', 'no column `frame`.*none'),
    ('a.csv', HEAD + '1,0,0,0,nose,a,2,1,,,,,\n', 'line 2: `x`.*`a`'),
    ('a.csv', HEAD + '1.5,0,0,0,nose,1,2,1,,,,,\n', 'line 2: `frame`'),
    ('a.csv', HEAD + '1,0,0,0,nose,inf,2,1,,,,,\n', 'line 2: `x`'),
    ('a.csv', HEAD + '1,0,0,0,nose,1,2,1,,,,,\n' * 2, 'line 3.*already'),
    ('a.csv', 'scorer,a\nbodyparts,nose\n', 'no table of DeepLabCut'),
    ('a.csv', 'scorer,a\nbodyparts,nose\ncoords,x\n0,z\n', '`z` is no number'),
    ('a.json', '{"a": 1}', 'holds no results'),
    ('a.json', '[', 'not valid JSON'),
    ('a.json', '[{"instances": [{"keypoints": [[1, 2]]}]}]',
     "instances.0.: 'keypoint_scores' is missing"),
    ('a.json', '[{"instances": [{"keypoints": "a"}]}]', "'keypoints'"),
    ('a.json', '[{"image_id": 1, "keypoints": [1, 2]}]',
     '2 numbers in place of 3'),
    ('a.json', '[{"instances": [{"keypoints": [[1, 1e400]], '
     '"keypoint_scores": [1]}]}]', "a.json, frame 0: 'keypoints'"),
    ('a.json', '[{"instances": [{"keypoints": [[1, 1]], "bbox": [[0, 0, 1, '
     '1e400]], "keypoint_scores": [1]}]}]', "a.json, frame 0: 'bbox'"),
    ('a.json', '[{"instances": [{"keypoints": [[1, 1' + '0' * 400 + ']]}]}]',
     "'keypoints' must be lists of numbers"),
    ('a.json', '{"instance_info": [], "meta_info": {"keypoint_id2name": '
     '{"a": "nose"}}}', 'a.json: .keypoint_id2name. must have numbers'),
    ('a.json', '{"instance_info": [], "meta_info": {"keypoint_id2name": '
     '{"0": "\\ud800"}}}', 'a.json: .* is no name'),
    ('a.json', '{"images": [], "annotations": [], "info": [1]}', None),
    ('a.csv', HEAD + '1e300,0,0,0,nose,1,2,1,,,,,\n', 'line 2: `frame`'),
    ('a.trc', TRC.replace('30', 'nan'), 'DataRate'),
    ('a.trc', TRC + '1\tinf\t1\t2\t0\n', 'line 6: the time'),
    ('a.trc', 'a\tb\n' * 9, 'no TRC file'),
    ('a.trc', TRC.replace('DataRate', 'Rate'), 'DataRate'),
    ('a.trc', TRC + '1\t0\tx\t2\t0\n', 'line 6'),
    ('a.trc', TRC.replace('px', 'mm'), 'is in mm.*meters_per_pixel'),
    ('a.xyz', '', 'suffix of no format')])
def test_broken(name, content, message, tmp_path):
    (tmp_path / name).write_text(content)
    if message is None:  # odd, and no fault
        assert not read_results(str(tmp_path / name)).frames
        return
    with pytest.raises(ValueError, match=message):
        read_results(str(tmp_path / name))


@pytest.mark.parametrize('name', ['a.slp', 'a.nwb'])
def test_broken_hdf5(name, tmp_path):
    pytest.importorskip('sleap_io', reason='the extra `formats`')
    (tmp_path / name).write_bytes(b'no HDF5')
    with pytest.raises(FormatError, match=name):
        read_results(str(tmp_path / name))


@pytest.mark.parametrize('name', ['a.json', 'a.csv', 'a.trc'])
def test_absent(name, tmp_path):
    with pytest.raises(OSError, match=name):
        read_results(str(tmp_path / name))


def test_yolo(tmp_path):
    for options in ({}, dict(size=(9, 9))):
        with pytest.raises(FormatError, match='no folder `labels`.*are files'):
            read_results(str(tmp_path), 'yolo', **options)
    (tmp_path / 'labels').mkdir()
    with pytest.raises(ValueError, match='size'):
        read_results(str(tmp_path), 'yolo')
    (tmp_path / 'labels' / '000001.txt').write_text('0 .5 .5 1 1 .1 .2\n')
    with pytest.raises(FormatError, match='line 1: 7 numbers'):
        read_results(str(tmp_path), 'yolo', size=(9, 9))
    label = tmp_path / 'labels' / '000001.txt'
    label.write_bytes(b'0 .5 .5 1 1 .1 .2 \xff\n')
    with pytest.raises(FormatError, match='000001.txt is not UTF-8'):
        read_results(str(tmp_path), 'yolo', size=(9, 9))
    label.write_text('')
    for shape in ('[1000000000, 3]', '[.inf, 3]', '[2.5, 3]', '3', '[[], 3]'):
        (tmp_path / 'data.yaml').write_text(f'kpt_shape: {shape}\n')
        with pytest.raises(FormatError, match='data.yaml tells no `kpt'):
            read_results(str(tmp_path), 'yolo', size=(9, 9))
    (tmp_path / 'data.yaml').unlink()
    results = make_results(size=None)
    with pytest.raises(ValueError, match='--image-size'):
        write_results(results, str(tmp_path / 'b'), 'yolo')


def test_two_people_with_one_track(tmp_path):
    results = make_results()
    results.frames[0].people[1].track_id = 0
    with pytest.raises(ValueError, match='frame 3 has two people'):
        write_results(results, str(tmp_path / 'a.trc'))
    results.frames[0].people[1].track_id = None
    with pytest.raises(ValueError, match='track id'):
        write_results(results, str(tmp_path / 'a.csv'), 'deeplabcut')


def test_no_frame_rate(tmp_path):
    results = make_results()
    results.info.fps = None
    with pytest.raises(ValueError, match='--fps'):
        write_results(results, str(tmp_path / 'a.trc'))
    write_results(results, str(tmp_path / 'a.trc'), fps=25.)


def test_a_second_file_of_other_results(tmp_path):
    path = tmp_path / 'a.csv'
    write_results(make_results(), str(path))
    sidecar = tmp_path / 'a.run.json'
    content = json.loads(sidecar.read_text())
    content['frames'] = content['frames'][:2]
    sidecar.write_text(json.dumps(content))
    with pytest.raises(FormatError, match='lacks frame'):
        read_results(str(path))
    content['frames'] = []
    for change, message in (
        (dict(size=[float('nan'), 1]), "'size' must be width and height"),
        (dict(size=[1e400, 1]), "'size'"),
        (dict(keypoints=content['keypoints'][:-1] + ['nose']), 'one twice'),
        (dict(frames=[[{}, 0, '']]), r"frames\[0\]: 'number' must be"),
        (dict(frames=[[3, 'x', '']]), r"frames\[0\]: 'time' must be"),
        (dict(frames=[[3, 0, 4]]), r"frames\[0\]: 'name' must be"),
        (dict(video='\ud800'), 'is no name')):
        sidecar.write_text(json.dumps(dict(content, **change)))
        with pytest.raises(FormatError, match=message):
            read_results(str(path))
    sidecar.write_text('{"keypoints": []}')
    with pytest.raises(FormatError, match='a.run.json.*list of names'):
        read_results(str(path))


def test_command(tmp_path, capsys):
    """Results and errors of the command line."""
    source = str(tmp_path / 'a.json')
    write_results(make_results(), source)
    assert convert_results.main([source, str(tmp_path / 'b.csv')]) == 0
    assert '5 frames, 8 people, 2 tracks' in capsys.readouterr().out
    assert convert_results.main(
        [str(tmp_path / 'b.csv'), str(tmp_path / 'c.json'), '--to', 'coco'
         ]) == 0
    assert isinstance(json.loads((tmp_path / 'c.json').read_text()), list)
    capsys.readouterr()
    for arguments, message in (
            ([str(tmp_path / 'none.csv'), source], 'none.csv'),
            ([source, str(tmp_path / 'x.bvh')], 'suffix of no format'),
            ([source, str(tmp_path / 'x.trc'), '--fps', '0'], 'positive')):
        assert convert_results.main(arguments) == 1
        error = capsys.readouterr().err
        assert message in error and 'Traceback' not in error


def test_output_that_is_the_input(tmp_path, capsys):
    path, link = tmp_path / 'a.csv', tmp_path / 'b.csv'
    write_results(make_results(), str(path))
    before = path.read_bytes()
    link.symlink_to(path)
    for target in (path, link):
        assert convert_results.main(
            [str(path), str(target), '--to', 'deeplabcut']) == 1
        assert 'the output is the input' in capsys.readouterr().err
    assert path.read_bytes() == before
