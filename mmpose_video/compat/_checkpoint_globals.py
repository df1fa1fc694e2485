"""Stand-ins for the globals that an MMEngine checkpoint may refer to.

A pickle can only call what its reader provides. PyTorch's weights-only reader
provides tensors and plain containers; an MMEngine training checkpoint needs
four more things. Each is replaced by a stand-in with the global's name, so
that a file never reaches the real function:

``HistoryBuffer``
    Built from its two arrays and its length. The statistics that a file wants
    to register into the class are looked up by name among those which this
    process has registered itself; the file's own values are dropped.
``getattr``
    Pickle's form of ``HistoryBuffer.mean``. Returns the registered statistics
    of HistoryBuffer, and nothing else.
custom statistics
    Functions given to ``HistoryBuffer.register_statistics``: names, which the
    file cannot call.
``numpy``
    Arrays and scalars of booleans, numbers and strings, under numpy 1's and
    numpy 2's module names. numpy's own ``dtype.__setstate__`` accepts flags
    that make it treat bytes as pointers; the stand-in reads the byte order
    only.
"""
import pickle
from typing import Any, Dict, List, Optional, Set

import numpy as np
from mmengine.logging import HistoryBuffer

_NUMPY_KINDS = 'biufcUS'


def _pose(thing: Any, module: str, name: str) -> Any:
    """Give a stand-in the name of a global, which torch reads."""
    thing.__module__ = module
    thing.__name__ = thing.__qualname__ = name
    return thing


class _Statistic:
    """A statistic of HistoryBuffer by name, not the function itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *args: Any) -> None:
        raise pickle.UnpicklingError(f"it calls the statistic '{self.name}'")


class _Buffer(HistoryBuffer):
    """Stand-in that becomes a HistoryBuffer once its state is known."""

    def __setstate__(self, state: Dict[str, Any]) -> None:
        names = state.get('statistics_methods', {})
        unknown = set(names) - _statistics()
        if unknown:
            raise pickle.UnpicklingError(
                f'the statistics {sorted(unknown)} of its HistoryBuffers are '
                'not registered in this process')
        self.__class__ = HistoryBuffer  # type: ignore[assignment]
        HistoryBuffer.__init__(self, max_length=int(state['max_length']))
        self._log_history = _as_vector(state['_log_history'])
        self._count_history = _as_vector(state['_count_history'])


def _statistics() -> Set[str]:
    """Return the names of the statistics that this process knows."""
    # The four defaults are registered by the first instance only.
    registered = HistoryBuffer._statistics_methods
    return {'min', 'max', 'current', 'mean', *registered}


def _as_vector(stand_in: Any) -> np.ndarray:
    """Return numbers as an array of shape (L, )."""
    value = getattr(stand_in, 'value', None)
    if (not isinstance(value, np.ndarray) or value.ndim != 1
            or value.dtype.kind not in 'biuf'):
        raise pickle.UnpicklingError(
            'a HistoryBuffer in it does not hold two vectors of numbers')
    return value


class Dtype:
    """Stand-in that reads what NumPy writes for a plain dtype."""

    def __init__(self,
                 code: str,
                 align: bool = False,
                 copy: bool = False) -> None:
        self.dtype = np.dtype(str(code))
        if self.dtype.kind not in _NUMPY_KINDS or self.dtype.hasobject:
            raise pickle.UnpicklingError(
                f"it holds a numpy array of type '{code}'; only booleans, "
                'numbers and strings are admitted')

    def __setstate__(self, state: tuple) -> None:
        order: Any = str(state[1])  # the only part that is believed
        self.dtype = self.dtype.newbyteorder(order)


class Array:
    """Stand-in that reads an array of NumPy; its ``value`` replaces it."""

    value: Optional[np.ndarray] = None

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, fortran, raw = state
        # ndarray() checks the buffer's size
        view: np.ndarray = np.ndarray(
            tuple(shape),
            _plain(dtype),
            _as_bytes(raw),
            order='F' if fortran else 'C')
        # a copy that owns its memory, in native byte order as numpy makes it
        self.value = view.astype(view.dtype.newbyteorder('='), order='K')


def _plain(stand_in: Any) -> np.dtype:
    """Return the dtype that was read; refuse anything else."""
    if not isinstance(stand_in, Dtype):
        raise pickle.UnpicklingError('it holds a numpy array without a type')
    return stand_in.dtype


def _as_bytes(raw: Any) -> bytes:
    """Return an array's memory; a list would be an array of objects."""
    if not isinstance(raw, bytes):
        raise pickle.UnpicklingError('it holds a numpy array of objects')
    return raw


def _reconstruct(cls: Any, shape: Any, typecode: Any) -> Array:
    """Stand in for numpy's function of this name."""
    return Array()


def _scalar(dtype: Dtype, raw: Any) -> np.generic:
    """Stand in for numpy's ``scalar``."""
    view: Any = np.ndarray((), _plain(dtype), _as_bytes(raw))
    return view[()]


def _no_bytes(*args: Any) -> bytes:
    """Stand in for ``bytes()``, which python 3 writes for ``b''``."""
    if args:
        raise pickle.UnpicklingError('it calls bytes() with arguments')
    return b''


class _NdArray:
    """Stand-in for the class ``numpy.ndarray``, only used as an argument."""

    def __new__(cls, *args: Any) -> '_NdArray':
        raise pickle.UnpicklingError('it creates a bare numpy.ndarray')


def _getattr(owner: Any, name: str) -> _Statistic:
    """Stand in for ``getattr``: statistics of HistoryBuffer only."""
    if not (isinstance(owner, type) and issubclass(owner, _Buffer)
            and name in _statistics()):
        raise pickle.UnpicklingError(
            f"it asks for the attribute '{name}' of {owner!r} by getattr")
    return _Statistic(name)


def global_path(item: Any) -> str:
    """Return the dotted name by which torch looks up an admitted global."""
    if isinstance(item, tuple):
        return item[1]
    return f'{item.__module__}.{item.__qualname__}'


def _subclass(base: type, module: str, name: str) -> Any:
    """Return a new class for each name, as torch reads the class's name."""
    return _pose(type(name, (base, ), {}), module, name)


def _alias(function: Any, module: str, name: str) -> Any:
    """Return a new function for each name."""

    def alias(*args: Any) -> Any:
        return function(*args)

    return _pose(alias, module, name)


# torch compares the *type* of what it fills to the admitted objects, so the
# classes that are only ever made by stand-ins are admitted under own names.
_FIXED: List[Any] = [
    _subclass(_Buffer, 'mmengine.logging.history_buffer', 'HistoryBuffer'),
    _alias(_getattr, 'builtins', 'getattr'),
    _alias(_no_bytes, 'builtins', 'bytes'),
    _subclass(Dtype, 'numpy', 'dtype'),
    _subclass(_NdArray, 'numpy', 'ndarray'),
    Array,
]
for _module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
    _FIXED.append(_alias(_reconstruct, _module, '_reconstruct'))
    _FIXED.append(_alias(_scalar, _module, 'scalar'))


def safe_globals() -> List[Any]:
    """Return all globals to admit now, custom statistics included.

    Returns:
        list: Objects for ``torch.serialization.add_safe_globals``.
    """
    custom = []
    for name, method in HistoryBuffer._statistics_methods.items():
        path = getattr(method, '__qualname__', '.')
        if '.' not in path:
            custom.append(_pose(_Statistic(name), method.__module__, path))
    return _FIXED + custom
