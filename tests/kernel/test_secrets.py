"""A file of credentials whose data leaves in a request: told by the kernel alone, without the data."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.live.model import serving
from sensor.event import Event, FileOpened, SensitiveSent
from sensor.probes.observation import observed
from sensor.probes.origin import Origin
from sensor.probes.sensor import Sensor

KEY = "AKIAQ7RZ2EXAMPLE3456"
SENDS = """
import base64, http.client, ssl, sys, time
place, port, certificate, what = sys.argv[1:]
text = open(place).read()
time.sleep(0.3)
body = base64.b64encode(text.encode()) if what == "it" else b"nothing of note, in 2026-11"
there = http.client.HTTPSConnection("localhost", int(port), context=ssl.create_default_context(cafile=certificate))
there.request("POST", "/echo", body)
there.getresponse().read()
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with serving(tmp_path) as port:
        yield port


@pytest.mark.parametrize("what", ["it", "something else"])
def test_data_of_a_file_of_credentials_is_known_again(sensor: Sensor, tmp_path: Path, port: int, what: str) -> None:
    place = tmp_path / ".aws/credentials"
    place.parent.mkdir()
    place.write_text(f"[default]\naws_access_key_id = {KEY}\n")
    sensor.records()
    arguments = [str(place), str(port), str(tmp_path / "cert.pem"), what]
    process = sensor.launch([sys.executable, "-c", SENDS, *arguments], stdout=subprocess.DEVNULL)
    found: list[Event] = list(observed(sensor, process, Origin.here()))

    assert [one.path for one in found if isinstance(one, FileOpened) and one.path == str(place)]
    sent = [one for one in found if isinstance(one, SensitiveSent)]
    if what == "it":
        assert [(one.path, one.url, one.pieces) for one in sent] == [(str(place), f"https://localhost:{port}/echo", 1)]
        assert KEY not in sent[0].content
    else:
        assert sent == []
