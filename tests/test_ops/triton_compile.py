"""Compile the Triton scan kernels for GPUs that are not there.

The interpreter runs kernels that the compiler refuses (shapes and types are
checked by the compiler only). A stand-in for the driver names a target, and
launches stop after the compilation. Prints one line per kernel: its name and
the bytes of its binary.
"""
import sys

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.runtime.jit import JITFunction

from mmpose_video.ops import triton_backend
from mmpose_video.ops.problem import GRAD_NAMES, ScanProblem
from mmpose_video.ops.triton_config import Tiles, use_tiles


class Driver:
    """A driver that knows its target and cannot launch."""

    def __init__(self, capability):
        self.capability = capability

    def get_current_target(self):
        return GPUTarget('cuda', self.capability, 32)

    def get_current_device(self):
        return 0

    def get_current_stream(self, device=0):
        return 0


def problem(groups, rank, order, dtype, window):
    def tokens(width):
        return torch.zeros(1, groups, width, 32, dtype=dtype).transpose(2, 3)

    zeros = torch.zeros
    return ScanProblem(
        u=zeros(1, 1, 32, 4, dtype=dtype), delta=tokens(rank or 4),
        A=zeros(groups, 4, 2), B=tokens(2), C=tokens(2), D=zeros(groups, 4),
        delta_bias=zeros(groups, 4),
        dt_weight=zeros(groups, 4, rank) if rank else None,
        state_weight=zeros(groups, 4, 2) if order else None,
        order=zeros(groups, 32, dtype=torch.int32) if order else None,
        reverse=(False, ) * (groups - 1) + (bool(order), ), window=window,
        softplus=True, sum_groups=order)


def main():
    triton.runtime.driver.set_active(Driver(int(sys.argv[1])))
    compile_and_launch = JITFunction.run

    def compile_only(self, *args, grid, warmup, **kwargs):
        binary = compile_and_launch(self, *args, grid=grid, warmup=True,
                                    **kwargs)
        print(self.__name__, len(binary.asm['cubin']))

    JITFunction.run = compile_only
    cases = (problem(1, 0, False, torch.float32, 32),
             problem(2, 2, True, torch.bfloat16, 16))
    for case in cases:
        names = [n for n in GRAD_NAMES if getattr(case, n) is not None]
        with use_tiles(Tiles(16, 4, 1, 2)):
            y, _, saved = triton_backend.forward(case, True)
            triton_backend.backward(
                case, saved, y.expand(-1, case.groups, -1, -1), None,
                tuple(names))


if __name__ == '__main__':
    main()
