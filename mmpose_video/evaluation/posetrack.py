"""Run :mod:`mmpose_video.tools.eval_posetrack` under its former path."""
import sys

from mmpose_video.tools.eval_posetrack import main

if __name__ == '__main__':
    sys.exit(main())
