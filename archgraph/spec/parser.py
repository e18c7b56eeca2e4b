"""Located tree -> Spec: the file's top level. Every mistake of a file is in the one SpecError raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archgraph.errors import Mark, SpecError, nearest
from archgraph.spec.blocks import read_blocks, signatures
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import NAME, NAME_RULE, Known, check_variable
from archgraph.spec.model import Body, Spec, Value
from archgraph.spec.nodes import Nodes
from archgraph.spec.references import check_names
from archgraph.spec.tree import Entry, Map, Scalar, Seq, Tree, kind
from archgraph.spec.vocabulary import Vocabulary

VERSION = 1
KEYS = (
    "archgraph", "name", "about", "source", "input", "vars", "defaults", "blocks",
    "graph", "outputs", "train_only", "features", "expect",
)  # fmt: skip
"""The keys of a file, in the order in which they are written."""
EXPECT = ("params", "buffers", "macs", "flops", "output")
_REQUIRED = {
    "archgraph": f"the language's version: write `archgraph: {VERSION}`",
    "name": "what the network is called",
    "input": "channels, height and width without the batch, e.g. `input: [3, 224, 224]`",
    "graph": "the list of nodes",
}
_LATER = {"use": "a spec in a spec", "variants": "variants of a spec", "inputs": "several inputs"}


def parse(tree: Tree, vocabulary: Vocabulary) -> Spec:
    """The spec in a file. Raises SpecError with every mistake in it."""
    findings = Findings(tree.findings)
    if not isinstance(tree.root, Map):
        findings.add(f"a spec is a mapping, given {kind(tree.root)}", tree.root.mark, "it begins with `archgraph: 1`")
        raise SpecError(findings.found)
    spec = _File(tree.root, vocabulary, findings).spec()
    if findings.found:
        raise SpecError(findings.found, partial=spec)
    return spec


class _File:
    """One file being read."""

    def __init__(self, root: Map, vocabulary: Vocabulary, findings: Findings) -> None:
        self.root, self.entries = root, root.entries
        self.vocabulary = vocabulary
        self.findings = findings
        self.marks: dict[str, Mark] = {key: entry.value.mark for key, entry in root.entries.items()}

    def spec(self) -> Spec:
        self._check_keys()
        self._check_version()
        blocks = self._map("blocks")
        words = {**self.vocabulary, **signatures(blocks)}
        nodes = Nodes(words, self.findings)
        variables = self._vars(nodes)
        known = Known(variables)
        nodes.defaults = defaults = self._defaults(nodes, known, blocks)
        read = read_blocks(blocks, self.vocabulary, nodes, known)
        graph = self._graph(nodes, known)
        outputs = self._references("outputs", graph)
        return Spec(
            name=self._text("name", required=True),
            input=self._input(),
            graph=graph,
            about=self._text("about"),
            source=self._text("source"),
            vars=variables,
            defaults=defaults,
            blocks=read,
            outputs=outputs,
            train_only=self._train_only(outputs),
            features=self._references("features", graph),
            expect=self._expect(),
            marks=self.marks,
        )

    def _check_keys(self) -> None:
        for key, entry in self.entries.items():
            if key in _LATER:
                self.findings.add(f"`{key}` cannot be used yet", entry.key, f"{_LATER[key]}: in a later version")
            elif key not in KEYS:
                self.findings.add(f"unknown key {quoted(key)}", entry.key, nearest(key, KEYS, kind="keys", most=13))
        for key, what in _REQUIRED.items():
            if key not in self.entries:
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

    def _input(self) -> tuple[int, ...]:
        if "input" not in self.entries:
            return ()
        node = self.entries["input"].value
        hint = "without the batch: [3, 224, 224] is C, H, W; [C, L] for sequences, [N] for vectors"
        if isinstance(node, Map):
            hint = "several inputs cannot be used yet"
        if not isinstance(node, Seq) or not 1 <= len(node.items) <= 3:
            given = f"{len(node.items)} sizes" if isinstance(node, Seq) else kind(node)
            self.findings.add(f"`input` is a list of 1 to 3 sizes, given {given}", node.mark, hint)
            return ()
        return self._sizes(node, "a size of the input")

    def _sizes(self, node: Seq, what: str) -> tuple[int, ...]:
        sizes: list[int] = []
        for item in node.items:
            if isinstance(item, Scalar) and type(item.value) is int and item.value > 0:
                sizes.append(item.value)
            else:
                self.findings.add(f"{what} is a whole number from 1, given {kind(item)}", item.mark)
        return tuple(sizes)

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
                defaults[op] = nodes.arguments(signature, entry, known, marks, all_named=True)
                self.marks.update({f"defaults.{op}{path}": mark for path, mark in marks.items()})
            elif op in blocks:
                hint = "a block's defaults stand in its `args`"
                self.findings.add(f"`defaults` are for ops, {quoted(op)} is a block", entry.key, hint)
            else:
                hint = nearest(op, self.vocabulary, kind="ops") or "`archgraph ops` lists them"
                self.findings.add(f"unknown op {quoted(op)} in `defaults`", entry.key, hint)
        return defaults

    def _graph(self, nodes: Nodes, known: Known) -> Body:
        if "graph" not in self.entries:
            return Body()
        node = self.entries["graph"].value
        if isinstance(node, Seq) and not node.items:
            self.findings.add("`graph` has no nodes", node.mark)
        return nodes.body(node, known, what="`graph`")

    def _references(self, key: str, graph: Body) -> dict[str, str]:
        """`outputs` or `features`: names for nodes of the graph."""
        found: dict[str, tuple[str, Mark]] = {}
        for name, entry in self._map(key).items():
            self.marks[f"{key}.{name}"] = at = entry.value.mark
            if not NAME.fullmatch(name):
                self.findings.add(f"{quoted(name)} cannot be a name in `{key}`", entry.key, NAME_RULE)
            elif not isinstance(entry.value, Scalar) or not isinstance(entry.value.value, str):
                hint = f"e.g. `{key}: {{{name}: conv1}}`"
                self.findings.add(f"`{key}` takes names of nodes, given {kind(entry.value)}", at, hint)
            else:
                found[name] = (entry.value.value, at)
        if graph.nodes:
            check_names(f"`{key}`", found, graph, self.findings)
        return {name: text for name, (text, _) in found.items()}

    def _train_only(self, outputs: Mapping[str, str]) -> tuple[str, ...]:
        if "train_only" not in self.entries:
            return ()
        node = self.entries["train_only"].value
        if not isinstance(node, Seq):
            hint = "e.g. `train_only: [aux1]`"
            self.findings.add(f"`train_only` is a list of outputs, given {kind(node)}", node.mark, hint)
            return ()
        names: list[str] = []
        for number, item in enumerate(node.items):
            self.marks[f"train_only.{number}"] = item.mark
            if isinstance(item, Scalar) and item.text in outputs:
                names.append(item.text)
                continue
            given = quoted(item.text) if isinstance(item, Scalar) else kind(item)
            hint = nearest(item.text if isinstance(item, Scalar) else "", outputs, kind="outputs")
            self.findings.add(f"unknown output {given} in `train_only`", item.mark, hint)
        if names and set(names) == set(outputs):
            hint = "one output has to be there outside training"
            self.findings.add("every output is in `train_only`", node.mark, hint)
        return tuple(names)

    def _expect(self) -> dict[str, Value]:
        expect: dict[str, Any] = {}
        for key, entry in self._map("expect").items():
            node = entry.value
            self.marks[f"expect.{key}"] = node.mark
            if key not in EXPECT:
                self.findings.add(f"unknown key {quoted(key)} in `expect`", entry.key, nearest(key, EXPECT))
            elif key == "output" and isinstance(node, Seq):
                expect[key] = self._sizes(node, "a size of the output")
            elif key == "output" and isinstance(node, Map):
                expect[key] = self._shapes(node)
            elif key == "output":
                hint = "a list of sizes, e.g. `output: [1000]`"
                self.findings.add(f"expect.output is a shape, given {kind(node)}", node.mark, hint)
            elif isinstance(node, Scalar) and type(node.value) is int and node.value >= 0:
                expect[key] = node.value
            else:
                self.findings.add(f"expect.{key} is a whole number, given {kind(node)}", node.mark)
        return expect

    def _shapes(self, node: Map) -> dict[str, Value]:
        shapes: dict[str, Value] = {}
        for name, entry in node.entries.items():
            if isinstance(entry.value, Seq):
                shapes[name] = self._sizes(entry.value, "a size of the output")
            else:
                message = f"the shape of {quoted(name)} is a list of sizes, given {kind(entry.value)}"
                self.findings.add(message, entry.value.mark)
        return shapes
