"""Run MMPose's test.py, where ``mim test mmpose_video`` looks for it."""
from mmpose_video.tools._stock import run_stock

if __name__ == '__main__':
    run_stock('test.py')
