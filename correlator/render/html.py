"""Story → one self-contained HTML page: no script, no resource from anywhere, a policy that forbids both."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from correlator.render import parts
from correlator.render.escape import terminal as safe
from correlator.story import Story


def html(story: Story, *, notes: tuple[str, ...] = ()) -> str:
    """Return the story as a page; all observed text is escaped and defanged."""
    return _template().render(story=story, notes=notes, parts=parts, steps=parts.steps(story))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("correlator.render", "templates"),
        autoescape=True,
        # Every value on its way to the page passes here first, so that no template forgets it; tags come after.
        finalize=_shown,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("story.html")


def _shown(value: Any) -> Any:  # Jinja hands over whatever an expression gave
    return safe(value, 1_200) if isinstance(value, str) else value
