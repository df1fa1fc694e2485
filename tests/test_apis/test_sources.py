"""Videos, folders, arrays and cameras; boxes from files and functions."""
import json

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from mmpose_video.apis import FileBoxes, Frame, GivenBoxes, open_source
from mmpose_video.apis.box_source_factory import make_box_source


def pictures(count, size=(32, 48)):
    return [np.full((*size, 3), 20 * i + 10, np.uint8) for i in range(count)]


def write_video(path, images, codec='MJPG'):
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*codec), 10.,
        images[0].shape[1::-1])
    for image in images:
        writer.write(image)
    writer.release()


def frame(number=0, size=(100, 200)):
    return Frame(number, number, 'a.jpg', np.zeros((*size, 3), np.uint8))


def test_video(tmp_path):
    write_video(tmp_path / 'a.avi', pictures(6))
    source = open_source(tmp_path / 'a.avi')
    assert (source.name, source.fps, source.total) == ('a', 10., 6)
    frames = list(source)
    assert [f.number for f in frames] == list(range(6))
    for f, image in zip(frames, pictures(6)):
        assert np.abs(f.image.astype(int) - image).max() <= 3


def test_times_of_frames(tmp_path):
    """Time stamps of the file, stretched where the rate is overridden."""
    write_video(tmp_path / 'a.avi', pictures(6))
    source = open_source(tmp_path / 'a.avi')
    frames = list(source)
    assert [f.position for f in frames] == list(range(6))
    np.testing.assert_allclose([source.time_of(f) for f in frames],
                               np.arange(6) / 10)
    source.override_fps(240.)
    np.testing.assert_allclose([source.time_of(f) for f in frames],
                               np.arange(6) / 240)
    arrays = open_source(pictures(3))
    frames = list(arrays)
    assert [arrays.time_of(f) for f in frames] == [None] * 3
    arrays.override_fps(50.)
    assert [arrays.time_of(f) for f in frames] == [0, 0.02, 0.04]


def test_folder_is_read_by_number(tmp_path):
    for number in (2, 10, 1):
        cv2.imwrite(str(tmp_path / f'img_{number}.png'),
                    pictures(12)[number])
    (tmp_path / 'notes.txt').write_text('not a frame')
    (tmp_path / 'thumb.png').write_bytes(b'no number')
    (tmp_path / 'img_3.png').write_bytes(
        (tmp_path / 'img_2.png').read_bytes()[:-20])  # ends early
    frames = list(open_source(str(tmp_path)))
    assert [f.number for f in frames] == [1, 2, 10]
    assert [f.image[0, 0, 0] for f in frames] == [30, 50, 210]


def test_broken_files_of_a_folder_are_left_out(tmp_path):
    for number in range(4):
        cv2.imwrite(str(tmp_path / f'{number}.jpg'), pictures(4)[number])
    (tmp_path / '1.jpg').write_bytes(b'')
    data = bytearray((tmp_path / '2.jpg').read_bytes())
    size = data.index(b'\xff\xc0') + 5
    data[size:size + 4] = b'\xea\x60\xea\x60'  # 60000 x 60000
    (tmp_path / '2.jpg').write_bytes(data)
    frames = list(open_source(str(tmp_path)))
    assert [f.number for f in frames] == [0, 3]
    with pytest.raises(OSError, match='2.jpg` claims 60000 x 60000'):
        open_source(str(tmp_path / '2.jpg'))


@pytest.mark.parametrize('orientation', range(1, 9))
def test_an_image_is_turned_as_its_exif_data_say(tmp_path, orientation):
    stored = Image.new('RGB', (48, 32))
    stored.paste((200, 40, 90), (0, 0, 32, 16))  # one corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / 'a.jpg'
    stored.save(path, exif=exif, subsampling=0)
    only, = open_source(str(path))
    turned = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    np.testing.assert_allclose(only.image[..., ::-1], turned, atol=4)


def test_arrays_and_generators():
    gray = [image[..., 0] for image in pictures(3)]
    for inputs in (gray, iter(gray), np.stack(gray)):
        frames = list(open_source(inputs))
        assert [f.index for f in frames] == [0, 1, 2]
        assert frames[2].image.shape == (32, 48, 3)
        assert (frames[2].image == 50).all()
    with pytest.raises(TypeError, match='number 0 is a str'):
        list(open_source(['a.jpg']))


def test_one_array_is_one_image():
    """A single (H, W, 3) image is not H frames."""
    image = np.arange(32 * 48 * 3, dtype=np.uint8).reshape(32, 48, 3)
    for given in (image, image[None], [image]):
        found, = open_source(given)
        np.testing.assert_array_equal(found.image, image)
    for given in (image[..., 0], image[..., :1]):
        found, = open_source(given)
        np.testing.assert_array_equal(found.image, image[..., :1].repeat(3, 2))
    assert open_source(image).total == 1
    # (T, H, W) and (T, H, W, C) are T frames
    assert len(list(open_source(np.zeros((5, 8, 6), np.uint8)))) == 5
    assert len(list(open_source(np.zeros((5, 8, 6, 4), np.uint8)))) == 5


@pytest.mark.parametrize('convert', [
    lambda x: x.astype(np.int64), lambda x: x / 255.,
    lambda x: (x / 255).astype(np.float32), lambda x: x.astype('u2') * 257])
def test_ranges_of_arrays(convert):
    """Arrays of the same picture in any range give the same frame."""
    image = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    found, = open_source(convert(image))
    assert found.image.dtype == np.uint8
    np.testing.assert_array_equal(found.image, image)


@pytest.mark.parametrize('image, message', [
    (np.full((4, 4), 200.), 'frame 0: a frame of floats.*0..1'),
    (np.full((4, 4), np.nan), '0..1'), (np.full((4, 4), 256), '0..255'),
    (np.full((4, 4), -1), '0..255'), (np.full((4, 4), 1j), 'complex'),
    (np.zeros((4, 4, 2, 1)), 'shape'), (np.zeros((0, 4)), 'shape')])
def test_arrays_that_are_no_images(image, message):
    with pytest.raises(ValueError, match=message):
        list(open_source([image]))


@pytest.mark.parametrize('frame, message', [
    (torch.zeros(4, 4, 3), r'a Tensor: `.numpy\(\)`'),
    (Image.new('RGB', (4, 4)), r'a Image: `np.asarray\(image.convert'),
    ('a.jpg', 'a str: several files'), (1, 'a int$')])
def test_frames_that_are_no_arrays(frame, message):
    """The message tells how to make an array; colors are not guessed."""
    with pytest.raises(TypeError, match=f'number 0 is {message}'):
        list(open_source([frame]))


@pytest.mark.parametrize('codec, suffix', [('mp4v', 'mp4'), ('MJPG', 'mp4'),
                                           ('MJPG', 'avi')])
def test_reading_goes_on_after_broken_packets(tmp_path, codec, suffix):
    """The length of a bar is the number of its frame."""
    path = tmp_path / f'a.{suffix}'
    images = [np.full((64, 124, 3), 20, np.uint8) for _ in range(60)]
    for t, image in enumerate(images):
        image[:, :2 * t + 2] = 220
    write_video(path, images, codec)
    data = bytearray(path.read_bytes())
    start, stop = len(data) * 4 // 10, len(data) // 2
    data[start:stop] = bytes(stop - start)
    path.write_bytes(data)
    frames = list(open_source(str(path)))
    numbers = [f.number for f in frames]
    assert 45 <= len(frames) < 60
    assert numbers == sorted(set(numbers)) and [
        f.index for f in frames] == numbers
    if suffix == 'mp4':  # an avi does not say which frames it lost
        assert numbers[-1] == 59
        last = frames[-1].image[32, :, 0]
        assert (last > 120).sum() > 110


def test_video_that_cannot_be_decoded(tmp_path):
    """The codec is named, and the command that converts the video."""
    path = tmp_path / 'a.mp4'
    write_video(path, pictures(6), 'mp4v')
    data = bytearray(path.read_bytes())
    start = data.index(b'mdat') + 4
    data[start:data.index(b'moov') - 4] = bytes(
        data.index(b'moov') - 4 - start)
    path.write_bytes(data)
    with pytest.raises(OSError, match='codec FMP4.*ffmpeg -i .*a.mp4'):
        list(open_source(str(path)))


def test_image_file(tmp_path):
    """One image is one frame, also if its name looks like a sequence's."""
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f'img_{number}.png'), pictures(3)[number])
    found, = open_source(str(tmp_path / 'img_1.png'))
    assert (found.image == 30).all() and found.name == 'img_1.png'
    animation = tmp_path / 'a.webp'
    animation.write_bytes(b'RIFF0000WEBPVP8X' + bytes(14) + b'ANIM')
    with pytest.raises(OSError, match='animation.*ffmpeg'):
        open_source(str(animation))


@pytest.mark.parametrize('make, error, message', [
    (lambda d: '0', FileNotFoundError, 'webcam:0'),
    (lambda d: 'webcam:a', ValueError, 'webcam:0'),
    (lambda d: d / 'none.png', OSError, 'none.png'),
    (lambda d: d / 'none.mp4', FileNotFoundError, 'none.mp4'),
    (lambda d: d / 'text.mp4', OSError, 'cannot open'),
    (lambda d: d / 'empty', ValueError, 'frame number'),
    (lambda d: [], ValueError, 'no frames'),
    (lambda d: 97, OSError, 'camera 97'),
    (lambda d: 1.5, TypeError, 'float'),
    (lambda d: True, TypeError, 'bool')])
def test_bad_videos(tmp_path, make, error, message):
    (tmp_path / 'text.mp4').write_text('this is no video')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(error, match=message):
        list(open_source(make(tmp_path)))


@pytest.mark.parametrize('names, message', [
    (['b.MP4', 'a.mov'], r'2 videos, such as `a.mov`: give them'),
    (['IMG_1 (1).jpg', 'x.JPG', 'notes.txt'],
     r'2 images, such as `IMG_1 \(1\).jpg`: rename them')])
def test_folders_of_other_things(tmp_path, names, message):
    """The message tells what the folder holds, and what to do."""
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=f'frame number.*{message}'):
        open_source(tmp_path)


def test_addresses_that_cannot_be_reached():
    """No advice on files."""
    with pytest.raises(OSError, match='address.*can it be reached') as error:
        open_source('http://127.0.0.1:1/a.mp4')
    assert 'ffmpeg' not in str(error.value)


def test_video_without_frames(tmp_path):
    """A header and nothing behind it."""
    path = tmp_path / 'none.avi'
    cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10.,
                    (48, 32)).release()
    with pytest.raises((OSError, ValueError), match='none'):
        list(open_source(str(path)))


def test_video_that_ends_in_the_middle(tmp_path):
    """What can be read is used."""
    path = tmp_path / 'a.avi'
    rng = np.random.default_rng(0)
    write_video(path, [rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
                       for _ in range(20)])
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])
    frames = list(open_source(str(path)))
    assert 5 <= len(frames) <= 12


def test_file_boxes_of_posetrack(tmp_path):
    content = dict(
        images=[dict(id=70, file_name='v/000003.jpg', frame_id=9),
                dict(id=71, file_name='v/000004.jpg', frame_id=9)],
        annotations=[
            dict(image_id=70, bbox=[150, 10, 100, 50], track_id=4),
            dict(image_id=70, bbox=[0, 0, 0, 5], track_id=5),
            dict(image_id=71, bbox=[], track_id=4)])
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(content))
    people = make_box_source(str(path))(frame(3))
    # clipped to the last pixel, as the datasets do
    assert people.boxes.tolist() == [[150, 10, 199, 60]]
    assert people.track_ids == [4]
    assert not len(FileBoxes(str(path))(frame(4)).boxes)


def test_file_boxes_of_detections_and_predictions(tmp_path):
    rows = [dict(image_id=105, category_id=1, bbox=[1, 2, 3, 4], score=0.5),
            dict(image_id=105, category_id=2, bbox=[1, 2, 3, 4], score=0.5),
            dict(image_id=105, category_id=1, bbox=[5, 5, 5, 5], score=0.1)]
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(rows))
    people = FileBoxes(str(path), image_id_offset=100, score_thr=0.2)(frame(5))
    assert people.boxes.tolist() == [[1, 2, 4, 6]]
    assert people.scores.tolist() == [0.5] and people.track_ids is None
    path.write_text(json.dumps([dict(frame_id=5, instances=[
        dict(bbox=[[1, 2, 4, 6]], bbox_score=0.5, track_id=3)])]))
    people = FileBoxes(str(path))(frame(5))
    assert people.boxes.tolist() == [[1, 2, 4, 6]] and people.track_ids == [3]
    path.write_text(json.dumps([dict(box=[1, 2, 3, 4])]))
    with pytest.raises(ValueError, match="box 0: it has neither 'image_id'"):
        FileBoxes(str(path))


def test_boxes_that_cannot_be_cropped_are_dropped():
    boxes = np.array([[0, 0, 10, 10], [5, 5, 5, 9], [300, 0, 310, 9],
                      [-20, 0, -1, 9], [np.nan, 0, 1, 1], [-5, -5, 5, 5]])
    people = GivenBoxes([boxes])(frame())
    assert people.boxes.tolist() == [[0, 0, 10, 10], [-5, -5, 5, 5]]
    assert make_box_source(None)(frame()).boxes.tolist() == [
        [0, 0, 200, 100]]
    assert GivenBoxes([[]])(frame()).boxes.shape == (0, 4)
    with pytest.raises(ValueError, match=r'\(people, 4\)'):
        GivenBoxes([np.zeros((2, 3))])(frame())
    with pytest.raises(ValueError, match='has more'):
        GivenBoxes([boxes])(frame(1))
    with pytest.raises(FileNotFoundError, match='none.json'):
        make_box_source('none.json')
