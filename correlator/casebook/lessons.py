"""What a session teaches, as it is kept, and what a benign verdict excuses."""

import json
from functools import lru_cache

from correlator.baseline import Lesson, flow_signature
from correlator.chain import Chain
from correlator.taint import Flow

LATER_NS = 60 * 10**9
"""By when is judged again what a lesson has changed for: what is new goes first."""
MINUTE_NS = 60 * 10**9
EPOCH_NS = 3_600 * 10**9
"""Sessions that begin within one hour share an epoch, so that it is made once and not for each of them."""
EPOCH_SESSIONS = 500
"""Latest closed sessions that an epoch is made of: bounds memory, and lets a workload's habits change."""


def watermark(first_ns: int) -> int:
    """Return the moment before which a session must have closed to teach one that begins at `first_ns`."""
    return first_ns - first_ns % EPOCH_NS


def lesson_json(lesson: Lesson) -> str:
    """Return a lesson as JSON; equal lessons give equal text."""
    return json.dumps(
        {
            "session": lesson.session,
            "flows": sorted(lesson.flows),
            "tools": sorted(lesson.tools),
            "sources": [[key, sorted(held)] for key, held in lesson.sources],
            "score": lesson.score,
        }
    )


@lru_cache(maxsize=4 * EPOCH_SESSIONS)
def read_lesson(text: str) -> Lesson:
    """Return the lesson that `lesson_json` wrote."""
    held = json.loads(text)
    return Lesson(
        session=held["session"],
        flows=frozenset(held["flows"]),
        tools=frozenset(held["tools"]),
        sources=tuple((key, frozenset(spans)) for key, spans in held["sources"]),
        score=held["score"],
    )


def signatures(chain: Chain) -> tuple[str, ...]:
    """Return the flow signatures that steered the effects of a chain, as `correlator.score` looks them up."""
    found = set()
    for judged in chain.effects:
        steered = judged.effect.steered
        if steered is not None:
            flow = Flow(steered.flow.leaf, steered.flow.value, "content", (steered.place,))
            found.add(flow_signature(flow, judged.effect.call.event.name if judged.effect.call else "answer"))
    return tuple(sorted(found))
