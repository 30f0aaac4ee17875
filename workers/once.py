"""Judge sessions of one tenant once, in a process of its own: `python -m workers.once TENANT`, the settings as JSON on its input.

It needs no broker. A session that takes down whoever judges it takes down this process; one that takes too long is ended with it.
"""

import subprocess
import sys

from correlator.duties import AT_ONCE_S, Duties
from correlator.settings import Settings

DEADLINE_S = 120


def judge_apart(settings: Settings, tenant: str) -> None:
    """Have sessions of a tenant judged by a process of its own, and wait for it, but not for ever."""
    command = [sys.executable, "-m", "workers.once", tenant]
    subprocess.run(command, input=settings.model_dump_json(), text=True, timeout=DEADLINE_S, check=False)  # noqa: S603 - our own program


def main() -> None:
    """Judge."""
    with Duties.opened(Settings.model_validate_json(sys.stdin.read())) as duties:
        duties.judge(sys.argv[1], at_most_s=AT_ONCE_S)


if __name__ == "__main__":
    main()
