# The baseline with one input channel, the luminance. Weights of the baseline
# become its own by the layout `one-channel` of the converter.
_base_ = 'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'

model = dict(
    # luminance of ImageNet's means and deviations
    data_preprocessor=dict(
        grey=True, mean=[117.04], std=[57.53], bgr_to_rgb=False),
    backbone=dict(in_channels=1))
