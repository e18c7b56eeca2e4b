"""Which files are watched, and when they are read: not while they are being written, and not never."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archgraph.pictures.live.watch import PATIENCE, SETTLED, Watch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text("one")
    return path


class Clock:
    """Time that goes on as it is slept through; `during` is what others do meanwhile, a step each."""

    def __init__(self, *during: object) -> None:
        self.now = 0.0
        self.during = list(during)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.during and callable(step := self.during.pop(0)):
            step()


def test_a_file_that_is_written_again_has_changed(file: Path) -> None:
    watch = Watch([file])
    assert not watch.changed()
    file.write_text("two more")
    assert watch.changed()
    watch.start()
    assert not watch.changed()


def test_another_file_of_the_same_size_and_time_in_its_place_is_a_change(file: Path) -> None:
    watch = Watch([file])
    other = file.with_name("other")
    other.write_text("two")
    os.utime(other, ns=(0, file.stat().st_mtime_ns))
    other.replace(file)
    assert watch.changed()


def test_what_is_written_while_files_are_read_is_a_change(file: Path) -> None:
    watch, used = Watch([file]), file.with_name("used.yaml")
    used.write_text("one")
    watch.note(used)
    used.write_text("two more")  # Between the look at it and the end of the reading.
    watch.note(used)
    assert watch.changed()


def test_a_file_that_is_looked_for_and_missing_is_watched(file: Path) -> None:
    watch = Watch([file])
    watch.note(file.with_name("gone.yaml"))
    assert not watch.changed() and watch.files == (file, file.with_name("gone.yaml"))
    file.with_name("gone.yaml").write_text("here")
    assert watch.changed()


def test_files_that_a_new_reading_does_not_read_are_forgotten(file: Path) -> None:
    watch = Watch([file])
    watch.note(file.with_name("used.yaml"))
    watch.start()
    assert watch.files == (file,)


def test_an_emptied_file_is_waited_for_until_it_is_filled(file: Path) -> None:
    watch = Watch([file])
    file.write_text("")
    clock = Clock(lambda: file.write_text("a half"), None)
    watch.settle(sleep=clock.sleep, clock=clock)
    assert clock.now == pytest.approx(2 * SETTLED) and file.read_text() == "a half"


def test_a_file_that_is_written_all_the_time_is_read_all_the_same(file: Path) -> None:
    watch = Watch([file])
    clock = Clock(*(lambda n=n: file.write_text("x" * n) for n in range(1000)))
    watch.settle(sleep=clock.sleep, clock=clock)
    assert PATIENCE <= clock.now < PATIENCE + 2 * SETTLED
