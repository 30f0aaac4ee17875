"""Parsers of what went over a connection: bytes of its two directions → requests, responses, calls of language models. Pure."""
