"""Run ``mmpose-video infer`` as ``python -m mmpose_video.apis.infer``."""
import sys

from mmpose_video.tools.infer import main

if __name__ == '__main__':
    sys.exit(main())
