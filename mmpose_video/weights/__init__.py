"""Find, fetch, convert and cache published weights."""
from .finder import get_weights
from .model_zoo import ZooModel, find_zoo_model
from .published import PUBLISHED, WeightsError, published_config

__all__ = [
    'PUBLISHED', 'WeightsError', 'ZooModel', 'find_zoo_model', 'get_weights',
    'published_config'
]
