"""The rules of `correlator.verify`, and how they read a sentence and its evidence."""
