"""Any spec that the small vocabulary can express, for hypothesis."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from small_vocabulary import WORDS

from archgraph.spec.expressions import compile_expression
from archgraph.spec.model import Block, Body, Choice, NodeSpec, Parameter, Range, Spec, Value
from archgraph.spec.vocabulary import Argument, Signature, Vocabulary

_LETTERS = st.characters(codec="utf-8")
TEXTS = st.one_of(
    st.text(_LETTERS, max_size=12),
    st.text(" -:#'\"\\,[]{}&*!|>%@`?~=<.0123456789ekMG\n\t", max_size=8),
    st.sampled_from(["no", "on", "1e3", "20M", "0x1f", "~", "null", "true", "- a", "a: b", "a #b", "<<", "...", "---"]),
    st.lists(st.text("abcdefg,.:'", min_size=1, max_size=12), min_size=20, max_size=30).map(" ".join),
).map(lambda text: text.replace("$", ""))
NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
VARIABLES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "i")
KEYS = st.text(_LETTERS, min_size=1, max_size=12).filter(lambda key: key not in ("choice", "range"))
_EXPRESSIONS = (
    "${0}",
    "4*${0}",
    "${0} if ${0} == 'a b' else 1",
    "min(${0}, ${0}[0])",
    "-${0}",
    "  ${0} ",
    '${0} > 1 and ${0} != "it\'s"',
)


@cache
def expressions(known: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda pattern, name: compile_expression(pattern.format(name)),
        st.sampled_from(_EXPRESSIONS),
        st.sampled_from(known),
    )


@st.composite
def choices(draw: st.DrawFn, options: st.SearchStrategy[Any]) -> Choice:
    values = draw(st.lists(options, min_size=1, max_size=3))
    default = draw(st.sampled_from([None, *values]))
    return Choice(tuple(values), default)


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, step, count = draw(st.integers(-9, 99)), draw(st.integers(1, 9)), draw(st.integers(0, 9))
    default = draw(st.none() | st.integers(0, count).map(lambda n: low + n * step))
    if draw(st.booleans()):
        return Range(low, low + count * step, step, default)
    return Range(float(low), float(low + count * step), step / 1, None)


@cache
def values(known: tuple[str, ...], depth: int = 2) -> st.SearchStrategy[Any]:
    leaves = SCALARS | ranges()
    if known:
        leaves |= expressions(known)
    if depth == 0:
        return leaves
    inner = values(known, depth - 1)
    lists, mappings = st.lists(inner, max_size=3).map(tuple), st.dictionaries(KEYS, inner, max_size=2)
    return leaves | leaves | lists | mappings | choices(inner)


@st.composite
def arguments(
    draw: st.DrawFn, op: Signature, words: Vocabulary, known: tuple[str, ...], depth: int
) -> dict[str, Value]:
    args: dict[str, Value] = {}
    for name, argument in op.arguments.items():
        if not argument.required and draw(st.booleans()):
            continue
        args[name] = draw(argument_values(argument, words, known, depth))
    if op.rest:
        names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,5}", fullmatch=True).filter(lambda n: n not in op.arguments)
        args |= draw(st.dictionaries(names, bodies(words, known, depth - 1), max_size=3))
    return args


def argument_values(
    argument: Argument, words: Vocabulary, known: tuple[str, ...], depth: int
) -> st.SearchStrategy[Any]:
    if argument.holds == "value":
        return values(known)
    body = bodies(words, known, depth - 1)
    if argument.holds == "graph":
        return TEXTS | body | choices(st.sampled_from(["identity", "conv"]) | body)
    return st.lists(body, max_size=3).map(tuple) | st.dictionaries(NAMES, body, max_size=2)


@st.composite
def bodies(draw: st.DrawFn, words: Vocabulary, known: tuple[str, ...], depth: int, least: int = 0) -> Body:
    """A graph whose nodes take what stands above them."""
    if depth < 0:
        return Body()
    above: list[str] = ["in", "prev"]
    counts: dict[str, int] = {}
    nodes = []
    for number in range(draw(st.integers(least, 3))):
        op = words[draw(st.sampled_from(sorted(words)))]
        counts[op.op] = counts.get(op.op, 0) + 1
        given = draw(st.none() | st.just(f"n-{number}"))
        inputs = draw(st.none() | st.lists(st.sampled_from(above), min_size=1, max_size=3).map(tuple))
        each = draw(st.none() | st.fixed_dictionaries({"e": st.lists(NUMBERS, max_size=3).map(tuple)}))
        columns = (*known, "e") if each else known
        repeat = draw(st.none() | st.integers(0, 5) | (expressions(columns) if columns else st.none()) | ranges())
        inside = (*columns, "i") if repeat is not None else columns
        when = draw(st.none() | st.booleans() | (expressions(known) if known else st.none()))
        args = draw(arguments(op, words, inside, depth))
        nodes.append(NodeSpec(op.op, args, given, inputs, repeat, each, when))
        above.append(given or f"{op.op}{counts[op.op]}")
    return Body(tuple(nodes))


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    variables = draw(st.dictionaries(VARIABLES, values(()), max_size=3))
    known = tuple(variables)
    args = draw(st.dictionaries(VARIABLES, parameters(known), max_size=5))
    block_name = draw(NAMES.filter(lambda name: name not in WORDS and name not in _RESERVED))
    block = Signature(block_name, {name: Argument(name, arg.type is not None) for name, arg in args.items()})
    words = {**WORDS, **({block_name: block} if draw(st.booleans()) else {})}
    inside = tuple(dict.fromkeys((*known, *args)))
    blocks = {block_name: Block(draw(bodies(words, inside, 1, 1)), args)} if block_name in words else {}
    graph = draw(bodies(words, known, 2, 1))
    first = graph.nodes[0].id or f"{graph.nodes[0].op}1"
    outputs = draw(st.dictionaries(NAMES, st.just(first), max_size=2))
    return Spec(
        name=draw(TEXTS.filter(str.strip)),
        input=draw(st.lists(st.integers(1, 512), min_size=1, max_size=3).map(tuple)),
        graph=graph,
        about=draw(TEXTS | st.text("ab \n", max_size=12)),
        source=draw(TEXTS),
        vars=variables,
        defaults={"relu": {}, "dropout": {"p": draw(values(known))}} if draw(st.booleans()) else {},
        blocks=blocks,
        outputs=outputs,
        train_only=tuple(outputs)[1:],
        features=draw(st.dictionaries(NAMES, st.just(first), max_size=2)),
        expect=draw(st.fixed_dictionaries({}, optional={"params": st.integers(0, 2**40), "output": st.just((10, 4))})),
    )


def parameters(known: tuple[str, ...]) -> st.SearchStrategy[Parameter]:
    types = st.sampled_from(["int", "float", "str", "bool", "list"])
    defaults = values(known) | types | st.sampled_from(["integer", "string"])
    return types.map(Parameter) | defaults.map(lambda default: Parameter(default=default))


_RESERVED = ("id", "from", "repeat", "each", "when", "share", "in", "prev")
