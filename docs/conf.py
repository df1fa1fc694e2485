"""Settings of Sphinx: ``make docs`` builds the site in docs/_build."""
import re
from pathlib import Path

from mmcv.transforms.utils import cache_randomness

import mmpose_video  # noqa: F401, makes MMCV importable

ROOT = Path(__file__).resolve().parents[1]

project = 'mmpose_video'
author = 'The mmpose_video authors'
release = re.search(
    r"__version__ = '(.+)'",
    (ROOT / 'mmpose_video' / 'version.py').read_text())[1]

extensions = [
    'myst_parser',
    'sphinx.ext.autodoc',
    'sphinx.ext.napoleon',
]
exclude_patterns = ['_build', 'results']
html_theme = 'furo'
html_title = f'{project} {release}'

myst_heading_anchors = 3
# links to configs and projects lead out of the site;
# tests/test_docs/test_links.py checks that what they name exists
suppress_warnings = ['myst.xref_missing']

autodoc_default_options = {
    'members': True,
    'imported-members': True,
    'show-inheritance': True,
}
autodoc_typehints = 'none'  # the docstrings have the types
napoleon_use_rtype = False
napoleon_use_ivar = True

# autodoc reads methods from their class, where MMCV's decorator wants an
# instance
_get = cache_randomness.__get__
cache_randomness.__get__ = (
    lambda self, instance, owner=None: self
    if instance is None else _get(self, instance, owner))
