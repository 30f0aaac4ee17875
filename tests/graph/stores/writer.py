"""A program that merges numbered batches for ever and says which are acknowledged: `writer.py STORE FIRST_NUMBER`."""

import sys

from graph.stores.sqlite import SqliteStore
from sensor.event import Event, ToolReturned
from sensor.identity import session_key

SESSIONS = 5
EACH = 8
"""Events of one batch in each session."""


def batch(number: int) -> list[Event]:
    """Return the events of batch `number`: results of calls, spread over the sessions."""
    return [
        ToolReturned(
            session=session_key("record", str(index % SESSIONS)),
            position=number * SESSIONS * EACH + index,
            source="trace",
            call_id=f"{number}-{index}",
            name="read",
            text=f"{number} {index} " * 50,
        )
        for index in range(SESSIONS * EACH)
    ]


def main() -> None:
    """Merge until killed; a number is printed when its batch is acknowledged."""
    store = SqliteStore(sys.argv[1])
    number = int(sys.argv[2])
    while True:
        store.merge(batch(number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    main()
