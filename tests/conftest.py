"""What all tests share: where the recorded data lies, and what was skipped."""

import os
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GROUPS = ("data", "kernel", "model", "neo4j", "redis")
"""Markers that say what a test needs; pyproject.toml describes them."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded data; `CLEW_SHARED` names its parent where it is not beside the checkout."""
    shared = Path(os.environ.get("CLEW_SHARED", ROOT.parent / "shared"))
    data = shared / "data"
    if not data.is_dir():
        pytest.skip(f"no recorded data at {data}; set CLEW_SHARED to the folder that holds data/")
    return data


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses `shared_data`, so that nobody has to say it twice."""
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.data)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name each skipped group in the very last lines, so that nobody takes a skipped test for a passed one."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    skipped: Counter[tuple[str, str]] = Counter()
    for report in reporter.stats.get("skipped", ()):
        group = next((name for name in GROUPS if name in report.keywords), "other")
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[group, reason.removeprefix("Skipped: ")] += 1
    for (group, reason), count in sorted(skipped.items()):
        reporter.write_line(f"skipped {group} ({count}): {reason}")
    if not skipped:
        reporter.write_line("skipped: nothing")
