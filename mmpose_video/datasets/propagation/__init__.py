"""Sparse labels in, dense labels out: what does not depend on a model."""
from .dense_labels import DenseLabels
from .label_pairs import LabelPairs
from .plan import Target, plan_targets

__all__ = ['DenseLabels', 'LabelPairs', 'Target', 'plan_targets']
