"""`clew evaluate`: how often the engine is right, measured on recorded runs whose outcome is known.

The engine gets the messages and an opaque number, nothing else: labels, paths, suites and model names stay in
`correlator.evaluate.runs` and meet the engine's result only in `correlator.evaluate.measure`.
"""
