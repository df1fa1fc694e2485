"""Rules that translate the names of weights."""
import re
from typing import (
    Callable,
    Dict,
    Iterable,
    List,
    Match,
    NamedTuple,
    Sequence,
    Tuple,
    Union,
)

Replacement = Union[str, Callable[[Match], str]]
#: A regular expression and what takes the place of its match.
Rule = Tuple[str, Replacement]


class Translation(NamedTuple):
    """The result of :func:`translate`.

    Attributes:
        renamed (dict[str, str]): New name by old name.
        unknown (list[str]): Old names that no rule matches.
        unused (list[str]): Patterns of rules that match no name.
    """

    renamed: Dict[str, str]
    unknown: List[str]
    unused: List[str]


def translate(names: Iterable[str],
              rules: Sequence[Rule],
              inside: Sequence[Rule] = ()) -> Translation:
    """Translate the names of an official checkpoint.

    Args:
        names (Iterable[str]): The official names.
        rules (Sequence[Rule]): A rule matches the start of a name, up to a
            dot or its end. The first rule that matches decides.
        inside (Sequence[Rule]): Rules for what is below the modules of a
            neck or head. All of them are applied, anywhere in the new name.

    Returns:
        Translation: New names, unknown names and unused patterns.
    """
    compiled = [(re.compile(rf'{pattern}(?=\.|$)'), pattern, replacement)
                for pattern, replacement in rules]
    renamed: Dict[str, str] = {}
    unknown: List[str] = []
    unused = {pattern for pattern, _ in rules}
    for name in names:
        for expression, pattern, replacement in compiled:
            match = expression.match(name)
            if match is None:
                continue
            start = match.expand(replacement) if isinstance(
                replacement, str) else replacement(match)
            renamed[name] = _rename_inside(start + name[match.end():], inside)
            unused.discard(pattern)
            break
        else:
            unknown.append(name)
    return Translation(renamed, unknown, sorted(unused))


def counted_from_one(template: str) -> Callable[[Match], str]:
    """Return a replacement whose indices start at 0 instead of 1.

    Args:
        template (str): The new name with a ``{}`` for each group of the
            pattern, all of which match numbers.
    """

    def replace(match: Match) -> str:
        return template.format(*(int(group) - 1 for group in match.groups()))

    return replace


def _rename_inside(name: str, inside: Sequence[Rule]) -> str:
    """Apply the inner rules to a name that is not the backbone's."""
    if not name.startswith('backbone.'):
        for pattern, replacement in inside:
            name = re.sub(pattern, replacement, name)
    return name
