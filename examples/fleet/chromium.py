"""Chromium without a window, driven over a pipe (https://chromedevtools.github.io/devtools-protocol/): without a port."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 60.0
_AS_3_AND_4 = """
import os, sys
for number, end in zip((100, 101), sys.argv[1:3]):
    os.dup2(int(end), number)
for number in (3, 4):
    os.dup2(number + 97, number)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Executes a program with two descriptors where Chromium looks for them: it reads from 3 and writes to 4."""


def program() -> str | None:
    """Return the program, `None` where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page."""

    def __init__(self, to: int, of: int) -> None:
        """`to`, `of`: ends of the pipes that Chromium reads and writes."""
        self._to, self._of = to, of
        self._left = b""
        self._number = 0
        self._session = ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")

    def open(self, url: str, before: str = "") -> None:
        """Go to an address; `before`: a script that is run before those of the page."""
        self._call("Page.addScriptToEvaluateOnNewDocument", source=before)
        self._call("Page.navigate", url=url)

    def ask(self, script: str) -> Any:
        """Return the value of an expression."""
        found = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        return found["result"].get("value")

    def fill(self, selector: str, value: str) -> None:
        """Have a field hold a value, as if it was typed or chosen."""
        self.ask(
            f"(() => {{ const field = document.querySelector({json.dumps(selector)});"
            "const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set;"
            f"set.call(field, {json.dumps(value)});"
            "for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {bubbles: true})); })()"
        )

    def type(self, text: str) -> None:
        """Type a text where the page has its focus."""
        self._call("Input.insertText", text=text)

    def wait(self, script: str, patience_s: float = _PATIENCE_S) -> None:
        """Wait until an expression is true, as JavaScript has it. Raises `TimeoutError`."""
        enough = time.monotonic() + patience_s
        while not self.ask(f"Boolean({script})"):
            if time.monotonic() > enough:
                raise TimeoutError(
                    f"{script} is never true; the page says: {self.ask('document.body.innerText')!r:.2000}"
                )
            time.sleep(0.2)

    def picture(self, path: Path) -> None:
        """Write what is seen as PNG."""
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, **values: Any) -> dict[str, Any]:
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        message = {"id": self._number, "method": method, "params": values} | session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        found: dict[str, Any] = answer["result"]
        return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            piece = os.read(self._of, 1 << 16)
            if not piece:
                raise RuntimeError("Chromium has ended")
            self._left += piece
        message, _, self._left = self._left.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def browsing(width: int = 1_600, height: int = 1_000) -> Iterator[Page]:
    """Give a page; Chromium is gone afterwards. It asks nothing of any network but what the page does."""
    name = program()
    assert name is not None
    theirs, to = os.pipe()
    of, ours = os.pipe()
    with tempfile.TemporaryDirectory(prefix="clew-chromium-", ignore_cleanup_errors=True) as folder:
        command = [
            name, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
            f"--user-data-dir={folder}", f"--window-size={width},{height}",
        ]  # fmt: skip

        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _AS_3_AND_4, str(theirs), str(ours), *command], stderr=subprocess.DEVNULL,
            pass_fds=(theirs, ours), start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        os.close(ours)
        try:
            yield Page(to, of)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(to)
            os.close(of)
