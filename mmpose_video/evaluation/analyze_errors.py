"""Run :mod:`mmpose_video.tools.analyze_errors` under its former path."""
import sys

from mmpose_video.tools.analyze_errors import main

if __name__ == '__main__':
    sys.exit(main())
