"""A metric for the best model that no evaluator has."""
from types import SimpleNamespace

import pytest
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import CheckpointHook
from mmengine.logging import MMLogger


class Metric(BaseMetric):

    def process(self, data_batch, data_samples):
        pass

    def compute_metrics(self, results):
        return {}


def runner_with(*prefixes):
    """A runner as the hook sees it before the training."""
    evaluator = Evaluator([Metric(prefix=prefix) for prefix in prefixes])
    return SimpleNamespace(
        val_loop=SimpleNamespace(evaluator=evaluator), work_dir='/tmp',
        logger=MMLogger.get_current_instance(),
        message_hub=SimpleNamespace(runtime_info={}))


@pytest.mark.parametrize('name, prefixes, fits', [
    ('posetrack/AP', ['posetrack'], True),
    ('posetrack/Head AP', ['pck', 'posetrack'], True),
    ('a/posetrack/AP', ['posetrack'], True),  # of one of several datasets
    ('AP', ['posetrack'], True), ('auto', ['posetrack'], True),
    ('coco/AP', ['posetrack', None], True), ('coco/AP', [], True),
    ('coco/AP', ['posetrack'], False),
    ('posetrack/AP', ['pck', 'own'], False)])
def test_before_the_training(name, prefixes, fits):
    hook = CheckpointHook(save_best=name, rule='greater')
    if fits:
        hook.before_train(runner_with(*prefixes))
        return
    with pytest.raises(ValueError, match=f"save_best='{name}' is no metric "
                       f'of the evaluator, .* {", ".join(prefixes)}'):
        hook.before_train(runner_with(*prefixes))


def test_after_a_validation():
    hook = CheckpointHook(save_best=['a/AP', 'b/AP'], rule='greater')
    with pytest.raises(ValueError, match="save_best='b/AP' is no metric of "
                       'the validation, which has a/AP, c'):
        hook._save_best_checkpoint(None, {'a/AP': 1., 'c': 2.})
