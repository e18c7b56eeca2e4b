"""Candidates scored without training: by a proxy, or by a user's function."""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from archgraph import build, cost, dump, expand, load, loads, override
from archgraph.errors import SpecError
from archgraph.search.evaluator import EvaluationError, Request
from archgraph.search.evaluators.proxy import ProxyProcess
from archgraph.search.evaluators.python import FunctionProcess
from archgraph.search.function import Function
from archgraph.search.outcome import read_outcome
from archgraph.search.reading import read_recipe
from archgraph.search.worker import run
from archgraph.train.proxies import NAMES
from archgraph.train.proxies.settings import Proxying

SPEC = override(load("cifar_resnet8"), {"input": (1, 8, 8), "classes": 10})
TEXT = dump(SPEC)
RECIPE = """\
archgraph_search: 1
name: untrained
spec: cifar_resnet8
set: {classes: 10, input: [1, 8, 8]}
budget: {macs: 764k}
evaluate: EVALUATE
objectives: OBJECTIVES
trials: 4
"""
FUNCTIONS = """\
import os
from archgraph import cost

def weighed(module, spec, trial):
    return {"weights": sum(p.numel() for p in module.parameters()), "seed": trial.seed}

def saves(module, spec, trial):
    trial.weights.write_text(spec.name)
    return {"accuracy": 0.5}

def lost(module, spec, trial):
    return {"loss": float("nan")}

def several(module, spec, trial):
    return [1, 2]

def raises(module, spec, trial):
    raise ValueError("no such luck")

def leaves(module, spec, trial):
    os._exit(3)
"""


def recipe(folder: Path, evaluate: str, objectives: str) -> Path:
    file = folder / "r.yaml"
    file.write_text(RECIPE.replace("EVALUATE", evaluate).replace("OBJECTIVES", objectives))
    return file


def ask(process: ProxyProcess | FunctionProcess, folder: Path, *, seed: int = 0) -> dict[str, object]:
    found = process.train(Request(TEXT, seed, folder / "w"), lambda epoch, accuracy: None)
    return {name: value for name, value in found.items() if name != "seconds"}


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scores.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def function_process(name: str, folder: Path, *wanted: str) -> FunctionProcess:
    return FunctionProcess(Function(function=f"scores:{name}"), timeout=120, log=folder / "log", wanted=wanted)


@pytest.mark.torch
def test_the_child_process_gives_what_the_proxy_gives_here(tmp_path: Path) -> None:
    import torch

    from archgraph.train.proxies.score import score

    torch.manual_seed(5)
    module = build(expand(SPEC))
    images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = score("snip", module, images, torch.arange(16) % 10)
    with closing(ProxyProcess(Proxying(name="snip", batch=16), timeout=120, log=tmp_path / "log")) as process:
        assert ask(process, tmp_path, seed=5)["proxy"] == pytest.approx(expected, rel=1e-5)
        process.settings = Proxying(name="macs")
        assert ask(process, tmp_path) == {"proxy": cost(SPEC).macs}
        process.settings = Proxying(name="naswot", data="digits", batch=32)
        on_digits = ask(process, tmp_path)
        process.settings = Proxying(name="naswot", batch=32)
        assert on_digits != ask(process, tmp_path)


@pytest.mark.torch
def test_a_search_by_proxy_finds_the_largest_proxy(tmp_path: Path) -> None:
    file = recipe(tmp_path, "{proxy: params}", "[proxy, macs]")
    done = run(file, out=tmp_path / "run", console=Console(file=io.StringIO(), width=120))
    found = read_outcome(done.folder)
    assert done.finished == 4 and done.best is not None
    values = [trial.values for trial in found.finished]
    assert values == [(float(t.cost["params"]), float(t.cost["macs"])) for t in found.finished]
    assert found.best is not None and found.best.measure("proxy") == max(
        trial.cost["params"] for trial in found.winners
    )


@pytest.mark.torch
def test_a_function_gets_the_module_the_spec_and_the_trial(functions: Path) -> None:
    with closing(function_process("weighed", functions, "weights")) as process:
        assert ask(process, functions, seed=7) == {"weights": cost(SPEC).params, "seed": 7}
    with closing(function_process("saves", functions)) as process:
        assert ask(process, functions) == {"accuracy": 0.5}
    assert (functions / "w").read_text() == loads(TEXT).name


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lost", "scores:lost gave loss: nan"),
        ("several", r"scores:several gave \[1, 2\]; it gives a mapping of names to numbers"),
        ("saves", "scores:saves gave no loss; it gave accuracy"),
        ("raises", "ValueError: no such luck"),
        ("leaves", "the training process ended with code 3"),
        ("absent", "AttributeError: module 'scores' has no attribute 'absent'"),
    ],
)
def test_what_goes_wrong_in_a_function_is_the_trials_failure(functions: Path, name: str, message: str) -> None:
    with closing(function_process(name, functions, "loss")) as process:
        with pytest.raises(EvaluationError, match=message):
            ask(process, functions)
        process.settings, process.wanted = Function(function="scores:weighed"), ()
        assert ask(process, functions)["weights"] == cost(SPEC).params


@pytest.mark.torch
def test_a_search_goes_by_a_name_that_the_function_gives(functions: Path) -> None:
    file = recipe(functions, "{python: {function: 'scores:weighed', gives: {weights: minimize}}}", "[weights]")
    done = run(file, out=functions / "run", console=Console(file=io.StringIO(), width=120))
    found = read_outcome(done.folder)
    assert found.best is not None and found.best.cost["params"] == min(t.cost["params"] for t in found.finished)


def test_every_proxy_is_a_name_that_a_recipe_takes() -> None:
    assert [Proxying.model_validate(name).name for name in NAMES] == list(NAMES)


@pytest.mark.parametrize(
    ("evaluate", "objectives", "message"),
    [
        ("{proxy: synflov}", "[proxy]", "evaluate.proxy.name is 'synflov', it takes synflow, naswot"),
        ("{proxy: synflow}", "[accuracy]", "the objective 'accuracy' is not what evaluate.proxy gives"),
        ("{train: {data: digits}}", "[proxy]", "the objective 'proxy' is not what evaluate.train gives"),
        ("{proxy: synflow, python: 'a:b'}", "[macs]", "evaluate says proxy and python; it takes exactly one of"),
        ("{python: nonsense}", "[accuracy]", "it takes package.module:function"),
        ("{python: 'scores:weighed'}", "[weights]", "unknown objective 'weights'"),
        ("{python: {function: 'scores:weighed', gives: {weights: up}}}", "[weights]", "maximize or minimize"),
    ],
)
def test_what_a_recipe_says_wrongly_is_told(tmp_path: Path, evaluate: str, objectives: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_recipe(recipe(tmp_path, evaluate, objectives))
    assert message in str(caught.value)
