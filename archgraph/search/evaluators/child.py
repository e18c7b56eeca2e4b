"""Scoring candidates in a child process, which is kept between trials and started anew when it dies.

Importing torch takes longer than training a small network, so the process is started once. What goes wrong in it - a
crash, no memory left, a loss that is no number, no answer in time - is the failure of that one trial.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from archgraph.errors import UsageError
from archgraph.ops.plugins import given
from archgraph.search.evaluator import EachEpoch, EvaluationError, Request
from archgraph.search.files import RunFolder
from archgraph.search.recipe import Recipe

START_TIMEOUT = 120.0
"""Seconds to import torch in; on a busy machine with a cold disk it takes long."""


def make(recipe: Recipe, folder: RunFolder) -> ChildProcess:
    """The evaluator of `train`."""
    assert recipe.evaluate.train is not None
    proxy = recipe.fidelity.proxy if recipe.fidelity else None
    return ChildProcess(recipe.evaluate.train, timeout=recipe.evaluate.timeout, log=folder.log, proxy=proxy)


class ChildProcess:
    """An evaluator that trains in a process of its own; what that prints goes to `log`.

    `proxy` is what scores a network after no epochs, on the first training images.
    """

    def __init__(self, settings: BaseModel, *, timeout: float, log: Path, proxy: str | None = None) -> None:
        self.settings, self.proxy = settings, proxy
        self.timeout = timeout
        self.log = log
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._log_start = 0
        self._start()

    def about(self) -> Mapping[str, Any]:
        return self.ask({"do": "about"}, START_TIMEOUT, lambda epoch, accuracy: None)

    def train(self, request: Request, each_epoch: EachEpoch) -> Mapping[str, Any]:
        if request.untrained:
            glance = {"do": "glance", "spec": request.text, "seed": request.seed, "proxy": self.proxy}
            return self.ask(glance, self.timeout, each_epoch)
        return self.ask({"do": "train", **asked(request)}, self.timeout, each_epoch)

    def test(self, text: str, weights: Path) -> Mapping[str, Any]:
        job = {"do": "test", "spec": text, "weights": str(weights)}
        return self.ask(job, self.timeout, lambda epoch, accuracy: None)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._end()

    def _end(self) -> int:
        """Take leave of a process that has ended or is about to; gives its code."""
        process, self._process = self._process, None
        assert process is not None and process.stdin is not None
        code = process.wait()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        self._reader.join()
        return code

    def ask(self, job: Mapping[str, Any], timeout: float, each_epoch: EachEpoch) -> Mapping[str, Any]:
        """The answer to a job of `trainer`; the settings go with it.

        Raises EvaluationError, and UsageError where the disk is full: that is no network's fault.
        """
        if self._process is None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        self._log_start = self.log.stat().st_size
        deadline = time.monotonic() + timeout
        try:
            self._process.stdin.write(json.dumps({**job, "settings": self.settings.model_dump()}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise EvaluationError(self._death()) from None
        while True:
            answer = self._answer(deadline, timeout)
            if "epoch" in answer:
                each_epoch(answer["epoch"], answer["accuracy"])
            elif "full" in answer:
                self._end()
                raise UsageError(f"{answer['full']}; no finished trial is lost, and the search can be resumed")
            elif "crash" in answer:
                self._end()
                raise EvaluationError(answer["crash"])
            elif "error" in answer:
                raise EvaluationError(answer["error"])
            else:
                return answer

    def _answer(self, deadline: float, timeout: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self.close()
            raise EvaluationError(f"no result after {timeout:g} seconds; it was stopped") from None
        if line is None:
            raise EvaluationError(self._death())
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def _start(self) -> None:
        self._answers = queue.Queue()
        # Threads that wait without spinning lose little on an idle machine, and 10 times less on a busy one.
        environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ}
        # It finds the modules that this process finds, and none that only happen to lie in the current folder.
        environment["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "archgraph.search.trainer", *given()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8",
                env=environment,
            )  # fmt: skip
        self._reader = threading.Thread(target=_forward, args=(self._process, self._answers), daemon=True)
        self._reader.start()

    def _death(self) -> str:
        """Why the process is gone, as far as can be known."""
        code = self._end()
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode(errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if code < 0:
            name = signal.Signals(-code).name
            hint = ", which is how a system without free memory ends a process" if name == "SIGKILL" else ""
            return f"the training process was ended by {name}{hint}"
        return said or f"the training process ended with code {code}"


def asked(request: Request) -> dict[str, Any]:
    """A request as the child process is told of it."""
    files = {"weights": request.weights, "parent": request.parent, "resume": request.resume}
    paths = {name: path and str(path) for name, path in files.items()}
    return {"spec": request.text, "seed": request.seed, "epochs": request.epochs, **paths}


def _forward(process: subprocess.Popen[str], answers: queue.Queue[str | None]) -> None:
    """Pass on what a process answers, and None when it is gone; a thread, since pipes have no timeout."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            answers.put(line)
    answers.put(None)
