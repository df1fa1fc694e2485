"""Read YAML files."""
from typing import Any, Dict, Optional

import yaml  # type: ignore[import-untyped]

from ..utils.one_line import one_line
from .errors import FormatError
from .json_file import read_text

#: Values in a file, counted as often as they are used: no file of settings
#: has more.
MAX_VALUES = 1_000_000
#: Levels of lists and mappings in each other.
MAX_DEPTH = 100


def parse_yaml(text: str, source: str) -> Any:
    """Parse YAML, without what would make objects of it.

    YAML may use a value again. A list that holds another one ten times, and
    so on, has a billion values in nine lines, which printing or copying it
    would meet; such files are refused.

    Args:
        text (str): The text.
        source (str): Name of its file, for messages.

    Raises:
        FormatError: If it is not valid YAML, or larger inside than it looks.
    """
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _count(node, {}, 0)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except Exception as error:  # tags raise what they like
        raise FormatError(f'{source} is not valid YAML: '
                          f'{one_line(error)}') from error


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


def _count(node: yaml.Node, known: Dict[int, Optional[int]],
           depth: int) -> int:
    """Count the values below a node, each as often as it is used.

    Args:
        node (yaml.Node): The node.
        known (dict): Numbers by the identity of a node; None while it is
            counted, so that a value inside of itself is found.
        depth (int): Number of nodes above.

    Raises:
        FormatError: If there are too many.
    """
    if not isinstance(node.value, list):  # a scalar
        return 1
    if id(node) not in known:
        if depth > MAX_DEPTH:
            raise FormatError(f'it is nested more than {MAX_DEPTH} levels '
                              'deep')
        known[id(node)] = None
        entries = node.value
        if isinstance(node, yaml.MappingNode):
            entries = [entry for pair in entries for entry in pair]
        known[id(node)] = 1 + sum(
            _count(entry, known, depth + 1) for entry in entries)
    count = known[id(node)]
    if count is None:
        raise FormatError('a value holds itself')
    if count > MAX_VALUES:
        raise FormatError(f'it repeats values more than {MAX_VALUES} times')
    return count
