"""Typed access with errors that name file and item."""
import json
import math

import numpy as np
import pytest

from mmpose_video.formats.schema import (
    FormatError,
    Record,
    shown,
    stack_numbers,
)


def record(**data):
    return Record(data, 'a.json')


@pytest.mark.parametrize('value', [3, 3., -7, 2**40])
def test_whole_numbers(value):
    assert record(key=value).integer('key') == int(value)
    assert isinstance(record(key=value).integer('key'), int)


@pytest.mark.parametrize('value', [
    3.5, '3', True, [3], {}, math.nan, math.inf, 1e39, 2**63, 10**400, ''])
def test_what_is_not_a_whole_number(value):
    with pytest.raises(FormatError, match="^a.json: 'key' must be a whole"):
        record(key=value).integer('key')


def test_numbers_are_finite_unless_that_is_not_asked_for():
    assert record(key=3).number('key') == 3.
    assert math.isnan(record(key=math.nan).number('key', finite=False))
    for value in (math.nan, -math.inf, 1e39, '3', False, None, [1.]):
        with pytest.raises(FormatError, match="a.json: 'key' "):
            record(key=value).number('key')
    with pytest.raises(FormatError, match="'key' must be a number"):
        record(key=10**400).number('key', finite=False)


def test_absent_and_null_fields_have_the_default():
    for one in (record(), record(key=None)):
        assert one.number('key', 1.5) == 1.5
        assert one.integer('key', None) is None
        assert one.text('key', '') == ''
        assert one.items('key', optional=True) == []
        assert one.records('key', optional=True) == []
        for get in (one.number, one.integer, one.text, one.identity,
                    one.items, one.records, one.numbers):
            with pytest.raises(FormatError, match="'key' is missing"):
                get('key')


def test_ids_are_whole_numbers_or_strings():
    assert record(id=7.).identity() == 7
    assert record(id='x').identity() == 'x'
    for value in (True, 1.5, [], {}):
        with pytest.raises(FormatError, match="'id' must be a whole number"):
            record(id=value).identity()


def test_lists_of_numbers():
    np.testing.assert_array_equal(
        record(key=[1, 2.5, None]).numbers('key', 3), [1, 2.5, np.nan])
    assert record(key=[2**70]).numbers('key').tolist() == [2.**70]
    assert record(key=[]).numbers('key').shape == (0, )
    for value in (['1', '2'], [[1], [2]], [1, [2]], 5, 'ab', [True, 'x'],
                  [10**400, 1], {}):
        with pytest.raises(FormatError, match="'key' must be a list of 2"):
            record(key=value).numbers('key', 2)
    with pytest.raises(FormatError, match='list of 2 numbers, got 3'):
        record(key=[1, 2, 3]).numbers('key', 2)


def test_many_lists_of_numbers():
    rows = [[1, 2], [3, None], [5., 6]]
    records = record(rows=[dict(key=row) for row in rows]).records('rows')
    np.testing.assert_array_equal(
        stack_numbers(records, 'key', 2), [[1, 2], [3, np.nan], [5, 6]])
    assert stack_numbers([], 'key', 2).shape == (0, 2)
    for bad in (['1', '2'], [1], None, 'ab'):
        records = record(rows=[dict(key=[1, 2]), dict(id=9, key=bad)]).records(
            'rows')
        with pytest.raises(FormatError, match=r'rows\[1\] \(id 9\): .key'):
            stack_numbers(records, 'key', 2)


def test_items_are_named():
    one = record(a=[dict(b=[dict(id=7, c='x')])])
    inner = one.records('a')[0].records('b')[0]
    assert inner.where == 'a.json, a[0], b[0] (id 7)'
    with pytest.raises(FormatError) as error:
        inner.integer('c')
    assert str(error.value) == (
        "a.json, a[0], b[0] (id 7): 'c' must be a whole number, got 'x'")
    with pytest.raises(FormatError, match=r'a\[0\] must be an object, got 5'):
        record(a=[5]).records('a')


def test_long_values_are_cut_in_messages():
    for value in ('x' * 5000, 10**6000, [0] * 5000):
        with pytest.raises(FormatError) as error:
            record(key=value).integer('key')
        assert len(str(error.value)) < 140


def test_files_are_objects(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(dict(key=1)))
    assert Record.read(str(path)).integer('key') == 1
    path.write_text('[1]')
    with pytest.raises(FormatError, match=r'a.json must be an object'):
        Record.read(str(path))


def test_values_without_end_are_cut_in_messages():
    """YAML and JSON in memory may hold one list many times, or in itself."""
    bomb = 'x'
    for _ in range(60):
        bomb = [bomb] * 10
    circle = {}
    circle['a'] = [circle]
    for value, start in ((bomb, '[[['), (circle, "{'a': [{'a': [")):
        text = shown(value)
        assert text.startswith(start) and len(text) == 60
    for value in ({'a': [1, None, 'b']}, [], {}, [[], 1.5], (1, 'a'),
                  'x' * 58):
        assert shown(value) == repr(value)
