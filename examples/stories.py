"""The stories of the shipped examples as they read, in the templates' words.

    python -m examples.stories    # write them anew

Each example that has a story has it in `story.md`, as `clew story show --format markdown` gives it.
"""

from collections.abc import Iterator
from pathlib import Path

from correlator.cli.desk import opened
from correlator.ingest import ingest
from correlator.render import render
from correlator.settings import Settings

EXAMPLES = Path(__file__).resolve().parent
STORY = "story.md"


def recordings() -> Iterator[Path]:
    """Yield what was recorded of each example."""
    yield from sorted((*EXAMPLES.glob("*/session.json"), *EXAMPLES.glob("*/spans.jsonl")))


def told(recording: Path) -> str:
    """Return the stories of a recording, one behind the other; empty where there is none."""
    with opened(Settings(backend="memory", store=Path("/nonexistent"))) as desk:
        ingest([(recording.parent.name, recording)], desk)
        return "\n".join(render(record.story, "markdown") for record in desk.casebook.stories("local"))


def main() -> None:
    """Write them."""
    for recording in recordings():
        if text := told(recording):
            (recording.parent / STORY).write_text(text, "utf-8")
        else:
            (recording.parent / STORY).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
