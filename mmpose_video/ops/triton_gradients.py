"""Backward pass of the Triton scan: launches and the sums that follow."""
from typing import TYPE_CHECKING, Dict, Optional, Sequence

import torch
from torch import Tensor

from .problem import empty_like_operand
from .triton_config import strides_of

if TYPE_CHECKING:
    from .triton_backend import _Call


class Gradients:
    """Launch the gradient kernels and add up their partial sums.

    Args:
        call (_Call): Arguments that the launches share.
        saved (Tensor): States at chunk starts, or empty.
        grad_y (Tensor): (N, G, L, D), any strides.
        grad_last (Tensor, optional): (N, G, W, D, S).
    """

    def __init__(self, call: '_Call', saved: Tensor, grad_y: Tensor,
                 grad_last: Optional[Tensor]) -> None:
        self.call = call
        p = self.problem = call.problem
        states, rank = p.states, call.rank
        grads = self._chunk_gradients(saved, grad_y, grad_last)

        # A gradient summed over groups is summed in float32, group after
        # group, without a copy for each.
        self.shared_u = p.u.shape[1] == 1 and p.groups > 1
        self.grad_u = empty_like_operand(p.u)
        if self.shared_u:
            self.grad_u = self.grad_u.float()
        self.grad_delta = None
        if rank == 0:
            self.grad_delta = empty_like_operand(p.delta)

        launches = call.one_by_one if self.shared_u else call.together
        tiles = p.windows * call.chunks * p.samples * launches[0][1]
        parts = min(call.blocks, max(-(-call.tiles.programs // tiles), 1))
        per_part = -(-call.blocks // parts)
        parts = -(-call.blocks // per_part)
        # Rows: dB, dC, low-rank d(delta).
        token_rows = 2 * states + rank
        self.by_token = p.A.new_empty(p.samples, p.groups, parts, token_rows,
                                      p.tokens)
        # Rows: dA, dD, d(bias), d(dt_weight), d(state_weight).
        chunk_rows = 2 * states + 2 + rank
        self.by_chunk = p.A.new_empty(p.samples, p.groups,
                                      p.windows * call.chunks, chunk_rows,
                                      p.channels)
        self._launch(launches, parts, per_part, token_rows, chunk_rows,
                     saved, grads, grad_y)

    def _chunk_gradients(self, saved: Tensor, grad_y: Tensor,
                         grad_last: Optional[Tensor]) -> Optional[Tensor]:
        """Return gradients of states after chunks, (N, G, W, c + 1, S, D)."""
        from .triton_grad_kernels import grad_summary_kernel
        p, call = self.problem, self.call
        if call.chunks == 1 and grad_last is None:
            return None
        grads = p.A.new_empty(p.samples, p.groups, p.windows,
                              call.chunks + 1, p.states, p.channels)
        if grad_last is not None:
            grads[..., -1, :, :] = grad_last.transpose(-1, -2)
        if call.chunks == 1:
            return grads
        grad_summary_kernel[call.grid(call.blocks, p.groups)](
            call.delta, call.weight, call.A, call.C, call.bias, call.read,
            call.walk, grad_y, grads, **call.sizes,
            **strides_of(delta=call.delta, c=call.C, y=grad_y), **call.flags,
            READ=p.state_weight is not None,
            num_warps=call.tiles.forward_warps)
        call.carry(grads, saved, p.states, True, grad_last is not None)
        return grads

    def _launch(self, launches: Sequence[Sequence[int]], parts: int,
                per_part: int, token_rows: int, chunk_rows: int,
                saved: Tensor, grads: Optional[Tensor],
                grad_y: Tensor) -> None:
        """Run the gradient kernel over all tiles."""
        from .triton_grad_kernels import grad_kernel
        p, call = self.problem, self.call
        grad_u = self.grad_u.expand(-1, p.groups, -1, -1)
        grad_delta = p.delta if self.grad_delta is None else self.grad_delta
        for first, count in launches:
            grad_kernel[call.grid(parts, count)](
                call.u, call.delta, call.weight, call.A, call.B, call.C,
                call.skip, call.bias, call.read, call.walk, saved,
                call.A if grads is None else grads, grad_y, grad_u,
                grad_delta,
                self.by_token, self.by_chunk, group_first=first,
                group_count=count, **call.sizes,
                **strides_of(u=call.u, delta=call.delta, b=call.B, c=call.C,
                           y=grad_y, du=grad_u, dx=grad_delta),
                token_rows=token_rows, chunk_rows=chunk_rows, **call.flags,
                SKIP=p.D is not None, READ=p.state_weight is not None,
                HAS_STATE=call.chunks > 1, HAS_GRAD=grads is not None,
                ADD=first > 0, BLOCKS=per_part,
                num_warps=call.tiles.backward_warps)

    def _tokens(self, rows: slice, like: Tensor) -> Tensor:
        """Sum per-token rows over channel blocks: (N, G, L, rows)."""
        part = self.by_token[:, :, :, rows]
        out = empty_like_operand(like)
        if out.dtype == part.dtype:
            torch.sum(part, 2, out=out.transpose(2, 3))
        else:
            out.copy_(part.sum(2).transpose(2, 3))
        return out

    def _parameter(self, rows: slice) -> Tensor:
        """Sum per-chunk rows over samples and chunks: (G, D, rows)."""
        total = self.by_chunk[:, :, :, rows].sum((0, 2))
        return total.transpose(1, 2).contiguous()

    def collect(self, needs: Sequence[str]) -> Dict[str, Tensor]:
        """Return the gradients.

        Args:
            needs (Sequence[str]): Names out of ``GRAD_NAMES``.

        Returns:
            dict[str, Tensor]: Name to gradient.
        """
        p, rank, states = self.problem, self.call.rank, self.problem.states
        out: Dict[str, Tensor] = {}
        for name in needs:
            if name == 'u':
                out[name] = self.grad_u.to(p.u.dtype)
            elif name == 'delta':
                out[name] = self._delta()
            elif name == 'B':
                out[name] = self._tokens(slice(0, states), p.B)
            elif name == 'C':
                out[name] = self._tokens(slice(states, 2 * states), p.C)
            elif name == 'A':
                out[name] = self._parameter(slice(0, states))
            elif name == 'D':
                out[name] = self._parameter(
                    slice(states, states + 1))[..., 0].contiguous()
            elif name == 'delta_bias':
                out[name] = self._parameter(
                    slice(states + 1, states + 2))[..., 0].contiguous()
            elif name == 'dt_weight':
                out[name] = self._parameter(
                    slice(states + 2, states + 2 + rank))
            elif name == 'state_weight':
                out[name] = self._parameter(
                    slice(states + 2 + rank, 2 * states + 2 + rank))
        return out

    def _delta(self) -> Tensor:
        """Return the gradient of the step sizes as they were given."""
        if self.grad_delta is not None:
            return self.grad_delta
        states = self.problem.states
        return self._tokens(slice(2 * states, 2 * states + self.call.rank),
                            self.problem.delta)
