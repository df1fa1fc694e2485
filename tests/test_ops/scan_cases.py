"""Problems and the oracle that the backends' tests share."""
import torch
import torch.nn.functional as F

from mmpose_video.ops import multi_directional_scan, selective_scan


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def scan_inputs(N=2, D=6, L=33, S=4, groups=None, constant='', skip=True,
                gate=True, bias=True, seed=0):
    """Arguments of ``selective_scan`` in float64."""
    g = generator(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    def routed(name):
        if name in constant:
            return draw(D, S)
        return draw(N, S, L) if groups is None else draw(N, groups, S, L)

    return dict(
        u=draw(N, D, L), delta=0.5 * draw(N, D, L) - 1,
        A=-4 * torch.rand(D, S, generator=g, dtype=torch.float64),
        B=routed('B'), C=routed('C'), D=draw(D) if skip else None,
        z=draw(N, D, L) if gate else None,
        delta_bias=0.1 * draw(D) if bias else None)


def direction_inputs(N=2, K=3, D=5, L=24, S=4, rank=None, shared=False,
                     seed=0):
    """Arguments of ``multi_directional_scan`` in float64."""
    g = generator(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    k = 1 if shared else K
    return dict(
        x=draw(N, L, D), delta=0.5 * draw(N, L, k, rank or D) - 1,
        A=-4 * torch.rand(k, D, S, generator=g, dtype=torch.float64),
        B=draw(N, L, k, S), C=draw(N, L, K, S), D=draw(K, D),
        delta_bias=0.1 * draw(K, D),
        dt_weight=draw(k, D, rank) if rank else None)


def random_orders(K, L, seed=1):
    g = generator(seed)
    return torch.stack([torch.randperm(L, generator=g) for _ in range(K)])


def naive_scan(u, delta, A, B, C, D=None, z=None, delta_bias=None,
               delta_softplus=False):
    """The formula, token by token and channel by channel."""
    N, channels, L = u.shape
    S = A.shape[1]

    def at(tensor, d, t):
        if tensor.dim() == 2:
            return tensor[d].expand(N, S)
        if tensor.dim() == 3:
            return tensor[:, :, t]
        return tensor[:, d // (channels // tensor.shape[1]), :, t]

    y = torch.zeros(N, channels, L, dtype=u.dtype)
    last = torch.zeros(N, channels, S, dtype=u.dtype)
    for d in range(channels):
        h = torch.zeros(N, S, dtype=u.dtype)
        for t in range(L):
            dt = delta[:, d, t]
            if delta_bias is not None:
                dt = dt + delta_bias[d]
            if delta_softplus:
                dt = torch.log1p(torch.exp(dt))
            decay = torch.exp(dt[:, None] * A[d])
            h = decay * h + (dt * u[:, d, t])[:, None] * at(B, d, t)
            y[:, d, t] = (h * at(C, d, t)).sum(-1)
            if D is not None:
                y[:, d, t] += D[d] * u[:, d, t]
        last[:, d] = h
    if z is not None:
        y = y * F.silu(z)
    return y, last


def results(call, inputs, dtype, weights_seed=5):
    """Outputs and every gradient of a weighted sum of them."""
    leaves = {
        name: None if value is None else
        value.detach().clone().to(dtype).requires_grad_()
        for name, value in inputs.items()
    }
    outputs = call(**leaves)
    if not isinstance(outputs, tuple):
        outputs = (outputs, )
    g = generator(weights_seed)
    total = 0
    for out in outputs:
        weight = torch.randn(out.shape, generator=g, dtype=torch.float64)
        total = total + (out * weight.to(out.dtype)).sum()
    total.backward()
    found = {f'out{i}': out.detach() for i, out in enumerate(outputs)}
    found.update({
        f'd{name}': leaf.grad for name, leaf in leaves.items()
        if leaf is not None
    })
    return found


def assert_close(got, expected, tolerance):
    """Compare by the largest error relative to the largest value."""
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        scale = value.abs().max().item() or 1.0
        error = (got[name].double() - value).abs().max().item() / scale
        assert error <= tolerance, f'{name}: {error:.2e} > {tolerance:.0e}'


def compare_scan(backend, tolerance, dtype=torch.float32, softplus=True,
                 **sizes):
    """Compare a backend with the float64 reference, gradients included."""
    inputs = scan_inputs(**sizes)
    if not softplus:
        inputs['delta'] = inputs['delta'].abs()
    found = [
        results(
            lambda name=name, **kwargs: selective_scan(
                **kwargs, delta_softplus=softplus, return_last_state=True,
                backend=name), inputs, kind)
        for name, kind in ((backend, dtype), ('reference', torch.float64))
    ]
    assert_close(*found, tolerance)


def compare_directions(backend, tolerance, orders=True, reverse=True,
                       window=None, merge=None, dtype=torch.float32, **sizes):
    """The same for several directions."""
    inputs = direction_inputs(**sizes)
    L, K = inputs['x'].shape[1], inputs['C'].shape[2]
    kwargs = dict(
        orders=random_orders(K, L) if orders else None,
        reverse=[k % 2 == 1 for k in range(K)] if reverse else None,
        window=window, merge=merge)
    found = [
        results(
            lambda name=name, **leaves: multi_directional_scan(
                **leaves, **kwargs, backend=name), inputs, kind)
        for name, kind in ((backend, dtype), ('reference', torch.float64))
    ]
    assert_close(*found, tolerance)


SCAN_GRID = [
    dict(),
    dict(N=1, D=1, L=1, S=1),
    dict(N=1, D=3, L=2, S=2),
    dict(N=1, D=17, L=31, S=5),
    dict(N=1, D=16, L=32, S=16),
    dict(N=1, D=18, L=33, S=17, groups=3),
    dict(N=1, D=5, L=101, S=33, groups=5),
    dict(N=3, D=20, L=65, S=8, groups=1),
    dict(skip=False, gate=False, bias=False),
    dict(constant='B'),
    dict(constant='C', groups=2),
    dict(constant='BC', N=1, D=7, L=40, S=3),
]

DIRECTION_GRID = [
    dict(),
    dict(rank=2),
    dict(rank=3, merge='sum', window=8),
    dict(merge='sum', orders=False),
    dict(orders=False, reverse=False, K=2),
    dict(window=6, orders=False),
    dict(window=1),
    dict(shared=True, rank=2, merge='sum'),
    dict(N=1, K=6, D=20, L=60, S=16, window=20),
    dict(N=1, K=4, D=33, L=70, S=3, rank=4, merge='sum'),
]
