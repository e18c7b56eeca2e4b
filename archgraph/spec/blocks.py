"""Located tree -> blocks: a user's ops, with arguments and a graph."""

from __future__ import annotations

from collections.abc import Mapping

from archgraph.errors import Mark, nearest
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.identifiers import NAME, NAME_RULE, Known, check_variable
from archgraph.spec.inputs import check_input_name
from archgraph.spec.model import RESERVED, Block, Body, Parameter, Value
from archgraph.spec.nodes import Nodes
from archgraph.spec.outputs import read_block_outputs
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, kind
from archgraph.spec.vocabulary import Argument, Signature, Vocabulary

KEYS = ("args", "inputs", "vars", "graph", "outputs")
TYPES = ("int", "float", "str", "bool", "list")
_OTHER_TYPES = {
    "integer": "int", "number": "float", "double": "float", "text": "str", "string": "str", "boolean": "bool",
    "tuple": "list", "array": "list",
}  # fmt: skip
TYPE_WORDS = frozenset({*TYPES, *_OTHER_TYPES})
"""Texts that are read as types where they stand without quotes."""


def signatures(blocks: Mapping[str, Entry]) -> dict[str, Signature]:
    """What the nodes of a file have to know of its blocks: their arguments, in order."""
    found: dict[str, Signature] = {}
    for name, entry in blocks.items():
        entries = entry.value.entries if isinstance(entry.value, Map) else {}
        args = entries.get("args")
        arguments = {}
        if args and isinstance(args.value, Map):
            arguments = {
                key: Argument(key, _type(argument) is not None) for key, argument in args.value.entries.items()
            }
        outputs: dict[str, None] = {}
        if "outputs" in entries:
            given = entries["outputs"].value
            if isinstance(given, Map):
                outputs = dict.fromkeys(given.entries)
            elif isinstance(given, Seq):
                outputs = dict.fromkeys(item.text for item in given.items if isinstance(item, Scalar))
        found[name] = Signature(name, arguments, outputs=outputs)
    return found


def is_type(node: Scalar) -> bool:
    """Whether a text stands for a type: `planes: int` does, `planes: "int"` is a default value."""
    return node.plain and node.text in TYPE_WORDS


def _type(argument: Entry) -> str | None:
    node = argument.value
    return node.text if isinstance(node, Scalar) and is_type(node) else None


def read_blocks(blocks: Mapping[str, Entry], ops: Vocabulary, nodes: Nodes, known: Known) -> dict[str, Block]:
    """The blocks of a file; `known` are the file's variables, `ops` the words that no block may take for a name."""
    findings = nodes.findings
    found: dict[str, Block] = {}
    for name, entry in blocks.items():
        if name in ops:
            hint = "every op can be used as it is; give the block another name"
            findings.add(f"the block {quoted(name)} has the name of an op", entry.key, hint)
        elif name in RESERVED:
            findings.add(f"a block cannot be named {quoted(name)}", entry.key, "it is a key that stands beside an op")
        elif not NAME.fullmatch(name):
            findings.add(f"{quoted(name)} cannot name a block", entry.key, f"a block's name has {NAME_RULE}")
        if isinstance(entry.value, Map):
            found[name] = _block(name, entry.key, entry.value, nodes, known)
        else:
            hint = "with `graph` and, where it has any, `args`"
            findings.add(f"the block {quoted(name)} is a mapping, given {kind(entry.value)}", entry.value.mark, hint)
    return found


def _block(name: str, at: Mark, node: Map, nodes: Nodes, known: Known) -> Block:
    findings, entries = nodes.findings, node.entries
    marks: dict[str, Mark] = {key: entry.value.mark for key, entry in entries.items()}
    for key, entry in entries.items():
        if key not in KEYS:
            hint = nearest(key, KEYS, kind="keys of a block")
            findings.add(f"unknown key {quoted(key)} in block {quoted(name)}", entry.key, hint)
    args = _args(name, entries.get("args"), nodes, known, marks)
    variables: dict[str, Value] = {}
    inside = known.plus(args).plus(variables)
    for key, entry in _mapping("vars", entries.get("vars"), findings).items():
        check_variable(key, entry.key, findings)
        if key in args:
            findings.add(f"{quoted(key)} is an argument of this block already", entry.key)
        variables[key] = nodes.values.value(entry.value, inside, marks, f"vars.{key}")
    inputs = _inputs(entries["inputs"].value, marks, findings) if "inputs" in entries else ()
    named = read_block_outputs(entries["outputs"].value, marks, findings) if "outputs" in entries else {}
    outputs = {output: text for output, (text, _) in named.items()}
    if "graph" not in entries:
        findings.add(f"the block {quoted(name)} has no `graph`", at, "the list of its nodes")
        return Block(Body(), args, variables, inputs, outputs, marks)
    graph = entries["graph"].value
    if isinstance(graph, Seq) and not graph.items:
        findings.add(f"the graph of block {quoted(name)} has no nodes", graph.mark)
    body = nodes.body(graph, inside, what=f"the graph of block {quoted(name)}", inputs=inputs)
    if body.nodes:
        nodes.references.check_names("`outputs`", named, body, inputs)
    return Block(body, args, variables, inputs, outputs, marks)


def _inputs(node: Located, marks: dict[str, Mark], findings: Findings) -> tuple[str, ...]:
    """Names for the tensors that a block takes."""
    if not isinstance(node, Seq) or not node.items:
        given = "an empty list" if isinstance(node, Seq) else kind(node)
        hint = "e.g. `inputs: [x, skip]`: a name for each tensor that comes in"
        findings.add(f"`inputs` of a block is a list of names, given {given}", node.mark, hint)
        return ()
    names: dict[str, None] = {}
    for number, item in enumerate(node.items):
        marks[f"inputs.{number}"] = item.mark
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            findings.add(f"`inputs` of a block are names, given {kind(item)}", item.mark, NAME_RULE)
        elif item.value in names:
            findings.add(f"the input {quoted(item.value)} stands twice", item.mark)
        else:
            check_input_name(item.value, item.mark, findings)
            names[item.value] = None
    return tuple(names)


def _mapping(key: str, entry: Entry | None, findings: Findings) -> Mapping[str, Entry]:
    if entry is None or (isinstance(entry.value, Scalar) and entry.value.value is None):
        return {}
    if isinstance(entry.value, Map):
        return entry.value.entries
    findings.add(f"`{key}` is a mapping, given {kind(entry.value)}", entry.value.mark)
    return {}


def _args(name: str, entry: Entry | None, nodes: Nodes, known: Known, marks: dict[str, Mark]) -> dict[str, Parameter]:
    """Arguments of a block: `name: type` for a required one, `name: value` for one with a default."""
    findings = nodes.findings
    args: dict[str, Parameter] = {}
    for key, argument in _mapping("args", entry, findings).items():
        check_variable(key, argument.key, findings)
        node = argument.value
        if not isinstance(node, Scalar) or not is_type(node):
            args[key] = Parameter(default=nodes.values.value(node, known, marks, f"args.{key}"))
            continue
        marks[f"args.{key}"] = node.mark
        args[key] = Parameter(type=_OTHER_TYPES.get(node.text, node.text))
        if node.text in _OTHER_TYPES:
            right = _OTHER_TYPES[node.text]
            hint = f"write {right}, or {node.text!r} in quotes for a text; types: {', '.join(TYPES)}"
            findings.add(f"unknown type {quoted(node.text)} of argument {quoted(key)} of {name}", node.mark, hint)
    return args
