"""Stories → text. Pure functions, one module per output; a module is loaded when it is first used."""

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
