"""Small helpers that belong to no part of the package."""
from .progress import Progress, format_seconds

__all__ = ['Progress', 'format_seconds']
