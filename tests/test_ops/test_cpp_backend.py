import pytest
import torch
from scan_cases import (
    DIRECTION_GRID,
    SCAN_GRID,
    compare_directions,
    compare_scan,
    direction_inputs,
    random_orders,
    scan_inputs,
)

from mmpose_video.ops import (
    cpp_backend,
    multi_directional_scan,
    selective_scan,
)
from mmpose_video.ops.backends import ScanBackendError
from mmpose_video.ops.cpp_backend import cut_work
from mmpose_video.ops.cpp_build import load_kernel
from mmpose_video.ops.cpp_compiler import ISA_FLAGS, best_isa

WORKS, REASON = cpp_backend.availability()
pytestmark = pytest.mark.skipif(not WORKS, reason=REASON)
CHUNK = cpp_backend.load_kernel().scan_chunk() if WORKS else 1


@pytest.fixture(params=[1, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize('sizes', SCAN_GRID)
def test_matches_reference(sizes, threads):
    compare_scan('cpp', 3e-6, **sizes)


@pytest.mark.parametrize('sizes', DIRECTION_GRID)
def test_directions_match_reference(sizes, threads):
    compare_directions('cpp', 3e-6, **sizes)


@pytest.mark.parametrize('threads, samples, groups, summed, parts', [
    (1, 1, 6, True, (1, 1)),
    (2, 1, 6, True, (1, 2)),  # three directions each
    (2, 16, 6, True, (1, 1)),  # eight samples each
    (2, 1, 1, False, (2, 1)),  # half of the channels each
    (2, 1, 6, False, (1, 1)),  # three directions each, nothing to sum
    (4, 1, 6, True, (2, 2)),
    (8, 3, 1, True, (2, 1)),  # six of the threads, two blocks each
    (64, 1, 6, True, (4, 6))])
def test_work_of_threads(threads, samples, groups, summed, parts):
    """Of four blocks of channels."""
    assert cut_work(threads, samples, groups, 4, summed) == parts


@pytest.mark.parametrize('length', [
    1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 211])
def test_lengths_around_the_chunk(length):
    compare_scan('cpp', 3e-6, N=1, D=19, S=6, L=length, softplus=False)


def usable_isas():
    order = ['generic', 'avx2', 'avx512']
    return order[:order.index(best_isa()) + 1]


@pytest.mark.slow
@pytest.mark.parametrize('isa', ISA_FLAGS)
def test_every_vector_width(monkeypatch, isa):
    if isa not in usable_isas():
        pytest.skip(f'this processor has no {isa}')
    kernel = load_kernel(isa)
    lanes = {'generic': 4, 'avx2': 8, 'avx512': 16}[isa]
    assert kernel.scan_vector_lanes() == lanes
    monkeypatch.setattr(cpp_backend, '_kernel', lambda: (kernel, ''))
    for sizes in SCAN_GRID[::2]:
        compare_scan('cpp', 3e-6, **sizes)
    compare_directions('cpp', 3e-6, rank=3, D=21, S=16, merge='sum')


def test_strides_do_not_matter():
    inputs = {k: None if v is None else v.float()
              for k, v in scan_inputs(D=18, L=40, groups=3).items()}
    plain = selective_scan(**inputs, delta_softplus=True, backend='cpp')

    def spread(tensor):
        """The same values, channels-last and with holes."""
        wide = torch.zeros(*tensor.shape[:-2], tensor.shape[-1],
                           2 * tensor.shape[-2])
        view = wide.transpose(-1, -2)[..., ::2, :]
        return view.copy_(tensor)

    turned = {k: spread(v) if v is not None and v.dim() > 2 else v
              for k, v in inputs.items()}
    got = selective_scan(**turned, delta_softplus=True, backend='cpp')
    torch.testing.assert_close(got, plain, rtol=1e-6, atol=1e-6)


def test_deterministic():
    inputs = {k: None if v is None else v.float()
              for k, v in direction_inputs(N=1, K=4, D=33, L=300, S=16,
                                           rank=3).items()}
    orders = random_orders(4, 300)
    runs = []
    for _ in range(3):
        leaves = {k: v.clone().requires_grad_() for k, v in inputs.items()}
        y = multi_directional_scan(**leaves, orders=orders, merge='sum',
                                   backend='cpp')
        y.square().sum().backward()
        runs.append([y.detach()] + [v.grad for v in leaves.values()])
    for other in runs[1:]:
        assert all(torch.equal(a, b) for a, b in zip(runs[0], other))


def test_orders_that_are_no_permutation_are_refused():
    inputs = {k: None if v is None else v.float()
              for k, v in direction_inputs(K=2, L=6).items()}
    for bad in ([0, 1, 2, 3, 4, 4], [0, 1, 2, 3, 4, 6], [0, 1, 2, 3, 4, -1]):
        orders = torch.tensor([list(range(6)), bad])
        with pytest.raises(ValueError, match='each row'):
            multi_directional_scan(**inputs, orders=orders, backend='cpp')


def test_float64_is_refused_with_a_reason():
    with pytest.raises(ScanBackendError, match='float32'):
        selective_scan(**scan_inputs(), backend='cpp')


def test_long_sequence_of_the_paper():
    """15,360 tokens: gradients of parameters are sums of many terms."""
    inputs = scan_inputs(N=1, D=3, S=2, L=15360, seed=3)
    inputs['delta'] = inputs['delta'] - 3
    leaves = []
    for dtype, name in ((torch.float32, 'cpp'), (torch.float64, 'torch')):
        own = {k: v.clone().to(dtype).requires_grad_()
               for k, v in inputs.items()}
        selective_scan(**own, delta_softplus=True,
                       backend=name).square().mean().backward()
        leaves.append(own)
    for name in inputs:
        got, expected = (own[name].grad.double() for own in leaves)
        error = (got - expected).abs().max() / expected.abs().max()
        assert error < 3e-6, name
