"""Tables, pages, csv files and plots of raw results."""
import csv
import json

import pytest
import report
from comparison import pages
from comparison.difficulty import BINS
from comparison.errors import RunError
from comparison.logs import JOINT_GROUPS
from comparison.pages import BEGIN, END, replace
from comparison.plots import draw, on_shared_backbone, spread
from comparison.protocols import protocol_table
from comparison.results import (
    changes,
    read_json,
    rows,
    write_csv,
    write_json,
)
from comparison.sizes import ROOT
from comparison.tables import (
    ablation_table,
    difficulty_table,
    front_table,
    main_table,
    ordered,
    verdict,
    whole_frame_table,
)

CONFIG = 'configs/{0}/{0}_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
BASELINE = 'configs/single_image/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
COST = dict(params=2_330_000, trainable=1_600_000, macs=7.4e8, frames=3,
            batch_size=16, samples_per_second=21.4, clips_per_second=99.6,
            memory_mb=812.3, threads=1, machine='a machine', load=0.1)


def counts(found):
    return {c: {name: [found, 50] for name in names}
            for c, names in BINS.items()}


def run(method, seed, ap, variant=None, found=None, **kwargs):
    return dict(
        dict(name=f'{method}_seed{seed}', method=method, variant=variant,
             split='hard', seed=seed, epochs=4, minutes=10.,
             config=BASELINE if 'base' in method or method == 'start'
             else CONFIG.format(method),
             options=[f'model.neck.{variant}=None'] if variant else [],
             AP=ap, seconds_per_iteration=0.5, device='cpu', commit='abc',
             versions=dict(torch='2'), cost=None, difficulty=found and
             counts(found), **{group: ap for group in JOINT_GROUPS}),
        **kwargs)


@pytest.fixture
def results():
    return dict(size='small', data='python -m render', runs=[
        run('start', 0, 40., epochs=8),
        run('baseline', 0, 48., found=20), run('baseline', 1, 50., found=30),
        run('dcpose', 0, 53., found=30, cost=COST),
        run('dcpose', 1, 54., found=30, cost=COST),
        run('tdmi', 0, 51.), run('tdmi', 1, 52.),
        run('tdmi', 0, 50., 'no-mi'), run('tdmi', 1, 50.5, 'no-mi'),
        run('fami', 0, 45.)])


def cells(text):
    return [[cell.strip() for cell in line.strip('|').split('|')]
            for line in text.splitlines()]


def test_means_and_deviations(results):
    found = {(row.method, row.variant): row for row in rows(results)}
    assert ('start', None) not in found
    row = found['baseline', None]
    assert row.mean('AP') == 49
    assert row.deviation('AP') == pytest.approx(2**0.5)
    assert found['fami', None].deviation('AP') is None
    assert row.rates()['blur']['> 8 px'] == 50.  # (20 + 30) of 100
    assert changes(found['tdmi', 'no-mi'], found['tdmi', None]) == [-1, -1.5]


def test_front_table(results):
    head, _, *lines = cells(front_table(results, 'hard'))
    assert head[:4] == ['method', 'seeds', 'AP', 'to the baseline']
    # the baseline, then the video methods by AP
    assert [line[0].split(']')[0] for line in lines] == [
        '[baseline', '[dcpose', '[tdmi', '[fami']
    assert lines[0][2:4] == ['**49.0 ± 1.4**', '']
    assert lines[1][2:4] == ['**53.5 ± 0.7**', '+4.5 (+4.0 to +5.0)']
    # against the same seed: not the mean of both
    assert lines[3][2:4] == ['**45.0**', '-3.0']
    assert lines[1][-2:] == ['2.33 M', '0.74'] and lines[0][-1] == '-'
    for line in lines:
        assert (ROOT / line[0].split('(')[1][:-1]).is_file()
    assert front_table(results, 'easy') == ''


def test_a_method_is_compared_on_its_own_backbone(results):
    results['runs'] += [run('vit-tiny', 0, 40., found=10),
                        run('glsmamba-vit-tiny', 0, 41., found=11)]
    head, _, *lines = cells(front_table(results, 'hard'))
    gain = {line[0].split(']')[0]: line[head.index('to the baseline')]
            for line in lines}
    assert gain['[glsmamba-vit-tiny'] == '+1.0'
    assert gain['[vit-tiny'] == '-8.0'  # itself compared with the baseline
    assert gain['[dcpose'] == '+4.5 (+4.0 to +5.0)'
    rates = {line[0].split(']')[0]: line[1] for line in cells(
        difficulty_table(results, 'hard', 'blur'))}
    assert rates['[glsmamba-vit-tiny'] == '22.0 (+2.0)'
    assert rates['[baseline'] == '50.0'


def test_main_table(results):
    head, _, *lines = cells(main_table(results, 'hard'))
    line = dict(zip(head, lines[1]))
    assert line['T'] == '3' and line['trained, M'] == '1.60'
    assert line['training samples/s'] == '21' and line['clips/s'] == '100'
    assert line['peak memory, MB'] == '812' and line['minutes'] == '10'
    assert {len(line) for line in lines} == {len(head)}


def test_models_for_whole_frames_have_a_table_of_their_own(results):
    before = main_table(results, 'hard'), front_table(results, 'hard')
    assert whole_frame_table(results, 'hard') == ''
    folder = 'projects/{}/configs/{}_1xb8-8e_synthetic-256x160.py'
    results['runs'] += [
        run('yoloxpose-pico', 0, 9., epochs=9, config=folder.format(
            'yolopose', 'yoloxpose-pico')),
        run('adaptivepose', 0, 28., epochs=9, start='start_seed0', cost=COST,
            config=folder.format('adaptivepose', 'adaptivepose_hrnet-tiny'))]
    assert (main_table(results, 'hard'),
            front_table(results, 'hard')) == before
    head, _, *lines = cells(whole_frame_table(results, 'hard'))
    assert [line[0].split(']')[0] for line in lines] == [
        '[adaptivepose', '[yoloxpose-pico']
    line = dict(zip(head, lines[0]))
    assert line['AP'] == '28.0' and line['starts from'] == 'single-frame start'
    assert line['epochs'] == '9' and line['GMAC per frame'] == '0.74'
    assert dict(zip(head, lines[1]))['starts from'] == 'random weights'
    page = pages.page([results], ROOT)
    assert '### Whole frames, hard split' in page
    # the length of the others' trainings
    assert 'then 4 epochs each' in page
    assert whole_frame_table(results, 'easy') == ''


def test_difficulty_table(results):
    head, _, *lines = cells(difficulty_table(results, 'hard', 'blur'))
    assert head[1] == '< 2 px (n = 50)'
    # methods without predictions are left out
    assert [line[1] for line in lines] == ['50.0', '60.0 (+10.0)']
    assert difficulty_table(results, 'easy', 'blur') == ''


def test_ablation_table(results):
    head, _, line = cells(ablation_table(results))
    line = dict(zip(head, line))
    assert line['variant'] == 'without mutual information'
    assert line['options'] == '`model.neck.no-mi=None`'
    assert line['change'] == '-1.2 (-1.5 to -1.0)'
    assert line['AP, full'] == '51.5 ± 0.7'
    assert line['measured'] == '-' and line['expected'] == '-'


def test_ablations_stand_beside_the_full_model_of_their_seeds(results):
    results['runs'] = [run for run in results['runs']
                       if run['name'] != 'tdmi_seed1' or not run['variant']]
    head, _, line = cells(ablation_table(results))
    line = dict(zip(head, line))
    assert line['AP, full'] == '51.0' and line['AP, variant'] == '50.0'


@pytest.mark.parametrize('values, sign', [
    ([51., 52.], '+'), ([49., 48.], '-'), ([51., 49.], '0'), ([50.9], '0'),
    ([51.1], '+')])
def test_sign_of_a_change(values, sign):
    full, = rows(dict(runs=[run('tdmi', s, 50.) for s in (0, 1)]))
    row, = rows(dict(runs=[run('tdmi', s, v, 'no-mi')
                           for s, v in enumerate(values)]))
    assert verdict(row, full) == sign


def test_files(results, tmp_path):
    write_json(tmp_path / 'r.json', results)
    assert read_json(tmp_path / 'r.json') == results
    write_csv(tmp_path / 'r.csv', results['runs'])
    with open(tmp_path / 'r.csv') as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(results['runs'])
    assert lines[3]['AP'] == '53' and lines[3]['macs'] == '7.4e+08'
    assert lines[7]['options'] == 'model.neck.no-mi=None'
    (tmp_path / 'other.json').write_text('[1]')
    with pytest.raises(ValueError, match=r'other.json does not hold results'):
        read_json(tmp_path / 'other.json')


@pytest.mark.parametrize('heights', [
    [0.5], [0.1, 0.1, 0.1], [0.9, 1., 0.95, 0.2], [0.] * 30, []])
def test_labels_do_not_overlap(heights):
    moved = spread(heights, 0.1)
    gap = min(0.1, 1 / max(1, len(heights) - 1))
    ordered = sorted(moved)
    assert all(b - a > gap - 1e-9 for a, b in zip(ordered, ordered[1:]))
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in moved)
    assert [x for _, x in sorted(zip(heights, moved))] == ordered


def test_labels_with_room_stay():
    assert spread([0.8, 0.2, 0.5], 0.1) == [0.8, 0.2, 0.5]


def test_plots(results, tmp_path):
    written = draw(results, tmp_path, 'x_')
    assert [path.name for path in written] == [
        'x_cost_hard.png', 'x_difficulty_hard.png']
    assert all(path.read_bytes()[:4] == b'\x89PNG' for path in written)


def test_where_time_helps_is_drawn_on_one_backbone(results):
    results['runs'] += [run('vit-tiny', 0, 40.), run('dark', 0, 50.),
                        run('glsmamba-vit-tiny', 0, 41.)]
    shown = on_shared_backbone(results, ordered(results, 'hard'))
    assert {row.method for row in shown} == {
        'baseline', 'dcpose', 'tdmi', 'fami'}


def test_marks():
    text = f'before\n{BEGIN}\nold\n{END}\nafter'
    new = replace(text, 'new', 'page.md')
    assert new.startswith('before\n') and new.endswith('\nafter')
    assert 'old' not in new and '\nnew\n' in new
    assert replace(new, 'new', 'page.md') == new
    for bad in ('nothing', f'{END} {BEGIN}', f'{BEGIN}{END}{BEGIN}'):
        with pytest.raises(RunError, match='page.md needs the line'):
            replace(bad, 'new', 'page.md')


#: What the report writes.
PAGES = ('docs/benchmark_summary.md', 'docs/benchmark.md')


def test_publishing(results, tmp_path):
    for folder in ('docs/results', 'docs/images'):
        (tmp_path / folder).mkdir(parents=True)
    for name in PAGES:
        (tmp_path / name).write_text(f'{BEGIN}\n{END}\n')
    assert report.write_pages(tmp_path) == list(PAGES)
    assert 'No results' in (tmp_path / PAGES[0]).read_text()
    source = tmp_path / 'results.json'
    source.write_text(json.dumps(results))
    logged = tmp_path / 'dcpose_seed0' / 'today' / 'vis_data'
    logged.mkdir(parents=True)
    (logged / 'scalars.json').write_text(
        '{"loss": 0.123456789, "iter": 10, "step": 10}\n')
    report.publish(source, tmp_path)
    assert len(report.write_pages(tmp_path, check=True)) == 2
    report.write_pages(tmp_path)
    assert report.write_pages(tmp_path, check=True) == []
    page = (tmp_path / 'docs' / 'benchmark.md').read_text()
    assert '10 trainings, 1 h 40 min in sum' in page
    assert '8 epochs from random weights' in page
    assert '](images/benchmark_small_difficulty_hard.png)' in page
    assert 'without mutual information' in page and 'a machine' in page
    # a run whose log is there links to it, others have a bare number
    log = 'results/logs/small/dcpose_seed0.jsonl'
    assert f'| [0]({log}) 1 | 53.5' in page
    assert f'| [0](../docs/{log}) 1 |' in (tmp_path / PAGES[0]).read_text()
    assert (tmp_path / 'docs' / log).read_text() == (
        '{"loss": 0.12346, "step": 10}\n')


def test_publishing_keeps_what_was_published_before(results, tmp_path):
    for folder in ('docs/results', 'docs/images'):
        (tmp_path / folder).mkdir(parents=True)
    source = tmp_path / 'results.json'
    first, second = results['runs'][:4], results['runs'][3:6]
    for runs in (first, second):
        source.write_text(json.dumps(dict(results, runs=runs)))
        report.publish(source, tmp_path)
    folder = tmp_path / 'docs' / 'results'
    published = json.loads((folder / 'benchmark_small.json').read_text())
    assert [run['name'] for run in published['runs']] == sorted(
        run['name'] for run in results['runs'][:6])
    source.write_text(json.dumps(dict(results, data='other clips')))
    with pytest.raises(RunError, match='are of other clips, the published'):
        report.publish(source, tmp_path)


def test_size_and_speed_outlive_a_second_training(results):
    old = dict(results['runs'][0], cost=dict(parameters=1), AP=1.)
    new = dict(old, cost=None, AP=2.)
    after, = report.merged(
        dict(results, runs=[old]), dict(results, runs=[new]))['runs']
    assert after == dict(old, AP=2.)
    other = dict(new, config='another')
    after, = report.merged(
        dict(results, runs=[old]), dict(results, runs=[other]))['runs']
    assert after == other


def test_unequal_lengths_are_said(results):
    results['runs'][5]['epochs'] = 9
    assert 'Not the 4 epochs of the others: tdmi (9).' in pages.page(
        [results], ROOT)


def test_the_published_pages_are_current():
    """If not, run ``python benchmarks/report.py``."""
    assert report.write_pages(ROOT, check=True) == []


def test_protocols_compare_within_themselves(results):
    results['runs'] += [
        run('baseline', 0, 46., 'frozen'),
        run('dcpose', 0, 56., 'trained', still_AP=53.)]
    head, _, single, dcpose = cells(protocol_table(results, 'hard'))
    assert head[2:6] == ['AP, frozen', 'to the head alone', 'AP, trained',
                         'to the whole model']
    assert single[1:6] == ['0', '46.0', '', '48.0', '']
    # seed 0 alone has both: 53 - 46 and 56 - 48
    assert dcpose[1:] == ['0', '53.0', '+7.0', '56.0', '+8.0', '-', '53.0']


def test_protocols_need_a_method_with_both(results):
    assert protocol_table(results, 'hard') == ''
