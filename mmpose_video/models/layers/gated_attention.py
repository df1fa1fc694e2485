"""Gated attention units with a choice of attention kinds."""
import math
from typing import Callable, Dict, Optional

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn


def _relu2(logits: Tensor, dims: int) -> Tensor:
    return (logits / math.sqrt(dims)).relu().square()


def _relu2_n(logits: Tensor, dims: int) -> Tensor:
    return (logits / logits.shape[-1]).relu().square()


def _relu2_sn(logits: Tensor, dims: int) -> Tensor:
    return logits.relu().square() / (dims * logits.shape[-1])


def _softmax(logits: Tensor, dims: int) -> Tensor:
    return (logits / math.sqrt(dims)).softmax(-1)


def _softmax_plus(logits: Tensor, dims: int) -> Tensor:
    scale = math.log(logits.shape[-1], 512) / math.sqrt(dims)
    return (logits * scale).softmax(-1)


#: Attention weights (..., n, n) from logits and the width s of the queries.
ATTENTION_KINDS: Dict[str, Callable[[Tensor, int], Tensor]] = dict(
    relu2=_relu2,
    relu2_n=_relu2_n,
    relu2_sn=_relu2_sn,
    softmax=_softmax,
    softmax_plus=_softmax_plus)


class RMSNorm(nn.Module):
    """Divide tokens by their root mean square; no gain, no bias.

    Args:
        eps (float): Added to the mean square. Defaults to 1e-6.
    """

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalize over the last axis."""
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps)


@MODELS.register_module()
class GatedAttentionUnit(nn.Module):
    r"""Gated attention unit over tokens, with a residual connection.

    From `Transformer Quality in Linear Time
    <https://arxiv.org/abs/2202.10447>`_, single head::

        U = act(X Wu)   V = act(X Wv)   Z = act(X Wz)
        Q, K = per-channel affine maps of Z
        Y = X + (U * (A V)) Wo

    with A the attention over n tokens, a = Q K^T, s the width of Q:

    ================ ==================================== =================
    ``attn``         A                                    source
    ================ ==================================== =================
    ``relu2``        relu(a / sqrt(s))^2                  RTMPose
    ``relu2_n``      relu(a / n)^2                        FLASH
    ``relu2_sn``     relu(a)^2 / (s n)                    GAU-PyTorch, "ns"
    ``softmax``      softmax(a / sqrt(s))
    ``softmax_plus`` softmax(log_512(n) a / sqrt(s))      GAU-alpha
    ================ ==================================== =================

    ``softmax_plus`` keeps the entropy of the attention independent of n. For
    a single token its factor is 0, and A = 1 all the same.

    With ``norm='pre'`` the unit starts as the identity, because Wo starts at
    zero; it can therefore be added to a model without changing its output.

    Args:
        dims (int): Width d of the tokens.
        expansion (float): Width of U and V over d. Defaults to 2.
        query_dims (int): Width s of queries and keys. Defaults to 128.
        attn (str): Kind of attention, see the table.
            Defaults to 'softmax_plus'.
        norm (str): 'pre' normalizes the input of the unit, 'post' its output
            (GAU-alpha). Defaults to 'pre'.
        dropout (float): On A and on the output. Defaults to 0.

    Raises:
        ValueError: If ``attn`` or ``norm`` does not exist.

    Examples:
        >>> unit = GatedAttentionUnit(256)
        >>> unit(torch.rand(2, 17, 256)).shape
        torch.Size([2, 17, 256])
    """

    def __init__(self,
                 dims: int,
                 expansion: float = 2.,
                 query_dims: int = 128,
                 attn: str = 'softmax_plus',
                 norm: str = 'pre',
                 dropout: float = 0.) -> None:
        super().__init__()
        if attn not in ATTENTION_KINDS:
            raise ValueError(f'`attn` must be one of {list(ATTENTION_KINDS)}, '
                             f'got {attn!r}')
        if norm not in ('pre', 'post'):
            raise ValueError(f"`norm` must be 'pre' or 'post', got {norm!r}")
        hidden = int(dims * expansion)
        self.attn, self.norm_place = attn, norm
        self.query_dims = query_dims
        self.norm = RMSNorm()
        self.to_u = nn.Linear(dims, hidden, bias=False)
        self.to_v = nn.Linear(dims, hidden, bias=False)
        self.to_z = nn.Linear(dims, query_dims, bias=False)
        self.to_out = nn.Linear(hidden, dims, bias=False)
        # gains near 0 would silence the attention for long; RTMPose, too,
        # starts with gains of order 1
        self.gamma = nn.Parameter(torch.ones(2, query_dims))
        self.beta = nn.Parameter(torch.zeros(2, query_dims))
        self.act = nn.SiLU()
        self.dropout = nn.Dropout(dropout)
        self.init_weights()

    def init_weights(self) -> None:
        """Initialize; the last layer is zero."""
        for layer in (self.to_u, self.to_v, self.to_z):
            nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(self.to_out.weight)

    def forward(self, x: Tensor, context: Optional[Tensor] = None) -> Tensor:
        """Mix tokens.

        Args:
            x (Tensor): Tokens of shape (N, n, d).
            context (Tensor, optional): Tokens of shape (N, m, d) from which
                keys and values come. Defaults to None, ``x`` itself.

        Returns:
            Tensor: Shape (N, n, d).
        """
        tokens = self.norm(x) if self.norm_place == 'pre' else x
        if context is None:
            source = tokens
        else:
            source = (self.norm(context)
                      if self.norm_place == 'pre' else context)
        query = self._project(tokens, 0)
        key = self._project(source, 1)
        weights = ATTENTION_KINDS[self.attn](query @ key.transpose(-2, -1),
                                             self.query_dims)
        value = self.act(self.to_v(source))
        mixed = self.act(self.to_u(tokens)) * (self.dropout(weights) @ value)
        out = x + self.dropout(self.to_out(mixed))
        return self.norm(out) if self.norm_place == 'post' else out

    def _project(self, tokens: Tensor, row: int) -> Tensor:
        """Return the queries (row 0) or keys (row 1) of tokens."""
        base = self.act(self.to_z(tokens))
        return base * self.gamma[row] + self.beta[row]
