"""Poseur: keypoints as queries that refine their coordinates."""
from .poseur_head import PoseurHead
from .poseur_rle_loss import PoseurRLELoss

__all__ = ['PoseurHead', 'PoseurRLELoss']
