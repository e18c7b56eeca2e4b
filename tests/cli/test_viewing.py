"""`archgraph view`, as a process and with wrong words. What it serves is tested in tests/pictures/test_live.py."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archgraph.cli import viewing

Archgraph = Callable[..., Any]
NET = "archgraph: 1\nname: one\ninput: [8, 8, 8]\ngraph: [conv: [{choice: [4, 16]}, 3], relu]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return path


def test_the_first_line_is_the_address_and_ctrl_c_ends_it(file: Path) -> None:
    # A shell that starts a program in the background lets it ignore Ctrl-C, and so may whoever runs the tests.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"import sys; sys.argv = ['archgraph', 'view', {str(file)!r}, '--no-browser']; "
        "import archgraph.cli; archgraph.cli.program()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url) as answer:
            assert b"<title>one</title>" in answer.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out.strip(), err) == (0, "", "")
    assert url.startswith("http://127.0.0.1:") and url.endswith("/")


@pytest.mark.parametrize(
    "words, said",
    [
        (["nothing.yaml"], "no file 'nothing.yaml'"),
        (["resnet5000"], "did you mean"),
        (["net.yaml:small"], "variant"),
        (["net.yaml", "--set", "width=3"], "no variable and no choice 'width'"),
        (["net.yaml", "--set", "width"], "it takes KEY=VALUE"),
        (["net.yaml", "--input", "a"], "it takes sizes"),
        (["net.yaml", "--take", "nothing"], "nothing"),
        (["net.yaml", "--port", "99999"], "65535"),
        (["net.yaml", "--plugin", "no_such_module"], "no_such_module"),
        (["./"], "is a folder"),
    ],
)
def test_a_wrong_use_is_told_and_nothing_is_served(
    archgraph: Archgraph, file: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(file.parent)
    ran = archgraph("view", *words, "--no-browser")
    assert ran.code == 2 and said in ran.err and ran.out == ""


@pytest.mark.parametrize("screen, opened", [({"DISPLAY": ":0"}, True), ({}, False), ({"BROWSER": "lynx"}, True)])
def test_a_browser_is_opened_where_it_has_a_window_or_is_wished(
    archgraph: Archgraph, file: Path, monkeypatch: pytest.MonkeyPatch, screen: dict[str, str], opened: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in screen.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(viewing.sys, "platform", "linux")
    urls: list[str] = []
    asked = threading.Event()

    def remember(url: str) -> None:
        urls.append(url)
        asked.set()

    def ended(*_: object) -> None:
        assert not opened or asked.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr(viewing, "_open", remember)
    monkeypatch.setattr("archgraph.pictures.live.following.Follower.follow", ended)
    ran = archgraph("view", file)
    assert ran.code == 0 and ran.out.splitlines()[0].startswith("http://127.0.0.1:")
    assert urls == ([ran.out.splitlines()[0]] if opened else [])


def test_a_choice_that_is_fixed_is_the_one_that_is_shown(
    archgraph: Archgraph, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def ended(_: object, board: object, __: object) -> None:
        shown.append(board.document)  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    monkeypatch.setattr("archgraph.pictures.live.following.Follower.follow", ended)
    for words in ([], ["--set", "conv1.out=16"]):
        assert archgraph("view", file, *words, "--no-browser").code == 0
    assert ["[16,8,8]" in page for page in shown] == [False, True]
    assert "out: 4 of 4 | 16" in shown[0] and "out: 16 of 4 | 16" in shown[1]
