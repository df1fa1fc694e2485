"""Run a script of MMPose's own."""
import runpy
import sys
from pathlib import Path


def run_stock(name: str) -> None:
    """Run ``mmpose/.mim/tools/<name>`` as if it had been called itself.

    Args:
        name (str): The script, relative to the tools' folder.

    Raises:
        FileNotFoundError: If this MMPose was installed without its tools.
    """
    import mmpose

    script = Path(mmpose.__path__[0]) / '.mim' / 'tools' / name
    if not script.is_file():  # MMPose's own editable installs
        script = Path(mmpose.__path__[0]).parent / 'tools' / name
    if not script.is_file():
        raise FileNotFoundError(
            f'this mmpose has no tools/{name}: neither below '
            f'{mmpose.__path__[0]}/.mim nor beside it')
    sys.argv[0] = str(script)
    runpy.run_path(str(script), run_name='__main__')
