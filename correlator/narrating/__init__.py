"""What `correlator.narrate` has: what a model may be asked, what it sees, what of its words is taken and kept."""
