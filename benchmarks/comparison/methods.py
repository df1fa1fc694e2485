"""Find methods among the configs by their names."""
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from .sizes import ROOT, Size

GROUPS = ('video', 'single_image', 'whole_frame')
#: Models that get no boxes, but find the people of a frame themselves.
WHOLE_FRAME = GROUPS[2]
#: Folder of the models that look at the key frame alone.
SINGLE_IMAGE_FOLDER = 'single_image'
BASELINE = 'baseline'
#: Methods whose neck owns a single-frame head -> whether it keeps its weights.
ROUGH_HEADS = {'dcpose': True, 'posewarper': True, 'tarvitpose': False}


@dataclass(frozen=True)
class Method:
    """One row of the comparison.

    Args:
        name (str): Short name, e.g. ``dcpose``.
        group (str): One of ``GROUPS``.
        config (str): Path of its config below the repository.
        start (str, optional): Name of the single-frame method whose
            weights, trained from scratch, it starts from. None: its config
            says where it begins.
        epochs (int, optional): Of its training. None: the size's.
    """
    name: str
    group: str
    config: str
    start: Optional[str]
    epochs: Optional[int] = None

    def options(self, checkpoint: str) -> Tuple[str, ...]:
        """Return the config options of the training that follows the start.

        Video methods keep the backbone of their start, as the papers keep
        COCO's; others go on with all of their weights.

        Args:
            checkpoint (str): What the start left.
        """
        options = [f'load_from={checkpoint}']
        if self.group == 'video':
            options.append('model.freeze_backbone=True')
        algorithm = self.name.split('-')[0]
        if algorithm in ROUGH_HEADS:
            rough = 'model.neck.rough_head'
            options += [f'{rough}.frozen={ROUGH_HEADS[algorithm]}',
                        f'{rough}.init_cfg.type=Pretrained',
                        f'{rough}.init_cfg.checkpoint={checkpoint}',
                        f'{rough}.init_cfg.prefix=head.']
        return tuple(options)


def discover(size: Size, root: Path = ROOT) -> Dict[str, Method]:
    """Find the methods of a size.

    A config is named ``<algorithm>_<backbone><suffix of the size>``. The
    method has the algorithm's name; where the backbone is not the one that
    all share, that is part of the name. ``td-hm`` on the shared backbone is
    the baseline.

    Models for whole frames are configs of projects. They train for as many
    epochs as their names say, from the single-frame start if they are on the
    shared backbone.

    Args:
        size (Size): The size.
        root (Path): The repository.

    Returns:
        dict: Methods by name, the single-image ones first, then by name.
    """
    found: List[Method] = []
    for path in sorted(root.glob(f'configs/*/*{size.suffix}')):
        folder = path.parent.name
        if folder == '_base_':
            continue
        key = path.name.rsplit('_', 2)[0]
        group = group_of(path.relative_to(root).as_posix())
        name = _name(key, size)
        start: Optional[str] = None
        if size.start_epochs is not None:
            start = name
            if group == 'video':
                start = _name(f'td-hm_{key.split("_")[-1]}', size)
        found.append(
            Method(name, group, path.relative_to(root).as_posix(), start))
    found.sort(key=lambda m: (m.group != 'single_image',
                              m.name != BASELINE, m.name))
    found += _whole_frame(size, root)
    methods = {method.name: method for method in found}
    if len(methods) < len(found):
        raise ValueError('two configs stand for one method: ' + ', '.join(
            method.config for method in found))
    return methods


def group_of(config: str) -> str:
    """Return the group of a config's method.

    Args:
        config (str): Its path below the repository.
    """
    path = Path(config)
    if path.parts[0] == 'projects':
        return WHOLE_FRAME
    return ('single_image' if path.parent.name == SINGLE_IMAGE_FOLDER
            else 'video')


def _whole_frame(size: Size, root: Path) -> List[Method]:
    """Find the models that look at whole frames, by name."""
    if size.whole_frame_suffix is None:
        return []
    found = []
    for path in root.glob(f'projects/*/configs/*{size.whole_frame_suffix}'):
        key, schedule, _ = path.name.rsplit('_', 2)
        shared = key.split('_')[-1] == size.backbone
        found.append(Method(
            _name(key, size), WHOLE_FRAME, path.relative_to(root).as_posix(),
            BASELINE if shared else None,
            int(schedule.split('-')[-1].removesuffix('e'))))
    return sorted(found, key=lambda method: method.name)


def _name(key: str, size: Size) -> str:
    """Return a method's name: its config's without size and data."""
    name = key.removesuffix(f'_{size.backbone}').removeprefix('td-hm_')
    return BASELINE if name == 'td-hm' else name.replace('_', '-')


def is_start(method: str) -> bool:
    """Return whether others start from a run of this method."""
    return method.endswith('start')


def choose(methods: Dict[str, Method], wanted: Optional[Sequence[str]]
           ) -> List[Method]:
    """Return the methods that were asked for, by name or by group.

    Args:
        methods (dict): All methods.
        wanted (Sequence[str], optional): Names and groups. None: all.

    Raises:
        ValueError: If there is no such method.
    """
    chosen: Dict[str, Method] = {}
    for word in GROUPS if wanted is None else wanted:
        if word in GROUPS:
            chosen.update({name: method for name, method in methods.items()
                           if method.group == word})
        elif word in methods:
            chosen[word] = methods[word]
        else:
            raise ValueError(
                f'there is no method {word!r}; there are '
                f'{", ".join(methods)} and the groups {", ".join(GROUPS)}')
    return list(chosen.values())
