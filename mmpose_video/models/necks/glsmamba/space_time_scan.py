"""State-space scan of a clip's tokens in several directions."""
import math
from typing import Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmpose_video.ops import multi_directional_scan

from .scan_orders import stacked_orders

#: Projections that can be normalized.
NORMALIZABLE = ('B', 'C', 'dt')


class SpaceTimeScan(nn.Module):
    """Scan a grid of tokens by S6 ("Mamba", arXiv 2312.00752, section 3.2).

    Step sizes and the input and output factors of the state, B and C, are
    projected once, in natural token order; the scans follow their orders
    without permuting the tokens.

    ``A_log``, ``skip`` and ``dt_bias`` should be excluded from weight decay,
    as in Mamba (``paramwise_cfg`` with ``custom_keys``).

    Shape shorthand: N samples, T frames, D channels, S states, K directions,
    R rank, L = T·h·w tokens.

    Args:
        channels (int): D.
        orders (Sequence[str]): Names of the orders, see
            :mod:`.scan_orders`, or ``('window', )``.
        reverse (Sequence[bool]): K flags: follow the order backwards.
        d_state (int): S. Defaults to 16, Mamba's.
        dt_rank (int, optional): R. Defaults to ``ceil(D / 16)``, Mamba's.
        share_directions (bool): Whether all directions share one set of
            parameters, as the paper's parameter counts suggest. Defaults to
            True.
        window (tuple[int, int], optional): Rows and columns of a tube, for
            the order ``'window'``.
        independent_windows (bool): Whether each tube starts from a zero state
            instead of continuing with the state of the one before. Defaults
            to False.
        dt_range (tuple[float, float]): Range of the initial step sizes,
            drawn log-uniformly. A small step hardly writes to the state.
            Defaults to (1e-3, 1e-1), Mamba's.
        dt_floor (float): Least initial step size. Defaults to 1e-4, Mamba's.
        normalize (Sequence[str]): Which of 'B', 'C' and 'dt' (its low-rank
            projection) to normalize to unit root mean square, as later
            state-space models do. Without it, what a token writes to and
            reads from the state grows with the square of its size. Defaults
            to (), none, as in Mamba.
        skip_init (float): Initial weight of the skip connection. Defaults to
            1, Mamba's.
        backend (str, optional): See
            :func:`mmpose_video.ops.multi_directional_scan`. Defaults to None,
            the fastest that is available.

    Raises:
        ValueError: If ``orders`` and ``reverse`` differ in length, or
            ``normalize`` has an unknown name.
    """

    def __init__(self,
                 channels: int,
                 orders: Sequence[str],
                 reverse: Sequence[bool],
                 d_state: int = 16,
                 dt_rank: Optional[int] = None,
                 share_directions: bool = True,
                 window: Optional[Tuple[int, int]] = None,
                 independent_windows: bool = False,
                 dt_range: Tuple[float, float] = (1e-3, 1e-1),
                 dt_floor: float = 1e-4,
                 normalize: Sequence[str] = (),
                 skip_init: float = 1.,
                 backend: Optional[str] = None) -> None:
        super().__init__()
        if len(orders) != len(reverse):
            raise ValueError(f'{len(orders)} orders, but {len(reverse)} '
                             'reverse flags')
        if not set(normalize) <= set(NORMALIZABLE):
            raise ValueError(f'`normalize` may hold {NORMALIZABLE}, got '
                             f'{tuple(normalize)}')
        self.orders = tuple(orders)
        self.reverse = tuple(reverse)
        self.window = None if window is None else (window[0], window[1])
        self.independent_windows = independent_windows
        self.normalize = tuple(normalize)
        self.backend = backend
        self.d_state = d_state
        self.dt_rank = dt_rank or math.ceil(channels / 16)
        sets = 1 if share_directions else len(orders)
        self.num_sets = sets

        self.to_scan = nn.Linear(
            channels, sets * (self.dt_rank + 2 * d_state), bias=False)
        states = torch.arange(1, d_state + 1, dtype=torch.float32)
        self.A_log = nn.Parameter(
            states.log().expand(sets, channels, d_state).clone())
        self.skip = nn.Parameter(torch.full((sets, channels), skip_init))
        bound = self.dt_rank**-0.5
        self.dt_weight = nn.Parameter(
            torch.empty(sets, channels, self.dt_rank).uniform_(-bound, bound))
        low, high = (math.log(value) for value in dt_range)
        dt = torch.empty(sets, channels).uniform_(low, high).exp()
        dt = dt.clamp(min=dt_floor)
        # the inverse of softplus, so that softplus(dt_bias) = dt
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))

    def forward(self, x: Tensor) -> Tensor:
        """Scan a clip.

        Args:
            x (Tensor): Tokens of shape (N, T, h, w, D).

        Returns:
            Tensor: The output of each direction, (N, K, T, h, w, D).
        """
        size = (x.shape[1], x.shape[2], x.shape[3])
        tokens = x.flatten(1, 3)
        delta, state_in, state_out = self.to_scan(tokens).unflatten(
            -1, (self.num_sets, -1)).split(
                (self.dt_rank, self.d_state, self.d_state), dim=-1)
        delta = self._normalized('dt', delta)
        state_in = self._normalized('B', state_in)
        state_out = self._normalized('C', state_out)
        y = multi_directional_scan(
            tokens,
            delta,
            -self.A_log.float().exp(),
            state_in,
            state_out,
            self._order_maps(size, x.device),
            reverse=self.reverse,
            window=self._run_length(size),
            dt_weight=self.dt_weight,
            D=self.skip,
            delta_bias=self.dt_bias,
            delta_softplus=True,
            backend=self.backend)
        return y.unflatten(2, size)

    def _normalized(self, name: str, x: Tensor) -> Tensor:
        """Scale vectors (..., S) to unit root mean square, if asked."""
        if name not in self.normalize:
            return x
        return F.rms_norm(x, x.shape[-1:], eps=1e-6)

    def _order_maps(self, size: Tuple[int, int, int],
                    device: Union[str, torch.device]) -> Tensor:
        """Return the index maps of the K directions, (K, L)."""
        return stacked_orders(self.orders, size, device, self.window)

    def _run_length(self, size: Tuple[int, int, int]) -> Optional[int]:
        """Return the number of tokens after which the state is reset."""
        if self.window is None or not self.independent_windows:
            return None
        return size[0] * self.window[0] * self.window[1]

    def extra_repr(self) -> str:
        """Describe what the parameters do not show."""
        return (f'orders={self.orders}, reverse={self.reverse}, '
                f'window={self.window}, d_state={self.d_state}')
