"""Stories → text. Pure functions, one module per output; a module is loaded when it is first used."""

from difflib import unified_diff

from correlator.story import Story

FORMATS: dict[str, str] = {"terminal": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}
"""Format → suffix of a file of it."""


def render(story: Story, form: str, *, notes: tuple[str, ...] = (), width: int = 100, color: bool = False) -> str:
    """Return the story in one of `FORMATS`. `notes` (standing, verdict) are no part of the JSON."""
    if form == "markdown":
        from correlator.render.markdown import markdown

        return markdown(story, notes=notes)
    if form == "html":
        from correlator.render.html import html

        return html(story, notes=notes)
    if form == "json":
        from correlator.render.data import story_json

        return story_json(story)
    from correlator.render.terminal import terminal

    return terminal(story, notes=notes, width=width, color=color)


_UNWRAPPED = 1_000
"""Columns of what is compared: where a line is wrapped is no change."""


def changed_lines(old: Story, new: Story) -> list[str]:
    """Return what has changed between two versions of a story, as a unified diff of the terminal's lines."""
    before, after = (render(one, "terminal", width=_UNWRAPPED).splitlines() for one in (old, new))
    found = unified_diff(before, after, f"version {old.version}", f"version {new.version}", n=1, lineterm="")
    return [line.rstrip() for line in found]
