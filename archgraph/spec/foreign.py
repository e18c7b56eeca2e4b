"""Blocks of the files that a file names in `use`: words here too, as if they stood in this file.

They see this file's variables and defaults, as its own blocks do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from archgraph.errors import Mark
from archgraph.spec.findings import listed, quoted
from archgraph.spec.model import Block, Body, Choice, Expr, NodeSpec, Spec
from archgraph.spec.tree import Entry
from archgraph.spec.uses import Uses
from archgraph.spec.vocabulary import Argument, Signature


def all_blocks(spec: Spec) -> Mapping[str, Block]:
    """The blocks of a spec, of the files it uses, and of those they use."""
    if not spec.use:
        return spec.blocks
    foreign = {name: block for file in spec.use for name, block in all_blocks(spec.used[file]).items()}
    return {**foreign, **spec.blocks}


def standalone(spec: Spec) -> Spec:
    """The same network without a `use` of files for their blocks: they stand in it."""
    if not spec.use:
        return spec
    used = {text: inside for text, inside in spec.used.items() if text not in spec.use}
    return replace(spec, use=(), used=used, blocks=all_blocks(spec))


def add_used(files: Mapping[str, Mark], uses: Uses) -> None:
    """What the blocks of `files` use, this file uses too, under the same text."""
    for text, at in files.items():
        spec = uses.used.get(text)
        for inner, inside in spec.used.items() if spec else ():
            if spec and inner not in spec.use and uses.used.setdefault(inner, inside) != inside:
                uses.findings.add(f"{text} and this file use different specs as {quoted(inner)}", at)


def foreign_words(
    files: Mapping[str, Mark], uses: Uses, own: Mapping[str, Entry], variables: Mapping[str, Entry]
) -> dict[str, Signature]:
    """The blocks that `files` give to one with `own` blocks and `variables`; clashes are noted."""
    words: dict[str, Signature] = {}
    for text, at in files.items():
        spec = uses.used.get(text)
        for name, block in all_blocks(spec).items() if spec else ():
            if name in own or name in words:
                where = "this file has one too" if name in own else "another file gives one too"
                message = f"{text} gives the block {quoted(name)}: {where}"
                uses.findings.add(message, at, "give one of the two another name")
            words[name] = _signature(name, block)
            missing = tuple(quoted("$" + name) for name in sorted(_variables(block)) if name not in variables)
            if missing:
                message = f"the block {quoted(name)} of {text} takes {listed(missing)} from the file it is used in"
                uses.findings.add(message, at, "this file has no such variable: add it to `vars`")
    return words


def _signature(name: str, block: Block) -> Signature:
    arguments = {arg: Argument(arg, parameter.type is not None) for arg, parameter in block.args.items()}
    return Signature(name, arguments, outputs=dict.fromkeys(block.outputs))


def _variables(block: Block) -> set[str]:
    """The variables that a block reads and does not have itself."""
    used: set[str] = set()
    own = {*block.args, *block.vars, "i"}
    for value in (*(parameter.default for parameter in block.args.values()), *block.vars.values(), block.graph):
        for part in _parts(value):
            if isinstance(part, Expr):
                used |= part.names
            elif isinstance(part, NodeSpec):
                own.update(part.each or ())
                own.update(key for arg in part.args.values() if isinstance(arg, Mapping) for key in arg)
    return used - own


def _parts(value: object) -> Iterator[object]:
    """A value with everything in it."""
    yield value
    inside: tuple[object, ...] = ()
    if isinstance(value, Body):
        inside = value.nodes
    elif isinstance(value, NodeSpec):
        inside = (*value.args.values(), *(value.each or {}).values(), value.repeat, value.when)
    elif isinstance(value, Mapping):
        inside = tuple(value.values())
    elif isinstance(value, Choice):
        inside = value.options
    elif isinstance(value, tuple):
        inside = value
    for part in inside:
        yield from _parts(part)
