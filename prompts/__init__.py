"""WHAT WE ASK of language models: one file for each prompt, with its version and what it did, and the shape of each reply.

A prompt is a Markdown file with front matter (`Front`), then `# system` and `# user`. What stands between `{{ }}` is filled in by
Jinja; a name that is not among the inputs is an error. Nothing that was observed is ever filled in: callers pass handles
(docs/decisions/0008-narrator.md).
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, cast

import yaml
from jinja2 import Environment, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from prompts.replies import REPLIES, Reply

NAMES = ("compose", "reword", "title")


class Front(BaseModel):
    """The front matter of a prompt's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: int = Field(ge=1)
    inputs: tuple[str, ...]
    reply: str
    """Name of the reply's schema in `prompts.replies`."""
    changed: str
    """What this version changed."""
    effect: str
    """What that did, as measured, with the command; or that it was not measured."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt with its inputs filled in."""

    prompt: str
    """Id and version, such as `reword:1`."""
    system: str
    user: str
    reply: type[Reply]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all that is asked, the reply's schema included."""
        schema = repr(sorted(self.reply.model_json_schema().items()))
        return sha256("\0".join((self.prompt, self.system, self.user, schema)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt."""

    front: Front
    system: str
    user: str

    @property
    def name(self) -> str:
        """Return id and version."""
        return f"{self.front.id}:{self.front.version}"

    def ask(self, **inputs: Any) -> Asked:
        """Return the prompt with its inputs filled in. Raises `ValueError` where one is missing or unknown."""
        if set(inputs) != set(self.front.inputs):
            raise ValueError(f"{self.name} takes {', '.join(self.front.inputs)}, not {', '.join(inputs) or 'nothing'}")
        system, user = (_environment().from_string(text).render(inputs).strip() for text in (self.system, self.user))
        return Asked(self.name, system, user, REPLIES[self.front.reply])


@cache
def load(name: str) -> Prompt:
    """Return a prompt by its name. Raises `ValueError` for one that is not there or does not follow the form."""
    if name not in NAMES:
        raise ValueError(f"no prompt {name!r}; there are {', '.join(NAMES)}")
    _, front, body = files("prompts").joinpath(f"{name}.md").read_text("utf-8").split("---\n", 2)
    head, mark, user = body.partition("# user\n")
    if not mark or not head.startswith("# system\n"):
        raise ValueError(f"prompts/{name}.md: there must be `# system` and then `# user`")
    found = Front.model_validate(cast("dict[str, Any]", yaml.safe_load(front)))
    if found.id != name or found.reply not in REPLIES:
        raise ValueError(f"prompts/{name}.md: id or reply is not what it should be")
    return Prompt(found, head.removeprefix("# system\n"), user)


@cache
def _environment() -> Environment:
    return Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - no HTML
