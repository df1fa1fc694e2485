"""What all converters do: copies, parts that are dropped, leftovers."""
import pytest
import torch

from mmpose_video.weights.converters import Converter, LeftoverError


class Toy(Converter):
    source = 'nobody/nothing'
    configs = 'configs/toy/*'
    rules = (('body', 'backbone'), ('top', 'head'), ('extra', 'neck.extra'))
    optional = ('extra', )
    copies = {'model.body.': 'body.'}
    dropped = ((r'classes\.', 'the classifier'), )


def weights(*names):
    return {name: torch.tensor(float(i)) for i, name in enumerate(names)}


def test_optional_parts_may_be_absent():
    result = Toy().convert(weights('body.w', 'top.w'))
    assert list(result.weights) == ['backbone.w', 'head.w']
    assert result.notes == []


def test_equal_copies_are_kept_once():
    state = weights('body.w', 'top.w')
    state['model.body.w'] = state['body.w'].clone()
    result = Toy().convert(state)
    assert list(result.weights) == ['backbone.w', 'head.w']
    assert 'stored more than once' in result.notes[0]


@pytest.mark.parametrize('copy', [
    torch.tensor(7.), torch.zeros(2), torch.tensor(0)])
def test_copies_that_differ_are_an_error(copy):
    state = weights('body.w', 'top.w')
    state['model.body.w'] = copy
    with pytest.raises(ValueError, match='`model.body.w` and `body.w`'):
        Toy().convert(state)


def test_dropped_parts_are_noted():
    result = Toy().convert(weights('body.w', 'top.w', 'classes.w'))
    assert list(result.weights) == ['backbone.w', 'head.w']
    assert result.notes == ['left out 1 tensors: the classifier']


def test_leftovers():
    state = weights('body.w', 'other.w')
    with pytest.raises(LeftoverError) as error:
        Toy().convert(state)
    assert 'no place in this model:\n  other.w' in str(error.value)
    assert 'nothing in the checkpoint for:\n  top' in str(error.value)
    result = Toy().convert(state, allow_leftover=True)
    assert list(result.weights) == ['backbone.w']
    assert len(result.notes) == 2


def test_long_lists_are_cut():
    state = weights('body.w', 'top.w', *(f'other.{i}' for i in range(40)))
    with pytest.raises(LeftoverError, match='other.11\n  ... and 28 more'):
        Toy().convert(state)


@pytest.mark.parametrize('names, share', [
    (('body.w', 'top.w'), 1.),
    (('body.w', 'top.w', 'model.body.w', 'classes.w'), 1.),
    (('body.w', 'top.w', 'other.w', 'other.v'), 0.5),
    (('body.w', ), 0.),  # a part is missing
    ((), 0.),
])
def test_known_share(names, share):
    assert Toy().known_share(names) == share
