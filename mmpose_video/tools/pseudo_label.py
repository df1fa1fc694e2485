"""Label videos with the predictions of a model, to train on them.

For example::

    mmpose-video pseudo-label a.mp4 b.mp4 data/mine --every 4

writes a dataset in PoseTrack18's layout: all frames, and labels for every
fourth one. A config reads it with ``data_root='data/mine/'`` in place of
PoseTrack18's folder. The labels are a model's and each file says so; an
accuracy measured on them is agreement with that model.
"""
import argparse
import os
import os.path as osp
import re
import sys
from typing import Any, Dict, List, Optional, Sequence

#: File in the folder of the dataset that holds the command's arguments.
MANIFEST = 'pseudo_labels.json'


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    parser = argparse.ArgumentParser(
        prog='mmpose-video pseudo-label', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('videos', nargs='+', metavar='VIDEO',
        help='video files, or folders of frames')
    add('out', metavar='OUT', help='folder for the dataset')
    add('--config', '--model', dest='model', metavar='MODEL',
        default='movenet-thunder', help='a name or the config of a model, as '
        '`mmpose-video infer` takes it (default: %(default)s)')
    add('--checkpoint', metavar='FILE', help='weights (default: the published '
        'ones of a named model)')
    add('--boxes', choices=('movenet', 'whole_image'), default='movenet',
        help='where people are (default: %(default)s)')
    add('--kpt-thr', dest='keypoint_thr', type=float, metavar='X',
        default=0.4, help='keypoints with a lower score get no label '
        '(default: %(default)s)')
    add('--person-thr', type=float, metavar='X', default=0.4,
        help='people whose labeled keypoints have a lower mean score get none '
        '(default: %(default)s)')
    add('--min-keypoints', type=int, metavar='N', default=6, help='people '
        'with fewer get none (default: %(default)s)')
    add('--min-track', type=int, metavar='N', default=5, help='people seen in '
        'fewer frames get none (default: %(default)s)')
    add('--every', type=int, default=1, metavar='N',
        help='label every N-th frame (default: %(default)s)')
    add('--val-share', type=float, metavar='X', default=0.2,
        help='share of the videos for validation, at least one of several '
        '(default: %(default)s)')
    add('--max-frames', type=int, metavar='N',
        help='frames that are taken of a video (default: all)')
    add('--device', help='such as cpu or cuda:1 (default: the first GPU, or '
        'cpu)')
    add('--quiet', action='store_true', help='show no progress')
    return parser.parse_args(argv)


def splits(count: int, val_share: float) -> List[str]:
    """Return the split of each of some videos.

    Args:
        count (int): Number of videos.
        val_share (float): Share of them that are for validation: rounded, at
            least one of several, evenly spread.

    Raises:
        ValueError: If the share is not in [0, 1).
    """
    if not 0 <= val_share < 1:
        raise ValueError(f'--val-share must lie in [0, 1), got {val_share}')
    wanted = round(count * val_share)
    if val_share > 0 and count > 1:
        wanted = min(max(wanted, 1), count - 1)
    # the last of each of `wanted` runs
    chosen = {(i + 1) * count // wanted - 1 for i in range(wanted)}
    return ['val' if i in chosen else 'train' for i in range(count)]


def run(args: argparse.Namespace) -> Dict[str, Any]:
    """Label all videos that are not done yet.

    Args:
        args (argparse.Namespace): As :func:`parse_args` returns them.

    Returns:
        dict: Number of videos, frames, people and tracks.

    Raises:
        ValueError: If an argument is wrong, or the folder holds something
            else.
        OSError: If a file cannot be read or written.
    """
    # they import PyTorch and MMPose: not before the arguments are known
    from mmpose_video.apis import VideoPoseInferencer
    from mmpose_video.apis.pseudo_labels import LabelRules
    from mmpose_video.formats.json_file import read_json, write_json
    rules = LabelRules(args.keypoint_thr, args.person_thr,
                       args.min_keypoints, args.min_track, args.every)
    parts = splits(len(args.videos), args.val_share)
    for path in args.videos:
        if not osp.exists(path):
            raise FileNotFoundError(f'there is no video `{path}`')
    _claim(args, parts)
    inferencer = VideoPoseInferencer(
        args.model, args.checkpoint, device=args.device,
        detector='movenet' if args.boxes == 'movenet' else None)
    records: Dict[str, List[str]] = dict(train=[], val=[])
    for number, (path, split) in enumerate(zip(args.videos, parts), 1):
        record = _label(inferencer, path, number, split, rules, args)
        records[split].append(record)
    totals = dict(videos=len(args.videos), frames=0, labeled=0, people=0,
                  tracks=0)
    for split, files in records.items():
        merged: Dict[str, Any] = {}
        for file in files:
            content = read_json(file)
            merged.setdefault('info', content['info'])
            merged.setdefault('categories', content['categories'])
            for key in ('images', 'annotations'):
                merged.setdefault(key, []).extend(content[key])
            totals['frames'] += len(content['images'])
            totals['labeled'] += sum(
                image['is_labeled'] for image in content['images'])
            totals['people'] += len(content['annotations'])
            totals['tracks'] += len(
                {entry['track_id'] for entry in content['annotations']})
        if files:
            write_json(merged, osp.join(args.out, 'annotations',
                                        f'posetrack18_{split}.json'))
    return totals


def _claim(args: argparse.Namespace, parts: Sequence[str]) -> None:
    """Create the folder, or refuse one that holds something else."""
    from mmpose_video.formats.json_file import read_json, write_json
    settings = {
        name: value for name, value in vars(args).items()
        if name not in ('out', 'device', 'quiet', 'videos')}
    settings['videos'] = [
        dict(path=osp.abspath(path), split=split)
        for path, split in zip(args.videos, parts)]
    manifest = osp.join(args.out, MANIFEST)
    if osp.isfile(manifest):
        if read_json(manifest).get('settings') != settings:
            raise ValueError(
                f'`{args.out}` holds labels that were made with other '
                'settings; give another folder, or delete it')
        return
    if osp.isdir(args.out) and os.listdir(args.out):
        raise ValueError(f'`{args.out}` is not empty, and was not made by '
                         'this command')
    os.makedirs(osp.join(args.out, 'annotations'), exist_ok=True)
    write_json(
        dict(
            description='Made by `mmpose-video pseudo-label`: the labels are '
            'predictions of a model.',
            settings=settings), manifest, indent=2)


def _label(inferencer: Any, path: str, number: int, split: str, rules: Any,
           args: argparse.Namespace) -> str:
    """Label one video and return the path of its file of labels.

    The frames appear all at once, and the labels after them: a file of labels
    means that the video is done.
    """
    from mmpose_video.apis.pseudo_labels import VideoFolder, pseudo_labels
    from mmpose_video.apis.source_factory import open_source
    from mmpose_video.formats.json_file import write_json
    source = open_source(path)
    name = f'{number:06d}_' + re.sub(r'[^A-Za-z0-9-]+', '-', source.name)
    record = osp.join(args.out, 'annotations', split, f'{name}.json')
    folder = osp.join(args.out, 'images', split, name)
    if osp.isfile(record) and osp.isdir(folder):
        return record
    if not args.quiet:
        print(f'{path} ({split})', file=sys.stderr)
    results = [
        dict(frame_id=result['frame_id'],
             instances=result['predictions'][0])
        for result in inferencer(
            path,
            boxes=None if args.boxes == 'movenet' else args.boxes,
            stream=dict(max_frames=args.max_frames),
            output=dict(show_progress=not args.quiet))]
    size = _write_frames(source, folder, len(results))
    video = VideoFolder(number, f'images/{split}/{name}', *size)
    os.makedirs(osp.dirname(record), exist_ok=True)
    write_json(
        pseudo_labels(results, inferencer.meta['keypoint_id2name'], video,
                      rules, args.model), record)
    return record


def _write_frames(source: Any, folder: str, count: int) -> Sequence[int]:
    """Write the frames of a video and return their width and height."""
    import cv2

    from mmpose_video.formats.drafts import draft_of
    size = (0, 0)
    with draft_of(folder, folder=True) as draft:
        for index, frame in enumerate(source):
            if index == count:
                break
            size = frame.image.shape[1::-1]
            ok, data = cv2.imencode('.jpg', frame.image)
            if not ok:
                raise OSError(f'OpenCV cannot encode frame {frame.number}')
            with open(osp.join(draft, f'{frame.number:06d}.jpg'), 'wb') as out:
                out.write(data.tobytes())
    return size


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.

    Returns:
        int: The exit status: 0, 1 after an error, 130 after Ctrl-C; the same
        command then goes on with the video that was not finished.
    """
    args = parse_args(argv)
    try:
        totals = run(args)
    except KeyboardInterrupt:
        print('\ninterrupted: the same command goes on', file=sys.stderr)
        return 130
    except (OSError, ValueError, ImportError, FloatingPointError) as error:
        from mmpose_video.utils.one_line import one_line
        print(f'\nerror: {one_line(error)}', file=sys.stderr)
        return 1
    print('{out}: {people} people on {tracks} tracks in {labeled} labeled '
          'of {frames} frames, {videos} videos; the labels are those of '
          '{model}'.format(out=args.out, model=args.model, **totals))
    if not totals['people']:
        print('warning: there are no labels; lower the thresholds?',
              file=sys.stderr)
    return 0


if __name__ == '__main__':
    sys.exit(main())
