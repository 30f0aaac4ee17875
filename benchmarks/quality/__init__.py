"""How well attacks are found: mutated and masked recordings, pairs of principals, a battery of five sessions.

Everything here is made or changed without the detector: no module of this package imports `sensor`, `graph` or
`correlator`, so that a fault of the detector cannot hide in its own test data.
"""
