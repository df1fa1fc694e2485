"""Walk through datasets that wrap others."""
from typing import Any, Iterator


def iter_datasets(dataset: Any) -> Iterator[Any]:
    """Yield a dataset and those that it wraps.

    Args:
        dataset (Any): A dataset, or a wrapper of MMEngine's, MMPose's or
            PyTorch's: concatenated, combined, repeated, a subset.

    Yields:
        Any: Wrappers come before what they wrap.
    """
    # a slice of MMEngine's runner passes on its dataset's attributes
    dataset = getattr(dataset, '__dict__', {}).get('_dataset', dataset)
    yield dataset
    for part in getattr(dataset, 'datasets', ()):
        yield from iter_datasets(part)
    if hasattr(dataset, 'dataset'):
        yield from iter_datasets(dataset.dataset)
