"""The command line, run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from archgraph.cli import app


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Archgraph = Callable[..., Ran]


@pytest.fixture
def archgraph(monkeypatch: pytest.MonkeyPatch) -> Archgraph:
    """Runs `archgraph WORDS...`; an exception that a user would see as a traceback fails the test."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: object) -> Ran:
        result = CliRunner().invoke(app, [str(word) for word in words], prog_name="archgraph")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run
