"""The command as a shell runs it: start-up, pipes, help, interrupts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from archgraph import __version__

MAIN = "from archgraph.cli import program; program()"
HEAVY = ("torch", "optuna", "networkx", "numpy", "sklearn", "plotly", "graphviz")
COMMANDS = [
    "init", "check", "show", "cost", "render", "hash", "zoo", "ops", "fmt", "schema",
    "search run", "search resume", "search show",
]  # fmt: skip
QUICK = [
    "check resnet50", "cost resnet50", "show resnet50", "show resnet50 --features", "hash resnet50",
    "zoo resnet50", "zoo --verify resnet50", "ops", "schema",
]  # fmt: skip


def shell(*words: str, code: str = MAIN, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


@pytest.mark.parametrize("command", QUICK)
def test_quick_commands_import_nothing_heavy(command: str) -> None:
    report = f"""
import atexit, json, sys
atexit.register(lambda: print(json.dumps([name for name in {HEAVY} if name in sys.modules]), file=sys.stderr))
{MAIN}"""
    done = shell(*command.split(), code=report)
    assert done.returncode == 0
    assert json.loads(done.stderr) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, archgraph: Callable[..., Any]) -> None:
    ran = archgraph(*command.split(), "--help")
    assert ran.code == 0
    assert f"  archgraph {command}" in ran.out.partition("Example")[2]


def test_python_runs_the_package_as_the_command() -> None:
    words = [sys.executable, "-m", "archgraph", "hash", "lenet5"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == shell("hash", "lenet5").stdout


def test_the_help_lists_every_command() -> None:
    out = shell("--help").stdout
    assert all(f"\n  {command.split()[0]} " in out for command in COMMANDS)
    assert "..." not in out.partition("Commands:")[2]


@pytest.mark.parametrize("words", [("zoo",), ("ops",), ("show", "densenet121", "--flat")])
def test_a_reader_that_stops_early_hears_no_complaint(words: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) == 0


def test_an_interrupt_ends_with_code_130_and_no_traceback() -> None:
    code = f"""
import os, signal, archgraph.graph.cost as module
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started to ignore it
def wait(*args, **options): os.kill(os.getpid(), signal.SIGINT)
module.cost = wait
{MAIN}"""
    done = shell("cost", "lenet5", code=code)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_output_without_a_terminal_has_no_escapes_and_no_trailing_blanks() -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR")}
    out = shell("show", "resnet18", env=environment).stdout
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="a shell with pipes")
def test_what_goes_through_a_pipe_is_not_cut_to_a_terminals_width() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    out = shell("show", "resnet50", env=environment).stdout
    assert "out=64 kernel=7 stride=2 norm=batch act=relu" in out


def test_a_terminal_that_lacks_a_character_is_no_reason_to_fail() -> None:
    done = shell("show", "resnet50", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and "stage.1.1?3" in done.stdout


def test_without_words_the_help_is_shown() -> None:
    done = shell()
    assert "Commands:" in done.stdout + done.stderr


def test_the_version_is_that_of_the_package() -> None:
    assert shell("--version").stdout == f"archgraph {__version__}\n"


def test_called_from_python_the_command_line_leaves_the_process_alone() -> None:
    code = "import sys; sys.argv = ['archgraph', 'check', 'lenet5']\nfrom archgraph.cli import main\n"
    code += "try:\n    main()\nexcept SystemExit as stop:\n    print('still here', stop.code)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("still here 0\n")
