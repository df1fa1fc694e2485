"""Datasets with fewer samples than a batch."""
import pytest
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from torch.utils.data import Dataset


@DATASETS.register_module()
class FewSamples(Dataset):

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index


def build(size, batch_size, **kwargs):
    return Runner.build_dataloader(
        dict(
            dataset=dict(type='FewSamples', size=size, _scope_='mmengine'),
            sampler=dict(type='DefaultSampler', shuffle=True,
                         _scope_='mmengine'),
            batch_size=batch_size, num_workers=0, **kwargs))


def test_no_batch_at_all_is_refused():
    with pytest.raises(ValueError, match='FewSamples` has 7 samples.*batch of '
                       '8.*`batch_size`.*drop_last=False'):
        build(7, 8, drop_last=True)


@pytest.mark.parametrize('size, drop_last, batches', [
    (7, False, 1), (8, True, 1), (9, True, 1)])
def test_other_loaders_are_as_they_were(size, drop_last, batches):
    loader = build(size, 8, drop_last=drop_last)
    assert len(loader) == batches
    assert sum(len(batch) for batch in loader) == (
        size // 8 * 8 if drop_last else size)
