"""`known`: the value already stands in a result before the payload, as a field of innocent data would."""

import random

from benchmarks.quality.letters import Span, occurrences
from benchmarks.quality.mutations.field import LABELS
from benchmarks.quality.mutations.rewriting import Edit, edited
from benchmarks.quality.payload import Site, steered_values
from benchmarks.quality.quoting import field_at_end
from benchmarks.quality.records import Record, passages, write


def change(record: Record, sites: list[Site], seed: int) -> bool:
    """Append the values to the earliest tool result; impossible where the payload stands in the earliest one."""
    first = min(site.passage.message for site in sites)
    earlier = [passage for passage in passages(record, "tool") if passage.message < first]
    values = [
        value
        for value in steered_values(record, sites)
        if not any(occurrences(passage.text, value) for passage in earlier)
    ]
    if not earlier or not values:
        return False
    label = random.Random(f"{seed}/known/{values}").choice(LABELS)
    text = earlier[0].text
    for index, value in enumerate(values):
        insertion = field_at_end(text, label if index == 0 else f"{label}_{index + 1}", value)
        text = edited(text, [Edit(Span(insertion.at, insertion.at), insertion.text)])
    write(record, earlier[0], text)
    return True
