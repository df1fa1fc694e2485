"""Small helpers that are used in several parts of the package."""
from .one_line import one_line
from .one_line_errors import INTERRUPTED, one_line_errors
from .parent_watch import end_with_parent
from .progress import Progress, format_seconds
from .status_line import StatusLine

__all__ = [
    'INTERRUPTED', 'Progress', 'StatusLine', 'end_with_parent',
    'format_seconds', 'one_line', 'one_line_errors'
]
