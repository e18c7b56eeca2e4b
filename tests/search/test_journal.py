"""The journal file: a torn end is cut off, and one process at a time holds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archgraph.errors import UsageError
from archgraph.search import journal

WHOLE = b'{"op_code":0}\n{"op_code":4}\n'


@pytest.mark.parametrize("torn", [b"", b'{"op_co', b'{"op_code":8}', b"\0\0\0\n", b'{"op_code":8}\0\0\0', b"[1]\n"])
def test_a_torn_end_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    file = tmp_path / journal.NAME
    file.write_bytes(WHOLE + torn)
    assert journal.mend(file) == len(torn)
    assert file.read_bytes() == WHOLE


def test_a_lock_left_by_a_killed_writer_is_taken_away(tmp_path: Path) -> None:
    file = tmp_path / journal.NAME
    file.write_bytes(WHOLE)
    left = tmp_path / f"{journal.NAME}.lock"
    left.symlink_to(file)
    journal.mend(file)
    assert not left.is_symlink()


def test_a_folder_is_held_by_one_process_until_that_ends(tmp_path: Path) -> None:
    code = f"""
import sys, time, pathlib
from archgraph.search.journal import held
with held(pathlib.Path({str(tmp_path)!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    with pytest.raises(UsageError, match="another process is running the search in"), journal.held(tmp_path):
        pass
    other.kill()
    other.wait()
    other.stdout.close()
    with journal.held(tmp_path):
        pass
