"""Make the modules beside the scripts in benchmarks/ importable."""
import sys
from pathlib import Path

BENCHMARKS = str(Path(__file__).parents[2] / 'benchmarks')
# at the end: the folder has names that other modules may have, too
if BENCHMARKS not in sys.path:
    sys.path.append(BENCHMARKS)
