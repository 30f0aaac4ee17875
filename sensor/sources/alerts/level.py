"""Severities in the words of many products → our one scale."""

from sensor.event import AlertLevel

LEVELS: dict[AlertLevel, frozenset[str]] = {
    "critical": frozenset({"critical", "crit", "fatal", "emergency", "emerg", "panic", "alert"}),
    "high": frozenset({"high", "error", "err", "severe", "major"}),
    "medium": frozenset({"medium", "moderate", "warning", "warn"}),
    "low": frozenset({"low", "minor", "notice"}),
    "informational": frozenset({"informational", "information", "info", "debug", "trace", "log", "none"}),
}
"""Level → words for it, lower case. Syslog's words stand where syslog puts them: `alert` is above `critical`."""

_OF = {word: level for level, words in LEVELS.items() for word in words}


def level_of(word: str) -> AlertLevel:
    """Return the level of a severity word, in whatever case it is written; `unknown` where no product says so."""
    return _OF.get(word.strip().lower(), "unknown")
