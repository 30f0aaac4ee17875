"""WHAT IT MEANS: from events to attack stories. `correlator.pipeline` shows every station in order."""
