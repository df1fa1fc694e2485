# The same with YOLO-pose's keypoint loss; its weight among YOLOX-Pose's other
# losses is a package default, not the paper's.
_base_ = './yoloxpose-s_8xb32-300e_posetrack18-640.py'

model = dict(
    head=dict(
        loss_oks=dict(
            _delete_=True,
            type='YOLOPoseOKSLoss',
            metainfo='configs/_base_/datasets/posetrack18.py',
            loss_weight=30.)))
