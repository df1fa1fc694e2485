"""GLSMamba (ICCV 2025)."""
from .glsmamba_neck import GLSMambaNeck

__all__ = ['GLSMambaNeck']
