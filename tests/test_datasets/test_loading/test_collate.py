import gc
import multiprocessing
import os

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.dataset import ConcatDataset, RepeatDataset, pseudo_collate
from mmengine.runner import Runner
from mmengine.runner.runner import _SlicedDataset
from mmpose.registry import TRANSFORMS
from torch.utils.data import DataLoader, Dataset

from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.datasets.loading.collate import allocate_clip, collate_clips
from mmpose_video.datasets.loading.received_buffers import RECEIVED

from ...conftest import annotation

SHAPE = (2, 3, 8, 6)


def content(index, shape=SHAPE):
    return np.random.default_rng(index).integers(0, 256, shape, np.uint8)


class Clips(Dataset):
    """Sample i is a clip of noise drawn with seed i, written in place."""

    def __init__(self, num, shapes=(SHAPE, ), broken=()):
        self.num, self.shapes, self.broken = num, shapes, broken
        self.clip_ring = None

    def __len__(self):
        return self.num

    def __getitem__(self, index):
        shape = self.shapes[index % len(self.shapes)]
        clip = allocate_clip(shape, np.dtype(np.uint8), self.clip_ring)
        clip.numpy()[:] = content(index, shape)
        if index in self.broken:  # drop what was written, as a redraw does
            return self[index - 1]
        return dict(inputs=clip, data_samples=index)


def loader(dataset=None, num_workers=1, batch_size=4, num_buffers=6,
           **kwargs):
    return DataLoader(
        dataset or Clips(40), batch_size, num_workers=num_workers,
        collate_fn=lambda batch: collate_clips(batch, num_buffers), **kwargs)


def assert_content(batch):
    assert isinstance(batch['inputs'], list)
    for clip, index in zip(batch['inputs'], batch['data_samples']):
        assert clip.dtype == torch.uint8 and clip.is_contiguous()
        np.testing.assert_array_equal(
            clip.numpy(), content(index, tuple(clip.shape)))


@pytest.mark.parametrize('num_workers', [0, 1, 2])
def test_batches_are_pseudo_collates(num_workers):
    plain = DataLoader(Clips(18), 4, collate_fn=pseudo_collate)
    count = 0
    for ours, theirs in zip(loader(Clips(18), num_workers), plain):
        assert ours.keys() == theirs.keys()
        assert ours['data_samples'] == theirs['data_samples']
        assert len(ours['inputs']) == len(theirs['inputs'])
        for a, b in zip(ours['inputs'], theirs['inputs']):
            assert torch.equal(a, b)
        count += len(ours['inputs'])
    assert count == 18


@pytest.mark.parametrize('num_workers', [1, 2])
def test_a_consumer_that_keeps_everything_finds_it_unchanged(num_workers):
    batches = list(loader(num_workers=num_workers, num_buffers=3))
    assert len(batches) == 10
    for batch in batches:
        assert_content(batch)


@pytest.mark.parametrize('keep', [
    lambda clips: clips[1],
    lambda clips: clips[1][0, 1:2],
    lambda clips: clips[1].numpy()[..., ::2],
    lambda clips: clips[1].permute(0, 2, 3, 1)[..., 0],
    lambda clips: memoryview(clips[1].numpy()),
], ids=['clip', 'slice', 'array', 'transposed', 'memoryview'])
def test_a_view_of_one_clip_keeps_the_memory(keep):
    """Nothing else of the batch is kept: neither list nor tensors."""
    kept = {}
    for i, batch in enumerate(loader(num_buffers=4)):
        if i in (1, 2, 5):
            view = keep(batch['inputs'])
            kept[i] = view, np.asarray(view).copy()
            del view
        del batch
    gc.collect()
    for view, then in kept.values():
        np.testing.assert_array_equal(np.asarray(view), then)


def test_memory_is_used_again_and_bounded():
    addresses = []
    for batch in loader(Clips(200), num_buffers=6):
        assert_content(batch)
        addresses.append(batch['inputs'][0].data_ptr())
    # the first batch comes before the ring; the loader prefetches 2
    assert len(set(addresses[1:])) <= 6
    assert len(addresses) == 50


@pytest.mark.parametrize('wrap', [
    lambda a, b: torch.utils.data.ConcatDataset([a, b]),
    lambda a, b: torch.utils.data.Subset(a, range(100)),
    lambda a, b: _SlicedDataset(a, 100),
], ids=['concat', 'subset', 'slice'])
def test_wrapped_datasets_share_the_memory(wrap):
    """Batches across the boundary of datasets use the buffers, too."""
    parts = [Clips(102), Clips(98)]
    addresses, count = set(), 0
    for i, batch in enumerate(loader(wrap(*parts), num_buffers=5)):
        assert_content(batch)
        count += len(batch['inputs'])
        if i:
            addresses |= {clip.data_ptr() for clip in batch['inputs']}
    assert count >= 100 and len(addresses) <= 5 * 4
    assert all(part.clip_ring is None for part in parts)  # workers' own


def test_a_dataset_without_the_attribute():
    dataset = Clips(20)
    del dataset.clip_ring
    dataset.__class__ = Plain
    for batch in loader(dataset):
        assert_content(batch)


@pytest.mark.parametrize('wrap', [
    lambda dataset: dataset, lambda dataset: RepeatDataset(dataset, 1),
    lambda dataset: ConcatDataset([dataset])])
def test_of_a_video_dataset(tmp_path, make_video, make_annotations, wrap):
    """The transforms take the memory from the sample's dataset."""
    make_video()
    people = [annotation(i, 1000 + i % 3) for i in range(3)] * 30
    people = [dict(person, id=i) for i, person in enumerate(people)]
    dataset = PoseTrack18ClipDataset(
        ann_file=make_annotations(annotations=people).name,
        data_root=str(tmp_path),
        clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)),
        pipeline=[TRANSFORMS.build(step) for step in (
            dict(type='LoadClip'), dict(type='GetBBoxCenterScale'),
            dict(type='TopdownClipAffine', input_size=(24, 32)),
            dict(type='PackClipInputs'))])
    plain = [dataset[i]['inputs'] for i in range(90)]
    addresses, clips = set(), []
    for i, batch in enumerate(loader(wrap(dataset))):
        clips += [clip.clone() for clip in batch['inputs']]
        if i:
            addresses |= {clip.data_ptr() for clip in batch['inputs']}
    assert len(addresses) <= 6 * 4 < 80
    assert all(torch.equal(a, b) for a, b in zip(clips, plain))


def test_held_batches_take_the_buffers_and_no_more():
    gc.collect()
    RECEIVED.forget_closed()
    before = len(RECEIVED)
    held = list(loader(num_buffers=3))
    assert len(held) == 10 and len(RECEIVED) == before + 3
    for batch in held:
        assert_content(batch)
    # the memory of a batch that is held is no other batch's
    spans = sorted((clip.data_ptr(), clip.numel())
                   for batch in held for clip in batch['inputs'])
    assert all(start + size <= after
               for (start, size), (after, _) in zip(spans, spans[1:]))


def test_nothing_is_left_when_the_workers_are_gone():
    gc.collect()
    RECEIVED.forget_closed()
    before = len(RECEIVED)
    for _ in range(3):  # new workers each time
        for batch in loader(num_workers=2):
            assert_content(batch)
        del batch
    gc.collect()
    RECEIVED.forget_closed()
    assert len(RECEIVED) == before


def test_persistent_workers_over_epochs():
    load = loader(num_workers=2, persistent_workers=True)
    last = None
    for _ in range(4):
        for batch in load:
            assert_content(batch)
            if last is not None:
                assert_content(last)
            last = batch


def test_an_epoch_that_is_left_early():
    load = loader(num_workers=2, persistent_workers=True)
    for _ in range(3):
        for i, batch in enumerate(load):
            assert_content(batch)
            if i == 2:
                break
    for batch in load:
        assert_content(batch)


def test_last_batch_and_other_sizes():
    sizes = [(2, 3, 8, 6), (1, 3, 8, 6), (2, 3, 6, 8)]
    for shapes in ([sizes[0]] * 4 + [sizes[1]] * 4, sizes,
                   [sizes[0]] * 4 + [sizes[2]] * 4):
        for batch in loader(Clips(39, shapes), num_workers=2):
            assert_content(batch)


def test_samples_that_were_drawn_again():
    dataset = Clips(40, broken=(2, 7, 8, 30, 31))
    for batch in loader(dataset):
        assert_content(batch)


class Plain(Clips):

    def __getitem__(self, index):
        clip = allocate_clip(SHAPE, np.dtype(np.uint8))
        clip.numpy()[:] = content(index)
        return dict(inputs=clip, data_samples=index)


class Failing(Clips):

    def __getitem__(self, index):
        sample = super().__getitem__(index)
        if index == 10:
            raise ValueError('sample 10')
        return sample


def test_goes_on_after_an_error():
    load = iter(loader(Failing(40)))
    seen = []
    while len(seen) < 10:
        try:
            batch = next(load)
        except ValueError as error:
            assert 'sample 10' in str(error)
            seen.append(None)
        else:
            assert_content(batch)
            seen.append(batch)
    assert [i for i, batch in enumerate(seen) if batch is None] == [2]


def test_a_forked_child_gives_nothing_back():
    """Its copies of the batches are not its own."""
    load = iter(loader(num_buffers=2))
    batches = [next(load) for _ in range(3)]

    def child():
        batches.clear()
        gc.collect()
        os._exit(0)

    process = multiprocessing.get_context('fork').Process(target=child)
    process.start()
    process.join()
    # the worker would write the next ones into buffers that are free
    for _ in load:
        pass
    for batch in batches:
        assert_content(batch)


def test_by_name_in_a_config():
    load = Runner.build_dataloader(
        ConfigDict(
            dataset=Clips(12), batch_size=4, num_workers=1,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='collate_clips', num_buffers=5)), seed=0)
    for batch in load:
        assert_content(batch)
    assert load.collate_fn.keywords == dict(num_buffers=5)


def test_batches_that_hold_no_clips():
    assert collate_clips([1, 2]) == [1, 2]
    images = [dict(inputs=torch.zeros(3, 4, 4)) for _ in range(2)]
    assert len(collate_clips(images)['inputs']) == 2
