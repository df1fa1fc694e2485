"""Datasets that carry input poses, for PoseFix."""
import logging
import os.path as osp
from collections import defaultdict
from dataclasses import replace
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from mmengine.logging import print_log
from mmpose.datasets.datasets.base import BaseCocoStyleDataset

from mmpose_video.formats.frame_index import frame_number
from mmpose_video.formats.json_file import read_json
from mmpose_video.tracking.similarity import box_iou

from .pose_file import FilePose, read_poses

#: Overlap from which people of an image are near each other (the paper's).
NEAR_IOU = 0.1


class WithInputPoses(BaseCocoStyleDataset):
    """Mixin for top-down datasets: neighbors, and poses to be refined.

    In training each sample's ``keypoints`` hold more people than the one
    whose pose is to be refined; ``roles`` says who they are: ``'own'``,
    ``'near'`` (boxes overlap by at least 0.1), ``'previous'`` (the person in
    the frame before) and ``'estimate'``. So the transforms of MMPose move
    all of them alike; :class:`SynthesizePose` takes them apart.

    In testing a sample is a person of ``input_pose``: ``keypoints`` hold the
    predicted pose, and the box is the tight one around it, times 1.2. Of
    keypoints that the dataset never labels, :attr:`never_labeled`, a model
    that was trained on it knows nothing; wherever they are predicted, they
    are neither input nor do they widen the box.

    Attributes:
        never_labeled (tuple[str]): Names of such keypoints.

    Args:
        input_pose (str, optional): Predictions to refine, see
            :func:`read_poses`. Only and always in testing.
        previous_frame (bool): Refine the pose of the frame before, moved to
            this frame unchanged: in training the synthesized pose gets the
            person's true motion between the frames, found by ``track_id``;
            in testing the predictions of the frame before are taken. In the
            first frame of a video nothing is moved. An option of this
            package, of no paper. Defaults to False.
        estimates (str, optional): Predictions of another model for the
            *training* set, which stand in for keypoints that have no label,
            as the authors do: the network learns nothing from them, but sees
            input there. Defaults to None, such keypoints are seen only where
            other people's explain them.
        **kwargs: See the dataset.
    """

    never_labeled: Tuple[str, ...] = ()

    def __init__(self,
                 *args: Any,
                 input_pose: Optional[str] = None,
                 previous_frame: bool = False,
                 estimates: Optional[str] = None,
                 **kwargs: Any) -> None:
        self.input_pose = input_pose
        self.previous_frame = previous_frame
        self.estimates = estimates
        super().__init__(*args, **kwargs)

    def load_data_list(self) -> List[dict]:
        """Read the annotations, or in testing the poses to refine.

        Raises:
            ValueError: If there is no file of poses in testing, or there is
                one in training.
        """
        if self.test_mode and self.input_pose is None:
            raise ValueError(
                'PoseFix refines the poses of another model: give the file '
                'of its predictions as `input_pose` of the test dataset '
                '(for the validation in training, of `val_dataloader`, too)')
        if not self.test_mode and self.input_pose is not None:
            raise ValueError(
                'in training PoseFix makes its input poses itself; '
                '`input_pose` belongs to the test dataset (`estimates` is '
                'the file that fills unlabeled keypoints in training)')
        if self.test_mode:
            return self._poses_to_refine()
        return super().load_data_list()

    def get_data_info(self, idx: int) -> dict:
        """Return a sample; in training with the people around it."""
        info = super().get_data_info(idx)
        meta = self._metainfo
        info['keypoint_names'] = _names(meta)
        info['sigmas'] = meta['sigmas']
        company = info.pop('company', None)
        if company is not None:
            info['roles'] = ('own', *company['roles'])
            info['keypoints'] = np.concatenate(
                [info['keypoints'], company['keypoints']])
            info['keypoints_visible'] = np.concatenate(
                [info['keypoints_visible'], company['visible']])
        return info

    def _get_topdown_data_infos(self, instance_list: List[dict]) -> List[dict]:
        """Attach people to each other, before they become samples."""
        people = super()._get_topdown_data_infos(instance_list)
        by_image = defaultdict(list)
        for person in people:
            by_image[person['img_id']].append(person)
        company: Dict[int, List[Tuple[str, np.ndarray, np.ndarray]]] = {
            id(person): [] for person in people}
        for group in by_image.values():
            boxes = np.concatenate([person['bbox'] for person in group])
            near = box_iou(boxes, boxes) >= NEAR_IOU
            np.fill_diagonal(near, False)
            for i, j in np.argwhere(near):
                company[id(group[i])].append(
                    ('near', group[j]['keypoints'],
                     group[j]['keypoints_visible']))
        if self.previous_frame:
            self._attach_previous(people, company)
        if self.estimates is not None:
            self._attach_estimates(by_image, company)
        shape = (0, self._metainfo['num_keypoints'])
        for person in people:
            others = company[id(person)]
            person['company'] = dict(
                roles=tuple(role for role, _, _ in others),
                keypoints=np.concatenate(
                    [np.zeros((*shape, 2), np.float32)] +
                    [points for _, points, _ in others]),
                visible=np.concatenate(
                    [np.zeros(shape, np.float32)] +
                    [visible for _, _, visible in others]))
        return people

    def _attach_previous(self, people: List[dict],
                         company: Dict[int, list]) -> None:
        """Find each person in the frame before, by track.

        Frames follow each other as in testing: a person who is not labeled
        in the very frame before has no pose there.
        """
        by_track = {
            (str(person['img_id']), person['raw_ann_info']['track_id']): person
            for person in people
            if person['raw_ann_info'].get('track_id') is not None
        }
        if not by_track:
            raise ValueError(
                f'`{self.ann_file}` has no `track_id`, by which '
                '`previous_frame` finds a person in the frame before')
        following = following_images(read_json(self.ann_file)['images'])
        found = 0
        for (image, track), before in by_track.items():
            for after in following.get(image, ()):
                person = by_track.get((after, track))
                if person is None or person is before:
                    continue
                found += 1
                company[id(person)].append(
                    ('previous', before['keypoints'],
                     before['keypoints_visible']))
        if not found:
            raise ValueError(
                f'nobody is labeled in two frames of `{self.ann_file}` that '
                'follow each other, which `previous_frame` needs')

    def _attach_estimates(self, by_image: Dict[Any, List[dict]],
                          company: Dict[int, list]) -> None:
        """Attach to each person the estimate that overlaps its box most."""
        assert self.estimates is not None
        found = defaultdict(list)
        for pose in self._read(self.estimates):
            found[str(pose.image_id)].append(pose)
        missing = 0
        for image, group in by_image.items():
            poses = found[str(image)]
            taken: set = set()
            boxes = [_tight_box(pose) for pose in poses]
            for person in group:
                overlap = box_iou(
                    person['bbox'],
                    np.stack(boxes))[0] if boxes else np.zeros(0)
                overlap[list(taken)] = 0
                if not len(overlap) or overlap.max() <= 0:
                    missing += 1
                    continue
                best = int(overlap.argmax())
                taken.add(best)
                company[id(person)].append(
                    ('estimate', poses[best].keypoints[None],
                     poses[best].present[None].astype(np.float32)))
        total = sum(map(len, by_image.values()))
        if missing == total:
            raise ValueError(f'no pose of `{self.estimates}` overlaps a '
                             f'person of `{self.ann_file}`')
        if missing:
            print_log(
                f'{missing} of {total} people have no pose in '
                f'`{self.estimates}`: their unlabeled keypoints stay absent',
                logger='current', level=logging.WARNING)

    def _read(self, path: str) -> List[FilePose]:
        """Read poses, without keypoints that are never labeled."""
        names = _names(self._metainfo)
        labeled = np.array(
            [name not in self.never_labeled for name in names])
        return [replace(pose, present=pose.present & labeled)
                for pose in read_poses(path, names)]

    def _poses_to_refine(self) -> List[dict]:
        """Return a sample for each predicted person."""
        assert self.input_pose is not None
        labels = read_json(self.ann_file)
        if hasattr(self, 'inspect_labels'):
            self.inspect_labels(labels)
        images = {str(image['id']): image for image in labels['images']}
        poses = self._read(self.input_pose)
        strangers = [pose for pose in poses
                     if str(pose.image_id) not in images]
        if strangers:
            message = (f'{len(strangers)} of {len(poses)} poses of '
                       f'`{self.input_pose}` are of images that '
                       f'`{self.ann_file}` does not list '
                       f'(the first is {strangers[0].where})')
            if len(strangers) == len(poses):
                raise ValueError(f'{message}: is it another dataset?')
            print_log(f'{message}; they are left out', logger='current',
                      level=logging.WARNING)
        targets = (following_images(labels['images'])
                   if self.previous_frame else
                   {key: [key] for key in images})
        data_list: List[dict] = []
        for pose in poses:
            for key in targets.get(str(pose.image_id), ()):
                data_list.append(
                    self._sample(pose, images[key], len(data_list)))
        if not data_list:
            raise ValueError(f'`{self.input_pose}` holds no pose')
        print_log(
            f'{type(self).__name__}: {len(data_list)} poses of '
            f'`{self.input_pose}` to refine', logger='current')
        return data_list

    def _sample(self, pose: FilePose, image: dict, number: int) -> dict:
        """Return the sample of a predicted person."""
        center, half = np.split(_tight_box(pose), 2)
        center, half = (center + half) / 2, 1.2 * (half - center) / 2
        box = np.concatenate([center - half, center + half])
        name = osp.join(
            self.data_prefix['img'],
            image['file_name'])
        return dict(
            id=number,
            img_id=image['id'],
            img_path=name,
            bbox=box[None].astype(np.float32),
            bbox_score=np.array([pose.score], np.float32),
            keypoints=pose.keypoints[None],
            keypoints_visible=pose.present[None].astype(np.float32),
            input_scores=pose.scores[None])


def following_images(images: List[dict]) -> Dict[str, List[str]]:
    """Return in which images the poses of an image serve as input.

    Args:
        images (list[dict]): With ``id`` and ``file_name``; the folder of the
            file is the video.

    Returns:
        dict[str, list[str]]: From id to ids: the next image of the video
        and, for the first image, itself as well.
    """
    videos: Dict[str, list] = defaultdict(list)
    for image in images:
        name = image['file_name']
        videos[osp.dirname(name)].append(
            (frame_number(name) or 0, name, str(image['id'])))
    targets: Dict[str, List[str]] = {}
    for video in videos.values():
        keys = [key for _, _, key in sorted(video)]
        for key, after in zip(keys, keys[1:]):
            targets[key] = [after]
        targets.setdefault(keys[0], []).insert(0, keys[0])
    return targets


def _names(meta: dict) -> List[str]:
    """Return the keypoints of a dataset's meta information."""
    return [meta['keypoint_id2name'][i]
            for i in range(meta['num_keypoints'])]


def _tight_box(pose: FilePose) -> np.ndarray:
    """Return the corners (4,) around a pose, at least a pixel apart."""
    points = pose.keypoints[pose.present]
    if not len(points):
        raise ValueError(f'{pose.where} has no keypoint that could be refined')
    low, high = points.min(axis=0), points.max(axis=0)
    return np.concatenate([low, np.maximum(high, low + 1)])
