"""YAML is read within bounds."""
import pytest

from mmpose_video.formats.schema import FormatError
from mmpose_video.formats.yaml_file import parse_yaml, read_yaml


def bomb(item, levels=9):
    lines = [f'a0: &a0 {item}']
    for i in range(levels):
        lines.append(f'a{i + 1}: &a{i + 1} '
                     f'[{", ".join([f"*a{i}"] * 10)}]')
    return '\n'.join(lines)


MERGES = '\n'.join(
    ['a0: &a0 {x: 1}'] + [f'a{i + 1}: &a{i + 1} {{<<: '
                          f'[{", ".join([f"*a{i}"] * 10)}]}}'
                          for i in range(9)])


@pytest.mark.parametrize('text', [
    bomb('lol'), bomb('{b: c}'), MERGES, '&a [*a]', 'a: &a {b: *a}',
    '[' * 5000, '- ' * 400 + 'x', '!!bool x', '!!int ""', '!!timestamp x',
    'a: [', 'a: 2001-99-99', '? [a]\n: b', '!!python/object:os.system {}',
    'a: ' + '9' * 5000])
def test_refused(text):
    with pytest.raises(FormatError, match='a.yaml is not valid YAML: .') as e:
        parse_yaml(text, 'a.yaml')
    assert '\n' not in str(e.value)


def test_values_may_be_used_again():
    text = 'a: &a {x: [1, 2]}\nb: [*a, *a]\nc: {<<: *a, y: 3}'
    content = parse_yaml(text, 'a.yaml')
    assert content == dict(a=dict(x=[1, 2]), b=[dict(x=[1, 2])] * 2,
                           c=dict(x=[1, 2], y=3))
    assert parse_yaml('', 'a.yaml') is None


def test_files_hold_keys(tmp_path):
    path = tmp_path / 'a.yaml'
    path.write_bytes(b'\xef\xbb\xbfa: 1\r\nb: [x]\r\n')
    assert read_yaml(str(path)) == dict(a=1, b=['x'])
    path.write_text('- 1')
    with pytest.raises(FormatError, match='a.yaml must hold keys'):
        read_yaml(str(path))
