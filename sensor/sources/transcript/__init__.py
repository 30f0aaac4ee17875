"""Recorded conversations of agents, in the formats that agents and their APIs write."""
