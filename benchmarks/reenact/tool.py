"""A tool that is a process of its own: it gets its arguments, finds the result of this very call and prints it.

python tool.py FOLDER CALL < arguments, or with them on the command line
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    if sys.argv[3:] == ["-"]:
        sys.stdin.read()
    sys.stdout.write((Path(sys.argv[1]) / "results" / sys.argv[2]).read_text("utf-8"))
