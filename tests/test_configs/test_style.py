"""Configs change steps of a base by their types, not by positions."""
import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ('configs/_base_/*/*.py', 'configs/*/*.py',
                    'projects/*/configs/*.py')
    for path in ROOT.glob(pattern))


def is_position(node):
    """Return whether an index is a number or a slice."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Slice) or (
        isinstance(node, ast.Constant) and isinstance(node.value, int))


def uses_position(node):
    """Return whether a list is read or changed at a position."""
    if isinstance(node, ast.Subscript):
        return is_position(node.slice)
    return (isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ('insert', 'pop')
            and bool(node.args) and is_position(node.args[0]))


def positional_lines(source):
    return sorted({node.lineno for node in ast.walk(ast.parse(source))
                   if uses_position(node)})


@pytest.mark.parametrize('line', [
    'train_pipeline[4].update(encoder=codec)', 'steps = pipeline[:-1]',
    'last = pipeline[-1]', 'pipeline[2:] = []', 'pipeline.insert(1, step)',
    'pipeline.pop(-1)', 'param_scheduler[1].update(T_max=8)'])
def test_a_position_is_found(line):
    assert positional_lines(f'x = 1\n{line}\n') == [2]


def test_keys_and_types_are_no_positions():
    assert not positional_lines(
        "size = codec['input_size']\n"
        "steps = [s for s in base if s.type == 'LoadClip']\n"
        'steps.insert(steps.index(first), step)\n')


def test_no_step_is_named_by_its_position():
    # a step that a base inserts would shift what is changed
    found = {path: lines for path in CONFIGS
             if (lines := positional_lines((ROOT / path).read_text()))}
    assert not found and CONFIGS
