"""Coordinate attention."""
import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class CoordinateAttention(nn.Module):
    """Weight a feature map by its row and column statistics.

    From `Coordinate Attention for Efficient Mobile Network Design
    <https://arxiv.org/abs/2103.02907>`_: means over the width (one per row)
    and over the height (one per column) pass a shared bottleneck and become
    two sigmoid gates, y = x * a_row * a_column.

    Args:
        channels (int): C.
        reduction (int): C over the bottleneck's width, which is at least 8.
            Defaults to 32.
    """

    def __init__(self, channels: int, reduction: int = 32) -> None:
        super().__init__()
        width = max(8, channels // reduction)
        self.reduce = nn.Sequential(
            nn.Conv2d(channels, width, 1), nn.BatchNorm2d(width),
            nn.Hardswish())
        self.row_gate = nn.Conv2d(width, channels, 1)
        self.column_gate = nn.Conv2d(width, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply both gates.

        Args:
            x (Tensor): Shape (N, C, h, w).

        Returns:
            Tensor: Shape (N, C, h, w).
        """
        height, width = x.shape[-2:]
        rows = x.mean(3, keepdim=True)
        columns = x.mean(2, keepdim=True).transpose(2, 3)
        rows, columns = self.reduce(torch.cat(
            [rows, columns], dim=2)).split([height, width], dim=2)
        gate_rows = self.row_gate(rows).sigmoid()
        gate_columns = self.column_gate(columns.transpose(2, 3)).sigmoid()
        return x * gate_rows * gate_columns
