"""The packages that report what an agent does, and how an application uses each."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from opentelemetry import trace

from examples.recorder.playing import Around
from examples.recorder.scenario import Scenario, Session


@dataclass(frozen=True)
class Family:
    """Packages of one vocabulary."""

    switch_on: Callable[[], None]
    """What a user calls once, before the client library is used."""

    around: Around = lambda *_: nullcontext()
    """How the application tells which conversation it is, and whose."""


def _openinference() -> None:
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()


def _openinference_session(scenario: Scenario, session: Session) -> AbstractContextManager[object]:
    from openinference.instrumentation import using_attributes

    if not session.conversation:
        return nullcontext()
    return using_attributes(session_id=session.conversation, user_id=str(scenario.principal["id"]))


def _openllmetry() -> None:
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


def _pydantic_ai() -> None:
    from pydantic_ai import Agent

    Agent.instrument_all()


def _litellm() -> None:
    import litellm
    from openinference.instrumentation.litellm import LiteLLMInstrumentor

    litellm.telemetry = False
    LiteLLMInstrumentor().instrument()


@contextmanager
def _turn(scenario: Scenario, session: Session) -> Iterator[None]:
    """Put what belongs to one request of a user into one trace, as an application does that traces itself."""
    attributes = {"session.id": session.conversation, "user.id": str(scenario.principal["id"])}
    with trace.get_tracer("application").start_as_current_span("answer", attributes=attributes):
        yield


FAMILIES: dict[str, Family] = {
    "openinference": Family(_openinference, _openinference_session),
    "openllmetry": Family(_openllmetry),
}
"""Families for which every scenario of the plain client libraries can be played."""

FRAMEWORKS: dict[str, Family] = {
    "pydantic_ai": Family(_pydantic_ai),
    "openllmetry_mcp": Family(_openllmetry, _turn),
    "openinference_litellm": Family(_litellm, _openinference_session),
}
"""Families for one framework. Pydantic AI and the MCP SDK report themselves; the latter has no content, which comes beside it."""
