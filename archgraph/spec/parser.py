"""Located tree -> Spec: the file's top level. Every mistake of a file is in the one SpecError raised."""

from __future__ import annotations

from collections.abc import Mapping

from archgraph.errors import Mark, SpecError, nearest
from archgraph.spec.blocks import read_blocks, signatures
from archgraph.spec.expectations import read_expect
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.foreign import add_used, foreign_words
from archgraph.spec.identifiers import Known, check_variable
from archgraph.spec.inputs import read_input
from archgraph.spec.model import Body, Input, Spec, Value
from archgraph.spec.nodes import Nodes
from archgraph.spec.outputs import read_named, read_train_only
from archgraph.spec.tree import Entry, Map, Scalar, Seq, Tree, kind
from archgraph.spec.uses import Opener, Uses, no_specs
from archgraph.spec.variants import read_variants
from archgraph.spec.vocabulary import BUILT_IN, Vocabulary

VERSION = 1
KEYS = (
    "archgraph", "name", "about", "source", "input", "use", "vars", "defaults", "blocks",
    "graph", "outputs", "train_only", "features", "expect", "variants",
)  # fmt: skip
"""The keys of a file, in the order in which they are written."""
_REQUIRED = {
    "archgraph": f"the language's version: write `archgraph: {VERSION}`",
    "name": "what the network is called",
    "input": "channels, height and width without the batch, e.g. `input: [3, 224, 224]`",
    "graph": "the list of nodes",
}
_OF_A_NETWORK = ("input", "graph")
"""Keys that a file of blocks can do without."""


def parse(tree: Tree, vocabulary: Vocabulary, *, opener: Opener = no_specs, blocks: bool = False) -> Spec:
    """The spec in a file. `opener` gives the specs that it uses; with `blocks` it is read for its blocks alone.

    Raises SpecError with every mistake in the file and in those it uses.
    """
    findings = Findings(tree.findings)
    if not isinstance(tree.root, Map):
        findings.add(f"a spec is a mapping, given {kind(tree.root)}", tree.root.mark, "it begins with `archgraph: 1`")
        raise SpecError(findings.found)
    spec = _File(tree.root, vocabulary, Uses(opener, findings), findings).spec(blocks=blocks)
    if findings.found:
        raise SpecError(findings.found, partial=spec)
    return spec


class _File:
    """One file being read."""

    def __init__(self, root: Map, vocabulary: Vocabulary, uses: Uses, findings: Findings) -> None:
        self.root, self.entries = root, root.entries
        self.ops: Vocabulary = {**BUILT_IN, **vocabulary}
        self.vocabulary = vocabulary
        self.uses = uses
        self.findings = findings
        self.marks: dict[str, Mark] = {key: entry.value.mark for key, entry in root.entries.items()}

    def spec(self, *, blocks: bool) -> Spec:
        self._check_keys(blocks=blocks)
        self._check_version()
        own = self._map("blocks")
        files = self.uses.files(self.entries["use"].value) if "use" in self.entries else {}
        foreign = foreign_words(files, self.uses, own, self._map("vars")) if files else {}
        nodes = Nodes({**self.ops, **signatures(own), **foreign}, self.uses, self.findings)
        variables = self._vars(nodes)
        known = Known(variables)
        nodes.arguments.defaults = defaults = self._defaults(nodes, known, own)
        read = read_blocks(own, self.ops, nodes, known)
        shape = self._input()
        graph = self._graph(nodes, known, shape)
        outputs = self._named("outputs", nodes, graph, shape)
        add_used(files, self.uses)
        return Spec(
            name=self._text("name", required=True),
            input=shape,
            graph=graph,
            about=self._text("about"),
            source=self._text("source"),
            vars=variables,
            defaults=defaults,
            blocks=read,
            outputs=outputs,
            train_only=self._train_only(outputs),
            features=self._named("features", nodes, graph, shape),
            variants=read_variants(self._map("variants"), variables, self.marks, nodes.values),
            use=tuple(files),
            used=self.uses.used,
            expect=read_expect(self._map("expect"), self.marks, self.findings),
            marks=self.marks,
        )

    def _check_keys(self, *, blocks: bool) -> None:
        for key, entry in self.entries.items():
            if key not in KEYS:
                self.findings.add(f"unknown key {quoted(key)}", entry.key, nearest(key, KEYS, kind="keys", most=15))
        for key, what in _REQUIRED.items():
            if key not in self.entries and not (blocks and key in _OF_A_NETWORK):
                self.findings.add(f"the key {key!r} is missing", self.root.mark, what)

    def _check_version(self) -> None:
        entry = self.entries.get("archgraph")
        given = entry.value.value if entry and isinstance(entry.value, Scalar) else None
        if entry and (type(given) is not int or given != VERSION):
            message = f"version {VERSION} of the language is known, given {kind(entry.value)}"
            self.findings.add(message, entry.value.mark, f"write `archgraph: {VERSION}`")

    def _map(self, key: str) -> Mapping[str, Entry]:
        """The entries of a top-level mapping; none where it is left out or empty."""
        if key not in self.entries:
            return {}
        node = self.entries[key].value
        if isinstance(node, Map):
            return node.entries
        if not (isinstance(node, Scalar) and node.value is None):
            self.findings.add(f"`{key}` is a mapping, given {kind(node)}", node.mark)
        return {}

    def _text(self, key: str, *, required: bool = False) -> str:
        if key not in self.entries:
            return ""
        node = self.entries[key].value
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            hint = "put it in quotes" if isinstance(node, Scalar) and node.text else ""
            self.findings.add(f"`{key}` is a text, given {kind(node)}", node.mark, hint)
            return ""
        if required and not node.value.strip():
            self.findings.add(f"`{key}` is empty", node.mark)
        return node.value

    def _input(self) -> Input:
        if "input" not in self.entries:
            return ()
        return read_input(self.entries["input"].value, self.marks, self.findings)

    def _vars(self, nodes: Nodes) -> dict[str, Value]:
        """Variables in order; each may use those above it."""
        variables: dict[str, Value] = {}
        above = Known(variables)
        for name, entry in self._map("vars").items():
            check_variable(name, entry.key, self.findings)
            variables[name] = nodes.values.value(entry.value, above, self.marks, f"vars.{name}")
        return variables

    def _defaults(self, nodes: Nodes, known: Known, blocks: Mapping[str, Entry]) -> dict[str, dict[str, Value]]:
        defaults: dict[str, dict[str, Value]] = {}
        for op, entry in self._map("defaults").items():
            self.marks[f"defaults.{op}"] = entry.value.mark
            signature = self.vocabulary.get(op)
            if signature is not None:
                marks: dict[str, Mark] = {}
                defaults[op] = nodes.arguments.read(signature, entry, known, marks, all_named=True)
                self.marks.update({f"defaults.{op}{path}": mark for path, mark in marks.items()})
            elif op in blocks:
                hint = "a block's defaults stand in its `args`"
                self.findings.add(f"`defaults` are for ops, {quoted(op)} is a block", entry.key, hint)
            else:
                hint = nearest(op, self.vocabulary, kind="ops") or "`archgraph ops` lists them"
                self.findings.add(f"unknown op {quoted(op)} in `defaults`", entry.key, hint)
        return defaults

    def _graph(self, nodes: Nodes, known: Known, shape: Input) -> Body:
        if "graph" not in self.entries:
            return Body()
        node = self.entries["graph"].value
        if isinstance(node, Seq) and not node.items:
            self.findings.add("`graph` has no nodes", node.mark)
        return nodes.body(node, known, what="`graph`", inputs=_names(shape))

    def _named(self, key: str, nodes: Nodes, graph: Body, shape: Input) -> dict[str, str]:
        """`outputs` or `features`: names for nodes of the graph."""
        found = read_named(key, self._map(key), self.marks, self.findings)
        if graph.nodes:
            nodes.references.check_names(f"`{key}`", found, graph, _names(shape))
        return {name: text for name, (text, _) in found.items()}

    def _train_only(self, outputs: Mapping[str, str]) -> tuple[str, ...]:
        if "train_only" not in self.entries:
            return ()
        return read_train_only(self.entries["train_only"].value, outputs, self.marks, self.findings)


def _names(shape: Input) -> tuple[str, ...]:
    """The names of several inputs; a single one has none but `in`."""
    return tuple(shape) if isinstance(shape, Mapping) else ()
