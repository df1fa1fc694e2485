"""ViTPose's backbone written from its formula, with the official names."""
import torch
from torch import nn


class OfficialViT(nn.Module):
    """``class ViT`` of ViTPose: pre-norm blocks, padding of 2, a class row."""

    def __init__(self, width, depth, num_heads, num_patches):
        super().__init__()
        self.num_heads = num_heads
        self.pos_embed = nn.Parameter(torch.zeros(1, num_patches + 1, width))
        self.patch_embed = nn.ModuleDict(
            dict(proj=nn.Conv2d(3, width, 16, stride=16, padding=2)))
        self.blocks = nn.ModuleList(
            nn.ModuleDict(dict(
                norm1=nn.LayerNorm(width, eps=1e-6),
                attn=nn.ModuleDict(dict(
                    qkv=nn.Linear(width, 3 * width),
                    proj=nn.Linear(width, width))),
                norm2=nn.LayerNorm(width, eps=1e-6),
                mlp=nn.ModuleDict(dict(
                    fc1=nn.Linear(width, 4 * width),
                    fc2=nn.Linear(4 * width, width)))))
            for _ in range(depth))
        self.last_norm = nn.LayerNorm(width, eps=1e-6)

    def attention(self, attn, x):
        n, tokens, width = x.shape
        q, k, v = attn['qkv'](x).view(
            n, tokens, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT / q.shape[-1]**0.5
        mixed = (scores.softmax(-1) @ v).transpose(1, 2)
        return attn['proj'](mixed.reshape(n, tokens, width))

    def forward(self, images):
        maps = self.patch_embed['proj'](images)
        x = maps.flatten(2).mT
        x = x + self.pos_embed[:, 1:] + self.pos_embed[:, :1]
        for block in self.blocks:
            x = x + self.attention(block['attn'], block['norm1'](x))
            hidden = nn.functional.gelu(block['mlp']['fc1'](block['norm2'](x)))
            x = x + block['mlp']['fc2'](hidden)
        return self.last_norm(x).mT.reshape(maps.shape)
