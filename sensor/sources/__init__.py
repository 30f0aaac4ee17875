"""Sources: files → events."""
