"""What analysts have: an instance of their own that refuses to be changed, and Neo4j Browser with our style."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, Neo4jError

from correlator.cli.desk import opened
from correlator.following import follow
from correlator.ingest import ingest
from correlator.settings import Settings
from examples.fleet import chromium, neo4j
from graph import browser
from graph.queries import query
from graph.stores.neo4j import Neo4jStore
from tests.correlator.recorded import LOW, messages, recorded

pytestmark = [pytest.mark.neo4j, pytest.mark.xdist_group("neo4j")]

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "analysts hunt"


@pytest.fixture(autouse=True)
def _there() -> None:
    if neo4j.jars() is None:
        pytest.skip("Neo4j's jars or Java are missing; make system")


def projected(folder: Path, server: neo4j.Neo4j) -> str:
    """Have a graph with a story in a server; return the id of the story."""
    settings = Settings(store=folder / "store", backend="neo4j", neo4j=server.bolt, threshold=LOW)
    with opened(settings) as desk:
        ingest([("chat", recorded(folder / "chat.jsonl", messages()))], desk)
        assert isinstance(desk.graph, Neo4jStore)
        follow(desk.graph, desk.casebook)
        return desk.casebook.stories("local")[0].story.id


@pytest.fixture(scope="module")
def hunting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a copy of a projected graph as deploy/hunting.conf has it, and give its address."""
    folder = tmp_path_factory.mktemp("hunting")
    with neo4j.serving(folder / "graph") as server:
        projected(folder, server)
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.wait(60)
    shutil.copytree(folder / "graph", folder / "copy")
    with neo4j.serving(folder / "copy", hunting=ROOT / "deploy" / "hunting.conf") as server:
        with GraphDatabase.driver(server.bolt, auth=("neo4j", "neo4j")) as driver:
            driver.execute_query(
                "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password", password=PASSWORD, database_="system"
            )
        yield server.bolt


def test_an_analyst_finds_the_story(hunting: str) -> None:
    with GraphDatabase.driver(hunting, auth=("neo4j", PASSWORD)) as driver:
        found = query("open_stories")
        assert found is not None
        records, _, _ = driver.execute_query(found.text, tenant="local", limit=10)
        assert len(records) == 1
        records, _, _ = driver.execute_query("CALL db.labels() YIELD label RETURN collect(label) AS labels")
        assert "Story" in records[0]["labels"]


REFUSED = """
MATCH (n) DETACH DELETE n
CREATE (n:Story {id: 'mine'})
MATCH (s:Story) SET s.verdict = 'benign'
MERGE (n:Story {key: 'x'})
MATCH (s:Story) REMOVE s.title
CREATE INDEX mine FOR (n:Story) ON (n.title)
DROP CONSTRAINT clew_story_key
CALL db.createLabel('Mine')
""".strip().splitlines()


@pytest.mark.parametrize("text", REFUSED)
def test_an_analyst_changes_nothing(hunting: str, text: str) -> None:
    with GraphDatabase.driver(hunting, auth=("neo4j", PASSWORD)) as driver:
        before, _, _ = driver.execute_query("MATCH (n) RETURN count(n) AS nodes")
        with pytest.raises(Neo4jError, match=r"read.only|read only|access mode"):
            driver.execute_query(text)
        after, _, _ = driver.execute_query("MATCH (n) RETURN count(n) AS nodes")
    assert before == after


def test_an_analyst_reaches_nothing_else(hunting: str, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret\n")
    asked: list[str] = []
    with served("found\n", asked) as url, GraphDatabase.driver(hunting, auth=("neo4j", PASSWORD)) as driver:
        numbered = url.replace("localhost", "127.0.0.1")
        for place in (url, numbered, url.replace("localhost", "0.0.0.0"), f"file://{tmp_path}/secret.csv"):  # noqa: S104 - is refused
            with pytest.raises(Neo4jError, match=r"(?i)block|not allowed|disabled|configuration"):
                driver.execute_query("LOAD CSV FROM $place AS line RETURN line", place=place)
        # Nor with a procedure: none is there that was not built in.
        names, _, _ = driver.execute_query("SHOW PROCEDURES YIELD name RETURN collect(name) AS names")
        with pytest.raises(Neo4jError, match="apoc"):
            driver.execute_query("CALL apoc.load.json($place) YIELD value RETURN value", place=url)
    assert asked == []
    assert all(name.startswith(("db.", "dbms.", "tx.", "cdc.")) for name in names[0]["names"])


def test_nobody_looks_without_a_password(hunting: str) -> None:
    with GraphDatabase.driver(hunting, auth=("neo4j", "another")) as driver, pytest.raises(AuthError):
        driver.execute_query("RETURN 1")


@contextmanager
def served(text: str, asked: list[str] | None = None) -> Iterator[str]:
    """Serve a text on loopback to pages of other addresses, and give its address; `asked` gets each path that is asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            if asked is not None:
                asked.append(self.path)
            self.send_response(200)
            for name in ("Origin", "Headers"):
                self.send_header(f"Access-Control-Allow-{name}", "*")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_OPTIONS()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_port}/clew.grass"
        finally:
            server.shutdown()


def local(address: str | None) -> str:
    """Return an address as pages have it: Browser trusts `localhost`."""
    return str(address).replace("127.0.0.1", "localhost")


def test_neo4j_browser_shows_a_story_s_chain_in_our_style(tmp_path: Path) -> None:
    if chromium.program() is None:
        pytest.skip("Chromium is not installed; make system")
    chain = query("story_chain")
    assert chain is not None
    (tmp_path / "graph").mkdir()
    with (
        neo4j.serving(tmp_path / "graph", browser=True) as server,
        served(browser.style()) as style,
        chromium.browsing() as page,
    ):
        story = projected(tmp_path, server)
        settings = json.dumps({"initCmd": f":style {style}", "playImplicitInitCommands": True})
        page.open(f"{local(server.http)}/browser/", f"localStorage.setItem('neo4j.settings', {json.dumps(settings)})")
        page.wait("document.querySelector('[data-testid=authenticationMethod]')")
        page.fill("[data-testid=bolt-scheme-select]", "bolt://")
        page.fill("[data-testid=boltaddress]", local(server.bolt))
        page.fill("[data-testid=authenticationMethod]", "NO_AUTH")
        page.ask("document.querySelector('[data-testid=connect]').click()")
        page.wait("document.body.innerText.includes('working connection')")
        page.wait("localStorage.getItem('neo4j.grass')")
        for text in (browser.parameters({"story": story}), chain.text.strip()):
            page.ask("document.querySelector('.monaco-editor textarea').focus()")
            page.type(text)
            page.ask("document.querySelector('[data-testid=editor-Run]').click()")
        page.wait("document.querySelectorAll('g.node').length == 4")
        page.picture(tmp_path / "browser.png")
        shown = page.ask("document.body.innerText")
        colours = page.ask("[...document.querySelectorAll('g.node circle')].map(one => one.getAttribute('fill'))")

    assert "Displaying 4 nodes" in shown
    assert {"#7B4EA3", "#A480C4", "#F2A541", "#6BA292"} <= set(colours)
    assert (tmp_path / "browser.png").read_bytes().startswith(b"\x89PNG")
