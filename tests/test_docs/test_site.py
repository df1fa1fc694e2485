"""The site of the docs is built without a warning."""
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_page_is_listed():
    index = (ROOT / 'docs' / 'index.md').read_text().splitlines()
    pages = {path.stem for path in (ROOT / 'docs').glob('*.md')}
    assert pages - {'index'} <= set(index)


@pytest.mark.slow
def test_site_has_no_warnings(tmp_path):
    for module in ('sphinx', 'furo', 'myst_parser'):
        pytest.importorskip(
            module, reason='requirements/docs.txt is not installed')
    result = subprocess.run(
        [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going', '-b',
         'html', str(ROOT / 'docs'), str(tmp_path)],
        capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    api = (tmp_path / 'api.html').read_text()
    assert 'id="mmpose_video.apis.VideoPoseInferencer"' in api
