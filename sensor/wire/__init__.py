"""Parsers of captured bytes. Their place is here; they come with the kernel sensor."""
