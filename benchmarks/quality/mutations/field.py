"""`field`: the value leaves the prose and stands in a data field of the same record, to which the sentence refers."""

import random

from benchmarks.quality.letters import Span
from benchmarks.quality.mutations.rewriting import Edit, edited, rewrite_planted, write_edits
from benchmarks.quality.payload import Site, held, steered_values
from benchmarks.quality.quoting import Quotes, field_beside
from benchmarks.quality.records import Record

LABELS = ("reference", "details", "entry", "remark", "particulars")


def change(record: Record, sites: list[Site], seed: int) -> bool:
    """Move each value of each payload into a field; `injections` get the field as a planted text of its own."""
    values = steered_values(record, sites)
    label = random.Random(f"{seed}/field/{values}").choice(LABELS)
    labels = {value: label if index == 0 else f"{label}_{index + 1}" for index, value in enumerate(values)}

    def referring(text: str, _: Quotes) -> str:
        return edited(text, [Edit(item.span, f"the one given as {labels[item.value]}") for item in held(text, values)])

    edits: list[tuple[Site, Edit]] = []
    fields: dict[str, str] = {}
    for site in sites:
        moved = dict.fromkeys(item.value for item in held(site.text, values))
        if not moved:
            continue
        edits.append((site, Edit(site.span, referring(site.text, Quotes("plain", 0)))))
        for value in reversed(moved):
            insertion = field_beside(site.passage.text, site.span.start, labels[value], value)
            edits.append((site, Edit(Span(insertion.at, insertion.at), insertion.text)))
            fields[f"{site.name}/{labels[value]}"] = f"{labels[value]}: {value}"
    if not edits:
        return False
    write_edits(record, edits)
    rewrite_planted(record, sites, referring)
    record["injections"].update(fields)
    return True
