import pytest
import torch
from scan_cases import direction_inputs, random_orders, scan_inputs

from mmpose_video.ops import (
    available_backends,
    multi_directional_scan,
    selective_scan,
)
from mmpose_video.ops.scan_op import scan_forward_op

NAMES = [
    pytest.param(name, marks=pytest.mark.skipif(
        not available_backends()[name][0], reason=f'no {name} here'))
    for name in ('torch', 'cpp')
]


def single(inputs):
    return {k: None if v is None else v.float() for k, v in inputs.items()}


def operands(name, requires_grad):
    i = single(direction_inputs(N=1, K=2, D=3, L=12, S=2, rank=2))
    token = [i['x'][:, None]] + [i[k].transpose(1, 2)
                                 for k in ('delta', 'B', 'C')]
    u, delta, B, C = (t.requires_grad_(requires_grad) for t in token)
    par = [i[k].requires_grad_(requires_grad)
           for k in ('A', 'D', 'delta_bias', 'dt_weight')]
    return (u, delta, par[0], B, C, par[1], par[2], par[3], None,
            random_orders(2, 12).int(), [False, True], 6, True, False, True,
            requires_grad, name)


@pytest.mark.slow
@pytest.mark.parametrize('requires_grad', [True, False])
@pytest.mark.parametrize('name', NAMES)
def test_opcheck(name, requires_grad):
    done = torch.library.opcheck(
        scan_forward_op, operands(name, requires_grad),
        test_utils=('test_schema', 'test_autograd_registration',
                    'test_faketensor', 'test_aot_dispatch_dynamic')
        if requires_grad else ('test_schema', 'test_faketensor'))
    assert set(done.values()) == {'SUCCESS'}


@pytest.mark.parametrize('name', NAMES)
def test_outputs_have_the_layout_that_is_promised(name):
    # torch 2.14's opcheck compares it with the one of fake tensors
    y, last, saved = scan_forward_op(*operands(name, False))
    assert last.is_contiguous() and saved.is_contiguous()
    assert last.shape[-1] > 1


@pytest.mark.parametrize('name', NAMES)
def test_all_that_is_returned_is_written(name):
    """Vectors of 8 once left half of the saved 16 lanes as they were."""
    torch.use_deterministic_algorithms(True)  # fills new memory with NaN
    try:
        results = scan_forward_op(*operands(name, True))
    finally:
        torch.use_deterministic_algorithms(False)
    assert not any(result.isnan().any() for result in results)


class Scans(torch.nn.Module):
    """Both public functions, in natural and in random order."""

    def __init__(self, backend):
        super().__init__()
        self.backend = backend
        self.bias = torch.nn.Parameter(torch.zeros(6))
        self.register_buffer('orders', random_orders(3, 24))

    def forward(self, u, delta, A, B, C, D, z, delta_bias, grid):
        y = selective_scan(u, delta, A, B, C, D, z, delta_bias + self.bias,
                           True, backend=self.backend)
        many = multi_directional_scan(
            *grid, self.orders, reverse=(False, True, False), merge='sum',
            backend=self.backend)
        return y, many


def module_inputs():
    one = single(scan_inputs(N=2, D=6, L=24))
    two = single(direction_inputs(N=2, K=3, D=5, L=24))
    return (*one.values(), [two[k] for k in ('x', 'delta', 'A', 'B', 'C')])


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
def test_compile_without_graph_breaks(name):
    module, inputs = Scans(name), module_inputs()
    expected = module(*inputs)
    sum(y.sum() for y in expected).backward()
    gradient = module.bias.grad.clone()
    module.bias.grad = None
    compiled = torch.compile(module, fullgraph=True, backend='aot_eager')
    got = compiled(*inputs)
    sum(y.sum() for y in got).backward()
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(module.bias.grad, gradient)


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
def test_export_is_one_node_per_scan(name):
    module, inputs = Scans(name), module_inputs()
    program = torch.export.export(module, inputs)
    targets = [str(node.target) for node in program.graph.nodes]
    assert targets.count('mmpose_video.selective_scan.default') == 2
    torch.testing.assert_close(program.module()(*inputs), module(*inputs))


def test_no_state_is_kept_without_gradients(monkeypatch):
    from mmpose_video.ops import torch_backend
    kept = []
    real = torch_backend.forward
    monkeypatch.setattr(torch_backend, 'forward', lambda problem, save: (
        kept.append(save), real(problem, save))[1])
    inputs = single(scan_inputs())
    selective_scan(**inputs, backend='torch')
    inputs['u'].requires_grad_()
    selective_scan(**inputs, backend='torch')
    with torch.no_grad():
        selective_scan(**inputs, backend='torch')
    assert kept == [False, True, False]


@pytest.mark.parametrize('name', NAMES)
def test_only_wanted_gradients_are_computed(name):
    inputs = single(scan_inputs())
    for wanted in inputs:
        leaves = {k: v.detach().clone() for k, v in inputs.items()}
        leaves[wanted].requires_grad_()
        selective_scan(**leaves, delta_softplus=True,
                       backend=name).sum().backward()
        assert leaves[wanted].grad.shape == inputs[wanted].shape
        assert all(leaf.grad is None for key, leaf in leaves.items()
                   if key != wanted)
