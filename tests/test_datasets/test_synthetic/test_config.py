import json
from dataclasses import replace

import pytest

from mmpose_video.datasets.synthetic import DIFFICULTIES, SyntheticConfig


@pytest.mark.parametrize('name, value', [
    ('width', 10), ('frames', 0), ('fps', 0), ('labeled_every', 0),
    ('people', (3, 2)), ('people', (0, 2)), ('difficulty', 'medium'),
    ('val_videos', -1), ('seed', -1)
])
def test_bad_values_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        SyntheticConfig(**{name: value})


def test_settings_are_plain_json():
    config = SyntheticConfig(people=[1, 2], difficulty='easy')
    plain = config.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain['people'] == [1, 2]
    assert config.effects == DIFFICULTIES['easy']
    effects = replace(DIFFICULTIES['hard'], noise=0.)
    assert SyntheticConfig(effects=effects).to_dict()['effects'][
        'noise'] == 0
