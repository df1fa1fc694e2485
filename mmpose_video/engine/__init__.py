"""What runs with MMEngine's training loop."""
from .hooks import *  # noqa: F401,F403
from .pretrained_init import CheckedPretrainedInit  # noqa: F401
