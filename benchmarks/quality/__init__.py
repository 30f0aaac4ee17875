"""How well attacks are found: mutated and masked recordings, pairs of principals, a battery of five sessions.

What makes or changes data here does so without the detector: those modules import none of `sensor`, `graph` and
`correlator` (a test names and checks them), so that a fault of the detector cannot hide in its own test data.
"""
