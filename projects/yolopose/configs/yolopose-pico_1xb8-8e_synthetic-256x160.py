# The same with YOLO-pose's keypoint loss (package default of the weight).
_base_ = './yoloxpose-pico_1xb8-8e_synthetic-256x160.py'

model = dict(
    head=dict(
        loss_oks=dict(
            _delete_=True,
            type='YOLOPoseOKSLoss',
            metainfo='configs/_base_/datasets/posetrack18.py',
            loss_weight=30.)))
