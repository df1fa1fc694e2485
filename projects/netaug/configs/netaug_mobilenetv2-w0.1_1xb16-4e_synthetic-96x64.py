# The same network trained by NetAug.
_base_ = './td-hm_mobilenetv2-w0.1_1xb16-4e_synthetic-96x64.py'

custom_imports = dict(
    imports=['mmpose_video', 'projects.netaug'], allow_failed_imports=False)
custom_hooks = [dict(type='SortChannelsHook')]

model = dict(
    type='NetAugEstimator', backbone=dict(type='NetAugMobileNetV2'))
