"""Bounds on what a checkpoint holds, and the arrays in it.

Plain containers can do harm by their shape alone. A list inside a list, a
thousand times, ends in a RecursionError when it is copied. A tuple that
holds another one twice, thirty times over, takes 1 kB in a file and 2^30
steps to hash or to copy, as neither remembers tuples that it has seen. So do
sizes: ``bytearray(10**10)``, or a tensor that repeats one number as often,
take 100 bytes in a file and all of the memory, at the latest when somebody
looks for NaN in it.
"""
import contextlib
import pickle
from typing import Any, Dict, Iterator, Optional, Tuple

import torch
from torch import Tensor, _weights_only_unpickler

from ._checkpoint_globals import Array, Dtype

# MMEngine's own checkpoints stay below 10 levels, and their tuples below
# 100 entries.
MAX_DEPTH = 100
MAX_ENTRIES = 100_000
#: Longest message, in characters.
MAX_MESSAGE = 1000
#: Bytes that a tensor may have in any file; in larger ones, those of the file.
MAX_TENSOR = 100_000_000


class _BoundedMemo(Dict[int, Any]):
    """Refuse tuples that hold too much, before anything is done with them.

    The memo is a pickle's only way to use an object twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sizes: Dict[int, int] = {}  # the memo keeps the tuples alive

    def __setitem__(self, index: int, item: Any) -> None:
        super().__setitem__(index, item)
        if type(item) is tuple:
            self._sizes[id(item)] = self._size(item, 0)

    def _size(self, item: tuple, depth: int) -> int:
        """Count the entries as often as a copy would visit them."""
        known = self._sizes.get(id(item))
        if known is not None:
            return known
        if depth > MAX_DEPTH:
            raise pickle.UnpicklingError(_TOO_DEEP)
        size = len(item) + sum(
            self._size(value, depth + 1) for value in item
            if type(value) is tuple)
        if size > MAX_ENTRIES:
            raise pickle.UnpicklingError(
                f'it holds a tuple of more than {MAX_ENTRIES} entries, '
                'counted through the tuples inside')
        return size


_TOO_DEEP = f'it holds containers nested more than {MAX_DEPTH} levels deep'


def _bytearray(*args: Any) -> bytearray:
    """Stand in for ``bytearray()``, which also makes zeros of any number."""
    if args and not isinstance(args[0], (bytes, str)):
        raise pickle.UnpicklingError('it calls bytearray() without bytes')
    return bytearray(*args)


class _Admitted(Dict[str, Any]):
    """The globals that may be called, by name."""

    def values(self) -> Any:
        """Return them, to ask whether something is among them."""
        return _Callables(super().values())


class _Callables:
    """Say what may be called, and refuse containers at once.

    PyTorch's message would hold the text of what a file calls. That of a list
    which holds another one twice, sixty times over, has no end.
    """

    def __init__(self, values: Any) -> None:
        self._values = values

    def __contains__(self, item: Any) -> bool:
        if isinstance(item, (bytes, dict, list, set, str, tuple)):
            raise pickle.UnpicklingError(f'it calls a {type(item).__name__}')
        return item in self._values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)


@contextlib.contextmanager
def bounded_reader() -> Iterator[None]:
    """Bound what torch's weights-only reader builds and says."""
    reader = _weights_only_unpickler.Unpickler
    original, load = reader.__init__, reader.load
    get_allowed = _weights_only_unpickler._get_allowed_globals
    allowed = _Admitted(get_allowed())
    if 'builtins.bytearray' in allowed:
        allowed['builtins.bytearray'] = _bytearray

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.memo = _BoundedMemo()

    def load_briefly(self: Any) -> Any:
        try:
            return load(self)
        except pickle.UnpicklingError as error:
            # PyTorch looks for patterns in it, which takes the square of the
            # length: half a minute for a name of 100,000 characters
            raise pickle.UnpicklingError(str(error)[:MAX_MESSAGE]) from None

    reader.__init__ = init  # type: ignore[method-assign]
    reader.load = load_briefly  # type: ignore[method-assign]
    _weights_only_unpickler._get_allowed_globals = (
        lambda: allowed)  # type: ignore[assignment]
    try:
        yield
    finally:
        reader.__init__ = original  # type: ignore[method-assign]
        reader.load = load  # type: ignore[method-assign]
        _weights_only_unpickler._get_allowed_globals = get_allowed


def resolve(content: Any, file_size: Optional[int] = None) -> Any:
    """Replace the stand-ins of arrays by the arrays, and check the tensors.

    Args:
        content (Any): What torch returned: containers, tensors, stand-ins.
        file_size (int, optional): Bytes of the file that it comes from.
            Defaults to None, unknown, which allows tensors of any size.

    Returns:
        Any: The same containers, filled with arrays, as far as they can be
        changed in place; tuples are rebuilt where they hold one.

    Raises:
        pickle.UnpicklingError: If an array is incomplete, containers are
            nested too deeply, or a tensor has no data or is much larger than
            the file.
    """
    largest = None if file_size is None else max(file_size, MAX_TENSOR)
    return _resolve(content, {}, 0, largest)


def _resolve(node: Any, seen: Dict[int, Tuple[Any, Any]], depth: int,
             largest: Optional[int]) -> Any:
    """Resolve one node; ``seen`` holds each container and its result."""
    if isinstance(node, Tensor):
        _check_tensor(node, largest)
        return node
    if isinstance(node, Array):
        if node.value is None:
            raise pickle.UnpicklingError('it holds a numpy array without data')
        return node.value
    if isinstance(node, Dtype):
        return node.dtype
    if not isinstance(node, (dict, list, tuple)):
        return node
    if id(node) in seen:
        return seen[id(node)][1]
    if depth > MAX_DEPTH:
        raise pickle.UnpicklingError(_TOO_DEEP)
    seen[id(node)] = node, node
    if isinstance(node, dict):
        for key, value in node.items():
            node[key] = _resolve(value, seen, depth + 1, largest)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            node[index] = _resolve(value, seen, depth + 1, largest)
    elif type(node) is tuple:
        rebuilt = tuple(
            _resolve(value, seen, depth + 1, largest) for value in node)
        if any(new is not old for new, old in zip(rebuilt, node)):
            seen[id(node)] = node, rebuilt
            return rebuilt
    return node


def _check_tensor(tensor: Tensor, largest: Optional[int]) -> None:
    """Refuse a tensor whose numbers are not in the file."""
    if tensor.is_meta:
        raise pickle.UnpicklingError('it holds a tensor without data')
    if largest is None:
        return
    size = tensor.numel() * tensor.element_size()
    if tensor.layout is torch.strided:
        size = max(size, tensor.untyped_storage().nbytes())
    if size > largest:
        raise pickle.UnpicklingError(
            f'it holds a tensor of {size / 1e9:.1f} GB, more than the file')
