"""Write small datasets, each in the layout of its owners."""
import json

import cv2
import numpy as np
from scipy.io import savemat

from mmpose_video.datasets.synthetic import SyntheticConfig, render_clip
from mmpose_video.formats.keypoints import (
    HIEVE_JOINTS,
    JHMDB_JOINTS,
    POSETRACK_KEYPOINTS,
    columns_of,
)

PT = POSETRACK_KEYPOINTS
WIDTH, HEIGHT = 160, 96


def clip(index=0, frames=3, labeled_every=1):
    """Rendered frames and their PoseTrack18 record."""
    config = SyntheticConfig(
        frames=frames, width=WIDTH, height=HEIGHT, people=(2, 2),
        difficulty='easy', labeled_every=labeled_every)
    return render_clip(config, seed=index, index=index)


def write_images(folder, frames, digits, start, suffix='.jpg'):
    folder.mkdir(parents=True)
    for i, frame in enumerate(frames):
        path = folder / f'{i + start:0{digits}d}{suffix}'
        assert cv2.imwrite(str(path), frame)


def people_of(record):
    """Per image: list of (annotation, (17, 3) keypoints)."""
    found = {image['id']: [] for image in record['images']}
    for ann in record['annotations']:
        found[ann['image_id']].append(
            (ann, np.reshape(ann['keypoints'], (17, 3))))
    return list(found.values())


def dump(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def posetrack17(root, videos=2, split='val', frames=3):
    """Annolist files; names from 1, eight digits. Returns the records."""
    records = {}
    for v in range(videos):
        pixels, record = clip(v, frames)
        name = f'{v + 100:06d}_mpii_test'
        folder = f'images/mpii_5sec/{name}'
        write_images(root / folder, pixels, 8, 1)
        annolist = []
        for i, people in enumerate(people_of(record)):
            rects = []
            for ann, points in people:
                joints = points[columns_of(PT)]
                x, y, w, h = ann['bbox_head']
                rects.append(
                    dict(
                        x1=[x], y1=[y], x2=[x + w], y2=[y + h], score=[-1],
                        track_id=[ann['track_id']],
                        annopoints=[
                            dict(point=[
                                dict(id=[k], x=[p[0]], y=[p[1]],
                                     is_visible=[1])
                                for k, p in enumerate(joints) if p[2]
                            ])
                        ]))
            annolist.append(
                dict(
                    image=[dict(name=f'{folder}/{i + 1:08d}.jpg')],
                    imgnum=[i + 1], is_labeled=[1], annorect=rects,
                    ignore_regions=[
                        dict(point=[dict(x=[1], y=[2]), dict(x=[9], y=[2]),
                                    dict(x=[9], y=[7])])
                    ]))
        dump(root / 'annotations' / split / f'{name}.json',
             dict(annolist=annolist))
        records[name] = record
    return records


def as_struct(value):
    """What ``savemat`` writes as Matlab's structs and struct arrays."""
    if isinstance(value, dict):
        return as_struct([value])[0]
    if not isinstance(value, list) or not value:
        return value
    if not isinstance(value[0], dict):
        return np.array(value)
    names = list(dict.fromkeys(k for entry in value for k in entry))
    array = np.empty(len(value), [(name, object) for name in names])
    for row, entry in zip(array, value):
        for name in names:  # a field that one lacks is empty
            row[name] = as_struct(entry.get(name, []))
    return array


def posetrack17_mat(root, **kwargs):
    """The same as .mat files, in place of the json files."""
    posetrack17(root, **kwargs)
    for path in (root / 'annotations').glob('*/*.json'):
        content = json.loads(path.read_text())
        savemat(path.with_suffix('.mat'),
                {'annolist': as_struct(content['annolist'])})
        path.unlink()


def posetrack18(root, videos=2, split='val', frames=3, labels='annotations',
                labeled_every=1):
    """One json a video, without sizes; names from 0, six digits."""
    records = {}
    for v in range(videos):
        pixels, record = clip(v, frames, labeled_every)
        name = f'{v + 100:06d}_mpii_test'
        folder = f'images/{split}/{name}'
        write_images(root / folder, pixels, 6, 0)
        for i, image in enumerate(record['images']):
            image['file_name'] = f'{folder}/{i:06d}.jpg'
            image['vid_id'] = name[:6]
            del image['width'], image['height']
        dump(root / labels / split / f'{name}.json', record)
        records[name] = record
    return records


def posetrack21(root, **kwargs):
    """As PoseTrack18's, with person ids and boxes without keypoints."""
    records = posetrack18(root, labels='posetrack_data', **kwargs)
    split = kwargs.get('split', 'val')
    for v, (name, record) in enumerate(records.items()):
        for image in record['images']:
            image['has_labeled_person'] = True
        for ann in record['annotations']:
            ann['person_id'] = 1000 + ann['track_id']
            del ann['scores'], ann['iscrowd'], ann['num_keypoints']
        first = record['images'][0]['id']
        record['annotations'].append(
            dict(id=7 + v, image_id=first, category_id=1, track_id=9,
                 person_id=77, bbox=[1, 1, 8, 20], bbox_head=[3, 1, 4, 4],
                 keypoints=[0] * 51))
        dump(root / 'posetrack_data' / split / f'{name}.json', record)
    return records


def jhmdb_points(points):
    """(17, 3) keypoints of PoseTrack as JHMDB's (15, 2)."""
    at = dict(zip(PT, points[:, :2]))
    at['neck'], at['head'] = at['head_bottom'], at['head_top']
    at['belly'] = (at['left_hip'] + at['right_hip'] + 2 * at['neck']) / 4
    return np.array([at[name] for name in JHMDB_JOINTS])


def jhmdb(root, videos=4, frames=3):
    """Write Sub-JHMDB; return keypoints (2, 15, F) and masks by video."""
    truth = {}
    for v in range(videos):
        pixels, record = clip(v, frames)
        action, name = ('catch', 'run')[v % 2], f'clip_{v}_np1_ba_0'
        write_images(root / 'Rename_Images' / action / name, pixels, 5, 1,
                     '.png')
        joints = np.stack([
            jhmdb_points(people[0][1]).T + 1 for people in people_of(record)
        ], axis=-1)
        masks = np.zeros((HEIGHT, WIDTH, frames), np.uint8)
        for i in range(frames):
            masks[10 + i:60 + i, 20 + v:50 + v, i] = 1
        for room, key, array in (('joint_positions', 'pos_img', joints),
                                 ('puppet_mask', 'part_mask', masks)):
            folder = root / room / action / name
            folder.mkdir(parents=True)
            savemat(folder / f'{room}.mat', {key: array})
        truth[name] = (joints, masks)
    folder = root / 'sub_splits'
    folder.mkdir()
    for split in (1, 2, 3):
        for a, action in enumerate(('catch', 'run')):
            lines = [
                f'clip_{v}_np1_ba_0.avi {2 if v // 2 == split % 2 else 1} \n'
                for v in range(a, videos, 2)
            ]
            (folder / f'{action}_test_split{split}.txt').write_text(
                ''.join(lines))
    return truth


def hieve_people(record):
    """Per frame, people with ``P-n`` names, boxes and flagged keypoints."""
    frames = []
    for people in people_of(record):
        entries = []
        for n, (ann, points) in enumerate(people):
            at = dict(zip(PT, points))
            at['chest'] = at['head_bottom']
            joints = np.array([at[k] for k in HIEVE_JOINTS])
            joints = np.round(joints).astype(int)
            flags = [0] * 14
            flags[4], flags[7] = 1, -1  # right wrist hidden, left not there
            x, y, w, h = np.round(ann['bbox']).astype(int).tolist()
            entries.append(
                dict(number=n + 1, box=[x, y, x + w, y + h], joints=joints,
                     flags=flags))
        frames.append(entries)
    return frames


def hieve_name(name):
    """``right_shoulder`` as the benchmark spells it."""
    return name.capitalize().replace('_', '-')


def hieve(root, videos=2, frames=3, as_xml=False):
    """Labels per frame; names from 0. Returns people by video."""
    truth = {}
    for v in range(videos):
        pixels, record = clip(v, frames)
        video = str(v + 1)
        write_images(root / 'images' / video, pixels, 6, 0)
        truth[video] = hieve_people(record)
        for i, people in enumerate(truth[video]):
            objects = []
            for person in people:
                box = dict(zip(('xmin', 'ymin', 'xmax', 'ymax'),
                               map(str, person['box'])))
                for k, name in enumerate(HIEVE_JOINTS):
                    x, y = person['joints'][k, :2]
                    box[hieve_name(name)] = f"{x},{y},{person['flags'][k]}"
                objects.append(
                    dict(name=f"P-{person['number']}", action='standing',
                         pose='unspecified', bndbox=box))
            path = root / 'labels' / video / f'{i:06d}.xml'
            annotation = dict(folder=video, filename=f'{i}.jpg',
                              object=objects)
            if as_xml:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(_xml('annotation', annotation))
            else:
                dump(path, dict(annotation=annotation))
    return truth


def _xml(tag, value):
    if isinstance(value, list):
        return ''.join(_xml(tag, entry) for entry in value)
    if isinstance(value, dict):
        value = ''.join(_xml(k, v) for k, v in value.items())
    return f'<{tag}>{value}</{tag}>'
