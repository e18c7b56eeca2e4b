"""Any class of `torch.nn` as an op: what it takes is read off its signature, and its rules ask torch itself.

A class runs on the meta device, which computes shapes and no numbers, at two batch sizes: that shows the shapes it
gives, its work, and whether it keeps the batch apart. Nothing here imports torch until such an op is made.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from types import new_class
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from archgraph.errors import RuleError, nearest
from archgraph.ops.arguments import Takes
from archgraph.ops.base import Call, Lowering, Primitive
from archgraph.ops.torch_classes import positional, refusal
from archgraph.shape import Shape, numel, show
from archgraph.spec.model import Body

if TYPE_CHECKING:
    from torch import nn

PREFIX = "nn."
_BATCHES = (2, 3)
_MOST_LAYERS = 100
"""Of a class that makes layers in a loop, which costs time for each even on the meta device."""
_TORCH_REFUSES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_LEFT_OUT = re.compile(r"device|dtype|_.*|custom_.*|process_group")
"""Arguments that no spec gives: where and in which numbers a network runs is for those who run it."""

_Plain = Annotated[Any, Takes("a number, a text, true or false, null or a list of these")]


class TorchModule(Primitive):
    """A class of `torch.nn`, called with its own arguments.

    `(...) -> (...)`, what the class gives at these shapes; its shape, weights and work are found with torch on the
    meta device.
    """

    arity = None
    measured = True
    named: ClassVar[Mapping[str, str]] = {}
    """Its fields, and what torch calls them."""

    def shape(self, *inputs: Shape) -> Shape:
        return _measured(self, inputs).shapes[0]

    def further(self, *inputs: Shape) -> tuple[Shape, ...]:
        return _measured(self, inputs).shapes[1:]

    def macs(self, *inputs: Shape) -> int:
        return _measured(self, inputs).macs

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        return {name: tuple(weight.shape) for name, weight in _module(self).named_parameters()}

    def buffers(self, *inputs: Shape) -> Mapping[str, Shape]:
        found = {name: tuple(buffer.shape) for name, buffer in _module(self).named_buffers()}
        return {name: shape for name, shape in found.items() if not name.endswith("num_batches_tracked")}

    def lower(self, *inputs: Shape) -> Lowering:
        return Lowering("{self}({inputs})", module=self.call, aliases=True)

    @property
    def call(self) -> Call:
        """The class with what it is given: required arguments by position, others where they are not the default."""
        required = tuple(getattr(self, name) for name, field in _fields(self) if field.is_required())
        optional = {
            self.named[name]: value
            for name, field in _fields(self)
            if not field.is_required() and (value := getattr(self, name)) != field.default
        }
        return Call(self.op, required, optional)

    def __reduce__(self) -> tuple[Any, ...]:
        given = {self.named[name]: getattr(self, name) for name, _ in _fields(self)}
        return make_torch, (self.op, given)


def make_torch(name: str, args: Mapping[str, Any]) -> TorchModule:
    """The op `nn.<Class>` with these arguments, `0`, `1`, ... being those by position.

    Raises RuleError for a class or an argument that it cannot take, in torch's own words where torch refuses.
    """
    found = torch_class(name)
    fields = {torch: field for field, torch in found.named.items()}
    order = positional(_torch_nn_class(name), fields)
    values: dict[str, Any] = {}
    for given, value in args.items():
        argument = given
        if given.isdigit():
            if int(given) >= len(order):
                listed = ", ".join(order) or "none"
                message = f"{name} takes {len(order)} arguments by position, given more"
                raise RuleError(message, hint=f"they are: {listed}", argument=given)
            argument = order[int(given)]
        if argument not in fields:
            hint = nearest(argument, fields) if fields else "it takes none"
            raise RuleError(f"{name} has no argument {argument!r}", hint=hint, argument=given)
        if fields[argument] in values:
            message = f"{argument} is given twice: by name and by position"
            raise RuleError(message, argument=given)
        _check_value(name, argument, given, value)
        values[fields[argument]] = value
    for argument, field in fields.items():
        if found.model_fields[field].is_required() and field not in values:
            raise RuleError(f"{name} needs {argument}", hint=f"{name} takes {', '.join(fields)}")
    made = found.model_construct(**{**{key: item.default for key, item in found.model_fields.items()}, **values})
    if not getattr(made, "batch_first", True):
        message = f"{name} takes the batch as its second axis unless batch_first is true"
        raise RuleError(message, hint="write `batch_first: true`: in a graph the batch is the first axis")
    _module(made)
    return made


def _check_value(name: str, argument: str, given: str, value: Any) -> None:
    if not _plain(value):
        what = "a list of nodes" if isinstance(value, Body) else "a list or a mapping with more than values in it"
        message = f"{argument} takes a number, a text, true or false, null or a list of these, given {what}"
        raise RuleError(message, argument=given)
    if argument == "inplace" and value:
        hint = "leave it out: a built network works in place wherever that is safe"
        raise RuleError(f"{name} with inplace would overwrite what other nodes may need", hint=hint, argument=given)
    if "layers" in argument and isinstance(value, int) and value > _MOST_LAYERS:
        raise RuleError(f"{argument} is {value}, at most {_MOST_LAYERS} are made", argument=given)


def _plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


@cache
def torch_class(name: str) -> type[TorchModule]:
    """The op of a class of `torch.nn`, whose fields are the arguments of that class.

    Raises RuleError for a class that cannot be a node, and where torch is not installed.
    """
    target = _torch_nn_class(name)
    annotations: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    named: dict[str, str] = {}
    for argument, parameter in inspect.signature(target).parameters.items():
        variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if variadic or _LEFT_OUT.fullmatch(argument):
            continue
        field = f"{argument}_" if hasattr(TorchModule, argument) else argument
        required = parameter.default is parameter.empty
        named[field], annotations[field] = argument, _Plain
        default = getattr(
            parameter.default, "__name__", parameter.default
        )  # a function, which has a name for torch too
        defaults[field] = Field(description="An argument of torch's class.") if required else default
    if "dim" in named and defaults["dim"] is None:  # torch would guess it from the number of axes
        defaults["dim"] = Field(description="The axis it goes along, the batch being 0.")
    namespace = {"__module__": __name__, "__doc__": TorchModule.__doc__, "__annotations__": annotations, **defaults}
    namespace |= {"op": name, "named": named}
    return new_class(target.__name__, (TorchModule,), {}, lambda body: body.update(namespace))


def _torch_nn_class(name: str) -> type[nn.Module]:
    try:
        from torch import nn
    except ImportError:
        hint = "install it: python -m pip install torch"
        raise RuleError(f"{name} needs torch, which is not installed", hint=hint) from None
    word = name.removeprefix(PREFIX)
    found = getattr(nn, word, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        what = "is not a module" if found is not None else "is unknown"
        classes = {known.lower(): f"{PREFIX}{known}" for known in dir(nn) if isinstance(getattr(nn, known), type)}
        near = [classes[close] for close in get_close_matches(word.lower(), classes, n=1, cutoff=0.7)]
        hint = f"did you mean {near[0]!r}?" if near else "e.g. `nn.Hardtanh` or `nn.Conv3d: [8, 16, 3]`"
        raise RuleError(f"{name} {what}: `nn.` stands before a class of torch.nn", hint=hint)
    if reason := refusal(word):
        raise RuleError(f"{name} cannot be a node: {reason.what}", hint=reason.instead)
    return found


@lru_cache(maxsize=1000)
def _module(op: TorchModule) -> nn.Module:
    """The module on the meta device. Raises RuleError with torch's message."""
    import torch

    target = _torch_nn_class(op.op)
    given = {op.named[name]: getattr(op, name) for name, _ in _fields(op)}
    with torch.device("meta"):
        made: nn.Module = _asked(op.op, lambda: target(**given).eval())
    return made


class _Measured(NamedTuple):
    """What a module gives at some input shapes, for one input of a batch."""

    shapes: tuple[Shape, ...]
    macs: int


@lru_cache(maxsize=10_000)
def _measured(op: TorchModule, inputs: tuple[Shape, ...]) -> _Measured:
    """Shapes of all outputs and multiply-adds. Raises RuleError."""
    _check_axis(op, inputs)
    two, three = (_run(op, inputs, batch) for batch in _BATCHES)
    shapes = [tuple(shape[1:] for shape in found.shapes) for found in (two, three)]
    first = [[shape[:1] for shape in found.shapes] for found in (two, three)]
    apart = all(axis == (batch,) for axes, batch in zip(first, _BATCHES, strict=True) for axis in axes)
    if shapes[0] != shapes[1] or not apart or two.macs * _BATCHES[1] != three.macs * _BATCHES[0]:
        given = ", ".join(map(show, inputs))
        message = f"{op.op} does not keep the batch as the first axis at {given}"
        raise RuleError(message, hint="the inputs of a batch may not meet each other", argument="from")
    weights = {name: tuple(weight.shape) for name, weight in _module(op).named_parameters()}
    matrix = next((name for name, shape in weights.items() if len(shape) > 1 and numel(shape) > 0), None)
    # The weights of a norm, of as many axes as it is over, meet one value each.
    if matrix and not two.macs and not op.op.endswith("Norm"):
        message = f"torch's counter sees no work in {op.op}, though it has {matrix} of {show(weights[matrix])}"
        raise RuleError(message, hint="a cost that is not known is never taken for zero")
    return _Measured(shapes[0], two.macs // _BATCHES[0])


def _check_axis(op: TorchModule, inputs: tuple[Shape, ...]) -> None:
    """An axis among the arguments may not be that of the batch, which counts as 0 in torch."""
    axis = getattr(op, "dim", None)
    axes = len(inputs[0]) + 1
    if isinstance(axis, int) and axis % axes == 0 and -axes <= axis < axes:
        hint = f"1 is the first axis of {show(inputs[0])}"
        raise RuleError(f"dim {axis} is the axis of the batch", hint=hint, argument="dim")
    if op.op == "nn.Softmax2d" and axes != 4:
        raise RuleError(f"nn.Softmax2d takes a map, given {show(inputs[0])}", argument="from")


def _run(op: TorchModule, inputs: tuple[Shape, ...], batch: int) -> _Measured:
    """One pass through the module at a batch: shapes with the batch, and all multiply-adds."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    module = _module(op)
    tensors = [torch.empty(batch, *shape, device="meta") for shape in inputs]
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        given = _asked(op.op, lambda: module(*tensors), inputs)
    outputs = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(output, torch.Tensor) for output in outputs):
        raise RuleError(f"{op.op} gives more than tensors, which no node can pass on")
    return _Measured(tuple(tuple(output.shape) for output in outputs), counter.get_total_flops() // 2)


def _asked(name: str, question: Callable[[], Any], inputs: tuple[Shape, ...] | None = None) -> Any:
    """What torch answers; what it refuses as a RuleError, its warnings left for the run that they are about."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return question()
    except _TORCH_REFUSES as error:
        said = " ".join(str(error).split())
        at = f" at {', '.join(map(show, inputs))}" if inputs else ""
        raise RuleError(
            f"torch refuses {name}{at}: {said[:300] or type(error).__name__}",
            hint="torch counts the batch, here of 2 or 3, as the first axis" if inputs else "",
            argument="from" if inputs else None,
        ) from None


def _fields(op: TorchModule) -> Any:
    return type(op).model_fields.items()
