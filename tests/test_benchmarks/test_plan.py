"""Which runs a comparison consists of, and with which options."""
import accuracy
import pytest
from comparison import ablations
from comparison.ablations import ABLATIONS, Ablation, frames
from comparison.methods import Method, choose, discover
from comparison.plan import plan
from comparison.runs import length_options
from comparison.sizes import SIZES
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS, RandomSupport

SMALL = SIZES['small']
METHODS = discover(SMALL)


def parsed(options):
    """Options as the stock scripts read them."""
    values = {}
    for option in options:
        key, value = option.split('=', 1)
        values[key] = DictAction._parse_iterable(value)
    return values


def test_methods_are_found_by_their_names():
    assert METHODS['baseline'].group == 'single_image'
    assert METHODS['baseline'].start == 'baseline'
    assert METHODS['dcpose'].config == (
        'configs/dcpose/dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    for name in ('dcpose', 'fami', 'tdmi', 'tdmi-st', 'diffpose', 'glsmamba'):
        assert METHODS[name].group == 'video'
        assert METHODS[name].start == 'baseline'
    paper = discover(SIZES['paper'])
    assert paper['glsmamba-vit-base'].start is None


def test_other_backbones_and_systems(tmp_path):
    for path in ('single_image/td-hm_hrnet-tiny',
                 'single_image/td-hm_vit-tiny',
                 'single_image/simcc_hrnet-tiny', 'glsmamba/glsmamba_vit-tiny',
                 'single_image/td-hm_litehrnet'):
        path = tmp_path / 'configs' / f'{path}{SMALL.suffix}'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    methods = discover(SMALL, tmp_path)
    assert {m.name: (m.group, m.start) for m in methods.values()} == {
        'baseline': ('single_image', 'baseline'),
        'litehrnet': ('single_image', 'litehrnet'),
        'simcc': ('single_image', 'simcc'),
        'vit-tiny': ('single_image', 'vit-tiny'),
        'glsmamba-vit-tiny': ('video', 'vit-tiny')}
    assert [m.name for m in choose(methods, ['video', 'simcc'])] == [
        'glsmamba-vit-tiny', 'simcc']
    assert len(choose(methods, None)) == 5 and choose(methods, []) == []
    with pytest.raises(ValueError, match="no method 'other'; there are base"):
        choose(methods, ['other'])


def test_models_for_whole_frames(tmp_path):
    folder = tmp_path / 'projects' / 'x' / 'configs'
    folder.mkdir(parents=True)
    for name in ('adaptivepose_hrnet-tiny_1xb8-8e', 'yoloxpose-pico_2xb4-24e'):
        (folder / f'{name}_synthetic-256x160.py').touch()
    (folder / 'yoloxpose-s_8xb32-300e_posetrack18-640.py').touch()
    methods = discover(SMALL, tmp_path)
    assert {m.name: (m.group, m.start, m.epochs) for m in methods.values()
            } == {'adaptivepose': ('whole_frame', 'baseline', 8),
                  'yoloxpose-pico': ('whole_frame', None, 24)}
    assert discover(SIZES['medium'], tmp_path) == {}
    chosen, table = choose(methods, ['whole_frame']), dict(METHODS, **methods)
    runs = {run.name: run for run in plan(
        SMALL, chosen, [], table, [0], ['easy'], 8, None)}
    assert {name: run.epochs for name, run in runs.items()} == {
        'easy_start_seed0': 8, 'easy_adaptivepose_seed0': 8,
        'easy_yoloxpose-pico_seed0': 24}
    run = runs['easy_adaptivepose_seed0']
    assert run.start_options == ('load_from={start}', )
    assert 'train_dataloader.dataset.data_root=data/synthetic/easy/' in (
        run.options)
    assert {run.epochs for run in plan(
        SMALL, chosen, [], table, [0], ['hard'], 8, 2)} == {8, 2}


def test_names_and_order_of_runs():
    simcc = Method('simcc', 'single_image', 'simcc.py', 'simcc')
    table = dict(METHODS, simcc=simcc)
    runs = plan(SMALL, [METHODS['baseline'], simcc, METHODS['fami']],
                [ABLATIONS['tdmi.no-mi']], table, [0, 1], ['easy', 'hard'],
                8, 4)
    names = [run.name for run in runs]
    assert len(names) == len(set(names))
    # names that the first version gave, for the split that it knew
    assert {'start_seed0', 'baseline_seed0', 'fami_seed1'} <= set(names)
    assert 'simcc-start_seed0' in names and 'easy_simcc_seed1' in names
    # with an ablation comes its full model; both on the hard split
    assert 'tdmi_seed0' in names and 'tdmi.no-mi_seed0' in names
    assert 'easy_tdmi_seed0' not in names
    for i, run in enumerate(runs):
        assert run.start is None or run.start in names[:i]
    by_name = {run.name: run for run in runs}
    assert by_name['start_seed0'].epochs == 8
    assert by_name['simcc_seed0'].start == 'simcc-start_seed0'
    easy = by_name['easy_fami_seed0']
    assert easy.epochs == 4 and easy.start == 'easy_start_seed0'
    assert 'val_dataloader.dataset.data_root=data/synthetic/easy/' in (
        easy.options)
    assert by_name['fami_seed0'].options == ()
    assert by_name['tdmi.no-mi_seed0'].options == ('model.neck.mi=None', )
    assert by_name['fami_seed0'].start_options == (
        'load_from={start}', 'model.freeze_backbone=True')
    assert by_name['simcc_seed0'].start_options == ('load_from={start}', )
    assert 'model.neck.rough_head.init_cfg.checkpoint={start}' in (
        METHODS['dcpose'].options('{start}'))


def test_a_start_without_config():
    lonely = Method('x', 'video', 'x.py', 'nothing')
    with pytest.raises(ValueError, match="starts from 'nothing'"):
        plan(SMALL, [lonely], [], METHODS, [0], ['hard'], 8, 4)


@pytest.mark.parametrize('size, name, epochs', [
    ('small', 'dcpose', (8, 4)), ('medium', 'dcpose', (15, 4)),
    ('paper', 'dcpose-hrnet-w48', None)])
def test_commands(size, name, epochs, capsys, tmp_path):
    """A dry run needs no data and starts nothing."""
    code = accuracy.main(['--dry-run', '--size', size, '--methods', name,
                          '--seeds', '1', '--work-dir', str(tmp_path)])
    assert code == 0
    lines = capsys.readouterr().out.splitlines()
    train = f'mim train mmpose configs/dcpose/{name.replace("-", "_", 1)}'
    if epochs:
        folder = ' data/synthetic/' + ('medium_' * (size == 'medium'))
        assert lines[0].startswith('python -m mmpose_video.datasets.synthetic'
                                   f'{folder}hard --difficulty hard')
        assert lines[1].startswith('mim train mmpose configs/single_image/')
        assert f'train_cfg.max_epochs={epochs[0]}' in lines[1]
        assert lines[2].startswith(f'{train}_{SIZES[size].backbone}_')
        assert f'train_cfg.max_epochs={epochs[1]}' in lines[2]
        assert 'load_from=' in lines[2]
        for line in lines[1:]:
            assert (f'train_dataloader.dataset.data_root={folder.strip()}hard'
                    in line) == (size == 'medium')
    else:
        line, = lines  # one command, the config unchanged
        assert line.startswith(train)
        assert 'max_epochs' not in line and 'load_from' not in line
    assert not any(tmp_path.iterdir())


def test_ablations_bring_their_methods_only(capsys, tmp_path):
    assert accuracy.main(['--dry-run', '--ablations', 'tdmi.no-mi',
                          '--seeds', '1', '--work-dir', str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split('--work-dir ')[1].split()[0].rsplit('/')[-1]
             for line in lines[1:]]
    assert names == ['start_seed0', 'tdmi_seed0', 'tdmi.no-mi_seed0']


def test_a_missing_dataset_is_named_with_its_remedy(capsys, monkeypatch,
                                                     tmp_path):
    monkeypatch.setattr('comparison.sizes.ROOT', tmp_path)
    assert accuracy.main(['--size', 'paper', '--seeds', '1', '--methods',
                          'dcpose-hrnet-w48', '--work-dir',
                          str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert 'posetrack18_train.json' in error and 'docs/datasets.md' in error


def test_unknown_names(capsys):
    assert accuracy.main(['--methods', 'nothing', '--dry-run']) == 2
    assert 'there is no method' in capsys.readouterr().err
    assert accuracy.main(['--ablations', 'nothing', '--dry-run']) == 2
    assert 'there is no ablation' in capsys.readouterr().err


def test_frames():
    options = parsed(frames(5, 2))
    assert options['val_dataloader.dataset.clip_sampler.offsets'] == (
        -4, -2, 0, 2, 4)
    assert options['model.neck.num_frames'] == 5
    assert parsed(frames(1))[
        'train_dataloader.dataset.clip_sampler.offsets'] == (0, )


def test_sigma_two_instead_of_three():
    entry = ABLATIONS['glsmamba.sigma2']
    values = [set(parsed(entry.options_for(SIZES[name])).values())
              for name in ('small', 'medium')]
    assert values == [{2 / 3}, {2}]


def test_choice_of_ablations():
    assert ablations.choose(None, list(METHODS)) == []
    everything = ablations.choose([], list(METHODS))
    assert {entry.method for entry in everything} <= set(METHODS)
    chosen = ablations.choose(['tdmi', 'fami.no-mi'], list(METHODS))
    assert {entry.method for entry in chosen} == {'tdmi', 'fami'}
    assert sum(entry.method == 'fami' for entry in chosen) == 1


@pytest.mark.slow
@pytest.mark.parametrize('size', ['small', 'medium'])
def test_one_schedule_for_all_methods(size):
    """The options of a run set its length."""
    schedules = []
    for method in discover(SIZES[size]).values():
        if method.group == 'whole_frame':
            continue  # of their own
        config = Config.fromfile(accuracy.ROOT / method.config)
        config.merge_from_dict(parsed(length_options(9)))
        assert config.train_cfg.max_epochs == 9
        schedules.append([config.param_scheduler, config.train_cfg,
                          config.optim_wrapper.optimizer,
                          config.train_dataloader.batch_size])
        assert config.param_scheduler[1].type == 'CosineAnnealingLR'
        assert config.param_scheduler[1].T_max == 9
        assert f'_1xb{SIZES[size].batch_size}-' in method.config
        assert config.train_dataloader.batch_size == SIZES[size].batch_size
    assert all(schedule == schedules[0] for schedule in schedules)


@pytest.mark.slow
@pytest.mark.parametrize('key', [
    key for key, entry in ABLATIONS.items() if entry.method in METHODS])
def test_each_ablation_is_a_model_that_can_be_built(key):
    entry: Ablation = ABLATIONS[key]
    assert entry.expected in (None, '+', '-', '0')
    init_default_scope('mmpose')
    method = METHODS[entry.method]
    full = Config.fromfile(accuracy.ROOT / method.config)
    config = Config.fromfile(accuracy.ROOT / method.config)
    config.merge_from_dict(parsed(entry.options_for(SMALL)))
    assert config.to_dict() != full.to_dict()
    MODELS.build(config.model)
    # the neck knows the clips that it gets
    samplers = [CLIP_SAMPLERS.build(config[loader].dataset.clip_sampler)
                for loader in ('train_dataloader', 'val_dataloader',
                               'test_dataloader')]
    if isinstance(samplers[0], RandomSupport):
        samplers.pop(0)  # trains with pairs
    lengths = {sampler.num_frames for sampler in samplers}
    assert len(lengths) == 1
    if 'num_frames' in (config.model.get('neck') or {}):
        assert lengths == {config.model.neck.num_frames}
    if 'sigma' in key:
        assert config.train_dataloader.dataset.pipeline[4].encoder.sigma == (
            config.model.head.decoder.sigma)
