"""Replace ``mim train mmpose``: write the files of a training.

What it is called with goes to ``calls.txt`` beside the work directory. Config
``bad.py`` fails; ``slow.py`` writes its first checkpoint and then waits until
it is killed, unless it is resumed.
"""
import json
import sys
import time
from pathlib import Path

config, *rest = sys.argv[1:]
folder = Path(rest[rest.index('--work-dir') + 1])
options = dict(word.split('=', 1)
               for word in rest[rest.index('--cfg-options') + 1:])
with open(folder.parent / 'calls.txt', 'a') as calls:
    calls.write(f'{folder.name} {options.get("load_from", "-")}\n')
if config == 'bad.py':
    sys.exit('it is bad')
if config == 'slow.py' and 'resume' not in options:
    (folder / 'epoch_1.pth').write_text('weights')
    (folder / 'last_checkpoint').write_text(str(folder / 'epoch_1.pth'))
    (folder / 'ready').touch()
    time.sleep(600)
seed = int(options['randomness.seed'])
epochs = int(options['train_cfg.max_epochs'])
logs = folder / '20200101_000000' / 'vis_data'
logs.mkdir(parents=True, exist_ok=True)
groups = ('Head', 'Shoulder', 'Elbow', 'Wrist', 'Hip', 'Knee', 'Ankle')
lines = [dict(loss=1., time=t, epoch=1) for t in (9., 0.25, 0.5)]
lines.append({'posetrack/AP': 50. + seed,
              **{f'posetrack/{g} AP': 40. + i for i, g in enumerate(groups)}})
(logs / 'scalars.json').write_text('\n'.join(map(json.dumps, lines)))
(folder / f'epoch_{epochs}.pth').write_text('weights')
(folder / 'last_checkpoint').write_text(str(folder / f'epoch_{epochs}.pth'))
