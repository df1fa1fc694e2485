"""Draw poses in a real video, if there is one (first part of the demo)."""
import json
import os.path as osp
from pathlib import Path
from typing import Dict, Optional

#: Videos of people that Debian and Ubuntu package (``opencv-doc``).
KNOWN_VIDEOS = ('/usr/share/doc/opencv-doc/examples/data/vtest.avi', )
#: File among the results that says which videos are drawn to their end.
RECORD = 'drawn.json'


def find_video(video: Optional[str] = None) -> Optional[str]:
    """Return a video of people.

    Args:
        video (str, optional): A path that the user gave. Defaults to None,
            one of :data:`KNOWN_VIDEOS`.

    Returns:
        str, optional: None if none is there.

    Raises:
        FileNotFoundError: If the given one does not exist.
    """
    if video:
        if not osp.exists(video):
            raise FileNotFoundError(f'there is no video `{video}`')
        return video
    return next(filter(osp.isfile, KNOWN_VIDEOS), None)


def draw_real_video(out_dir: str,
                    video: Optional[str] = None,
                    max_frames: int = 100) -> Optional[Path]:
    """Draw the poses of a real video with MoveNet, or print why not.

    Args:
        out_dir (str): Folder for the results, as ``infer`` writes them.
        video (str, optional): The video, see :func:`find_video`.
        max_frames (int): Stop after that many frames. Defaults to 100.

    Returns:
        Path, optional: The drawn video; None if there is no video or there
        are no weights, which is printed.

    Raises:
        FileNotFoundError: If the given video does not exist.
    """
    path = find_video(video)
    if path is None:
        print('no real video is drawn: give one (VIDEO=path), or install '
              'opencv-doc, which has vtest.avi (apt-get install opencv-doc)')
        return None
    record = Path(out_dir, RECORD)
    known: Dict[str, str] = (
        json.loads(record.read_text()) if record.is_file() else {})
    key = osp.realpath(path)
    if key in known and osp.isfile(known[key]):
        print(f'the poses in {path} are drawn: {known[key]}')
        return Path(known[key])
    print(f'=== poses in {path} (first {max_frames} frames), with the '
          'published weights of MoveNet', flush=True)
    # only needed here: the imports take seconds
    from mmpose_video.apis.result_paths import find_paths
    from mmpose_video.tools import infer
    from mmpose_video.weights import WeightsError, get_weights
    try:
        for name in ('movenet-thunder', 'movenet-multipose'):
            get_weights(name)
    except (WeightsError, ValueError) as error:
        print(f'no real video is drawn: {error}')
        return None
    status = infer.main([
        path, '--out-dir', out_dir, '--max-frames', str(max_frames)])
    if status in (130, 143):  # after Ctrl-C, or asked to end
        raise KeyboardInterrupt
    name = osp.splitext(osp.basename(path))[0]
    done = Path(find_paths(out_dir, name, path, ()).visualization)
    if status or not done.is_file():
        print('the real video could not be drawn; the demo goes on')
        return None
    record.write_text(json.dumps({**known, key: str(done)}, indent=1))
    print(f'drawn: {done}')
    return done
