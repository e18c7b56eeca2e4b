"""Spec -> YAML: canonical, as a person would write it. Reading it gives the same spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archgraph.spec.blocks import TYPE_WORDS
from archgraph.spec.expectations import EXPECT, HASHES
from archgraph.spec.foreign import all_blocks
from archgraph.spec.layout import Doc, Entries, Items, Leaf, entry, flow, is_spread
from archgraph.spec.model import Block, Body, Choice, Expr, NodeSpec, Parameter, Range, Spec, Value, Variant
from archgraph.spec.quoting import quote, write_scalar
from archgraph.spec.vocabulary import BUILT_IN, Argument, Signature, Vocabulary, signature

FLOW_NODE = 80
"""A node with keys beside its op stands on one line up to here."""
POSITIONAL = 4
"""From so many arguments on, a block's are written by position, as in the table of a paper."""
_BLANK_BEFORE = ("blocks", "graph")
_NOTHING = Leaf("", "")


def write(spec: Spec, vocabulary: Vocabulary) -> str:
    """The spec as YAML, in the order and style of the language's documentation."""
    words: dict[str, Signature] = {**BUILT_IN, **vocabulary}
    blocks = all_blocks(spec)
    for name, made in blocks.items():
        words[name] = Signature(name, {arg: Argument(arg, False) for arg in made.args})
    writer = _Writer(words, frozenset(blocks))
    document: dict[str, Doc] = {"archgraph": _leaf(1), "name": _leaf(spec.name)}
    document |= {key: _leaf(text) for key, text in (("about", spec.about), ("source", spec.source)) if text}
    document["input"] = _doc(spec.input)
    if spec.use:
        document["use"] = _doc(spec.use)
    for key in ("vars", "defaults"):
        if getattr(spec, key):
            document[key] = writer.value(getattr(spec, key))
    if spec.blocks:
        document["blocks"] = Entries({name: writer.block(made) for name, made in spec.blocks.items()}, spread=True)
    document["graph"] = Items([writer.node(node) for node in spec.graph.nodes], spread=bool(spec.graph.nodes))
    for key in ("outputs", "train_only", "features"):
        if getattr(spec, key):
            document[key] = _doc(getattr(spec, key))
    if spec.expect:
        document["expect"] = _expect(spec.expect)
    if spec.variants:
        variants = {name: writer.variant(made) for name, made in spec.variants.items()}
        document["variants"] = Entries(variants, spread=True)
    lines: list[str] = []
    for key, doc in document.items():
        lines += [""] if key in _BLANK_BEFORE else []
        lines += entry(key, doc, 0)
    return "\n".join(lines) + "\n"


class _Writer:
    """Turns what a spec is made of into lists and mappings to be laid out."""

    def __init__(self, words: Vocabulary, blocks: frozenset[str]) -> None:
        self.words, self.blocks = words, blocks

    def variant(self, made: Variant) -> Doc:
        entries = {name: self.value(value) for name, value in made.vars.items()}
        if made.input is not None:
            entries["input"] = _doc(made.input)
        entries |= {key: _leaf(text) for key, text in (("about", made.about), ("source", made.source)) if text}
        if made.expect:
            entries["expect"] = _expect(made.expect)
        return Entries(entries)

    def block(self, made: Block) -> Doc:
        entries: dict[str, Doc] = {}
        if made.args:
            entries["args"] = Entries({name: self.parameter(arg) for name, arg in made.args.items()})
        if made.inputs:
            entries["inputs"] = _doc(made.inputs)
        if made.vars:
            entries["vars"] = self.value(made.vars)
        entries["graph"] = Items([self.node(node) for node in made.graph.nodes], spread=bool(made.graph.nodes))
        if made.outputs:
            same = all(name == node for name, node in made.outputs.items())
            entries["outputs"] = _doc(tuple(made.outputs) if same else made.outputs)
        return Entries(entries, spread=True)

    def parameter(self, parameter: Parameter) -> Doc:
        if parameter.type is not None:
            return Leaf(parameter.type, parameter.type)
        if isinstance(parameter.default, str) and parameter.default in TYPE_WORDS:
            return Leaf(quote(parameter.default), quote(parameter.default))
        return self.value(parameter.default)

    def value(self, value: Value) -> Doc:
        """A value with whatever is in it; a graph in a mapping or list is one of several."""
        if isinstance(value, Body):
            return self.body(value, longest=3)
        if isinstance(value, tuple):
            return Items([self.value(part) for part in value])
        if isinstance(value, Choice):
            default = {} if value.default is None else {"default": self.value(value.default)}
            return Entries({"choice": Items([self.value(option) for option in value.options]), **default})
        if isinstance(value, Range):
            return _range(value)
        if isinstance(value, Mapping):
            return Entries({key: self.value(part) for key, part in value.items()})
        return _leaf(value)

    def body(self, body: Body, *, longest: int) -> Items:
        """A graph; one of more nodes than `longest`, or with graphs in it, has one node a line."""
        nodes = [self.node(node) for node in body.nodes]
        return Items(nodes, spread=len(nodes) > longest)

    def node(self, node: NodeSpec) -> Doc:
        args = self.arguments(node)
        beside = _beside(node)
        if args is _NOTHING and not beside:
            return _leaf(node.op)
        return Entries({node.op: args, **beside}, width=FLOW_NODE, node=True)

    def arguments(self, node: NodeSpec) -> Doc:
        """The arguments of a node, in the shortest form that is read the same."""
        word = signature(node.op, self.words) or Signature(node.op)
        if word.free and not word.arguments and node.args:
            return self.torch_arguments(node)
        order = [name for name in word.arguments if name in node.args]
        order += [name for name in node.args if name not in word.arguments]
        if not order:
            return _NOTHING
        values = [node.args[name] for name in order]
        single = all(value is not None and isinstance(value, (int, float, str, Expr)) for value in values)
        if single and order == list(word.arguments)[: len(order)]:
            if len(order) == 1:
                return _leaf(values[0])
            if node.op in self.blocks and len(order) >= POSITIONAL:
                return Items([_leaf(value) for value in values])
        docs = {
            name: self.argument(node.args[name]) if name in word.arguments else self.value(node.args[name])
            for name in order
        }
        graphs = [value for value in values if _holds_graph(value)]
        short = word.rest and not any(is_spread(doc) for doc in docs.values())
        fits = short and len(flow(Entries(docs))) <= FLOW_NODE
        return Entries(docs, spread=bool(graphs) and not fits)

    def torch_arguments(self, node: NodeSpec) -> Doc:
        """The arguments of a torch class: a list where all stand by position."""
        values = [node.args.get(str(number)) for number in range(len(node.args))]
        if set(node.args) != {str(number) for number in range(len(values))}:
            return self.value(node.args)
        first = values[0]
        if len(values) == 1 and first is not None and isinstance(first, (int, float, str, Expr)):
            return _leaf(first)
        return Items([self.value(value) for value in values])

    def argument(self, value: Value) -> Doc:
        if isinstance(value, Body):
            return self.body(value, longest=1)
        if isinstance(value, (tuple, Mapping)) and _holds_graph(value):
            doc = self.value(value)
            assert isinstance(doc, (Items, Entries))
            return Items(doc.items, spread=True) if isinstance(doc, Items) else Entries(doc.entries, spread=True)
        return self.value(value)


def _holds_graph(value: Value) -> bool:
    if isinstance(value, (tuple, Mapping)):
        return any(isinstance(part, Body) for part in (value.values() if isinstance(value, Mapping) else value))
    if isinstance(value, Choice):
        return any(map(_holds_graph, value.options))
    return isinstance(value, Body)


def _beside(node: NodeSpec) -> dict[str, Doc]:
    """The reserved keys that are given."""
    inputs = node.inputs[0] if node.inputs and len(node.inputs) == 1 else node.inputs
    given = {"each": node.each, "repeat": node.repeat, "when": node.when, "id": node.id, "from": inputs}
    given["share"] = node.share
    return {key: _doc(value) for key, value in given.items() if value is not None}


def _doc(value: Any) -> Doc:
    """A value without graphs in it."""
    return _Writer({}, frozenset()).value(value)


def _expect(expect: Mapping[str, Value]) -> Doc:
    """The promised numbers; digits of a hash are always in quotes, as some of them would be read as a number."""
    hashes = {key: Leaf(quote(str(expect[key])), quote(str(expect[key]))) for key in HASHES if key in expect}
    return Entries({key: hashes.get(key) or _doc(expect[key]) for key in EXPECT if key in expect})


def _range(value: Range) -> Doc:
    entries: dict[str, Doc] = {"range": Items([_leaf(value.low), _leaf(value.high)])}
    # Only a range of whole numbers has a step of 1 that goes without saying.
    if value.step != 1 or not (isinstance(value.low, int) and isinstance(value.high, int)):
        entries["step"] = _leaf(value.step)
    if value.default is not None:
        entries["default"] = _leaf(value.default)
    return Entries(entries)


def _leaf(value: Any) -> Leaf:
    if isinstance(value, Expr):
        value = value.text
    text = value if isinstance(value, str) else None
    return Leaf(write_scalar(value), write_scalar(value, flow=False), text)
