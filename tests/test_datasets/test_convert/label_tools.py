"""The same labels as other tools write them."""
import csv
import json

import cv2
import numpy as np

NAMES = ('snout', 'left_ear', 'right_ear', 'back', 'tail_base')
LINKS = (('snout', 'back'), ('back', 'tail_base'))
WIDTH, HEIGHT = 64, 48
FRAMES = 6
#: Labeled frames of each video, and how many animals are in them.
LABELED = {'cage_a': (1, 4), 'cage_b': (2, )}


def truth(animals=1):
    """From video, frame and animal to (5, 2) points, NaN where missing."""
    rng = np.random.default_rng(3)
    points = {}
    for video, numbers in LABELED.items():
        for number in numbers:
            for animal in range(animals):
                table = np.round(rng.uniform(
                    (4, 4), (WIDTH - 4, HEIGHT - 4), (5, 2)), 2)
                if animal == 0:
                    table[2] = np.nan
                points[video, number, animal] = table
    return points


def frame(video, number):
    """An image that tells video and frame."""
    level = 40 * list(LABELED).index(video) + 20 * number + 10
    return np.full((HEIGHT, WIDTH, 3), level, np.uint8)


def write_images(root, pattern):
    """Write all frames; the pattern has places for video and number."""
    for video in LABELED:
        for number in range(FRAMES):
            path = root / pattern.format(video=video, number=number)
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), frame(video, number))


def write_videos(folder, suffix='.avi'):
    folder.mkdir(parents=True, exist_ok=True)
    for video in LABELED:
        out = cv2.VideoWriter(
            str(folder / (video + suffix)),
            cv2.VideoWriter_fourcc(*'MJPG'), 10, (WIDTH, HEIGHT))
        for number in range(FRAMES):
            out.write(frame(video, number))
        out.release()


def coco(path, points, image_name, tracks='attributes', names=NAMES):
    """CVAT's export, or another's with ``track_id``."""
    images, people, ids = [], [], {}
    for (video, number, animal), table in points.items():
        key = video, number
        if key not in ids:
            ids[key] = len(ids) + 1
            images.append(dict(
                id=ids[key], width=WIDTH, height=HEIGHT, license=0,
                file_name=image_name.format(video=video, number=number)))
        known = np.isfinite(table).all(1)
        flat = np.column_stack([np.nan_to_num(table), 2 * known])
        person = dict(
            id=len(people) + 1, image_id=ids[key], category_id=2,
            keypoints=flat.ravel().tolist(), iscrowd=0, area=100.,
            num_keypoints=int(known.sum()),
            bbox=[1., 2., 62., 45.])
        if tracks == 'attributes':
            person['attributes'] = dict(occluded=False, track_id=animal,
                                        keyframe=True)
        else:
            person['track_id'] = animal
        people.append(person)
    index = {name: i + 1 for i, name in enumerate(names)}
    content = dict(
        licenses=[], info={}, images=images, annotations=people,
        categories=[
            dict(id=1, name='cage', supercategory=''),
            dict(id=2, name='mouse', supercategory='', keypoints=list(names),
                 skeleton=[[index[a], index[b]] for a, b in LINKS
                           if a in index and b in index])])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def deeplabcut(project, points, animals=1, columns=3):
    """A project; ``columns`` of the table name the image, 1 or 3."""
    project.mkdir(parents=True, exist_ok=True)
    (project / 'config.yaml').write_text(
        'Task: mouse\nscorer: me\nbodyparts:\n' + ''.join(
            f'- {name}\n' for name in NAMES)
        + 'skeleton:\n- - snout\n  - back\n- - back\n  - tail_base\n')
    keys = [(f'm{a}', name, axis) for a in range(animals) for name in NAMES
            for axis in 'xy']
    for video, numbers in LABELED.items():
        folder = project / 'labeled-data' / video
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / 'CollectedData_me.csv', 'w', newline='') as file:
            out = csv.writer(file)
            blank = [''] * (columns - 1)
            out.writerow(['scorer', *blank, *['me'] * len(keys)])
            if animals > 1:
                out.writerow(['individuals', *blank, *(k[0] for k in keys)])
            out.writerow(['bodyparts', *blank, *(k[1] for k in keys)])
            out.writerow(['coords', *blank, *(k[2] for k in keys)])
            for number in numbers:
                image = ['labeled-data', video, f'img{number:04d}.png']
                cells = np.concatenate([
                    points[video, number, a].ravel() for a in range(animals)])
                out.writerow([
                    *(image if columns == 3 else ['/'.join(image)]),
                    *('' if np.isnan(v) else v for v in cells)])


def yolo(root, points, pattern='{video}_{number:05d}'):
    """A dataset with a split per image."""
    splits = dict(cage_a='train', cage_b='val')
    (root).mkdir(parents=True, exist_ok=True)
    (root / 'data.yaml').write_text(
        'path: /somewhere/else\ntrain: images/train\nval: images/val\n'
        'kpt_shape: [5, 3]\nflip_idx: [0, 2, 1, 3, 4]\nnames:\n  0: mouse\n'
        'kpt_names:\n  0: [' + ', '.join(NAMES) + ']\n')
    for (video, number, _), table in points.items():
        known = np.isfinite(table).all(1)
        flat = np.column_stack(
            [np.nan_to_num(table) / (WIDTH, HEIGHT), 2 * known])
        row = [0, .5, .5, .6, .4, *flat.ravel()]
        label = root / 'labels' / splits[video] / (
            pattern.format(video=video, number=number) + '.txt')
        label.parent.mkdir(parents=True, exist_ok=True)
        with open(label, 'a') as file:
            file.write(' '.join(f'{v:.8g}' for v in row) + '\n')
    for video in LABELED:
        for number in range(FRAMES):
            image = root / 'images' / splits[video] / (
                pattern.format(video=video, number=number) + '.png')
            image.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(image), frame(video, number))


def sleap(path, points, videos):
    """A file that sleap-io writes."""
    import sleap_io as sio
    skeleton = sio.Skeleton(
        nodes=list(NAMES), edges=list(LINKS),
        symmetries=[('left_ear', 'right_ear')], name='mouse')
    tracks = {a: sio.Track(f'mouse {a}')
              for a in sorted({key[2] for key in points})}
    files = {name: sio.Video(filename=str(videos / f'{name}.avi'),
                             open_backend=False) for name in LABELED}
    frames = {}
    for (video, number, animal), table in points.items():
        frames.setdefault((video, number), []).append(
            sio.Instance.from_numpy(
                table, skeleton=skeleton, track=tracks[animal]))
    labels = sio.Labels(
        labeled_frames=[
            sio.LabeledFrame(video=files[video], frame_idx=number,
                             instances=instances)
            for (video, number), instances in frames.items()],
        videos=list(files.values()), skeletons=[skeleton],
        tracks=list(tracks.values()))
    sio.save_slp(labels, str(path), verbose=False)
