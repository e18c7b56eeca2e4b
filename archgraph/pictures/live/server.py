"""Serves a view's pages to browsers of this machine, and nothing else: three addresses, none of which names a file."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, urlsplit

from archgraph.errors import UsageError
from archgraph.pictures.live.board import Board

ADDRESS = "127.0.0.1"
OURS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
"""Names that a browser of this machine calls us by; with any port, for a tunnel has one of its own."""

PATH = re.compile(r"/(?P<secret>[A-Za-z0-9_-]+)/(?P<name>[a-z]*)")

HELD = 20.0
"""Seconds for which a question for news is kept where there are none."""

IDLE = 30.0
"""Seconds after which a connection that says nothing is closed."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""With every answer. What scripts may do is said by the policy in the page itself, which cannot forbid frames."""


class Server(ThreadingMixIn, TCPServer):
    """Listens on the loopback address alone. The path of its URL holds a secret, which other users of the machine and
    other web pages do not know.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # Elsewhere it would let two programs have the same port.
    request_queue_size = 32

    def __init__(self, board: Board, port: int = 0) -> None:
        self.board = board
        self.secret = secrets.token_urlsafe(16)
        super().__init__((ADDRESS, port), _Answer)

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.server_address[1]}/{self.secret}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A tab that was closed while it was answered is no mistake of anybody's."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


@contextmanager
def serving(board: Board, port: int = 0) -> Iterator[Server]:
    """A server that answers, in a thread of its own, until the end of the block. Raises UsageError."""
    try:
        server = Server(board, port)
    except OSError as error:
        raise UsageError(
            f"cannot listen on port {port}: {error.strerror}; without --port a free one is taken"
        ) from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        board.close()
        server.shutdown()
        server.server_close()
        thread.join()


class _Answer(BaseHTTPRequestHandler):
    """One connection of a browser."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "archgraph", ""
    timeout = IDLE
    server: Server

    def do_GET(self) -> None:
        if not self._is_from_here():
            self._say(HTTPStatus.FORBIDDEN, "This is served to pages of this machine alone.")
            return
        if self.server.board.closed:
            self.close_connection = True
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, "The view has ended.")
            return
        try:
            asked = urlsplit(self.path)
        except ValueError:
            self._say(HTTPStatus.BAD_REQUEST, "This is no path.")
            return
        found = PATH.fullmatch(asked.path)
        name = found and found["name"]
        if found is None or not secrets.compare_digest(found["secret"], self.server.secret):
            self._say(HTTPStatus.NOT_FOUND, "Nothing is here: the address is the one that `archgraph view` printed.")
        elif name == "":
            self._show(self.server.board.document)
        elif name == "changes":
            self._changes()
        elif name == "news":
            self._news(asked.query)
        else:
            self._say(HTTPStatus.NOT_FOUND, "Nothing is here.")

    def _refuse(self) -> None:
        self.close_connection = True  # What comes after, a body say, is not read.
        self._say(HTTPStatus.METHOD_NOT_ALLOWED, "There is only GET.", Allow="GET")

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _refuse  # noqa: N815

    def _is_from_here(self) -> bool:
        """Whether it comes from a page of ours: not by a name that somebody made lead here, nor from another page."""
        hosts, origins = (self.headers.get_all(name) or [] for name in ("Host", "Origin"))
        return (
            len(hosts) == 1
            and OURS.fullmatch(hosts[0].strip()) is not None
            and all(origin == f"http://{hosts[0].strip()}" for origin in origins)
        )

    def _changes(self) -> None:
        try:
            self._show(self.server.board.changes())
        except UsageError as error:
            self._say(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))

    def _news(self, query: str) -> None:
        after = parse_qs(query).get("after", ["0"])[0]
        if not re.fullmatch("[0-9]{1,12}", after):
            self._say(HTTPStatus.BAD_REQUEST, "`after` is the number of a version.")
            return
        notice = self.server.board.after(int(after), seconds=HELD)
        self._send(HTTPStatus.OK, json.dumps(notice.as_dict()).encode(), "application/json")

    def _show(self, document: str) -> None:
        self._send(HTTPStatus.OK, document.encode(), "text/html; charset=utf-8")

    def _say(self, status: HTTPStatus, text: str, **headers: str) -> None:
        self._send(status, f"{text}\n".encode(), "text/plain; charset=utf-8", **headers)

    def _send(self, status: HTTPStatus, content: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        known = {"Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in {**HEADERS, **known, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """What is asked for is nobody's business."""
