"""Convert what the owners of the datasets distribute to COCO-style files.

``mmpose-video convert SET SRC DST`` writes one annotation
file per split. Each set has a module whose ``plan`` names the videos of each
split; :mod:`runner` does the rest the same way for all.
"""
from .cli import main
from .runner import ConversionError, convert

__all__ = ['ConversionError', 'convert', 'main']
