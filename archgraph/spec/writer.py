"""Spec -> YAML: canonical, as a person would write it. Reading it gives the same spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archgraph.spec.blocks import TYPE_WORDS
from archgraph.spec.expectations import EXPECT, HASHES
from archgraph.spec.foreign import all_blocks
from archgraph.spec.layout import WIDTH, Doc, Entries, Items, Leaf, flow, page
from archgraph.spec.model import Block, Body, Choice, Expr, NodeSpec, Parameter, Range, Spec, Value, Variant
from archgraph.spec.quoting import quote, write_scalar
from archgraph.spec.vocabulary import BUILT_IN, Argument, Signature, Vocabulary, signature

FLOW_BLOCK, FLOW_BODY = 3, 6
"""The graph of a block, and a graph in a node, stands within a line with up to so many nodes."""
FLOW_DEFAULTS = 90
"""Default arguments stand on one line up to here."""
POSITIONAL = 4
"""From so many arguments on, a block's are written by position, as in the table of a paper; and fewer, if"""
SHORT = 12
"""all of them are as short as this."""
_ROWS = ("convs", "linears", "batch_norms", "param_shapes")
"""Of what a spec expects: which layers it has, below what it costs."""
_NOTHING = Leaf("", "")


def write(spec: Spec, vocabulary: Vocabulary) -> str:
    """The spec as YAML, in the order and style of the language's documentation."""
    made = document(spec, vocabulary)
    return page(made, sections=sections(made))


def sections(document: Entries) -> tuple[str, ...]:
    """The keys that begin a part of the file: what the network is made of, and its variants."""
    return next((key for key in ("blocks", "graph") if key in document.entries), "graph"), "variants"


def document(spec: Spec, vocabulary: Vocabulary) -> Entries:
    """The spec as lists and mappings that are ready to be laid out."""
    words: dict[str, Signature] = {**BUILT_IN, **vocabulary}
    blocks = all_blocks(spec)
    for name, made in blocks.items():
        words[name] = Signature(name, {arg: Argument(arg, False) for arg in made.args})
    writer = _Writer(words, frozenset(blocks))
    found: dict[str, Doc] = {"archgraph": _leaf(1), "name": _leaf(spec.name)}
    found |= _texts(spec)
    # A file of blocks has neither input nor graph.
    if spec.input:
        found["input"] = _doc(spec.input)
    if spec.use:
        found["use"] = _doc(spec.use)
    if spec.vars:
        found["vars"] = writer.value(spec.vars)
    if spec.defaults:
        ops = {op: writer.value(given) for op, given in spec.defaults.items()}
        found["defaults"] = Entries(ops, width=FLOW_DEFAULTS)
    if spec.blocks:
        found["blocks"] = Entries({name: writer.block(made) for name, made in spec.blocks.items()}, spread=True)
    if spec.graph.nodes:
        found["graph"] = Items([writer.node(node) for node in spec.graph.nodes], spread=True)
    for key in ("outputs", "train_only", "features"):
        if getattr(spec, key):
            found[key] = _doc(getattr(spec, key))
    if spec.expect:
        found["expect"] = _expect(spec.expect)
    if spec.variants:
        variants = {name: writer.variant(made) for name, made in spec.variants.items()}
        found["variants"] = Entries(variants, spread=True)
    return Entries(found, spread=True)


class _Writer:
    """Turns what a spec is made of into lists and mappings to be laid out."""

    def __init__(self, words: Vocabulary, blocks: frozenset[str]) -> None:
        self.words, self.blocks = words, blocks

    def variant(self, made: Variant) -> Doc:
        entries = _texts(made)
        if made.input is not None:
            entries["input"] = _doc(made.input)
        entries |= {name: self.value(value) for name, value in made.vars.items()}
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
        entries["graph"] = self.body(made.graph, most=0 if _is_deep(made.graph) else FLOW_BLOCK)
        if made.outputs:
            same = all(name == node for name, node in made.outputs.items())
            entries["outputs"] = _doc(tuple(made.outputs) if same else made.outputs)
        return Entries(entries, spread=bool(made.inputs or made.vars or made.outputs) or _is_deep(made.graph))

    def parameter(self, parameter: Parameter) -> Doc:
        if parameter.type is not None:
            return Leaf(parameter.type, parameter.type)
        if isinstance(parameter.default, str) and parameter.default in TYPE_WORDS:
            return Leaf(quote(parameter.default), quote(parameter.default))
        return self.value(parameter.default)

    def value(self, value: Value) -> Doc:
        """A value with whatever is in it; a graph in a mapping or list is one of several."""
        if isinstance(value, Body):
            return self.body(value, most=WIDTH)
        if isinstance(value, tuple):
            return Items([self.value(part) for part in value], tall=_holds_graph(value))
        if isinstance(value, Choice):
            default = {} if value.default is None else {"default": self.value(value.default)}
            return Entries({"choice": Items([self.value(option) for option in value.options]), **default})
        if isinstance(value, Range):
            return _range(value)
        if isinstance(value, Mapping):
            return Entries({key: self.value(part) for key, part in value.items()})
        return _leaf(value)

    def body(self, body: Body, *, most: int) -> Items:
        """A graph in a node or a block; one of more nodes than `most`, or with graphs in it, has one node a line."""
        nodes = [self.node(node) for node in body.nodes]
        spread = len(nodes) > (min(most, 1) if _is_deep(body) else most)
        return Items(nodes, spread=spread, tall=most < WIDTH and len(nodes) > 1)

    def node(self, node: NodeSpec) -> Doc:
        args = self.arguments(node)
        beside = _beside(node)
        if args is _NOTHING and not beside:
            return _leaf(node.op)
        spread = node.each is not None and len(node.each) > 1
        return Entries({node.op: args, **beside}, spread=spread, node=True)

    def arguments(self, node: NodeSpec) -> Doc:
        """The arguments of a node, in the shortest form that is read the same."""
        word = signature(node.op, self.words) or Signature(node.op)
        if word.free and not word.arguments and node.args:
            return self.torch_arguments(node)
        order = [name for name in word.arguments if name in node.args and name in word.columns]
        order += [name for name in word.arguments if name in node.args and name not in word.columns]
        order += [name for name in node.args if name not in word.arguments]
        if not order:
            return _NOTHING
        values = [node.args[name] for name in order]
        if order == list(word.arguments)[: len(order)]:
            if len(order) == 1 and _is_single(values[0]) and not isinstance(values[0], bool):
                return _leaf(values[0])
            if len(order) > 1 and self.by_position(node, order, word):
                return Items([self.value(value) for value in values])
        docs = {name: self.argument(node.args[name], word) for name in order}
        return Entries(docs)

    def by_position(self, node: NodeSpec, order: list[str], word: Signature) -> bool:
        """Whether the first arguments of a word, in order, are as clear without their names."""
        values = [node.args[name] for name in order]
        if node.op in self.blocks:
            short = len(order) >= POSITIONAL or all(len(flow(self.value(value))) <= SHORT for value in values)
            return short and all(map(_is_single, values))
        if not all(_is_single(value) or _are_single(value) for value in values):
            return False
        return order == [name for name, argument in word.arguments.items() if argument.required]

    def argument(self, value: Value, word: Signature) -> Doc:
        if isinstance(value, Body):
            return self.body(value, most=WIDTH if word.rest else FLOW_BODY)
        return self.value(value)

    def torch_arguments(self, node: NodeSpec) -> Doc:
        """The arguments of a torch class: a list where all stand by position."""
        values = [node.args.get(str(number)) for number in range(len(node.args))]
        if set(node.args) != {str(number) for number in range(len(values))}:
            return self.value(node.args)
        if len(values) == 1 and _is_single(values[0]):
            return _leaf(values[0])
        return Items([self.value(value) for value in values])


def _is_single(value: Value) -> bool:
    """Whether a value is read as the first argument where it stands alone."""
    return value is not None and isinstance(value, (int, float, str, Expr))


def _are_single(value: Value) -> bool:
    return isinstance(value, tuple) and all(map(_is_single, value))


def _is_deep(body: Body) -> bool:
    """Whether a node of a graph has a graph in it."""
    return any(_holds_graph(arg) for node in body.nodes for arg in node.args.values())


def _holds_graph(value: Value) -> bool:
    if isinstance(value, (tuple, Mapping)):
        return any(map(_holds_graph, value.values() if isinstance(value, Mapping) else value))
    if isinstance(value, Choice):
        return any(map(_holds_graph, value.options))
    return isinstance(value, Body)


def _beside(node: NodeSpec) -> dict[str, Doc]:
    """The reserved keys that are given."""
    inputs = node.inputs[0] if node.inputs and len(node.inputs) == 1 else node.inputs
    given = {"each": node.each, "repeat": node.repeat, "id": node.id, "from": inputs, "share": node.share}
    given["when"] = node.when
    return {key: _doc(value) for key, value in given.items() if value is not None}


def _doc(value: Any) -> Doc:
    """A value without graphs in it."""
    return _Writer({}, frozenset()).value(value)


def _expect(expect: Mapping[str, Value]) -> Doc:
    """The promised numbers; digits of a hash are always in quotes, as some of them would be read as a number."""
    hashes = {key: Leaf(quote(str(expect[key])), quote(str(expect[key]))) for key in HASHES if key in expect}
    docs = {key: hashes.get(key) or _doc(expect[key]) for key in EXPECT if key in expect}
    if isinstance(output := docs.get("output"), Entries):
        docs["output"] = replace(output, rows=())
    return Entries(docs, rows=[key for key in _ROWS if key in docs][:1])


def _texts(made: Spec | Variant) -> dict[str, Doc]:
    return {key: _leaf(text) for key, text in (("about", made.about), ("source", made.source)) if text}


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
