"""Stories → text. Pure functions, one module per output; a module is loaded when it is first used."""

from difflib import unified_diff
from importlib import import_module

from correlator.story import Story

FORMATS: dict[str, str] = {
    "terminal": ".txt", "markdown": ".md", "html": ".html", "json": ".json", "slack": ".slack.txt", "jira": ".jira.txt",
}  # fmt: skip
"""Format → suffix of a file of it. But for JSON, a module and its function have the format's name."""


def render(story: Story, form: str, *, notes: tuple[str, ...] = (), width: int = 100, color: bool = False) -> str:
    """Return the story in one of `FORMATS`. `notes` (standing, verdict) are no part of the JSON."""
    if form == "json":
        from correlator.render.data import story_json

        return story_json(story)
    given = {"width": width, "color": color} if form == "terminal" else {}
    text: str = getattr(import_module(f"correlator.render.{form}"), form)(story, notes=notes, **given)
    return text


_UNWRAPPED = 1_000
"""Columns of what is compared: where a line is wrapped is no change."""


def changed_lines(old: Story, new: Story) -> list[str]:
    """Return what has changed between two versions of a story, as a unified diff of the terminal's lines."""
    before, after = (render(one, "terminal", width=_UNWRAPPED).splitlines() for one in (old, new))
    found = unified_diff(before, after, f"version {old.version}", f"version {new.version}", n=1, lineterm="")
    return [line.rstrip() for line in found]
