"""What `correlator.tell` writes a story of: its sentences, its summary, its times, what to do."""
