"""Run :mod:`mmpose_video.tools.average_jhmdb` under its former path."""
import sys

from mmpose_video.tools.average_jhmdb import main

if __name__ == '__main__':
    sys.exit(main())
