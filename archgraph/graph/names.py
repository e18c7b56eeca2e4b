"""The names that the nodes of one graph see, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archgraph.errors import RuleError, nearest
from archgraph.ops.base import Bundle
from archgraph.spec.model import Body, NodeSpec
from archgraph.spec.naming import node_names


class Names:
    """What the nodes of `body`, whose full names begin with `prefix`, give so far.

    A name stands for all that its node gives; None where a mistake leaves that unknown.
    """

    __slots__ = ("_labels", "body", "given", "prefix")

    def __init__(self, body: Body, prefix: str, given: Mapping[str, Bundle | None]) -> None:
        self.body, self.prefix = body, prefix
        self.given = dict(given)
        self._labels: dict[str, tuple[str, ...]] = {}

    def put(self, name: str, bundle: Bundle | None, labels: Iterable[str] = ()) -> None:
        """A node's outputs, with names for each of them where it has some."""
        self.given[name] = bundle
        if labels:
            self._labels[name] = tuple(labels)

    def find(self, wanted: str) -> Bundle | None:
        """What `stem`, `stage.0.2`, `split/1` or `net/c2` stands for. Raises RuleError for a name not above."""
        if wanted in self.given:
            return self.given[wanted]
        name, slash, output = wanted.rpartition("/")
        if not slash or name not in self.given:
            names = [*self.given, "prev"]
            raise RuleError(f"no node {name or wanted!r} above", hint=nearest(name or wanted, names), argument="from")
        bundle, labels = self.given[name], self._labels.get(name, ())
        if bundle is None:
            return None
        if output in labels:
            return (bundle[labels.index(output)],)
        if output.isdecimal() and int(output) < len(bundle):
            return (bundle[int(output)],)
        gives = "it gives one, number 0" if len(bundle) == 1 else f"it gives {len(bundle)}, numbered from 0"
        if labels:
            gives = nearest(output, labels, kind="it gives") or gives
        raise RuleError(f"{name!r} has no output {output}", hint=gives, argument="from")

    def node(self, name: str) -> NodeSpec | None:
        """The node as written that a name stands for, `stage` for `stage.0.2`."""
        written = dict(zip(node_names(self.body), self.body.nodes, strict=True))
        return written.get(name) or written.get(name.partition(".")[0])
