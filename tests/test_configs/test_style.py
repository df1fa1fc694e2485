"""Configs change the steps of a pipeline by their types, not positions."""
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_step_is_named_by_its_position():
    # a step that a base inserts would shift what is changed
    found = [
        f'{path.relative_to(ROOT)}: {match[0]}'
        for path in (ROOT / 'configs').rglob('*.py')
        for match in re.finditer(r'pipeline(\[\d+\]|\.insert\(\s*\d)',
                                 path.read_text())]
    assert not found
