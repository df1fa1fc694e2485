"""The scan that exports: values, gradients, and the ONNX file."""
import dataclasses

import pytest
import torch
from torch import nn

from mmpose_video.ops import (
    export_backend,
    multi_directional_scan,
    reference_backend,
    selective_scan,
)
from mmpose_video.ops.problem import GRAD_NAMES, ScanProblem

pytestmark = pytest.mark.skipif(
    not export_backend.availability()[0],
    reason='this torch has no scan operator')


@pytest.fixture(scope='module')
def onnxruntime():
    """onnxruntime, where the exporter and what it needs fit each other."""
    for name in ('onnx', 'onnxscript'):
        pytest.importorskip(name)
    runtime = pytest.importorskip('onnxruntime')
    try:
        torch.onnx.export(nn.Identity(), (torch.ones(2), ), dynamo=True,
                          verbose=False)
    except ModuleNotFoundError as error:
        pytest.skip(f'onnxscript does not fit torch {torch.__version__}: '
                    f'{error}')
    return runtime


def make(G=2, D=3, S=2, L=6, window=None, rank=0, order=True, shared=True,
         read=False, sum_groups=False):
    gen = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(*shape, generator=gen, dtype=torch.float64)

    table = torch.stack([torch.randperm(L, generator=gen) for _ in range(G)])
    return ScanProblem(
        u=normal(2, 1 if shared else G, L, D),
        delta=normal(2, G, L, rank or D), A=-normal(G, D, S).exp(),
        B=normal(2, G, L, S), C=normal(2, G, L, S), D=normal(G, D),
        delta_bias=normal(G, D), dt_weight=normal(G, D, rank) if rank
        else None, state_weight=normal(G, D, S) if read else None,
        order=table.int() if order else None,
        reverse=tuple(g % 2 == 1 for g in range(G)), window=window or L,
        softplus=True, sum_groups=sum_groups)


@pytest.mark.parametrize('change', [
    dict(), dict(order=False), dict(window=2, rank=2),
    dict(shared=False, read=True, sum_groups=True), dict(G=1, L=1),
], ids=str)
def test_values(change):
    problem = make(**change)
    found, wanted = export_backend.run(problem), reference_backend.run(problem)
    for a, b in zip(found, wanted):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize('fixed', [(), ('A', 'delta')])
def test_gradients(fixed):
    """Gradients flow through all steps, for each set of operands."""
    problem = make(L=4, G=1, read=True, rank=2)
    names = [n for n in GRAD_NAMES
             if getattr(problem, n) is not None and n not in fixed]
    grads = []
    for backend in (export_backend, reference_backend):
        leaf = dataclasses.replace(problem)
        for name in names:
            setattr(leaf, name,
                    getattr(problem, name).clone().requires_grad_())
        y, last = backend.run(leaf)
        loss = (y * y.detach().cos()).sum() + last.square().sum()
        grads.append(torch.autograd.grad(
            loss, [getattr(leaf, n) for n in names]))
    for a, b in zip(*grads):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


class OneScan(nn.Module):
    """A plain scan with parameters."""

    def __init__(self, backend=None, channels=6, states=4):
        super().__init__()
        gen = torch.Generator().manual_seed(1)
        self.backend = backend
        steps = torch.arange(1., states + 1)
        self.A = nn.Parameter(-steps.repeat(channels, 1))
        self.D = nn.Parameter(torch.randn(channels, generator=gen))
        self.bias = nn.Parameter(torch.randn(channels, generator=gen))

    def forward(self, u, delta, B, C, z):
        return selective_scan(u, delta, self.A, B, C, self.D, z, self.bias,
                              True, backend=self.backend)

    @staticmethod
    def inputs(length, seed=0):
        gen = torch.Generator().manual_seed(seed)
        return tuple(torch.randn(1, width, length, generator=gen)
                     for width in (6, 6, 4, 4, 6))


class SixDirections(nn.Module):
    """Three orders, each ahead and back, low-rank steps, windows."""

    def __init__(self):
        super().__init__()
        gen = torch.Generator().manual_seed(2)
        self.A = nn.Parameter(-torch.rand(6, 4, 3, generator=gen))
        self.D = nn.Parameter(torch.randn(6, 4, generator=gen))
        self.weight = nn.Parameter(torch.randn(6, 4, 2, generator=gen))
        self.bias = nn.Parameter(torch.randn(6, 4, generator=gen))
        orders = [torch.randperm(24, generator=gen) for _ in range(3)]
        self.register_buffer(
            'orders', torch.stack(orders).repeat_interleave(2, 0).int())

    def forward(self, x, delta, B, C):
        return multi_directional_scan(
            x, delta, self.A, B, C, self.orders, reverse=(False, True) * 3,
            window=12, dt_weight=self.weight, D=self.D, delta_bias=self.bias,
            merge='sum')

    @staticmethod
    def inputs(samples):
        gen = torch.Generator().manual_seed(samples)
        return tuple(torch.randn(samples, *shape, generator=gen) for shape in
                     ((4, 2, 3, 4), (24, 6, 2), (24, 6, 3), (24, 6, 3)))


def to_onnx(model, inputs, axis, path):
    """Export with one axis free; the graph's nodes by kind."""
    import onnx
    size = torch.export.Dim('size', min=1, max=200000)
    shapes = tuple({axis: size} for _ in inputs)
    with torch.no_grad():
        torch.onnx.export(model.eval(), inputs, str(path), dynamo=True,
                          dynamic_shapes=shapes, verbose=False)
    graph = onnx.load(str(path)).graph
    return [node.op_type for node in graph.node]


def in_float64(model, inputs, monkeypatch):
    monkeypatch.setenv('MMPOSE_VIDEO_SCAN_BACKEND', 'reference')
    with torch.no_grad():
        wanted = model.double()(*(t.double() for t in inputs))
    model.float()
    return wanted


def difference(runtime, path, model, inputs, monkeypatch):
    session = runtime.InferenceSession(str(path))
    names = [entry.name for entry in session.get_inputs()]
    found, = session.run(None, {n: t.numpy() for n, t in zip(names, inputs)})
    wanted = in_float64(model, inputs, monkeypatch)
    assert found.shape == tuple(wanted.shape)
    return (torch.from_numpy(found) - wanted).abs().max() / wanted.abs().max()


@pytest.mark.slow
def test_onnx_has_one_scan_for_any_length(onnxruntime, tmp_path,
                                          monkeypatch):
    """It is chosen automatically during the export."""
    model, path = OneScan(), tmp_path / 'scan.onnx'
    kinds = to_onnx(model, model.inputs(20), 2, path)
    assert kinds.count('Scan') == 1 and len(kinds) < 60
    for length in (20, 1, 7, 501):
        inputs = model.inputs(length, length)
        assert difference(onnxruntime, path, model, inputs,
                          monkeypatch) < 2e-6


@pytest.mark.slow
def test_onnx_of_six_directions_is_one_scan(onnxruntime, tmp_path,
                                            monkeypatch):
    model, path = SixDirections(), tmp_path / 'six.onnx'
    kinds = to_onnx(model, model.inputs(2), 0, path)
    assert kinds.count('Scan') == 1 and len(kinds) < 100
    for samples in (2, 1, 3):
        inputs = model.inputs(samples)
        assert difference(onnxruntime, path, model, inputs,
                          monkeypatch) < 2e-6


@pytest.mark.slow
@pytest.mark.parametrize('backend, wanted, other', [
    ('export', 'scan', 'mmpose_video.selective_scan'),
    (None, 'mmpose_video.selective_scan', 'higher_order.scan')])
def test_torch_export_keeps_the_operator_unless_told(backend, wanted, other):
    model = OneScan(backend).eval()
    with torch.no_grad():
        program = torch.export.export(model, model.inputs(9))
        targets = [str(node.target) for node in program.graph.nodes
                   if node.op == 'call_function']
        assert sum(t.startswith(wanted) for t in targets) == 1, targets
        assert not any(other in t for t in targets), targets
        y = program.module()(*model.inputs(9))
        torch.testing.assert_close(y, model(*model.inputs(9)))


def test_says_when_torch_is_too_old(monkeypatch):
    def missing():
        raise ImportError('cannot import name scan')

    monkeypatch.setattr(export_backend, '_operator', missing)
    works, why = export_backend.availability()
    assert not works and 'cannot import name scan' in why
    assert 'pip install -U torch' in why
