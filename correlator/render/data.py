"""Values → JSON that is safe on a terminal: ASCII only; every reader undoes the escapes."""

import json
import sys
from pathlib import Path

from pydantic import JsonValue

from correlator.story import Story


def to_json(value: JsonValue) -> str:
    """Return a value as JSON of two-blank indentation, with a line end."""
    # DEL is the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=True, indent=2).replace("\x7f", "\\u007f") + "\n"


def story_json(story: Story) -> str:
    """Return the story as `docs/reference/story.schema.json` describes it."""
    return to_json(story.model_dump(mode="json"))


def schema_json() -> str:
    """Return the published schema of a story."""
    schema = Story.model_json_schema(mode="serialization")
    return to_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_json(), "utf-8")
