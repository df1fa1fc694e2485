"""Contents for checkpoints of the tests, good and hostile."""
import collections
import functools
import os

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


def half_range(buffer, window=None):
    """A custom statistic, as a user would register it."""
    return (buffer.max() - buffer.min()) / 2


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y)
    elif isinstance(a, (torch.Tensor, np.ndarray, np.generic)):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    else:
        assert a == b


EXECUTED = []


def note(*args):
    """Record a call that a hostile file asks for."""
    EXECUTED.append(args)


class Reduce:
    """Pickles as a call of ``function`` with ``args``."""

    def __init__(self, function, *args):
        self.call = function, args

    def __call__(self):
        """Only so that pickle takes one for the function of another."""

    def __reduce__(self):
        return self.call


def get(owner, name):
    return Reduce(getattr, owner, name)


HOSTILE = dict(
    system=lambda p: Reduce(os.system, f'touch {p}'),
    eval=lambda p: Reduce(eval, f'open({str(p)!r}, "w")'),
    exec=lambda p: Reduce(exec, f'open({str(p)!r}, "w")'),
    open=lambda p: Reduce(open, str(p), 'w'),
    importing=lambda p: Reduce(__import__, 'antigravity'),
    own_function=lambda p: Reduce(note, 1),
    getattr_init=lambda p: get(HistoryBuffer, '__init__'),
    getattr_globals=lambda p: get(get(HistoryBuffer, '__init__'),
                                  '__globals__'),
    getattr_builtins=lambda p: Reduce(
        get(Reduce(__import__, 'builtins'), 'eval'),
        f'open({str(p)!r}, "w")'),
    getattr_register=lambda p: Reduce(
        get(HistoryBuffer, 'register_statistics'), note),
    getattr_of_array=lambda p: get(np.zeros(2), 'tofile'),
    getattr_tofile=lambda p: Reduce(get(np.zeros(2), 'tofile'), str(p)),
    call_statistic=lambda p: Reduce(get(HistoryBuffer, 'mean'), [1]),
    getattr_tensor=lambda p: get(torch.Tensor, '__reduce_ex__'),
    partial=lambda p: Reduce(
        functools.partial, os.system, f'touch {p}'),
    load=lambda p: Reduce(torch.load, str(p)),
    torch_save=lambda p: Reduce(torch.save, {}, str(p)),
    objects=lambda p: np.array([1, 'a', None], dtype=object),
    numpy_load=lambda p: Reduce(np.load, str(p)),
    subclass=lambda p: collections.UserDict(a=1),
)


def nest(where, thing):
    """Put an object into a checkpoint."""
    buffer = HistoryBuffer([1.], [1])
    content = dict(
        meta=dict(epoch=1, iter=1),
        state_dict=collections.OrderedDict(),
        message_hub=dict(
            log_scalars=collections.OrderedDict(loss=buffer),
            runtime_info=collections.OrderedDict(iter=1),
            resumed_keys=collections.OrderedDict(loss=True)))
    if where == 'top':
        return thing
    if where == 'meta':
        content['meta']['x'] = [thing]
    elif where == 'message_hub':
        content['message_hub']['runtime_info']['x'] = (1, {'y': thing})
    elif where == 'buffer':
        buffer._log_history = thing
    return content


def doubled(levels):
    """A tuple of 2^levels entries that pickles to a few bytes a level."""
    item = ('a', 'b')
    for _ in range(levels):
        item = (item, item)
    return item
