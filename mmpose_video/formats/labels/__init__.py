"""Labels of other tools: a reader for each format."""
from .label_set import (
    SPLITS,
    LabeledFrame,
    LabeledPerson,
    LabeledVideo,
    LabelSet,
)
from .registry import LABEL_FORMATS, label_format, read_labels

__all__ = [
    'LABEL_FORMATS', 'SPLITS', 'LabelSet', 'LabeledFrame', 'LabeledPerson',
    'LabeledVideo', 'label_format', 'read_labels'
]
