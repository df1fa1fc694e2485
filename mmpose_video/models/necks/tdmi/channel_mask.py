"""One half of TDMI's representation disentanglement."""
from torch import Tensor, nn


class ChannelMask(nn.Module):
    """Weight the channels of a map by its global context.

    ``sigmoid(MLP(GAP(x))) * x``.

    Args:
        channels (int): C.
        hidden_channels (int): Width of the hidden layer.

    Attributes:
        training_only (bool): Whether only an objective uses the output, so
            that checkpoints for testing may lack the parameters.
    """

    training_only = False

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        hidden = nn.Linear(channels, hidden_channels)
        output = nn.Linear(hidden_channels, channels)
        for layer in (hidden, output):  # as in the authors' code
            nn.init.zeros_(layer.bias)
        self.mlp = nn.Sequential(hidden, nn.ReLU(inplace=True), output,
                                 nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """Mask a map of shape (N, C, h, w)."""
        return self.mlp(x.mean((2, 3)))[:, :, None, None] * x
