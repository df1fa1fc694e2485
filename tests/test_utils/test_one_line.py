"""Messages of errors in one line."""
from mmpose_video.utils import one_line


def test_one_line():
    assert one_line(ValueError('a\n  b')) == 'a b'
    assert one_line(KeyError('no `a`')) == 'no `a`'
    assert one_line(EOFError()) == 'EOFError'
    # names in files must not steer the terminal
    assert one_line(ValueError('a\x1b[31mb\x07\u202e\ud800')) == 'a?[31mb???'
    assert one_line(ValueError('caf\u00e9 \u5b57')) == 'caf\u00e9 \u5b57'
