"""What differs between two networks, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from archgraph.graph.cost import Cost, NodeCost
from archgraph.shape import Shape
from archgraph.spec.model import Spec

What: TypeAlias = Literal["same", "added", "removed", "changed", "rewired", "renamed"]

FREE = NodeCost(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one node, or of a box (a block or macro) with all that is in it.

    `before` and `after` are its names in the old and the new network, None where it is not there; `op` is its word,
    the new one's where it has two. `arguments`, `shape` (of what it gives), `weights` (shapes of trainable tensors) and
    `inputs` (names of what it reads) are there where they differ, the old value first. `cost` is what it costs more
    than before: params, MACs in eval mode, bytes of activations. `holds` are the names, in the new network or else the
    old one, of what was already there inside a box that was put around it, or is still there where the box is gone.

    `place` is where it stands in the spec: its name, or, in a block, the block's word and the name that it has there.

    `follows` says that it was not changed itself: something before it was, or the box around it.
    """

    what: What
    op: str
    before: str | None
    after: str | None
    arguments: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    shape: tuple[Shape, Shape] | None = None
    weights: tuple[tuple[Shape, ...], tuple[Shape, ...]] | None = None
    inputs: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    cost: NodeCost = FREE
    follows: bool = False
    holds: tuple[str, ...] = ()
    place: str = ""

    @property
    def name(self) -> str:
        """Its name now, or what it was where it is gone."""
        return self.after or self.before or ""

    @property
    def renamed(self) -> bool:
        """Whether it has another name now."""
        return self.before is not None and self.after is not None and self.before != self.after

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data, for JSON; what does not differ is left out."""
        found: dict[str, Any] = {"what": self.what, "op": self.op, "before": self.before, "after": self.after}
        found |= {"place": self.place} if self.place else {}
        if self.arguments:
            found["arguments"] = {name: list(values) for name, values in self.arguments.items()}
        for name in ("shape", "weights", "inputs"):
            if (values := getattr(self, name)) is not None:
                found[name] = list(values)
        if self.holds:
            found["holds"] = list(self.holds)
        return {**found, "cost": self.cost._asdict(), "follows": self.follows}


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """Two networks side by side.

    `changes` are told as a reader of the spec would, a whole block as one, in the order of the new network; their costs
    add up to `after` minus `before`. `nodes` are all primitive nodes one by one, the same ones too. `boxes` has the
    name of each old box that is still there. `settings` are what the specs say for many nodes with other values: `vars`
    that both have (`vars.classes`), and `defaults` that either has (`defaults.inverted.se`).
    """

    names: tuple[str, str]
    before: Cost
    after: Cost
    changes: tuple[Change, ...]
    nodes: tuple[Change, ...]
    boxes: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def own(self) -> tuple[Change, ...]:
        """What was changed itself."""
        return tuple(change for change in self.changes if not change.follows)

    @property
    def following(self) -> tuple[Change, ...]:
        """What is another only because something else is: shapes, numbers as names, what a macro makes."""
        return tuple(change for change in self.changes if change.follows)

    @property
    def same(self) -> bool:
        """Whether the two are one network, names aside."""
        return all(change.what == "renamed" for change in self.changes)

    def as_dict(self) -> dict[str, Any]:
        """The difference as plain data, for JSON; nodes that are the same are left out."""
        return {
            "before": {"name": self.names[0], **self.before.as_dict()},
            "after": {"name": self.names[1], **self.after.as_dict()},
            "same": self.same,
            "settings": {name: list(values) for name, values in self.settings.items()},
            "changes": [change.as_dict() for change in self.changes],
            "nodes": [node.as_dict() for node in self.nodes if node.what != "same"],
        }

    def __str__(self) -> str:
        from archgraph.compare.telling import told

        return told(self)

    def __repr__(self) -> str:
        return f"Difference({self.names[0]!r} → {self.names[1]!r}, {len(self.own)} changes)"

    def _repr_html_(self) -> str:
        from archgraph.compare.telling import told_in_colour

        return told_in_colour(self)

    def with_settings(self, old: Spec, new: Spec) -> Difference:
        """The same with the settings of two specs that differ."""
        both = {f"vars.{name}": (value, new.vars[name]) for name, value in old.vars.items() if name in new.vars}
        one, other = _defaults(old), _defaults(new)
        both |= {name: (one.get(name), other.get(name)) for name in dict.fromkeys([*one, *other])}
        return replace(self, settings={name: pair for name, pair in both.items() if pair[0] != pair[1]})


def _defaults(spec: Spec) -> dict[str, Any]:
    """What a spec says for all its nodes of an op."""
    return {f"defaults.{op}.{name}": value for op, values in spec.defaults.items() for name, value in values.items()}


def total(costs: Iterable[NodeCost]) -> NodeCost:
    """The sum of costs."""
    params = macs = activations = 0
    for cost in costs:
        params, macs, activations = params + cost[0], macs + cost[1], activations + cost[2]
    return NodeCost(params, macs, activations)
