"""Run :mod:`mmpose_video.tools.infer` under its former path."""
import sys

from mmpose_video.tools.infer import main

if __name__ == '__main__':
    sys.exit(main())
