"""What an op is. One class holds its arguments (the fields, as in YAML), its rules, lowering and examples.

A `Primitive` has a shape rule, weights, a MAC rule and one torch call. A `Macro` expands into other ops, so
that its shape and cost are exact by construction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

from archgraph.shape import Shape
from archgraph.spec.model import Body


class Ref(NamedTuple):
    """What a node (or an input of the graph) gives: its name, and which of its outputs."""

    node: str
    output: int = 0


Bundle: TypeAlias = tuple[Ref, ...]
"""What flows from node to node: one tensor or several (streams)."""


class Call(NamedTuple):
    """A torch module as data: `Call("nn.Conv2d", (3, 64, 7), {"stride": 2})`.

    `target` is a class of `torch.nn` (`nn.X`) or of `archgraph.nn` (`archgraph.nn.file.X`).
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}


class Lowering(NamedTuple):
    """How a primitive becomes PyTorch: an expression over its inputs, and the module it calls, if any.

    In `forward`, `{0}`, `{1}` are the inputs, `{inputs}` all of them separated by commas, and `{self}` the
    module; the only other names are `torch` and the methods of tensors. `in_place` is what to use where
    overwriting the first input is safe (None: there is none, or it saves nothing in training). `aliases` says
    that the output may share memory with the first input, as a view does, so that overwriting one would
    change the other. `overwritable` says that the output is new memory that nobody needs once the next op has it,
    backward included (conv, linear, batch_norm, add: yes; sigmoid or dropout: no), so that the next op may
    work in place.
    """

    forward: str = "{self}({0})"
    module: Call | None = None
    in_place: Lowering | None = None
    aliases: bool = False
    overwritable: bool = False


class Example(NamedTuple):
    """Arguments and input shapes at which the contract test compares an op with torch; the docs show it."""

    args: Mapping[str, Any]
    inputs: tuple[Shape, ...]


class Op(BaseModel, ABC):
    """A word of the language. Field order is the order of positional values in YAML.

    Ops are values: equal where their arguments are, and made by `archgraph.ops.make`, which gives the same
    object for the same arguments.
    """

    __slots__ = ("_facts", "_hash")

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    op: ClassVar[str]
    """Its name in YAML."""
    arity: ClassVar[int | None] = 1
    """How many inputs it takes, beside those that arguments name; None for one or more."""
    examples: ClassVar[tuple[Example, ...]] = ()

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            value = hash((type(self), *self.__dict__.values()))
            object.__setattr__(self, "_hash", value)
            return value

    if TYPE_CHECKING:
        _hash: int
        _facts: dict[tuple[Shape, ...], Any]


class Primitive(Op):
    """An op with a shape rule, weights, a MAC rule and one torch call. Rules are pure, without batch axis."""

    measured: ClassVar[bool] = False
    """Its rules ask torch itself, on the meta device."""

    @abstractmethod
    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output, of the first one where it gives several. Raises RuleError for inputs it cannot take."""

    def further(self, *inputs: Shape) -> tuple[Shape, ...]:
        """Shapes of the outputs after the first. The torch call of an op that has any gives a tuple."""
        return ()

    @abstractmethod
    def macs(self, *inputs: Shape) -> int:
        """Multiply-adds of conv, linear, matmul and attention for one input; 0 has to be said."""

    @abstractmethod
    def lower(self, *inputs: Shape) -> Lowering:
        """The torch call that does it."""

    def weights(self, *inputs: Shape) -> Mapping[str, Shape]:
        """Trainable tensors by their name in the module's state_dict."""
        return {}

    def buffers(self, *inputs: Shape) -> Mapping[str, Shape]:
        """Tensors that are kept but not trained, without `num_batches_tracked`."""
        return {}

    def wrapped(self) -> Wrapped | None:
        """For an op that carries `norm:` and `act:`, what it stands for; None where it is alone."""
        return None


class Wrapped(NamedTuple):
    """A primitive with a normalisation and an activation around it, in the order they run.

    Each part is a node name and either a primitive or the name of an op that takes the file's defaults, below the
    arguments that `given` has for it.
    """

    parts: tuple[tuple[str, Primitive | str], ...]
    given: Mapping[str, Mapping[str, Any]] = {}


class Macro(Op):
    """An op that is made of others; it stays one foldable box in every picture."""

    @abstractmethod
    def expand(self, build: Builder, *inputs: Ref) -> Ref | Bundle:
        """Add what it stands for and give its output, or its outputs in order.

        Raises RuleError for inputs it cannot take.
        """


class Builder(Protocol):
    """What a macro may do while it expands. Names are local to the macro's own scope."""

    def shape(self, ref: Ref) -> Shape:
        """Shape of a value made so far."""

    def add(self, name: str, op: str, args: Mapping[str, Any], *inputs: Ref, shares: Ref | None = None) -> Ref:
        """Add an op with one output, primitive or macro; the file's defaults fill what `args` leaves out.

        `shares` is an earlier node of the same op whose weights this one uses.
        """

    def add_all(self, name: str, op: str, args: Mapping[str, Any], *inputs: Ref) -> Bundle:
        """As `add`, for an op that may give several outputs."""

    def body(self, name: str, body: Body, *inputs: Ref, env: Mapping[str, Any] | None = None) -> Ref:
        """Add a graph-valued argument that gives one tensor as a scope of its own. An empty one gives its input.

        `env` are variables that its expressions know beside those around it.
        """

    def streams(self, name: str, body: Body, *inputs: Ref, env: Mapping[str, Any] | None = None) -> Bundle:
        """As `body`, for a graph that may give several."""

    def default(self, op: str, argument: str) -> Any:
        """The file's default for an argument of an op, or the op's own."""

    def decide(self, name: str, options: tuple[str, ...], default: str) -> str:
        """Which of several named things to take: the default, or what a search chose."""

    def fail(self, message: str, *, hint: str = "", argument: str | None = None) -> NoReturn:
        """Stop with an error at this macro's place in the spec."""
