"""TDMI (CVPR 2023)."""
from .optical_flow import DISFlow, RAFTFlow
from .tdmi_neck import TDMINeck

__all__ = ['DISFlow', 'RAFTFlow', 'TDMINeck']
