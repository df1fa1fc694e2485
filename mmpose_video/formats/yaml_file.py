"""Read YAML files."""
from typing import Any, Dict

import yaml  # type: ignore[import-untyped]

from .errors import FormatError
from .json_file import read_text


def parse_yaml(text: str, source: str) -> Any:
    """Parse YAML, without what would make objects of it.

    Args:
        text (str): The text.
        source (str): Name of its file, for messages.

    Raises:
        FormatError: If it is not valid YAML.
    """
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = ' '.join(str(error).split())
        raise FormatError(f'{source} is not valid YAML: {line}') from error


def read_yaml(path: str) -> Dict[str, Any]:
    """Read a YAML file that holds an object.

    Args:
        path (str): The file.

    Raises:
        FormatError: If it is not valid YAML, or no object.
        OSError: If it cannot be read.
    """
    content = parse_yaml(read_text(path), path)
    if not isinstance(content, dict):
        raise FormatError(f'{path} must hold keys and values, got '
                          f'{type(content).__name__}')
    return content
