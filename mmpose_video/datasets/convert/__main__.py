"""``python -m mmpose_video.datasets.convert``."""
import sys

from .cli import main

sys.exit(main())
