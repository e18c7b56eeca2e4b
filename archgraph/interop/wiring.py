"""nn.Module -> its wiring: the ops of one forward, what each is fed, and the weights it reads, by
torch.export.

The wiring leaves out what two implementations of one network do differently: moves between shapes that keep
the order of the elements, dropout, in-place or not, a 1x1 conv on a single pixel or a linear layer, the
several ways to write a global pool. Sizes of 1 are left out of shapes for the same reason.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.fx import Node
from torch.utils import _pytree as pytree

_SHAPE_ALONE = frozenset(
    {"view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "transpose", "permute"}
)
"""Ops that change nothing where the shapes before and after are the same but for sizes of 1."""
_NOTHING = frozenset({
    "dropout", "feature_dropout", "alpha_dropout", "contiguous", "clone", "detach", "to", "expand", "expand_as",
})  # fmt: skip
_UNORDERED = frozenset({"add", "mul", "maximum", "minimum"})
_SILENT = frozenset(
    {"momentum", "training", "cudnn_enabled", "ceil_mode", "keepdim", "inplace", "memory_format", "dtype"}
)
"""Arguments that say nothing about a weight's place: they show in the shapes, or only matter while training."""


class Vertex(NamedTuple):
    """A tensor of a forward: an input, a weight, or what an op gives.

    `label` is all that can be said of it alone; `feeds` are the vertices it is made from, by their number,
    in the order of the arguments where `ordered`. `weight` is its name in the state_dict, `text` words for
    an error.
    """

    label: Hashable
    feeds: tuple[int, ...]
    text: str
    ordered: bool = True
    weight: str | None = None


def wiring(module: nn.Module, example: torch.Tensor, *, training: bool = True) -> list[Vertex]:
    """The wiring of a module, every vertex below those that feed it."""
    with _mode(module, training=training):
        exported = torch.export.export(module, (example,), strict=False)
    signature = exported.graph_signature
    names = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    return _Reader(names, dict(_first_names(module))).read(list(exported.graph.nodes))


@contextmanager
def _mode(module: nn.Module, *, training: bool) -> Iterator[None]:
    before = {part: part.training for part in module.modules()}
    module.train(training)
    try:
        yield
    finally:
        for part, mode in before.items():
            part.training = mode


def _first_names(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Every name of a weight with the first name of the same tensor."""
    first: dict[int, str] = {}
    for tensors in (module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False)):
        for name, tensor in tensors:
            yield name, first.setdefault(id(tensor), name)


class _Reader:
    """Reads an exported graph from its outputs upwards, so that what feeds no output is left out."""

    def __init__(self, weights: Mapping[str, str], first_names: Mapping[str, str]) -> None:
        self._weights = weights
        self._first_names = first_names
        self._number: dict[Hashable, int] = {}
        self._vertices: list[Vertex] = []

    def read(self, nodes: Sequence[Node]) -> list[Vertex]:
        outputs = [node for node in pytree.tree_leaves(nodes[-1].args) if isinstance(node, Node)]
        needed: set[Node] = set()
        waiting = list(outputs)
        while waiting:
            node = waiting.pop()
            if node not in needed:
                needed.add(node)
                waiting.extend(node.all_input_nodes)
        inputs = [node for node in nodes if node.op == "placeholder" and node.name not in self._weights]
        for node in nodes:
            if node not in needed:
                continue
            if node.op == "placeholder":
                self._leaf(node, inputs)
            elif node.op == "call_function":
                self._op(node)
        for node in outputs:
            number = self._number[node]
            vertex = self._vertices[number]
            self._vertices[number] = vertex._replace(label=("output", vertex.label))
        return self._vertices

    def _leaf(self, node: Node, inputs: Sequence[Node]) -> None:
        shape = _squeezed(node)
        if node.name in self._weights:
            name = self._first_names[self._weights[node.name]]
            vertex = Vertex(("weight", shape), (), f"weight {name!r} {_show(shape)}", weight=name)
            self._add(node, vertex, key=name)
        else:
            label = ("input", inputs.index(node), shape)
            self._add(node, Vertex(label, (), f"the input {_show(shape)}"))

    def _op(self, node: Node) -> None:
        name, operands, rest = _reading(node)
        if _changes_nothing(name, node, operands, rest):
            self._number[node] = self._number[operands[0]]
            return
        name, rest = _canonical(name, operands, rest)
        feeds = tuple(self._number[operand] for operand in operands)
        shown = (operand for operand, feed in zip(operands, feeds, strict=True) if not self._vertices[feed].weight)
        shapes = " and ".join(_show(_squeezed(operand)) for operand in shown)
        text = f"{name} {shapes} -> {_show(_squeezed(node))}{_place(node)}"
        label = (name, _squeezed(node), rest)
        self._add(node, Vertex(label, feeds, text, ordered=name not in _UNORDERED))

    def _add(self, node: Node, vertex: Vertex, *, key: Hashable = None) -> None:
        number = self._number.setdefault(key or node, len(self._vertices))
        if number == len(self._vertices):
            self._vertices.append(vertex)
        self._number[node] = number


def _reading(node: Node) -> tuple[str, list[Node], tuple[tuple[str, Hashable], ...]]:
    """An op's name, the tensors it is fed in order, and its other arguments by name."""
    target: Any = node.target
    if not hasattr(target, "_schema"):  # `operator.getitem`, the only plain function in an exported graph
        args: tuple[Any, ...] = node.args
        return target.__name__, [args[0]], (("index", args[1]),)
    name: str = target._schema.name.rpartition("::")[2].rstrip("_")
    operands: list[Node] = []
    rest: list[tuple[str, Hashable]] = []
    given = dict(node.kwargs)
    given.update(zip((argument.name for argument in target._schema.arguments), node.args, strict=False))
    for argument in target._schema.arguments:
        value: Any = given.get(argument.name, argument.default_value if argument.has_default_value() else None)
        tensors = [part for part in pytree.tree_leaves(value) if isinstance(part, Node)]
        if tensors:
            operands.extend(tensors)
            rest.append((argument.name, len(tensors)))
        elif argument.name not in _SILENT:
            rest.append((argument.name, tuple(value) if isinstance(value, (list, tuple)) else value))
    return name, operands, tuple(rest)


def _changes_nothing(name: str, node: Node, operands: Sequence[Node], rest: tuple[tuple[str, Hashable], ...]) -> bool:
    if name in _SHAPE_ALONE:
        return _squeezed(node) == _squeezed(operands[0])
    if name == "getitem":
        return rest == (("index", 0),)
    return name in _NOTHING or (name == "cat" and len(operands) == 1)


def _canonical(
    name: str, operands: Sequence[Node], rest: tuple[tuple[str, Hashable], ...]
) -> tuple[str, tuple[tuple[str, Hashable], ...]]:
    """One way to write what can be written in several."""
    given: dict[str, Any] = dict(rest)
    shape = _shape(operands[0])
    spatial = tuple(range(2, len(shape)))
    if name in ("mean", "amax", "max") and isinstance(given.get("dim"), (int, tuple)):
        axes = given["dim"] if isinstance(given["dim"], tuple) else (given["dim"],)
        return name.removeprefix("a"), (("dim", tuple(sorted(axis % len(shape) for axis in axes))),)
    if name.startswith("adaptive_") and set(given["output_size"]) == {1}:
        return "mean" if "avg" in name else "max", (("dim", spatial),)
    if name.startswith("avg_pool") and tuple(given["kernel_size"]) == shape[2:] and not any(given["padding"]):
        return "mean", (("dim", spatial),)
    if name.startswith("upsample"):
        # A size, or the factor that gives it; of other factors torch keeps the fraction.
        factors = given.pop("scale_factors", None) or ()
        exact = all((size * factor).is_integer() for size, factor in zip(shape[2:], factors, strict=False))
        given["output_size"] = None if exact else factors
    if "pool" in name and given.get("stride") == ():
        given["stride"] = given["kernel_size"]
    if (
        name.startswith("conv")
        and set(shape[2:]) == {1}
        and set(_shape(operands[1])[2:]) == {1}
        and given["groups"] == 1
    ):
        return "linear", (("input", 1), ("weight", 1), ("bias", 1 if len(operands) == 3 else None))
    return name, tuple(given.items())


def _shape(node: Node) -> tuple[int, ...]:
    value = node.meta["val"]
    return tuple((value[0] if isinstance(value, (list, tuple)) else value).shape)


def _squeezed(node: Node) -> tuple[int, ...]:
    return tuple(size for size in _shape(node) if size != 1)


def _show(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "scalar"


def _place(node: Node) -> str:
    """The module an op stands in, for an error."""
    stack = node.meta.get("nn_module_stack") or {}
    path = next((str(path) for path, _ in reversed(stack.values())), "")
    return f" in {path!r}" if path else ""
