"""Read damaged label, box and prediction files, and count how it ends.

``python benchmarks/fuzz_labels.py [KIND ...] [--count 20000] [--seed 0]``

Each file is a valid one with one to three faults: fields deleted, repeated,
renamed, of another type or size; bits flipped, bytes inserted, the end cut
off. It depends on kind, seed and number alone. Reading must end without an
error or with one line that names the file: a traceback, a crash or a hang is
a fault, and so is a conversion that a damaged file ends in spite of
``--on-error skip``.
"""
import argparse
import sys
import time
from pathlib import Path

# the valid files are those of the converters' tests
sys.path.append(str(Path(__file__).parents[1] / 'tests'))
from fuzzing.runner import OUTCOMES, fuzz  # noqa: E402
from fuzzing.targets import TARGETS  # noqa: E402


def main() -> int:
    """Print a table; 1 if there was a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('kinds', nargs='*', metavar='KIND', help='what to '
                        f'damage: {", ".join(TARGETS)} (default: all)')
    parser.add_argument('--count', type=int, default=20000, help='number of '
                        'files of each kind (default: 20000)')
    parser.add_argument('--start', type=int, default=0, help='number of the '
                        'first file (default: 0)')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    unknown = set(args.kinds) - set(TARGETS)
    if unknown:
        parser.error(f'no such kind: {", ".join(sorted(unknown))}')
    print('| kind | files |', ' | '.join(OUTCOMES), '| ms per file |')
    print('|---' * (len(OUTCOMES) + 3) + '|')
    faults = []
    for kind in args.kinds or TARGETS:
        begin = time.perf_counter()
        result = fuzz(kind, args.count, args.seed, args.start)
        spent = 1000 * (time.perf_counter() - begin) / args.count
        print(f'| {kind} | {args.count} |',
              ' | '.join(str(result.counts[name]) for name in OUTCOMES),
              f'| {spent:.1f} |', flush=True)
        faults += [f'{kind}: {fault}' for fault in result.faults]
    print('\n'.join(faults))
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
