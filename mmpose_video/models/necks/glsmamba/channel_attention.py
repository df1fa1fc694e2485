"""GLSMamba's sequential channel attention (SCA)."""
from torch import Tensor, nn


class SequentialChannelAttention(nn.Module):
    """Weight the channels of each frame by the content of the whole clip.

    Global average pooling of the concatenated frames, a two-layer perceptron
    and a sigmoid. Its width is not published.

    Args:
        channels (int): D.
        num_frames (int): T.
        ratio (int): Reduction of T·D in the hidden layer.
    """

    def __init__(self, channels: int, num_frames: int, ratio: int) -> None:
        super().__init__()
        width = channels * num_frames
        hidden = max(width // ratio, 8)
        self.mlp = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(inplace=True),
            nn.Linear(hidden, width), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """Weight tokens of shape (N, T, h, w, D)."""
        weights = self.mlp(x.mean(dim=(2, 3)).flatten(1))
        # x.shape[0], unlike len(x), stays symbolic in an export
        return x * weights.view(x.shape[0], x.shape[1], 1, 1, -1)
