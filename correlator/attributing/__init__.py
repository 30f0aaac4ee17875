"""What `correlator.attribution` decides by: what calls and the kernel's events have in common, at their time."""
