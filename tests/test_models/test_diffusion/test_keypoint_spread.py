import numpy as np

from mmpose_video.models.diffusion import spread_in_image


def test_spread():
    # two hypotheses; one keypoint fixed, one 6 px apart in x and 8 px in y
    points = np.array([[[5., 5.], [10., 20.]], [[5., 5.], [16., 28.]]])
    same = dict(input_size=(192, 256), input_scale=(192., 256.))
    np.testing.assert_allclose(spread_in_image(points, same), [0., 5.])
    # the crop is twice as wide and four times as high in the image
    wide = dict(input_size=(192, 256), input_scale=(384., 1024.))
    np.testing.assert_allclose(
        spread_in_image(points, wide), [0., np.hypot(6., 16.)])
