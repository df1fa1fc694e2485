"""Find methods among the configs by their names."""
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from .sizes import ROOT, Size

GROUPS = ('video', 'single_image')
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
        group (str): ``'video'`` or ``'single_image'``.
        config (str): Path of its config below the repository.
        start (str, optional): Name of the single-frame method whose
            weights, trained from scratch, it starts from. None: its config
            says where it begins.
    """
    name: str
    group: str
    config: str
    start: Optional[str]

    def options(self, checkpoint: str) -> Tuple[str, ...]:
        """Return the config options of the training that follows the start.

        Video methods keep the backbone of their start, as the papers keep
        COCO's; single-image methods go on with all of their weights.

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
        group = ('single_image'
                 if folder == SINGLE_IMAGE_FOLDER else 'video')
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
    methods = {method.name: method for method in found}
    if len(methods) < len(found):
        raise ValueError('two configs stand for one method: ' + ', '.join(
            method.config for method in found))
    return methods


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
