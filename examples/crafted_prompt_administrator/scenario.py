"""Twin of `crafted_prompt_anonymous`: the same words, the same calls, but an administrator is logged in."""

from dataclasses import replace

from examples.crafted_prompt_anonymous.scenario import SCENARIO as ANONYMOUS
from examples.recorder.scenario import Expected

SCENARIO = replace(
    ANONYMOUS,
    name="crafted_prompt_administrator",
    principal={"kind": "administrator", "id": "adm-2"},
    expected=Expected(story=False),
)
