"""What the README shows works as it stands there."""
import re
from pathlib import Path

import pytest
import torch
from mmpose.registry import MODELS

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text()


def test_the_neck_in_thirty_lines():
    code = next(block for block in re.findall(r'```python\n(.*?)```', README,
                                              re.DOTALL) if 'class' in block)
    assert len(code.splitlines()) <= 30
    exec(code, {'__name__': 'readme'})
    neck = MODELS.build(dict(type='WeightedMeanNeck', in_channels=6))
    feats = torch.randn(2, 3, 6, 5, 4, requires_grad=True)
    (out, ), context = neck.encode((feats, ))
    assert out.shape == (2, 6, 5, 4)
    losses = neck.loss(context, [])
    (out.sum() + losses['loss_entropy']).backward()
    assert feats.grad.abs().sum() > 0


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
