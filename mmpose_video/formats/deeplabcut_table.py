"""DeepLabCut's tables, of labels and of analyzed videos."""
import csv
from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from .errors import FormatError

COORDINATES = ('x', 'y', 'likelihood')
#: DeepLabCut's name for the individual of keypoints that exist once.
SINGLE = 'single'
_HEAD = ('scorer', 'individuals', 'bodyparts', 'coords')


@dataclass
class DeepLabCutRows:
    """The content of a table.

    Attributes:
        individuals (tuple[str, ...]): Names of the individuals; ('', ) in a
            table for one animal.
        bodyparts (tuple[str, ...]): Names of the keypoints.
        index (list[str]): What stands before each row: the number of a frame
            or the path of an image, with ``/`` between folders.
        values (np.ndarray): (rows, individuals, bodyparts, 3): x, y and
            likelihood; NaN where the cell is empty or absent.
    """

    individuals: Tuple[str, ...]
    bodyparts: Tuple[str, ...]
    index: List[str]
    values: np.ndarray


def is_deeplabcut(line: str) -> bool:
    """Return whether a table's first line is that of DeepLabCut."""
    return line.lstrip('\ufeff').startswith('scorer,')


def read_deeplabcut_table(path: str) -> DeepLabCutRows:
    """Read a table.

    Args:
        path (str): The csv file. Its header has the rows ``scorer``,
            ``individuals`` (with several animals), ``bodyparts`` and
            ``coords``; one or three columns name the frame.

    Raises:
        FormatError: If it is no table of DeepLabCut; the message names what
            was found.
        OSError: If it cannot be read.
    """
    try:
        with open(path, encoding='utf-8-sig', newline='') as file:
            rows = [row for row in csv.reader(file) if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f'{path} is no table: {error}') from error
    if not rows:
        raise FormatError(f'{path} is empty')
    if any('\n' in cell for row in rows for cell in row):
        raise FormatError(f'{path}: a cell goes over several lines; is a '
                          'quote left open?')
    head = {row[0]: row for row in rows[:4] if row[0] in _HEAD}
    missing = [key for key in ('scorer', 'bodyparts', 'coords')
               if key not in head]
    if missing:
        raise FormatError(
            f'{path} is no table of DeepLabCut: it lacks the row '
            f'`{missing[0]}`, and begins with '
            f'{", ".join(rows[0][:4])}{", ..." if len(rows[0]) > 4 else ""}')
    first = next((i for i, cell in enumerate(head['coords'][1:], 1) if cell),
                 len(head['coords']))
    parts, keys = head['bodyparts'][first:], head['coords'][first:]
    people = head.get('individuals', [''] * (first + len(parts)))[first:]
    unknown = [key for key in keys if key not in COORDINATES]
    if unknown:
        raise FormatError(f'{path}: unknown coordinate `{unknown[0]}`; there '
                          f'are {", ".join(COORDINATES)}')
    if not parts or not len(parts) == len(keys) == len(people):
        raise FormatError(f'{path}: the rows of the header have '
                          f'{len(people)}, {len(parts)} and {len(keys)} '
                          'columns')
    names = tuple(dict.fromkeys(parts))
    animals = tuple(dict.fromkeys(people))
    places = [(animals.index(p), names.index(b), COORDINATES.index(k))
              for p, b, k in zip(people, parts, keys)]
    if len(set(places)) < len(places):
        raise FormatError(f'{path} has a column twice')
    body = rows[len(head):]
    values = np.full((len(body), len(animals), len(names), 3), np.nan)
    for i, row in enumerate(body):
        for place, cell in zip(places, row[first:]):
            if cell.strip():
                values[(i, *place)] = _float(cell, path, row[0])
    return DeepLabCutRows(animals, names, [
        '/'.join(cell.replace('\\', '/') for cell in row[:first])
        for row in body
    ], values)


def _float(text: str, path: str, row: str) -> float:
    """Return the number of a cell."""
    try:
        return float(text)
    except ValueError:
        raise FormatError(f'{path}, row {row}: `{text}` is no '
                          'number') from None
