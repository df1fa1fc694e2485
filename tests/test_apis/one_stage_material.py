"""A small one-stage model."""
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.weights.model_zoo import find_zoo_model

NAME = 'yoloxpose_tiny_4xb64-300e_coco-416'


def write_one_stage(folder):
    """Write config and weights of a narrow YOLOX-Pose; random weights.

    Returns:
        tuple[str, str]: Their paths.
    """
    config = Config.fromfile(find_zoo_model(NAME).config)
    config.model.backbone.update(widen_factor=0.125, init_cfg=None)
    config.model.neck.update(in_channels=[32, 64, 128], out_channels=32)
    config.model.head.head_module_cfg.widen_factor = 0.125
    config.model.test_cfg = dict(score_thr=0., nms_thr=0.3)
    config.test_dataloader.dataset.pipeline[1].input_size = (64, 64)
    config.dump(folder / 'narrow.py')
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    torch.save(dict(state_dict=model.state_dict(), meta={}),
               folder / 'narrow.pth')
    return str(folder / 'narrow.py'), str(folder / 'narrow.pth')
