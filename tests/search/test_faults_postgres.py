"""A search on PostgreSQL: Debian's server, begun by the test on loopback, which is restarted in mid-run.

Without the server these tests are skipped; where `ARCHGRAPH_POSTGRES=required`, as in CI, that is a failure.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from search.fakes import recipe
from search.watching import check_whole, ended, found, pid, searching, until, well

from archgraph.errors import UsageError
from archgraph.search.study import open_study

USER = "postgres"
"""Whom the server runs as where this is root, as which it refuses to."""


class Server:
    """A PostgreSQL of its own, in a folder, on a free port."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"postgresql://search@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        self._run("initdb", "--pgdata", str(self.folder / "data"), "--username=search", "--auth=trust", "--no-sync")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "--pgdata", str(self.folder / "data"), "--wait", "--log", log, "-o", options, "start")

    def stop(self) -> None:
        """At once, as after a loss of power: whoever is connected is not asked."""
        self._run("pg_ctl", "--pgdata", str(self.folder / "data"), "--wait", "--mode=immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", *command]
        # The server keeps the output of what started it open: no pipe.
        with (self.folder.parent / "said").open("ab") as said:
            done = subprocess.run(command, stdout=said, stderr=said, cwd="/", check=False)
        assert done.returncode == 0, (self.folder.parent / "said").read_text()


def programs() -> Path | None:
    """The folder of the server's programs, as Debian has them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def missing() -> str | None:
    """What is needed and not here."""
    if sys.platform == "win32" or programs() is None:
        return "no PostgreSQL under /usr/lib/postgresql"
    if find_spec("psycopg") is None:
        return "no psycopg: pip install 'archgraph[postgres]'"
    return None


@pytest.fixture
def connections() -> Iterator[list[Any]]:
    """What this process connects to databases with; it is closed at the end, as the end of a process does."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    opened: list[Any] = []

    def note(connection: Any, record: Any) -> None:
        opened.append(connection)

    event.listen(Pool, "connect", note)
    yield opened
    event.remove(Pool, "connect", note)
    for connection in opened:
        connection.close()


@pytest.fixture
def server(connections: list[Any]) -> Iterator[Server]:
    if (why := missing()) is not None:
        if os.environ.get("ARCHGRAPH_POSTGRES") == "required":
            pytest.fail(why)
        pytest.skip(why)
    where = programs()
    assert where is not None
    # Not pytest's own folder, into which no other user may look.
    with tempfile.TemporaryDirectory(prefix="archgraph-pg-") as place:
        folder = Path(place) / "server"
        folder.mkdir()
        if os.geteuid() == 0:
            import shutil

            Path(place).chmod(0o755)
            shutil.chown(folder, USER, USER)
        running = Server(where, folder)
        running.make()
        running.start()
        try:
            yield running
        finally:
            running.stop()


def test_a_database_that_is_restarted_in_mid_run_costs_no_trial_and_a_worker_that_is_killed_its_own(
    tmp_path: Path, server: Server
) -> None:
    """Three workers and, from a process of its own as on another machine, a fourth; the server is away for a second,
    and then the fourth is killed in a training. Trainings are held until those that the test waits for are at work."""
    file = recipe(tmp_path, trials=30)
    hold = tmp_path / "hold"
    join = f"worker.join({server.url!r}, 'small', out={str(tmp_path / 'there')!r}, evaluator=quick)"
    with ExitStack() as stack:
        settings = {"storage": server.url}
        process = stack.enter_context(searching(tmp_path, file, pause=0.2, workers=3, settings=settings))
        until(lambda: ended(tmp_path) > 0, process)
        hold.touch()
        study = open_study(tmp_path / "run")

        def at_work() -> set[int]:
            return {pid(trial) for trial in study.trials() if trial.state == "running"}

        other = stack.enter_context(searching(tmp_path, file, pause=0.2, call=join))
        until(lambda: len(at_work()) == 4 and other.pid in at_work(), process)
        hold.unlink()
        until(lambda: ended(tmp_path) > 5, process)
        before = {trial.number: trial.hash for trial in study.trials() if trial.state == "finished"}
        server.stop()
        time.sleep(1)
        hold.touch()
        server.start()
        until(lambda: other.pid in at_work(), process)
        other.kill()
        hold.unlink()
        well(tmp_path, process)
    interrupted = check_whole(tmp_path, trials=30)
    trials = found(tmp_path)
    assert before
    assert before.items() <= {trial.number: trial.hash for trial in trials if trial.state == "finished"}.items()
    assert len({trial.worker for trial in trials}) == 4
    # None ended by itself. A commit whose answer was lost may have been made twice: then one more was begun, by nobody.
    assert "another one is started" not in (tmp_path / "said").read_text()
    assert len(interrupted) <= 4


def test_a_worker_that_starts_while_the_database_is_away_waits_for_it(tmp_path: Path, server: Server) -> None:
    file = recipe(tmp_path, trials=2)
    with searching(tmp_path, file, pause=0, settings={"storage": server.url}) as process:
        well(tmp_path, process)
    server.stop()
    with pytest.raises(UsageError, match=r"^cannot reach the storage: "):
        open_study(tmp_path / "run")
    with ThreadPoolExecutor(1) as threads:
        opened = threads.submit(open_study, tmp_path / "run", patience=100)
        with pytest.raises(TimeoutError):
            opened.result(1)
        server.start()
        assert len(opened.result(100).trials()) == 2
