"""Everything that exists only because a host package is frozen or broken.

Imported first by ``mmpose_video/__init__.py``, and the only place that
touches a host package. One file per topic; each says what is broken, in which
file of which version, and when the entry can go. Nothing here acts on a
version that does not need it.
"""
from . import startup  # noqa: F401  isort: skip  before any host's import
