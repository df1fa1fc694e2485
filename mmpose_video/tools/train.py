"""Run MMPose's train.py, where ``mim train mmpose_video`` looks for it."""
from mmpose_video.tools._stock import run_stock

if __name__ == '__main__':
    run_stock('train.py')
