"""A view's server, asked as a browser asks it: what it shows after a file was saved, and what it keeps to itself."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import archgraph
from archgraph.checking import check
from archgraph.cli.given import Given
from archgraph.errors import UsageError
from archgraph.pictures.live import board as boards
from archgraph.pictures.live.board import Board
from archgraph.pictures.live.following import Follower
from archgraph.pictures.live.reading import Reading
from archgraph.pictures.live.server import Server, serving

NET = "archgraph: 1\nname: one\ninput: [3, 8, 8]\ngraph:\n  - conv: [4, 3]\n  - global_avg_pool\n  - linear: 10\n"
WRONG = NET.replace("[4, 3]", "[4, 3x]").replace("linear: 10", "liner: 10")
USING = "archgraph: 1\nname: using\ninput: [3, 8, 8]\ngraph: [use: part.yaml, linear: 10]\n"


@dataclass(frozen=True)
class View:
    """A file that is viewed."""

    file: Path
    server: Server

    def ask(self, path: str = "", method: str = "GET", **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        """What the server says of a path below its secret address, or of a whole one that begins with `/`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_address[1], timeout=60)
        try:
            where = path if path.startswith("/") else f"/{self.server.secret}/{path}"
            connection.request(method, where, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def save(self, text: str) -> None:
        self.file.write_text(text)

    def until(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first news that is as wanted. Asks with pauses, as a page does: where many ask, answers come at once."""
        version = 0
        limit = time.monotonic() + 60
        while True:
            _, text, _ = self.ask(f"news?after={version}")
            news: dict[str, Any] = json.loads(text)
            if wanted(news):
                return news
            assert time.monotonic() < limit, news
            version = news["version"]
            time.sleep(0.02)

    def shows(self, name: str) -> dict[str, Any]:
        """News, once the picture of a network is there."""
        return self.until(lambda news: news["status"] == "current" and f"<title>{name}</title>" in self.ask()[1])


def wrong(news: dict[str, Any]) -> bool:
    return news["status"] == "wrong"


@pytest.fixture
def viewed(tmp_path: Path) -> Iterator[Callable[[str], View]]:
    """Views a file with a text, as the command does."""
    stop = threading.Event()
    ending: list[Callable[[], object]] = []

    def start(text: str) -> View:
        file = tmp_path / "net.yaml"
        file.write_text(text)
        follower = Follower(lambda opening: Given.read(str(file), None, None, opening=opening), file)
        board = Board(str(file))
        board.show(follower.read())
        holding = serving(board)
        thread = threading.Thread(target=follower.follow, args=(board, stop))
        thread.start()
        ending.extend([thread.join, lambda: holding.__exit__(None, None, None)])
        return View(file, holding.__enter__())

    yield start
    stop.set()
    for end in ending:
        end()


Viewed = Callable[[str], View]


def test_a_saved_file_is_a_new_picture(viewed: Viewed) -> None:
    view = viewed(NET)
    first = view.shows("one")
    view.save(NET.replace("one", "two"))
    second = view.shows("two")
    assert second["picture"] == first["picture"] + 1 and second["findings"] == []


def test_mistakes_are_those_of_check_beside_the_last_good_picture(viewed: Viewed) -> None:
    view = viewed(NET)
    view.save(WRONG)
    news = view.until(wrong)
    expected = check(str(view.file)).findings
    assert len(expected) == 2
    for told, finding in zip(news["findings"], expected, strict=True):
        assert {key: value for key, value in told.items() if key != "excerpt"} == finding.as_dict()
        assert finding.at is not None and told["excerpt"] == finding.at.excerpt()
    assert news["picture"] == 1 and "<title>one</title>" in view.ask()[1]
    view.save(NET.replace("one", "mended"))
    assert view.shows("mended")["findings"] == []


def test_a_promise_that_is_not_kept_is_told_beside_the_new_picture(viewed: Viewed) -> None:
    view = viewed(NET + "expect: {params: 1}\n")
    news = view.shows("one")
    assert [told["message"] for told in news["findings"]] == [
        finding.message for finding in check(str(view.file)).findings
    ]
    assert "params is" in news["findings"][0]["message"]


def test_a_file_that_is_wrong_from_the_start_is_waited_for(viewed: Viewed) -> None:
    view = viewed("archgraph: 1\nname: [\n")
    assert view.until(wrong)["picture"] == 0 and "There is no picture of it yet" in view.ask()[1]
    view.save(NET)
    assert view.shows("one")["picture"] == 1


def test_an_editor_may_replace_the_file(viewed: Viewed) -> None:
    view = viewed(NET)
    beside = view.file.with_name("beside")
    beside.write_text(NET.replace("one", "two"))
    os.utime(beside, ns=(view.file.stat().st_atime_ns, view.file.stat().st_mtime_ns))
    beside.replace(view.file)
    view.shows("two")


def test_a_file_that_is_gone_is_told_and_comes_back(viewed: Viewed) -> None:
    view = viewed(NET)
    view.file.unlink()
    assert "no file" in view.until(wrong)["findings"][0]["message"]
    view.save(NET.replace("one", "back"))
    view.shows("back")


def test_a_file_that_is_used_is_watched_before_it_is_there_too(viewed: Viewed) -> None:
    view = viewed(USING)
    assert "part.yaml" in view.until(wrong)["findings"][0]["message"]
    part = view.file.with_name("part.yaml")
    part.write_text(NET)
    first = view.shows("using")
    part.write_text(NET.replace("[4, 3]", "[8, 3]"))
    assert view.until(lambda news: news["picture"] > first["picture"])["findings"] == []
    part.write_text(WRONG)
    assert view.until(wrong)["findings"][0]["file"] == str(part)


def test_of_many_saves_the_last_is_shown(viewed: Viewed) -> None:
    view = viewed(NET)
    for number in range(30):
        view.save(NET.replace("one", f"net{number}"))
    view.shows("net29")


def test_what_names_hold_is_text_in_the_page_and_in_the_news(viewed: Viewed) -> None:
    view = viewed(NET.replace("one", "\"</title><script>alert('ü')</script>\""))
    news = view.until(lambda news: news["status"] == "current")
    assert news["findings"] == [] and "<script>alert" not in view.ask()[1]
    view.save(NET.replace("[4, 3]", "[4, 3] # </script><b>").replace("linear", "<img>"))
    _, text, headers = view.ask("news?after=0") if view.until(wrong) else (0, "", None)
    assert headers is not None and headers["Content-Type"] == "application/json"
    assert "did you mean" in text or "unknown op" in text


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.1@evil.example", "", "0.0.0.0"],
)
def test_a_name_that_was_made_to_lead_here_is_refused(viewed: Viewed, host: str) -> None:
    status, text, _ = viewed(NET).ask(Host=host)
    assert status == 403 and "<title>" not in text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]:80"])
def test_a_tunnel_may_have_another_port_and_name_of_this_machine(viewed: Viewed, host: str) -> None:
    view = viewed(NET)
    assert view.ask(Host=host)[0] == 200
    assert view.ask("news", Host=host, Origin=f"http://{host}")[0] == 200


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_another_page_is_refused(viewed: Viewed, origin: str) -> None:
    assert viewed(NET).ask("news", Origin=origin)[0] == 403


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_there_is_only_get(viewed: Viewed, method: str) -> None:
    status, _, headers = viewed(NET).ask(method=method)
    assert status == 405 and headers["Allow"] == "GET"


def test_no_path_leads_to_a_file_or_past_the_secret(viewed: Viewed) -> None:
    view = viewed(NET)
    secret = view.server.secret
    (view.file.parent / "other.txt").write_text("nobody reads this")
    paths = [
        *(f"/{secret}/{name}" for name in ("other.txt", "net.yaml", "../net.yaml", "..%2fnet.yaml", "./", "%00")),
        f"/{secret}/{view.file}", f"/{secret}/news/", f"/{secret}", f"/{secret[:-1]}/", f"/x/../{secret}/",
        "/", "?", "*", "//[", "/news", "/etc/passwd", view.file.as_uri(),
    ]  # fmt: skip
    for path in paths:
        with socket.create_connection(view.server.server_address[:2], timeout=60) as asking:  # It tidies no path.
            asking.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            said = b"".join(iter(lambda: asking.recv(65536), b"")).decode()
        assert re.match(r"HTTP/1.1 40[04] ", said), path
        assert "<title>" not in said and "nobody reads this" not in said and secret not in said


def test_secrets_differ_and_are_long(viewed: Viewed) -> None:
    with serving(Board("a")) as one, serving(Board("a")) as other:
        assert one.secret != other.secret and len(one.secret) >= 20


def test_only_the_loopback_address_listens(viewed: Viewed) -> None:
    view = viewed(NET)
    assert view.server.socket.getsockname()[0] == "127.0.0.1"
    own = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in {*own, "127.0.0.2"}:
        with pytest.raises(OSError):
            socket.create_connection((address, view.server.server_address[1]), timeout=5).close()


def test_pages_are_not_kept_framed_or_given_to_others(viewed: Viewed) -> None:
    view = viewed(NET)
    for path in ("", "news", "nothing"):
        _, _, headers = view.ask(path)
        assert headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert not [name for name in headers if name.lower().startswith("access-control")]
        assert "Python" not in headers["Server"]
    assert "script-src 'sha256-" in view.ask()[1]


def test_a_question_that_is_none_is_refused(viewed: Viewed) -> None:
    assert viewed(NET).ask("news?after=x")[0] == 400


def test_tabs_that_go_away_leave_no_threads(viewed: Viewed, monkeypatch: pytest.MonkeyPatch) -> None:
    view = viewed(NET)
    version = view.shows("one")["version"]
    before = threading.active_count()
    asking = [socket.create_connection(view.server.server_address[:2]) for _ in range(12)]
    for one in asking:
        path = f"/{view.server.secret}/news?after={version}"
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for one in asking:
        one.close()
    view.save(NET.replace("one", "two"))
    view.shows("two")
    for thread in threading.enumerate()[before:]:
        thread.join(60)
    assert threading.active_count() <= before


def test_more_tabs_than_a_browser_has_connections_are_answered_at_once() -> None:
    board = Board("net")
    version = board.notice.version
    waiting = [
        threading.Thread(target=board.after, args=(version,), kwargs={"seconds": 60}) for _ in range(boards.MOST_HELD)
    ]
    for thread in waiting:
        thread.start()
    while board._held < boards.MOST_HELD:
        pass
    assert board.after(version, seconds=3600).version == version
    board.begin()
    for thread in waiting:
        thread.join(30)
        assert not thread.is_alive()


def test_the_end_of_a_view_ends_every_question() -> None:
    board = Board("net")
    asking = threading.Thread(target=board.after, args=(board.notice.version,), kwargs={"seconds": 3600})
    asking.start()
    board.close()
    asking.join(30)
    assert not asking.is_alive()


def test_a_graph_that_cannot_be_drawn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> str:
        raise UsageError("too large")

    monkeypatch.setattr(boards, "drawn", refused)
    board = Board("net")
    board.show(Reading(archgraph.expand(archgraph.loads(NET))))
    assert board.notice.status == "wrong" and board.notice.error == "too large" and board.notice.picture == 0


def test_a_port_that_is_taken_is_a_wrong_use() -> None:
    with serving(Board("a")) as one, pytest.raises(UsageError, match="without --port a free one"):  # noqa: SIM117
        with serving(Board("b"), one.server_address[1]):
            pass
