"""The package's imports follow docs/architecture.md."""
import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / 'mmpose_video'
PAGE = (ROOT / 'docs' / 'architecture.md').read_text()
OUTER, MODELS = (
    [line.split() for line in block.splitlines()]
    for block in re.findall(r'```\n(.*?)```', PAGE, re.DOTALL))
#: what `python -m` runs, beside the inferencer itself
ALIAS = 'apis/infer.py'


def imported(path):
    """Yield the modules of this package that a file imports."""
    parts = path.relative_to(ROOT).with_suffix('').parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parts[:len(parts) - node.level] if node.level else ()
            module = '.'.join((*base, *filter(None, [node.module])))
            yield from (f'{module}.{name.name}' for name in node.names)


def folders(root):
    return {path.parent.name for path in root.glob('*/__init__.py')}


@pytest.mark.parametrize('root, lines', [(PACKAGE, OUTER),
                                         (PACKAGE / 'models', MODELS)])
def test_imports_point_up_the_page(root, lines):
    level = {name: i for i, line in enumerate(lines) for name in line}
    assert set(level) == folders(root)
    prefix = '.'.join(root.relative_to(ROOT).parts) + '.'
    wrong = []
    for path in root.rglob('*.py'):
        inside = path.relative_to(root)
        own = inside.parts[0]
        if own not in level or inside.as_posix() == ALIAS:
            continue
        for module in imported(path):
            if not module.startswith(prefix):
                continue
            other = module[len(prefix):].split('.')[0]
            if other in level and other != own and (
                    level[other] >= level[own]):
                wrong.append(f'{inside} imports {module}')
    assert not wrong


def test_every_folder_is_described():
    table = PAGE.split('## Rooms')[1].split('## ')[0]
    for name in folders(PACKAGE):
        assert f'`{name}`' in table, name
