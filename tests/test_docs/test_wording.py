"""The field's words, and docstrings that begin with an imperative."""
import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ('mmpose_video', 'benchmarks', 'projects', 'configs', 'docs')
PAGES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob('*.md')
    if '_build' not in path.parts) + [
    ROOT / name for name in ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md')]
MODULES = sorted(path for folder in FOLDERS
                 for path in (ROOT / folder).rglob('*.py'))
#: Word -> what the package says instead.
WORDS = {r'key[ -]points?': 'keypoint', r'data sets?': 'dataset',
         r'the hosts?\b': 'MMPose or MMEngine', r'whoever': 'a plain subject'}
#: "Returns the sum", in place of "Return the sum".
THIRD_PERSON = re.compile(
    r'(Add|Build|Call|Check|Compute|Convert|Count|Create|Decode|Draw|Find|'
    r'Get|Give|Keep|Load|Make|Map|Predict|Print|Read|Return|Run|Set|Take|'
    r'Write|Yield)s\b')


def wrong_words(text):
    return [f'{found[0]!r} (say {instead})'
            for word, instead in WORDS.items()
            for found in re.finditer(rf'\b{word}', text, re.IGNORECASE)]


def wrong_beginnings(source):
    """Return the functions whose docstrings do not begin as commands do."""
    return [
        node.name for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and THIRD_PERSON.match(ast.get_docstring(node) or '')]


@pytest.mark.parametrize('text, found', [
    ('Key points of a data set', 2), ('the host', 1), ('keypoints', 0),
    ('a file of the hosting service', 0)])
def test_words_are_found(text, found):
    assert len(wrong_words(text)) == found


def test_beginnings_are_found():
    source = 'def {}():\n    """{} the sum."""\n'
    assert wrong_beginnings(source.format('f', 'Returns')) == ['f']
    assert not wrong_beginnings(source.format('f', 'Return'))


def test_pages_and_modules_use_the_words_of_the_field():
    assert PAGES and MODULES
    found = {str(path): words for path in PAGES + MODULES
             if (words := wrong_words(path.read_text(encoding='utf-8')))}
    assert not found


def test_docstrings_of_functions_begin_with_an_imperative():
    found = {str(path): names for path in MODULES
             if (names := wrong_beginnings(path.read_text(encoding='utf-8')))}
    assert not found
