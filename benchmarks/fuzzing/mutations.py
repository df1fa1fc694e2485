"""Damage files, as transfers and programs do, and worse."""
import copy
import json
import random
import re
from typing import Any, Callable, List, Tuple

#: Numbers at and beyond the edges of what a field may hold.
NUMBERS = (0, -1, 1, 0.5, -0.0, 2**31, 2**53 + 1, -2**63, 2**64, 10**400,
           1e-320, 1e30, 1e39, -1e39, 1e308, float('nan'), float('inf'),
           float('-inf'))
#: Values of other types.
STRANGERS = (None, True, False, '', '7', 'person', '../../x', 'a\0b', '\ud800',
             'x' * 5000, [], [[]], [1], [None], ['a', 'b'], {}, dict(id=1),
             dict(x=[]), [1, [2, [3]]])
_NUMBER = re.compile(rb'-?\d+(?:\.\d+)?')


def mutate_json(content: Any, rng: random.Random) -> bytes:
    """Return a JSON file with one to three faults in its content.

    Args:
        content (Any): What a valid file holds; it is not changed.
        rng (random.Random): Source of randomness.
    """
    content = json.loads(json.dumps(content))  # faster than deepcopy
    root = dict(root=content)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        parent, key = _pick(root, rng)
        rng.choice(_CHANGES)(parent, key, rng)
        if 'root' not in root:
            return b''
    return json.dumps(root['root']).encode('utf-8', 'surrogatepass')


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """Return a file with a fault in its bytes."""
    return rng.choice(_BYTES)(data, rng)


def mutate_text(data: bytes, rng: random.Random) -> bytes:
    """Return a file with one number replaced, or with a fault in its bytes."""
    spans = [match.span() for match in _NUMBER.finditer(data)]
    if not spans or rng.random() < 0.4:
        return mutate_bytes(data, rng)
    start, end = rng.choice(spans)
    value = rng.choice((*NUMBERS, 'wide', '', '1 2', '1,2'))
    return data[:start] + str(value).encode() + data[end:]


def _pick(root: Any, rng: random.Random) -> Tuple[Any, Any]:
    """Choose an entry: its parent and its key.

    It walks down at random, so that shallow entries, of which there are few,
    are met as often as numbers deep in a list.
    """
    parent, key = root, 'root'
    while True:
        value = parent[key]
        if not isinstance(value, (dict, list)) or not value or (
                rng.random() < 0.2):
            return parent, key
        parent = value
        key = rng.choice(list(value) if isinstance(value, dict) else
                         range(len(value)))


def _delete(parent: Any, key: Any, rng: random.Random) -> None:
    del parent[key]


def _number(parent: Any, key: Any, rng: random.Random) -> None:
    parent[key] = rng.choice(NUMBERS)


def _stranger(parent: Any, key: Any, rng: random.Random) -> None:
    parent[key] = copy.deepcopy(rng.choice(STRANGERS))


def _repeat(parent: Any, key: Any, rng: random.Random) -> None:
    if isinstance(parent, list):
        parent.insert(key, _copy(parent[key]))
    else:
        parent[key] = [_copy(parent[key]) for _ in range(2)]


def _wrap(parent: Any, key: Any, rng: random.Random) -> None:
    parent[key] = rng.choice(([parent[key]], {'value': parent[key]}))


def _nest(parent: Any, key: Any, rng: random.Random) -> None:
    value: Any = parent[key]
    for _ in range(rng.choice((5, 70, 400))):
        value = [value]
    parent[key] = value


def _unwrap(parent: Any, key: Any, rng: random.Random) -> None:
    value = parent[key]
    if isinstance(value, (list, dict)) and value:
        parent[key] = rng.choice(
            list(value.values()) if isinstance(value, dict) else value)
    else:
        parent[key] = str(value)


def _cut(parent: Any, key: Any, rng: random.Random) -> None:
    value = parent[key]
    parent[key] = (value[:rng.randrange(len(value) + 1)]
                   if isinstance(value, (list, str)) else None)


def _swap(parent: Any, key: Any, rng: random.Random) -> None:
    other = rng.choice(list(parent) if isinstance(parent, dict) else
                       range(len(parent)))
    parent[key], parent[other] = parent[other], parent[key]


def _rename(parent: Any, key: Any, rng: random.Random) -> None:
    if isinstance(parent, dict):
        parent[rng.choice((f'{key}s', key.upper(), ''))] = parent.pop(key)
    else:
        parent.reverse()


_CHANGES: List[Callable] = [
    _delete, _number, _stranger, _repeat, _wrap, _nest, _unwrap, _cut, _swap,
    _rename, _number, _stranger
]


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[:rng.randrange(len(data))]


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    more = rng.choice((b'\xff\xfe', b'\0', b'\xc3\x28', b'[' * 100000,
                       b'{"a":' * 100000, b'<a>' * 50000, b'9' * 5000,
                       bytes(rng.randrange(256) for _ in range(16))))
    return data[:at] + more + data[at:]


def _remove(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 64):]


def _double(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    end = at + rng.randrange(1, 256)
    return data[:end] + data[at:end] + data[end:]


def _overwrite(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice((b'\0', b'\xff', b'\x80', b'\x7f')) * size
    return data[:at] + value + data[at + size:]


def _recode(data: bytes, rng: random.Random) -> bytes:
    return data.decode('latin-1').encode(
        rng.choice(('utf-16', 'utf-8-sig', 'utf-32')))


_BYTES: List[Callable] = [
    _flip, _flip, _truncate, _insert, _remove, _double, _overwrite, _recode
]


def _copy(content: Any) -> Any:
    """Copy what JSON holds, however deep (deepcopy() recurses in Python)."""
    return json.loads(json.dumps(content))
