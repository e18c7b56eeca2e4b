"""The process that trains: one JSON job a line on standard input, JSON answers a line on standard output.

Its arguments are plug-ins that the specs need. It ends when its standard input does, or when nobody is left to hear
of the next epoch.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import torch
from safetensors.torch import load_file

from archgraph import build, cost, expand, loads, plugin
from archgraph.search import jobs
from archgraph.search.files import checkpoint_of
from archgraph.search.inheriting import begin
from archgraph.train.checkpoint import write_checkpoint
from archgraph.train.data import Part, Split, load
from archgraph.train.device import describe, device, use_threads
from archgraph.train.loop import DivergenceError, Score, score, train
from archgraph.train.settings import Training
from archgraph.train.weights import write_weights


def main() -> None:
    """Answer jobs until there are no more."""
    answers = _own_standard_output()
    _offer_to_die_first()
    for source in sys.argv[1:]:
        plugin(source)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = _JOBS[job["do"]](job, answers)
        except Exception as error:
            # After most errors of a GPU nothing more can be done with it in the same process: say why, and end.
            said = {"full": str(error)} if _full(error) else {"crash": f"{type(error).__name__}: {error}"[:1000]}
            _tell(answers, said)
            raise
        _tell(answers, answer)


def _full(error: BaseException | None) -> bool:
    """Whether an error comes of a disk without room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__
    return False


def _about(job: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    # The data are read here as well: the first trial is then as quick as the others.
    if job["settings"].get("data"):
        _data(job["settings"]["data"])
    return {"device": describe(device()), "torch": torch.__version__}


def _train(job: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    settings = Training.model_validate(job["settings"])
    graph = expand(loads(job["spec"]))
    threads = use_threads(cost(graph).macs)
    torch.manual_seed(job["seed"])
    module = build(graph)
    start = begin(module, graph, resume=job["resume"], parent=job["parent"])

    def report(epoch: int, found: Score) -> None:
        _tell(answers, {"epoch": epoch, **found.as_dict()})

    where, until = device(), job["epochs"] or settings.epochs
    images = _data(settings.data)
    try:
        trained = train(
            module, images, settings, seed=job["seed"], device=where, report=report, until=until, begin=start.checkpoint
        )
    except DivergenceError as error:
        return {"error": str(error)}
    write_weights(module, job["weights"])
    if until < settings.epochs:
        write_checkpoint(trained.checkpoint, checkpoint_of(job["weights"]))
    curve = [round(epoch.accuracy, 6) for epoch in trained.epochs]
    done = {**trained.validation.as_dict(), "epochs": curve, "seconds": round(trained.seconds, 4), "threads": threads}
    done |= start.scores
    # Scores of a training that its time limit ended depend on the machine: the study says so.
    return {**done, "stopped": True} if trained.stopped else done


def _test(job: Mapping[str, Any], answers: TextIO) -> dict[str, Any]:
    module = build(loads(job["spec"]), init=False)
    module.load_state_dict(load_file(job["weights"]))
    where = device()
    test = _data(job["settings"]["data"])["test"]
    return {**score(module.to(where), test, device=where).as_dict(), "images": len(test.labels)}


_JOBS = {
    "about": _about,
    "train": _train,
    "test": _test,
    "proxy": jobs.proxy,
    "glance": jobs.glance,
    "python": jobs.function,
    "latency": jobs.latency,
}


def _data(given: str | Mapping[str, Any]) -> Mapping[Part, Split]:
    return load(given)


def _tell(answers: TextIO, answer: Mapping[str, Any]) -> None:
    try:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    except BrokenPipeError:
        # Whoever asked is gone.
        os._exit(0)


def _own_standard_output() -> TextIO:
    """Standard output for answers alone: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _offer_to_die_first() -> None:
    """Where memory runs out, Linux shall end this process and not the search."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main()
