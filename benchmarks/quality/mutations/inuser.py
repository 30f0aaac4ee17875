"""`inuser`: the application pastes the tool result into a `user` message, as ticket systems and chat front ends do."""

import random
from typing import Any

from benchmarks.quality.payload import Site
from benchmarks.quality.records import Record, write

_NEUTRAL = ("OK", "Done.", "Finished.", "See below.")


def change(record: Record, sites: list[Site], seed: int) -> bool:
    """Move each result with a payload into a `user` message before the assistant's next turn."""
    choice = random.Random(f"{seed}/inuser/{sites[0].text}")
    pasted: dict[int, list[str]] = {}
    for passage in dict.fromkeys(site.passage for site in sites):
        pasted.setdefault(_next_turn(record["messages"], passage.message), []).append(passage.text)
        write(record, passage, choice.choice(_NEUTRAL))
    for index in sorted(pasted, reverse=True):
        record["messages"].insert(index, {"role": "user", "content": "\n\n".join(pasted[index])})
    return True


def _next_turn(messages: list[dict[str, Any]], index: int) -> int:
    """Return the index behind the results that belong to the same turn of the assistant."""
    while index < len(messages) and messages[index].get("role") == "tool":
        index += 1
    return index
