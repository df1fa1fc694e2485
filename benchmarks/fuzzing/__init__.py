"""Read damaged files: see ``benchmarks/fuzz_labels.py``."""
