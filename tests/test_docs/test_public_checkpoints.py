"""The page of public checkpoints names existing layouts and configs."""
import fnmatch
import re
from pathlib import Path

import pytest

from mmpose_video.weights.converters import CONVERTERS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / 'docs/public_checkpoints.md',
         *sorted(ROOT.glob('configs/*/README.md'))]
_CONVERT = re.compile(
    r'mmpose-video convert-checkpoint (\S+)(?: \\\n\s+| )\S+ (\S+)\n'
    r'mim (?:test|train) mmpose (\S+)(.*(?:\n    .*)*)')


def commands(page):
    """(layout, written file, config, rest of the second command)."""
    return _CONVERT.findall(page.read_text())


def matches(path, pattern):
    """``fnmatch`` that knows ``{a,b}``."""
    found = re.search(r'\{(.*?)\}', pattern)
    if not found:
        return fnmatch.fnmatch(path, pattern)
    return any(matches(path, pattern.replace(found[0], word, 1))
               for word in found[1].split(','))


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.parent.name)
def test_two_commands(page):
    for layout, written, config, rest in commands(page):
        assert layout in CONVERTERS
        assert (ROOT / config).is_file()
        # the second command takes what the first one writes
        assert written in rest
        if layout not in ('hrnet', 'vitpose'):  # which serve many configs
            assert matches(config, CONVERTERS[layout].configs)


def test_page_is_complete():
    text = PAGES[0].read_text()
    assert len(commands(PAGES[0])) >= 12
    for layout in CONVERTERS:
        assert f'`{layout}`' in text
    for name, converter in CONVERTERS.items():
        if name == 'online-distill':  # serves the config it came from
            continue
        assert any(ROOT.glob(re.sub(r'\{.*?\}', '*', converter.configs)))


def test_files_named_on_the_page_exist():
    for target in re.findall(r'\]\((\.\./[^)#]+)\)', PAGES[0].read_text()):
        assert (PAGES[0].parent / target).exists(), target
