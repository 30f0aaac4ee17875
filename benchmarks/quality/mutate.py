"""Changes the payload of a recorded attack so that it says the same in another way; the tool calls stay as they are.

A detector that lives on known verbs, one sentence or exact spelling fails here. Nothing of the detector is imported:
the payload is found by letters and digits, the verbs come from a list of general English.

The class of a run (reached, exposed …) is that of the **original** record. In the mutated one `injections` hold the
payload as it now stands in the results, so that a cited span can be compared with it; `field` adds the moved fields
there as texts of their own, and `inuser` leaves the payload to be found in a `user` message.
"""

from collections.abc import Callable
from copy import deepcopy

from benchmarks.quality.mutations import field, inuser, known, plant, respell, split, verbs
from benchmarks.quality.payload import Site, sites
from benchmarks.quality.records import Record

KINDS: dict[str, Callable[[Record, list[Site], int], bool]] = {
    "verbs": verbs.change,
    "plant": plant.change,
    "split": split.change,
    "respell": respell.change,
    "field": field.change,
    "known": known.change,
    "inuser": inuser.change,
}
"""Each kind edits a copy of the record and tells whether it could be applied."""


def mutate(record: Record, kind: str, seed: int) -> Record | None:
    """Return a changed copy of the record, or `None` where this kind cannot be applied to it.

    Not applicable is: no payload in any tool result, or nothing in it that this kind could change (no value of a later
    call for `split`, `respell`, `field`; no earlier result for `known`). The same arguments give the same copy. Raises
    `KeyError` for an unknown kind.
    """
    change = KINDS[kind]
    copy = deepcopy(record)
    found = sites(copy)
    return copy if found and change(copy, found, seed) else None
