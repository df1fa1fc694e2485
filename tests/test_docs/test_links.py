"""What the pages link to and name is there."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    'document', ['README.md'] + sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ('docs', 'configs', 'projects')
        for path in (ROOT / folder).rglob('*.md')))
def test_links_and_named_files_exist(document):
    path = ROOT / document
    text = path.read_text()
    links = re.findall(r'\]\((?!https?:|#)([^)#]+)', text)
    named = re.findall(r'(?<![\w/.<*])(configs/[\w./-]+\.py)', text)
    missing = [link for link in links if not (path.parent / link).exists()]
    missing += [name for name in named if not (ROOT / name).exists()]
    assert not missing
