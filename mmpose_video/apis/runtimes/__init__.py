"""Run the networks of models by other libraries than PyTorch."""
from .graph_model import use_runtime
from .precision import PRECISIONS, use_precision
from .sessions import RUNTIMES, Session

__all__ = [
    'PRECISIONS', 'RUNTIMES', 'Session', 'use_precision', 'use_runtime'
]
