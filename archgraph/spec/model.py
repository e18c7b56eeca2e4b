"""The whole language as frozen data. A `Spec` is what a person wrote, without shapes: it can be compared,
mutated with `dataclasses.replace`, and written back as the YAML it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from archgraph.errors import Mark
from archgraph.shape import show
from archgraph.showing import Drawn

Marks: TypeAlias = Mapping[str, Mark]
Env: TypeAlias = Mapping[str, Any]

RESERVED = ("id", "from", "repeat", "each", "when", "share")
"""The keys that may stand beside the op of a node."""


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression such as `4*$planes`: its text, the variables it reads, and its compiled form."""

    text: str
    names: frozenset[str] = field(compare=False, repr=False)
    evaluate: Callable[[Env], Any] = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        from archgraph.spec.expressions import compile_expression

        return compile_expression, (self.text,)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values: `{choice: [3, 5, 7], default: 3}`; the first is the default."""

    options: tuple[Value, ...]
    default: Value = None

    @property
    def chosen(self) -> Value:
        return self.options[0] if self.default is None else self.default


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two ends, both included: `{range: [32, 128], step: 16}`; the low end is the default."""

    low: int | float
    high: int | float
    step: int | float = 1
    default: int | float | None = None

    @property
    def chosen(self) -> int | float:
        return self.low if self.default is None else self.default

    @property
    def options(self) -> tuple[int | float, ...]:
        count = int((self.high - self.low) / self.step + 1e-9) + 1
        return tuple(self.low + index * self.step for index in range(count))


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One node: an op with its arguments by name, and the reserved keys that stand beside it.

    `inputs` is the `from` key; None means the node above. `share` names the node whose weights it uses. `marks` gives
    positions under the keys `op`, `id`, `from`, ... for reserved keys and `.kernel`, `.levels.1` for arguments and
    what is inside them.
    """

    op: str
    args: Mapping[str, Value] = field(default_factory=dict)
    id: str | None = None
    inputs: tuple[str, ...] | None = None
    repeat: Value = None
    each: Mapping[str, Value] | None = None
    when: Value = None
    share: str | None = None
    marks: Marks = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Body:
    """A graph as written: nodes in order. The graph of a spec or a block, or a graph-valued argument."""

    nodes: tuple[NodeSpec, ...] = ()


Scalar: TypeAlias = int | float | str | bool | None
Value: TypeAlias = "Scalar | Expr | Choice | Range | Body | tuple[Value, ...] | Mapping[str, Value]"


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a block: a required one has a `type`, another a `default` (whose type it takes)."""

    type: str | None = None
    default: Value = None


@dataclass(frozen=True, slots=True)
class Block:
    """A user's op: arguments and a graph that uses them.

    `inputs` are names for the tensors it takes, beside `in` for all of them; `outputs` map names to nodes of its
    graph, in order, where it does not give what its last node gives.
    """

    graph: Body
    args: Mapping[str, Parameter] = field(default_factory=dict)
    vars: Mapping[str, Value] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    marks: Marks = field(default_factory=dict, compare=False, repr=False)


Input: TypeAlias = "tuple[int, ...] | Mapping[str, tuple[int, ...]]"
"""Shape of a network's input without the batch, or the shapes of several by name."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A named setting of a spec's `vars`; `input`, `about`, `source` and `expect` where they differ from the file's."""

    vars: Mapping[str, Value] = field(default_factory=dict)
    input: Input | None = None
    about: str = ""
    source: str = ""
    expect: Mapping[str, Value] = field(default_factory=dict)
    marks: Marks = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Spec(Drawn):
    """A network as written. `input` is C, H, W without the batch; `outputs` and `features` map names to nodes.

    `use` names the files whose blocks are words of this one. `used` are the specs that its `use` nodes put in, by
    the text that names them: what was read when this spec was loaded.
    """

    name: str
    input: Input
    graph: Body
    about: str = ""
    source: str = ""
    vars: Mapping[str, Value] = field(default_factory=dict)
    defaults: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    train_only: tuple[str, ...] = ()
    features: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    use: tuple[str, ...] = ()
    used: Mapping[str, Spec] = field(default_factory=dict, compare=False, repr=False)
    expect: Mapping[str, Value] = field(default_factory=dict)
    marks: Marks = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        sizes = self.input.values() if isinstance(self.input, Mapping) else [self.input]
        counts = {"node": len(self.graph.nodes), "block": len(self.blocks), "variant": len(self.variants)}
        held = [f"{count} {word}{'s' * (count > 1)}" for word, count in counts.items() if count]
        return f"<Spec {self.name!r}, {', '.join([*map(show, sizes), *held])}>"
