"""The command that trains one network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgraph.cli.frame import AsJson, Inputs, Name, Plugins, Settings, print_json, settings_from
from archgraph.cli.given import Given
from archgraph.errors import UsageError, nearest

if TYPE_CHECKING:
    from archgraph.graph.model import Graph
    from archgraph.train.dataset import DataSource
    from archgraph.train.scoring import Score
    from archgraph.train.settings import Training


def train(
    name: Name,
    data: Annotated[
        str,
        typer.Option(metavar="DATA", help="A data set's name, a path, or a mapping: '{folder: pets, size: 64}'."),
    ],
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="Passes over the data.")] = 4,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Where the weights go: a .safetensors file.", show_default=False
        ),
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--train",
            metavar="KEY=VALUE",
            help="A key of `evaluate.train` of recipes, e.g. lr=0.1.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of weights, order and augmentation.")] = 0,
    test: Annotated[bool, typer.Option("--test", help="Score the end on the test images, too.")] = False,
    inputs: Inputs = None,
    settings: Settings = None,
    plugins: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """Train a network.

    A line for every epoch, with the score on the validation images. The same seed gives the same weights on the
    same CPU. A loss that is no number ends it with exit code 1.

    \b
    Examples:
      archgraph train cifar_resnet8 --data digits --input 1,8,8 -o digits.safetensors
      archgraph train nets/mine.yaml --data fashion_mnist --epochs 10 --train batch=128 --train augment=flip
    """
    chosen = _settings(data, epochs, settings_from(keys))
    graph = Given.read(name, inputs, settings).graph()
    found = _fitting(graph, chosen)
    if output is not None and not output.endswith(".safetensors"):
        raise UsageError(f"-o is {output!r}; weights are written to a .safetensors file")
    if output is not None and not Path(output).parent.is_dir():
        raise UsageError(f"cannot write {output!r}: there is no folder {str(Path(output).parent)!r}")
    result = _train(graph, found, chosen, seed=seed, output=output, test=test, quiet=as_json)
    if as_json:
        print_json(result)
    elif output is not None:
        print(f"{output}: the weights of {graph.name}")
    if "error" in result:
        raise typer.Exit(1)


def _settings(data: str, epochs: int, keys: Mapping[str, Any]) -> Training:
    """The options as the recipe's keys. Raises UsageError."""
    from pydantic import ValidationError

    from archgraph.ops.arguments import Takes
    from archgraph.train.settings import Training

    given = {**settings_from([f"data={data}"]), "epochs": epochs, **keys}
    try:
        return Training.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        if key not in Training.model_fields:
            raise UsageError(f"--train has no key {key!r}; {nearest(key, Training.model_fields, most=20)}") from None
        takes = next((item.text for item in Training.model_fields[key].metadata if isinstance(item, Takes)), "")
        option = f"--{key}" if key in ("data", "epochs") and key not in keys else f"--train {key}"
        raise UsageError(f"{option} is {given[key]!r}; it takes {takes or first['msg']}") from None


def _fitting(graph: Graph, settings: Training) -> DataSource:
    """The data, where the network can be trained on them. Raises UsageError."""
    from archgraph.graph.cost import cost
    from archgraph.train.data import source
    from archgraph.train.fitting import misfits

    found = source(settings.data)
    if (install := found.missing()) is not None:
        raise UsageError(f"the data set {settings.data} is read with {found.needs}, which is not installed: {install}")
    shapes = dict(graph.inputs)
    taken = next(iter(shapes.values())) if len(shapes) == 1 else shapes
    for one in misfits(graph.name, taken, cost(graph).outputs, found):
        if one.variable == "input":
            raise UsageError(f"{one.message}; --input {','.join(map(str, one.value))}")
        raise UsageError(f"{one.message}; for example --set {one.variable}={one.value}")
    return found


def _train(
    graph: Graph, data: DataSource, settings: Training, *, seed: int, output: str | None, test: bool, quiet: bool
) -> dict[str, Any]:
    """Train, write and score, with a line for each step unless `quiet`; gives all of it as plain data."""
    import torch

    from archgraph.emit.module import build
    from archgraph.graph.cost import cost
    from archgraph.train.device import describe, device, use_threads
    from archgraph.train.loop import DivergenceError, score, train
    from archgraph.train.weights import write_weights

    where = device()
    use_threads(cost(graph).macs)
    torch.manual_seed(seed)
    module = build(graph)
    about = {"network": graph.name, "data": settings.data, "device": describe(where), "seed": seed}
    say = _silent if quiet else _line
    say(f"{graph.name} on {data.about}; {about['device']}")

    def report(epoch: int, found: Score) -> None:
        say(f"epoch {epoch + 1:>{len(str(settings.epochs))}}/{settings.epochs}  {_shown(found)}")

    parts = data.load()
    try:
        done = train(module, parts, settings, seed=seed, device=where, report=report)
    except DivergenceError as error:
        say(f"ended: {error}")
        return {**about, "error": str(error)}
    say(f"{done.seconds:.1f} s" + (", ended by its time limit" if done.stopped else ""))
    result = {**about, "epochs": [one.as_dict() for one in done.epochs], "validation": done.validation.as_dict()}
    result |= {"seconds": round(done.seconds, 3), "stopped": done.stopped}
    if test:
        found = score(module, parts["test"], device=where)
        say(f"test  {_shown(found)}")
        result["test"] = found.as_dict()
    if output is not None:
        write_weights(module, output, about={"network": graph.name, "data": settings.data, "seed": seed})
        result["weights"] = output
    return result


def _line(text: str) -> None:
    print(text, flush=True)


def _silent(text: str) -> None:
    pass


def _shown(score: Score) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in score.as_dict().items())
