"""Run the scripts that come with MMPose."""
import runpy
import sys
from pathlib import Path

from mmpose_video.compat.script_errors import final_line, tools_folders


def run_stock(name: str) -> None:
    """Run ``mmpose/.mim/tools/<name>`` as if it had been called directly.

    Args:
        name (str): The script, relative to the folder of the tools.

    Raises:
        SystemExit: With one line for what this package refuses, such as a
            broken label file, and for files that are not there: the script,
            a config, a checkpoint, an annotation file.
    """
    scripts = [folder / name for folder in tools_folders()]
    script = next(filter(Path.is_file, scripts), None)
    if script is None:
        sys.exit(f'error: this MMPose has none of {scripts}')
    sys.argv[0] = str(script)
    try:
        runpy.run_path(str(script), run_name='__main__')
    except Exception as error:
        message = final_line(error)
        if message is None:
            raise
        sys.exit(message)
