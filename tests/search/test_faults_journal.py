"""The journal file under several workers: a torn line, and a disk without room."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console
from search.fakes import Quick, recipe
from search.watching import check_whole, ended, found, pid, searching, until, well

from archgraph.errors import UsageError
from archgraph.search import journal
from archgraph.search.study import open_study
from archgraph.search.worker import resume

if sys.platform == "win32":
    pytest.skip("several workers need a database there", allow_module_level=True)

TEARS = 8
ROOM = 256 * 1024
"""Bytes of the small disk."""
HEAVY = """
from archgraph.files import write_whole
train = Quick.train
def heavy(self, request, each_epoch):
    scores = train(self, request, each_epoch)
    write_whole(request.weights, bytes({size}))
    return scores
Quick.train = heavy
"""


def test_lines_torn_while_workers_run_cost_nothing_but_what_their_writers_were_doing(tmp_path: Path) -> None:
    """Eight times a worker is killed, and the journal then has a part of what it might have been writing."""
    chance = random.Random(0)
    file = tmp_path / "run" / journal.NAME
    line = b'{"op_code":8,"worker_id":"x","trial_id":3,"user_attr":{"scores":{"accuracy":0.5}}}\n'
    tears = 0
    with searching(tmp_path, recipe(tmp_path, trials=45), workers=3, pause=0.1) as process:
        until(lambda: ended(tmp_path) > 1, process)
        study = open_study(tmp_path / "run")
        while tears < TEARS:
            before = ended(tmp_path)
            until(lambda before=before: ended(tmp_path) > before, process)  # type: ignore[misc]
            running = [trial for trial in study.trials() if trial.state == "running" and trial.again is None]
            if not running:
                continue
            with journal.writing(file) as writing:
                # Nobody else writes meanwhile, as if it had been this worker's turn.
                writing.seek(0, os.SEEK_END)
                writing.write(line[: chance.randrange(1, len(line))])
                # One that was killed before still seems to run until its trial is taken from it.
                with suppress(ProcessLookupError):
                    os.kill(pid(chance.choice(running)), signal.SIGKILL)
                    tears += 1
        well(tmp_path, process)
    assert check_whole(tmp_path, trials=45)
    kept = file.read_bytes()
    assert journal.mend(file) == 0 and file.read_bytes() == kept


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no small disk can be mounted: {error}")
    if done.returncode:
        pytest.skip(f"no small disk can be mounted: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize(("workers", "weights"), [(2, 8), (1, 12 * 1024)])
def test_a_full_disk_ends_the_search_and_loses_nothing_and_it_goes_on_when_there_is_room(
    tmp_path: Path, disk: Path, workers: int, weights: int
) -> None:
    """The disk is filled up to a little that is left; then either the journal or the weights find no room."""
    run = disk / "run"
    (tmp_path / "run").symlink_to(run)
    (disk / "ballast").write_bytes(bytes(ROOM - (110 if weights > 8 else 70) * 1024))
    options = {"out": str(run), "workers": workers}
    file = recipe(tmp_path, trials=40)
    with searching(tmp_path, file, pause=0.02, before=HEAVY.format(size=weights), **options) as process:
        assert process.wait(100) == 1
    said = (tmp_path / "said").read_text()
    last = said.strip().splitlines()[-1]
    assert last.startswith("archgraph.errors.UsageError: cannot write")
    assert "No space left on device" in last and str(run) in last
    before = {trial.number: trial.hash for trial in found(tmp_path) if trial.state == "finished"}
    assert before and not [
        trial for trial in found(tmp_path) if trial.state == "failed" and "space" in str(trial.error)
    ]
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    resume(run, trials=len(before) + 5, evaluator=Quick(tmp_path / "log"), console=Console(file=io.StringIO()))
    check_whole(tmp_path, trials=len(before) + 5)
    assert before.items() <= {trial.number: trial.hash for trial in found(tmp_path)}.items()


def test_a_disk_that_fails_while_nobody_writes_is_told_at_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second after a write its thread waits for the disk; here that is at once, and the disk is broken."""
    from archgraph.search import storage

    def broken(file: int) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / journal.NAME).touch()
    monkeypatch.setattr(storage, "SYNC", 0.0)
    monkeypatch.setattr("os.fsync", broken)
    kept = storage.JournalFile(str(tmp_path / journal.NAME))
    kept.append_logs([{"op_code": 0}])
    for thread in [thread for thread in storage.threading.enumerate() if isinstance(thread, storage.threading.Timer)]:
        thread.join(10)
    with pytest.raises(
        UsageError, match=r"cannot write .*study\.journal: Input/output error; no finished trial is lost"
    ):
        kept.append_logs([{"op_code": 4}])
