"""PoseTrack's rules in plain loops, and random videos for them."""
import math

import numpy as np

JOINTS = [
    'right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee',
    'left_ankle', 'right_wrist', 'right_elbow', 'right_shoulder',
    'left_shoulder', 'left_elbow', 'left_wrist', 'head_bottom', 'nose',
    'head_top'
]
GROUPS = dict(
    Head=['head_top', 'head_bottom', 'nose'],
    **{
        part.title(): [f'right_{part}', f'left_{part}']
        for part in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
    })


def inside(x, y, polygon):
    """Even-odd rule, one edge after the other."""
    odd = False
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            odd = not odd
    return odd


def people_of(data, image, polygons):
    """Each person of a frame: keypoints by name, outside of all polygons."""
    names = data['categories'][0]['keypoints']
    people = []
    for ann in data['annotations']:
        if ann['image_id'] != image['id']:
            continue
        joints = {}
        for i, name in enumerate(names):
            x, y, flag = ann['keypoints'][3 * i:3 * i + 3]
            if name not in JOINTS or (x == 0 and y == 0 and flag == 0):
                continue
            if not any(inside(x, y, polygon) for polygon in polygons):
                score = ann['scores'][i] if ann.get('scores') else -9999
                joints[name] = (x, y, score)
        people.append((joints, ann.get('bbox_head')))
    return people


def oracle(pairs):
    """PoseTrack's rules, frame by frame and keypoint by keypoint."""
    found = {name: [] for name in JOINTS}
    to_find = dict.fromkeys(JOINTS, 0)
    for gt, pred in pairs:
        for gt_image, pred_image in zip(gt['images'], pred['images']):
            polygons = [
                list(zip(x, y))
                for x, y in zip(
                    gt_image.get('ignore_regions_x', []),
                    gt_image.get('ignore_regions_y', []))
            ]
            people = people_of(gt, gt_image, polygons)
            if not people:
                continue
            guesses = people_of(pred, pred_image, polygons)
            right = [[set() for _ in people] for _ in guesses]
            for p, (guess, _) in enumerate(guesses):
                for g, (person, head) in enumerate(people):
                    limit = 0.5 * 0.6 * math.hypot(head[2], head[3])
                    for name in set(guess) & set(person):
                        far = math.dist(guess[name][:2], person[name][:2])
                        if far <= limit and limit > 0:
                            right[p][g].add(name)
            choice = {}
            for p in range(len(guesses)):
                value = [
                    len(right[p][g]) / max(len(people[g][0]), 1)
                    for g in range(len(people))
                ]
                best = value.index(max(value))
                if value[best] > choice.get(best, (0, None))[0]:
                    choice[best] = (value[best], p)
            person_of = {p: g for g, (_, p) in choice.items()}
            for person, _ in people:
                for name in person:
                    to_find[name] += 1
            for p, (guess, _) in enumerate(guesses):
                for name, (_, _, score) in guess.items():
                    hit = p in person_of and name in right[p][person_of[p]]
                    found[name].append((score, hit))
    table = {}
    for name in JOINTS:
        ranked = sorted(found[name], key=lambda item: -item[0])
        if ranked and not to_find[name]:
            table[name] = math.nan
            continue
        hits, precision = 0, []
        for rank, (_, hit) in enumerate(ranked, 1):
            hits += hit
            precision.append(hits / rank)
        table[name] = 100 * sum(
            max(precision[rank:]) / to_find[name]
            for rank, (_, hit) in enumerate(ranked) if hit)
    valid = [value for value in table.values() if not math.isnan(value)]
    total = sum(valid) / len(valid) if valid else math.nan
    groups = {
        group: sum(table[name] for name in names) / len(names)
        for group, names in GROUPS.items()
    }
    return dict(groups, Total=total, **table)


def random_pair(rng, video, number):
    """Draw a video and predictions with every case of the rules."""
    num_frames = int(rng.integers(1, 5))
    name = f'{number:06d}_mpii_test'
    gt = video(num_frames, name)
    names = gt.names
    if rng.random() < 0.3:
        names = list(rng.permutation(JOINTS))
    pred = video(num_frames, name, names)
    never = set(rng.choice(JOINTS, int(rng.integers(0, 3)), replace=False))
    for frame in range(num_frames):
        if rng.random() < 0.5:
            gt.ignore(
                *[
                    rng.uniform(0, 400, (int(rng.integers(3, 8)), 2)).tolist()
                    for _ in range(int(rng.integers(1, 3)))
                ],
                frame=frame)
        for _ in range(int(rng.integers(0, 4))):
            center = rng.uniform(50, 350, 2)
            joints = {
                joint: (*(center + rng.normal(0, 60, 2)),
                        int(rng.integers(0, 2)))
                for joint in JOINTS
                if joint not in never and rng.random() < 0.8
            }
            head = [0, 0, *rng.uniform(10, 90, 2)]
            if rng.random() < 0.1:
                head[2:] = 0, 0
            gt.add(joints, frame, head)
            for _ in range(int(rng.integers(0, 3))):
                spread = 0.3 * math.hypot(head[2], head[3])
                guess = {
                    joint: tuple(
                        np.array(joints.get(joint, center)[:2]) +
                        rng.normal(0, rng.choice([0.3, 1.0]) * spread + 1, 2))
                    for joint in JOINTS if rng.random() < 0.9
                }
                pred.add(guess, frame, None,
                         {joint: rng.random() for joint in JOINTS})
        if rng.random() < 0.3:
            pred.add({j: tuple(rng.uniform(0, 400, 2)) for j in JOINTS},
                     frame, None, {joint: rng.random() for joint in JOINTS})
    order = rng.permutation(len(pred.data['annotations']))
    pred.data['annotations'] = [pred.data['annotations'][i] for i in order]
    return gt, pred
