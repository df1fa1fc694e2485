# The same network trained by NetAug.
_base_ = './td-hm_mobilenetv2-w0.35_8xb64-20e_posetrack18-256x192.py'

custom_imports = dict(
    imports=['mmpose_video', 'projects.netaug'], allow_failed_imports=False)
custom_hooks = [dict(type='SortChannelsHook')]

model = dict(
    type='NetAugEstimator', backbone=dict(type='NetAugMobileNetV2'))
