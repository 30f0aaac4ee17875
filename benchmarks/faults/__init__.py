"""A fleet that is broken on purpose, round after round: `python -m benchmarks.faults`."""
