"""The words of the trace notation, once for reading and writing."""

from typing import get_args

from sensor.event import PrincipalKind

ROLES = ("system", "developer", "user")
"""Speakers whose principal the application did not name."""

ANOTHER_AGENT = "another-agent"
"""An agent as principal; `agent` alone is the one that the session is about."""

SPEAKERS: dict[str, PrincipalKind] = {
    ANOTHER_AGENT if kind == "agent" else kind: kind for kind in get_args(PrincipalKind)
}

HINTS: dict[str, tuple[str, bool]] = {
    "read-only": ("read_only", True),
    "writes": ("read_only", False),
    "destructive": ("destructive", True),
    "additive": ("destructive", False),
    "open-world": ("open_world", True),
    "closed-world": ("open_world", False),
}

CHANGES = {"renames": "rename", "unlinks": "unlink", "chmods": "chmod", "links": "link"}

DIRECTIVES = ("session", "source", "tenant", "from")
SUBJECTLESS = ("end", "event", "alert", "lost", "http", "database", "tool", "agent")
RESERVED = frozenset((*DIRECTIVES, *SUBJECTLESS, *ROLES, *SPEAKERS, "with"))
"""Words that begin a statement; a call id or process of that name is quoted or carries its number."""
