import pytest

from mmpose_video.formats.inner_path import inner_path


@pytest.mark.parametrize('folder, name, path', [
    ('out', 'a.json', 'out/a.json'), ('out/', 'a/b.jpg', 'out/a/b.jpg'),
    ('', 'a.jpg', 'a.jpg'), ('out', './a.jpg', 'out/./a.jpg'),
    ('out', '..a/b...jpg', 'out/..a/b...jpg'), ('out', '.a', 'out/.a'),
    ('s3://bucket/x', 'a.jpg', 's3://bucket/x/a.jpg'),
    ('out', 'a b\u00e9 (1).jpg', 'out/a b\u00e9 (1).jpg'),
])
def test_names_inside(folder, name, path):
    assert inner_path(folder, name, 'labels.json') == path


@pytest.mark.parametrize('name', [
    '../a.json', '..', 'a/../../b', 'a/..', 'a\\..\\..\\b', '/etc/a', '\\a',
    'C:\\a', 'C:/a', 'C:', 's3://bucket/a', '', 'a/', 'a\0.jpg', '//host/a',
    'a\ud800.jpg'
])
def test_names_outside(name):
    with pytest.raises(ValueError, match='labels.json: .* inside of `out`'):
        inner_path('out', name, 'labels.json')
