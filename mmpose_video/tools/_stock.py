"""Run the scripts that come with MMPose."""
import runpy
import sys
from pathlib import Path

from mmpose_video.tools._errors import one_line


def run_stock(name: str) -> None:
    """Run ``mmpose/.mim/tools/<name>`` as if it had been called itself.

    Args:
        name (str): The script, relative to the folder of the tools.

    Raises:
        SystemExit: With one line if a file is not there: the script, a
            config, a checkpoint, or an annotation file before a first
            training.
    """
    import mmpose

    script = Path(mmpose.__path__[0]) / '.mim' / 'tools' / name
    if not script.is_file():  # MMPose's own editable installs
        script = Path(mmpose.__path__[0]).parent / 'tools' / name
    if not script.is_file():
        sys.exit(f'error: this MMPose has no tools/{name}: neither below '
                 f'{mmpose.__path__[0]}/.mim nor beside it')
    sys.argv[0] = str(script)
    try:
        runpy.run_path(str(script), run_name='__main__')
    except FileNotFoundError as error:
        sys.exit(f'error: {one_line(error)}')
