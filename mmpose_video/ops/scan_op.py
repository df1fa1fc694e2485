"""One custom operator around the kernel backends.

``torch.compile`` and ``torch.export`` see a single opaque node; the choice
of the backend and any building of kernels happens inside, never in traced
code.
"""
from typing import Any, List, Optional, Sequence, Tuple

import torch
from torch import Tensor

from .backends import resolve
from .problem import GRAD_NAMES, ScanProblem, empty_like_operand


def _problem(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor,
             D: Optional[Tensor], delta_bias: Optional[Tensor],
             dt_weight: Optional[Tensor], state_weight: Optional[Tensor],
             order: Optional[Tensor], reverse: Sequence[bool], window: int,
             softplus: bool, sum_groups: bool,
             token_major: bool) -> ScanProblem:
    """Put the flat operands of the operator into the dataclass."""
    return ScanProblem(u, delta, A, B, C, D, delta_bias, dt_weight,
                       state_weight, order, tuple(reverse), window, softplus,
                       sum_groups, token_major)


@torch.library.custom_op('mmpose_video::selective_scan', mutates_args=())
def scan_forward_op(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor,
                    D: Optional[Tensor], delta_bias: Optional[Tensor],
                    dt_weight: Optional[Tensor],
                    state_weight: Optional[Tensor], order: Optional[Tensor],
                    reverse: Sequence[bool], window: int, softplus: bool,
                    sum_groups: bool, token_major: bool, save: bool,
                    backend: str) -> Tuple[Tensor, Tensor, Tensor]:
    """Run the forward pass of a kernel backend.

    The operands are those of ``ScanProblem``.

    Returns:
        tuple[Tensor, Tensor, Tensor]: Output (N, 1 or G, L, D), last state
        (N, G, W, D, S), and what the backward pass needs.
    """
    problem = _problem(u, delta, A, B, C, D, delta_bias, dt_weight,
                       state_weight, order, reverse, window, softplus,
                       sum_groups, token_major)
    module = resolve(backend, problem)
    with torch.autocast(u.device.type, enabled=False):
        return module.forward(problem, save)


@scan_forward_op.register_fake
def _(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor,
      D: Optional[Tensor], delta_bias: Optional[Tensor],
      dt_weight: Optional[Tensor], state_weight: Optional[Tensor],
      order: Optional[Tensor], reverse: Sequence[bool], window: int,
      softplus: bool, sum_groups: bool, token_major: bool, save: bool,
      backend: str) -> Tuple[Tensor, Tensor, Tensor]:
    problem = _problem(u, delta, A, B, C, D, delta_bias, dt_weight,
                       state_weight, order, reverse, window, softplus,
                       sum_groups, token_major)
    dtype = problem.compute_dtype
    # Resolved in any case: a backend that cannot serve raises here.
    module = resolve(backend, problem)
    shape = module.saved_shape(problem) if save else (0, )
    return (problem.empty_output(),
            u.new_empty(problem.last_shape(), dtype=dtype),
            u.new_empty(shape, dtype=dtype))


@torch.library.custom_op('mmpose_video::selective_scan_backward',
                         mutates_args=())
def scan_backward_op(u: Tensor, delta: Tensor, A: Tensor, B: Tensor,
                     C: Tensor, D: Optional[Tensor],
                     delta_bias: Optional[Tensor],
                     dt_weight: Optional[Tensor],
                     state_weight: Optional[Tensor], order: Optional[Tensor],
                     reverse: Sequence[bool], window: int, softplus: bool,
                     sum_groups: bool, token_major: bool, backend: str,
                     saved: Tensor, grad_y: Tensor,
                     grad_last: Optional[Tensor],
                     needs: Sequence[bool]) -> List[Tensor]:
    """Run the backward pass of a kernel backend.

    ``needs`` goes along with ``GRAD_NAMES``.

    Returns:
        list[Tensor]: The gradients wanted, in the order of ``GRAD_NAMES``;
        for one not wanted an empty tensor.
    """
    problem = _problem(u, delta, A, B, C, D, delta_bias, dt_weight,
                       state_weight, order, reverse, window, softplus,
                       sum_groups, token_major)
    names = [name for name, need in zip(GRAD_NAMES, needs) if need]
    grad_y = grad_y.expand(-1, problem.groups, -1, -1)
    module = resolve(backend, problem)
    with torch.autocast(u.device.type, enabled=False):
        grads = module.backward(problem, saved, grad_y, grad_last,
                                tuple(names))
    return [
        _laid_out(grads[name], getattr(problem, name)) if need else
        u.new_empty(0) for name, need in zip(GRAD_NAMES, needs)
    ]


def _laid_out(grad: Tensor, operand: Tensor) -> Tensor:
    """Return a gradient in the layout that the fake operator has."""
    promised = empty_like_operand(operand)
    if promised.stride() == grad.stride():
        return grad
    return promised.copy_(grad)


@scan_backward_op.register_fake
def _(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor,
      D: Optional[Tensor], delta_bias: Optional[Tensor],
      dt_weight: Optional[Tensor], state_weight: Optional[Tensor],
      order: Optional[Tensor], reverse: Sequence[bool], window: int,
      softplus: bool, sum_groups: bool, token_major: bool, backend: str,
      saved: Tensor, grad_y: Tensor, grad_last: Optional[Tensor],
      needs: Sequence[bool]) -> List[Tensor]:
    operands = (u, delta, A, B, C, D, delta_bias, dt_weight, state_weight)
    return [
        empty_like_operand(tensor)
        if need and tensor is not None else u.new_empty(0)
        for tensor, need in zip(operands, needs)
    ]


def _setup_context(ctx: Any, inputs: Tuple[Any, ...],
                   output: Tuple[Tensor, Tensor, Tensor]) -> None:
    """Keep the operands and the backend's saved states."""
    *operands, save, backend = inputs
    if not save:
        return
    tensors, rest = operands[:10], operands[10:]
    ctx.save_for_backward(*tensors, output[2])
    ctx.rest = (*rest, backend)
    ctx.mark_non_differentiable(output[2])
    ctx.set_materialize_grads(False)


def _backward(ctx: Any, grad_y: Optional[Tensor], grad_last: Optional[Tensor],
              _: Any) -> Tuple[Optional[Tensor], ...]:
    """Call the backward operator, one gradient per input."""
    *tensors, saved = ctx.saved_tensors
    u, A = tensors[0], tensors[2]
    needs = [bool(need) for need in ctx.needs_input_grad[:len(GRAD_NAMES)]]
    if grad_y is None:
        if grad_last is None:
            return (None, ) * 17
        grad_y = u.new_zeros(1, 1, 1, 1).expand(u.shape[0], 1, u.shape[2],
                                                A.shape[1])
    grads = scan_backward_op(*tensors, *ctx.rest, saved, grad_y, grad_last,
                             needs)
    wanted = [grad if need else None for grad, need in zip(grads, needs)]
    return (*wanted, *(None, ) * 8)


scan_forward_op.register_autograd(_backward, setup_context=_setup_context)
