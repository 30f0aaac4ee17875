"""`fetch FOLDER` and `serve FOLDER`; see the package."""

import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.local_model import NAME, fetch, serving


def main() -> None:
    """Do what is asked."""
    match sys.argv[1:]:
        case ["fetch", name]:
            print(fetch(Path(name)))
        case ["serve", name]:
            with serving(Path(name)) as address, suppress(KeyboardInterrupt):
                print(f"CLEW_MODEL=openai/{NAME} CLEW_MODEL_URL={address}", flush=True)
                while True:
                    time.sleep(3_600)
        case _:
            sys.exit("python -m tests.local_model fetch|serve FOLDER")


if __name__ == "__main__":
    main()
