"""Typed access to parsed files, with errors that name file and item.

Every reader of labels, boxes and predictions goes through a :class:`Record`,
so that a broken file ends in one line such as::

    val.json, images[3]: 'width' must be a whole number, got 'wide'
"""
from typing import (
    Any,
    Iterator,
    List,
    Optional,
    Sequence,
    TypeVar,
    Union,
    overload,
)

import numpy as np

from .errors import FormatError
from .json_file import read_json

#: Largest magnitude of a number: what float32, in which samples are kept,
#: can hold.
LARGEST = 1e38
#: Largest magnitude of a sensible coordinate, in pixels.
LARGEST_COORDINATE = 1e7
#: Longest text of a value in a message.
_LONGEST_TEXT = 60

Default = TypeVar('Default')
RecordType = TypeVar('RecordType', bound='Record')


class _Required:
    """Mark of a field without a default value."""


REQUIRED = _Required()


class Record:
    """An object (dict) of a parsed file.

    The getters return a field's value if it has the right type and raise a
    :class:`FormatError` otherwise. A field that is absent or null has its
    ``default``; without one it is an error.

    Args:
        data (Any): The parsed object.
        where (str): Where it stands, for messages: the file, then the item.

    Attributes:
        data (dict): The parsed object.
        where (str): As given.

    Raises:
        FormatError: If ``data`` is not a dict.
    """

    __slots__ = ('data', 'where')

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise FormatError(f'{where} must be an object, got {shown(data)}')
        self.data = data
        self.where = where

    @classmethod
    def read(cls, path: str) -> 'Record':
        """Read a JSON file that holds an object.

        Raises:
            OSError: If the file cannot be read.
            ValueError: If it is not valid JSON, or not an object.
        """
        return cls(read_json(path), path)

    def error(self, message: str) -> FormatError:
        """Return an error about this object."""
        return FormatError(f'{self.where}: {message}')

    def value(self, key: str) -> Any:
        """Return a field's raw value, None if it is absent."""
        return self.data.get(key)

    def values(self, key: str) -> Any:
        """Return the raw value of a field that holds a list."""
        return self.data.get(key)

    @overload
    def number(self, key: str, *, finite: bool = ...) -> float:
        ...

    @overload
    def number(self, key: str, default: Default, *,
               finite: bool = ...) -> Union[float, Default]:
        ...

    def number(self, key: str, default: Any = REQUIRED, *,
               finite: bool = True) -> Any:
        """Return a number, finite unless that is not asked for."""
        value = self._present(key, default, 'a number')
        if value is default:
            return default
        if not _is_number(value) or (finite and not abs(value) <= LARGEST):
            raise self._wrong(
                key, 'a finite number' if finite else 'a number', value)
        try:
            return float(value)
        except OverflowError:
            raise self._wrong(key, 'a number', value) from None

    @overload
    def integer(self, key: str) -> int:
        ...

    @overload
    def integer(self, key: str, default: Default) -> Union[int, Default]:
        ...

    def integer(self, key: str, default: Any = REQUIRED) -> Any:
        """Return a whole number, which may be written as 3.0."""
        value = self._present(key, default, 'a whole number')
        if value is default:
            return default
        if not _is_number(value) or not abs(value) < 2**63 or (
                value != int(value)):
            raise self._wrong(key, 'a whole number', value)
        return int(value)

    @overload
    def text(self, key: str) -> str:
        ...

    @overload
    def text(self, key: str, default: Default) -> Union[str, Default]:
        ...

    def text(self, key: str, default: Any = REQUIRED) -> Any:
        """Return a string that is not empty."""
        value = self._present(key, default, 'a string')
        if value is default:
            return default
        if not isinstance(value, str) or not value or not is_text(value):
            raise self._wrong(key, 'a string', value)
        return value

    def identity(self, key: str = 'id') -> Union[int, str]:
        """Return an id: a whole number or a string."""
        value = self._present(key, REQUIRED, 'a whole number or a string')
        return self.text(key) if isinstance(value, str) else (
            self.integer(key))

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a truth value, which may be written as 0 or 1."""
        value = self._present(key, default, 'true or false')
        if isinstance(value, float) and value in (0., 1.):
            return bool(value)
        if not isinstance(value, (bool, int)):
            raise self._wrong(key, 'true or false', value)
        return bool(value)

    def numbers(self, key: str, length: Optional[int] = None) -> np.ndarray:
        """Return a list of numbers; null becomes NaN.

        Args:
            key (str): The field.
            length (int, optional): Its length. Defaults to None, any.

        Returns:
            np.ndarray: (length,) float64.
        """
        value = self.values(key)
        expected = ('a list of numbers' if length is None else
                    f'a list of {length} numbers')
        if isinstance(value, list) and length not in (None, len(value)):
            raise self.error(f'{key!r} must be {expected}, got {len(value)}')
        if not isinstance(value, list):
            raise self._wrong(key, expected, value)
        array = _to_floats(value)
        if array is None or array.ndim != 1:
            raise self._wrong(key, expected, value)
        return array

    def items(self, key: str, optional: bool = False) -> list:
        """Return a list; an absent one is empty if it is ``optional``."""
        value = self.values(key)
        if value is None and optional:
            return []
        if not isinstance(value, list):
            raise self._wrong(key, 'a list', value)
        return value

    def records(self: RecordType, key: str,
                optional: bool = False) -> List[RecordType]:
        """Return a list of objects; an absent one as :meth:`items` does."""
        return [
            type(self)(value, f'{self.where}, {key}[{i}]{_id_of(value)}')
            for i, value in enumerate(self.items(key, optional))
        ]

    def record(self: RecordType, key: str) -> RecordType:
        """Return an object."""
        return type(self)(self.value(key), f"{self.where}: '{key}'")

    def _present(self, key: str, default: Any, expected: str) -> Any:
        value = self.value(key)
        if value is None:
            if default is REQUIRED:
                raise self.error(f'{key!r} is missing, which must be '
                                 f'{expected}')
            return default
        return value

    def _wrong(self, key: str, expected: str, value: Any) -> FormatError:
        if value is None:
            return self.error(f'{key!r} is missing, which must be {expected}')
        return self.error(f'{key!r} must be {expected}, got {shown(value)}')


def stack_numbers(records: Sequence[Record], key: str,
                  length: int) -> np.ndarray:
    """Return the same list of numbers of many records.

    Args:
        records (Sequence[Record]): P records.
        key (str): The field.
        length (int): Its length.

    Returns:
        np.ndarray: (P, length) float64; null becomes NaN.

    Raises:
        FormatError: If a record's field is not such a list.
    """
    rows = [record.values(key) for record in records]
    if not rows:
        return np.zeros((0, length))
    if all(isinstance(row, list) and len(row) == length for row in rows):
        array = _to_floats(rows)
        if array is not None and array.shape == (len(rows), length):
            return array
    # the slow way finds the culprit
    return np.stack([record.numbers(key, length) for record in records])


def check_numbers(records: Sequence[Record], key: str) -> None:
    """Check that a field holds numbers in each record that has it.

    A null in such a list is replaced by NaN.

    Args:
        records (Sequence[Record]): The records.
        key (str): The field, which may be absent.

    Raises:
        FormatError: If a record's field is neither null nor a list of
            numbers.
    """
    given = [record for record in records if record.value(key) is not None]
    rows = [record.values(key) for record in given]
    if all(isinstance(row, list) for row in rows) and len(
            {len(row) for row in rows}) <= 1:
        array = _to_floats(rows)
        if array is not None and array.ndim <= 2 and not np.isnan(array).any():
            return
    for record in given:
        numbers = record.numbers(key)
        if np.isnan(numbers).any():
            record.data[key] = numbers.tolist()


def shown(value: Any) -> str:
    """Return a value as a short text for messages."""
    text = ''
    for part in _parts(value):
        text += part
        if len(text) > _LONGEST_TEXT:
            return f'{text[:_LONGEST_TEXT - 3]}...'
    return text


def _parts(value: Any) -> Iterator[str]:
    """Yield the parts of a value's text, which may have no end."""
    if isinstance(value, (dict, list)):
        brackets = '{}' if isinstance(value, dict) else '[]'
        yield brackets[0]
        for i, entry in enumerate(value):
            if i:
                yield ', '
            yield from _parts(entry)
            if isinstance(value, dict):
                yield ': '
                yield from _parts(value[entry])
        yield brackets[1]
        return
    if isinstance(value, str):
        value = value[:_LONGEST_TEXT]
    try:
        yield repr(value)
    except ValueError:  # an integer of 5,000 digits
        yield f'a {type(value).__name__}'


def _id_of(value: Any) -> str:
    """Return an object's id for messages, where it has one."""
    found = value.get('id') if isinstance(value, dict) else None
    if isinstance(found, (int, str)) and not isinstance(found, bool):
        return f' (id {shown(found)})'
    return ''


def is_text(value: str) -> bool:
    """Return whether a string has no null and no half of a character."""
    return '\0' not in value and not any(
        '\ud800' <= char <= '\udfff' for char in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _to_floats(value: Any) -> Optional[np.ndarray]:
    """Return nested lists of numbers as float64, None if they are not."""
    try:
        array = np.array(value)
        if array.dtype.kind in 'iuf':
            return array.astype(np.float64)
        if array.dtype.kind != 'O' and array.size:
            return None  # strings, booleans
        for entry in array.ravel():
            if entry is not None and not _is_number(entry):
                return None
        return array.astype(np.float64)  # null becomes NaN
    except (OverflowError, TypeError, ValueError):
        return None
