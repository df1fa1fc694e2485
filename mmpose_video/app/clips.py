"""The clips whose frames the comparison shows."""
from typing import Any, Dict, List

from mmengine.logging import print_log

from mmpose_video.apis.model_loading import read_config
from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.formats.results import PoseResults

from .menu import Menu, ModelChoice

#: The clip that made the first result, as far as its file tells.
OF_RESULTS = 'that of the results'
#: Clips for results of models that see a single frame.
PLAIN = {f'{count} frames': list(range(-(count // 2), count // 2 + 1))
         for count in (3, 5, 7, 9)}


def clip_choices(menu: Menu) -> Dict[str, List[int]]:
    """Return the clips that the page offers, as distances from the key frame.

    Args:
        menu (Menu): The models; those that see more than one frame add
            theirs.
    """
    choices = dict(PLAIN)
    for title in menu.titles():
        choice = menu.find(title)
        if choice.config.endswith('.py'):
            offsets = _of_config(choice)
            if len(offsets) > 1:
                choices[f'that of {title}'] = offsets
    return choices


def clip_of_results(results: PoseResults) -> List[int]:
    """Return the clip that results were made of.

    Args:
        results (PoseResults): The results.

    Returns:
        list[int]: Distances from the key frame, those of three frames if the
        results do not tell, or were made of single frames.
    """
    clip: Any = results.info.provenance
    for key in ('model', 'clip', 'offsets'):
        clip = clip.get(key) if isinstance(clip, dict) else None
    if isinstance(clip, list) and len(clip) > 1 and 0 in clip and all(
            type(offset) is int and abs(offset) < 1000 for offset in clip):
        return sorted(set(clip))
    return PLAIN['3 frames']


def _of_config(choice: ModelChoice) -> List[int]:
    """Return the clip of a config, that of one frame if it tells none."""
    try:
        dataset = read_config(choice.config).test_dataloader.dataset
        sampler = CLIP_SAMPLERS.build(
            dataset.get('clip_sampler') or dict(type='FixedOffsets'))
        return [int(offset) for offset in sampler()]
    except (OSError, ValueError) as error:
        print_log(f'the clip of {choice.title} is not offered: {error}',
                  'current', 30)
        return [0]
