"""Damaged files end in one clear line, or in none.

A short run; ``benchmarks/fuzz_labels.py`` is the long one.
"""
import json
import random
import sys
from pathlib import Path

import pytest

TESTS = str(Path(__file__).parents[1])
if TESTS not in sys.path:  # the valid files are those of other tests
    sys.path.append(TESTS)

from fuzzing.mutations import mutate_bytes, mutate_json, mutate_text  # noqa
from fuzzing.runner import OUTCOMES, fuzz, read_one  # noqa: E402
from fuzzing.target import Target  # noqa: E402
from fuzzing.targets import TARGETS  # noqa: E402

#: Kinds whose files need scipy's reader or motmetrics take longer.
COUNT = 150


@pytest.mark.slow
@pytest.mark.parametrize('kind', TARGETS)
def test_no_file_ends_in_a_traceback(kind, monkeypatch):
    if kind == 'evaluators':
        pytest.importorskip('motmetrics')
    result = fuzz(kind, COUNT, seed=1)
    assert not result.faults
    assert sum(result.counts.values()) == COUNT
    # the damage is neither harmless nor always fatal
    assert min(result.counts['ok'], result.counts['clear']) > COUNT / 20


class Naive(Target):
    """A reader without any check."""

    def prepare(self):
        (self.root / 'a.json').write_text('{"people": [1, 2, 3]}')

    def find(self):
        return [self.root / 'a.json']

    def read(self, victim, index):
        assert sum(json.loads(victim.read_bytes())['people']) == 6


def test_a_reader_without_checks_is_found_out(tmp_path):
    target = Naive(tmp_path)
    ends = [read_one(target, random.Random(i), i) for i in range(200)]
    outcomes = [outcome for outcome, _ in ends]
    assert outcomes.count('traceback') > 100
    assert set(outcomes) == {'traceback', 'ok'} <= set(OUTCOMES)
    details = {detail.split(' at ')[0] for _, detail in ends if detail}
    assert {'KeyError', 'TypeError', 'JSONDecodeError',
            'UnicodeDecodeError'} <= details
    # the valid file is there again
    assert target.victims[0].read_bytes() == b'{"people": [1, 2, 3]}'


@pytest.mark.parametrize('mutate, valid', [
    (mutate_json, dict(a=[1, 2, dict(b='c')], d=None)),
    (mutate_bytes, b'{"a": [1, 2]}'),
    (mutate_text, b'1, 2.5, 3'),
])
def test_damage_depends_on_the_seed_alone(mutate, valid):
    files = [mutate(valid, random.Random(i)) for i in range(300)]
    assert files == [mutate(valid, random.Random(i)) for i in range(300)]
    assert len(set(files)) > 60
