"""Measurements of Clew: `speed` and `quality`, each result committed with its commit, data and command."""
