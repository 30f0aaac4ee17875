"""Makes all recordings again: `python -m examples.record` writes the files beside each scenario."""

from pathlib import Path

from examples.billing_ticket.scenario import SCENARIO as BILLING_TICKET
from examples.crafted_prompt_administrator.scenario import SCENARIO as CRAFTED_PROMPT_ADMINISTRATOR
from examples.crafted_prompt_anonymous.scenario import SCENARIO as CRAFTED_PROMPT_ANONYMOUS
from examples.encoded_secret.scenario import SCENARIO as ENCODED_SECRET
from examples.image_link_answer.scenario import SCENARIO as IMAGE_LINK_ANSWER
from examples.poisoned_handover.scenario import SCENARIO as POISONED_HANDOVER
from examples.poisoned_mcp_page.scenario import SCENARIO as POISONED_MCP_PAGE
from examples.poisoned_memory.scenario import SCENARIO as POISONED_MEMORY
from examples.poisoned_stream.scenario import SCENARIO as POISONED_STREAM
from examples.quoted_injection.scenario import SCENARIO as QUOTED_INJECTION
from examples.recorder.recording import record
from examples.recorder.scenario import Scenario
from examples.remembered_preference.scenario import SCENARIO as REMEMBERED_PREFERENCE
from examples.requested_handover.scenario import SCENARIO as REQUESTED_HANDOVER
from examples.requested_mcp_post.scenario import SCENARIO as REQUESTED_MCP_POST
from examples.requested_stream.scenario import SCENARIO as REQUESTED_STREAM
from examples.user_asked_export.scenario import SCENARIO as USER_ASKED_EXPORT

FOLDER = Path(__file__).parent

SCENARIOS: tuple[Scenario, ...] = (
    BILLING_TICKET,
    CRAFTED_PROMPT_ANONYMOUS,
    CRAFTED_PROMPT_ADMINISTRATOR,
    ENCODED_SECRET,
    IMAGE_LINK_ANSWER,
    USER_ASKED_EXPORT,
    QUOTED_INJECTION,
)
"""The transcripts; the name of each is its folder."""

TRACED: tuple[Scenario, ...] = (
    POISONED_MEMORY,
    REMEMBERED_PREFERENCE,
    POISONED_HANDOVER,
    REQUESTED_HANDOVER,
    POISONED_MCP_PAGE,
    REQUESTED_MCP_POST,
    POISONED_STREAM,
    REQUESTED_STREAM,
)
"""The telemetry."""


def main() -> None:
    """Record every scenario and write its files."""
    for scenario in (*SCENARIOS, *TRACED):
        for name, text in record(scenario).items():
            (FOLDER / scenario.name / name).write_text(text, "utf-8")
        print(f"recorded {scenario.name}")


if __name__ == "__main__":
    main()
