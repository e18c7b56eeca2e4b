"""The pages of the ops, written from their classes: `python docs/generate.py`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import archgraph
from archgraph.ops import OPS, make
from archgraph.ops.base import Example, Op, Primitive
from archgraph.ops.facts import facts
from archgraph.ops.reference import ArgumentReference, reference
from archgraph.shape import show
from archgraph.spec.model import Body, NodeSpec, Spec

FOLDER = Path(__file__).parent / "ops"
MADE = "<!-- Written by docs/generate.py from the op's class. -->\n"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    return {"index.md": index(), **{f"{name}.md": page(op) for name, op in OPS.items()}}


def index() -> str:
    """All ops by family, each with its sentence."""
    families: dict[str, list[str]] = {}
    for name, op in OPS.items():
        title = (sys.modules[op.__module__].__doc__ or "").partition("\n")[0].removesuffix(".")
        families.setdefault(title, []).append(f"| [{name}]({name}.md) | {reference(op).summary} |")
    lines = [MADE, "# Ops", "", "The words of the language. A file can add [blocks](../language.md) of its own."]
    for title, rows in families.items():
        lines += ["", f"## {title}", "", "| op | |", "|---|---|", *rows]
    return "\n".join(lines) + "\n"


def page(op: type[Op]) -> str:
    """One op: sentence, shapes, arguments, examples with what they cost, source."""
    about = reference(op)
    text, _, source = about.text.partition("Source: ")
    lines = [MADE, f"# {op.op}", "", about.summary, "", " ".join(text.split())]
    if about.arguments:
        lines += ["", "| argument | takes | default | |", "|---|---|---|---|", *map(_row, about.arguments)]
    lines += ["", "```yaml"]
    for example in about.examples:
        lines += [f"# {_cost(op, example)}", *_node(op, example)]
    lines += ["```"]
    kind = "primitive" if issubclass(op, Primitive) else "macro, made of other ops"
    sources = f"Source: {' '.join(source.split())}" if source else ""
    lines += ["", " ".join(filter(None, [f"A {kind}.", sources]))]
    return "\n".join(lines) + "\n"


def _row(argument: ArgumentReference) -> str:
    default = "required" if argument.required else _text(argument.default)
    return f"| `{argument.name}` | {argument.takes} | {default} | {argument.text} |"


def _text(default: Any) -> str:
    if default is None:
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _node(op: type[Op], example: Example) -> list[str]:
    """The example as lines of YAML."""
    text = archgraph.dump(_spec(op, example)).partition("graph:\n")[2]
    return [line.removeprefix("  ") for line in text.splitlines()]


def _cost(op: type[Op], example: Example) -> str:
    """What goes in, what comes out, and what it costs."""
    made = make(op.op, example.args)
    if isinstance(made, Primitive):
        known = facts(made, example.inputs)
        shapes, params, macs = [known.shape, *known.further], known.params, known.macs
    else:
        graph = archgraph.expand(_spec(op, example))
        cost = archgraph.cost(graph)
        shapes, params, macs = list(cost.outputs.values()), cost.params, cost.macs
    counts: Mapping[str, int] = {"parameters": params, "MACs": macs}
    costs = [f"{count:,} {name}" for name, count in counts.items() if count]
    return f"{', '.join(map(show, example.inputs))} -> {', '.join([*map(show, shapes), *costs])}"


def _spec(op: type[Op], example: Example) -> Spec:
    """A network of the example alone, which takes all of its inputs, in order."""
    several = {f"x{number}": shape for number, shape in enumerate(example.inputs)}
    inputs = several if len(several) > 1 else example.inputs[0]
    return Spec("example", inputs, Body((NodeSpec(op.op, example.args),)))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for stale in FOLDER.glob("*.md"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    print(f"{len(wanted)} pages in {FOLDER}")


if __name__ == "__main__":
    main()
