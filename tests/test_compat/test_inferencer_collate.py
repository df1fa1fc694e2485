"""MMPose's inferencers and configs that name a collate function."""
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmpose.apis import MMPoseInferencer

from mmpose_video.compat import inferencer_collate

BASELINE = Path(__file__).parents[2] / (
    'configs/single_image/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')


class Stock:
    """Stand-in for MMEngine's inferencer."""

    def _init_collate(self, cfg):
        if not isinstance(cfg.test_dataloader.get('collate_fn', ''), str):
            raise TypeError('must be a str')
        return 'its own'


@pytest.mark.parametrize('collate, wanted', [
    (dict(type='collate_clips'), pseudo_collate), ('a_name', 'its own'),
    (None, 'its own')])
def test_a_dict_is_passed_over(collate, wanted):
    patched = type('Patched', (Stock, ), {})
    inferencer_collate.take_dict(patched)
    loader = {} if collate is None else dict(collate_fn=collate)
    cfg = Config(dict(test_dataloader=loader))
    assert patched()._init_collate(cfg) is wanted


def test_our_config_in_the_stock_inferencer():
    cfg = Config.fromfile(str(BASELINE))
    assert isinstance(cfg.test_dataloader.collate_fn, dict)
    stock = MMPoseInferencer(
        pose2d=str(BASELINE), device='cpu', det_model='whole_image')
    image = np.zeros((96, 64, 3), np.uint8)
    person, = next(stock(image))['predictions'][0]
    assert np.shape(person['keypoints']) == (17, 2)
