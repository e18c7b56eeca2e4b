"""Any spec that the small vocabulary can express, for hypothesis."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from small_vocabulary import WORDS, opened

from archgraph.spec.expressions import compile_expression
from archgraph.spec.model import Block, Body, Choice, NodeSpec, Parameter, Range, Spec, Value, Variant
from archgraph.spec.vocabulary import BUILT_IN, Argument, Signature, Vocabulary, signature

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
    draw: st.DrawFn, op: Signature, words: Vocabulary, known: tuple[str, ...], depth: int, above: tuple[str, ...]
) -> dict[str, Value]:
    args: dict[str, Value] = {}
    for name, argument in op.arguments.items():
        if not argument.required and draw(st.booleans()):
            continue
        args[name] = draw(argument_values(argument, words, known, depth, above))
        if argument.holds == "columns":
            known = (*known, *args[name])  # type: ignore[misc]
    if op.rest:
        names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,5}", fullmatch=True).filter(lambda n: n not in op.arguments)
        args |= draw(st.dictionaries(names, bodies(words, known, depth - 1), max_size=3))
    if op.free:
        values_given = draw(st.lists(values(known), max_size=3))
        keys = draw(st.lists(VARIABLES, min_size=len(values_given), max_size=len(values_given), unique=True))
        positions = draw(st.integers(0, len(keys)))
        keys = [str(number) if number < positions else key for number, key in enumerate(keys)]
        args |= dict(zip(keys, values_given, strict=True))
    return args


def argument_values(
    argument: Argument, words: Vocabulary, known: tuple[str, ...], depth: int, above: tuple[str, ...]
) -> st.SearchStrategy[Any]:
    if argument.holds == "value":
        return values(known)
    if argument.holds == "node":
        names = st.sampled_from(above)
        return st.none() | names | choices(names)
    if argument.holds == "columns":
        return st.dictionaries(VARIABLES, st.lists(values(known, 1), min_size=2, max_size=2).map(tuple), min_size=1)
    body = bodies(words, known, depth - 1)
    if argument.holds == "graph":
        return TEXTS | body | choices(st.sampled_from(["identity", "conv"]) | body)
    names = NAMES.filter(lambda name: name != "choice")
    graphs = st.lists(body, max_size=3).map(tuple) | st.dictionaries(names, body, max_size=2)
    return graphs | choices(graphs)


@st.composite
def uses(draw: st.DrawFn, known: tuple[str, ...]) -> dict[str, Value]:
    """What `use` is given: one of the specs in USED or a choice of them, and values for its variables."""
    backbone = draw(st.booleans())
    names = st.just("backbone") if backbone else st.sampled_from(["plain", "backbone"])
    args: dict[str, Value] = {"spec": draw(names | choices(names))}
    take = ["outputs", "features", "c1", "y", "aux"] if backbone else ["outputs"]
    if draw(st.booleans()):
        args["take"] = draw(st.sampled_from(take) | choices(st.sampled_from(take)))
    args |= draw(st.dictionaries(st.sampled_from(["w", "classes"] if backbone else ["w"]), values(known)))
    return args


@st.composite
def bodies(
    draw: st.DrawFn,
    words: Vocabulary,
    known: tuple[str, ...],
    depth: int,
    least: int = 0,
    inputs: tuple[str, ...] = (),
) -> Body:
    """A graph whose nodes take what stands above them; `inputs` are names of what goes into it."""
    if depth < 0:
        return Body()
    above: list[str] = ["in", "prev", "in/1", *inputs]
    counts: dict[str, int] = {}
    nodes: list[NodeSpec] = []
    for number in range(draw(st.integers(least, 3))):
        op = _word(draw(st.sampled_from([*sorted(words), "nn.GELU", "nn.Conv2d"])), words)
        label = op.op.removeprefix("nn.")
        counts[label] = counts.get(label, 0) + 1
        given = draw(st.none() | st.just(f"n-{number}"))
        taken = draw(st.none() | st.lists(st.sampled_from(above), min_size=1, max_size=3).map(tuple))
        each = draw(st.none() | st.fixed_dictionaries({"e": st.lists(NUMBERS | ranges(), max_size=3).map(tuple)}))
        columns = (*known, "e") if each else known
        counted = st.integers(0, 5) | choices(st.integers(0, 5)) | ranges()
        repeat = draw(st.none() | counted | (expressions(columns) if columns else st.none()))
        inside = (*columns, "i") if repeat is not None else columns
        flags = st.booleans()
        when = draw(st.none() | flags | choices(flags) | (expressions(known) if known else st.none()))
        args = draw(uses(inside) if op.op == "use" else arguments(op, words, inside, depth, tuple(above)))
        name = given or f"{label}{counts[label]}"
        same = [n.id for n in nodes if n.op == op.op and n.id]
        share = draw(st.none() | st.sampled_from(same)) if same else None
        bare = share is not None and draw(st.booleans())
        nodes.append(NodeSpec(op.op, {} if bare else args, given, taken, repeat, each, when, share))
        above += [name, f"{name}/0", *(f"{name}/{output}" for output in op.outputs)]
        above += [f"{name}.0/1" if not op.outputs else f"{name}.0"] if repeat == 5 and not each else []
    return Body(tuple(nodes))


def _word(op: str, words: Vocabulary) -> Signature:
    word = signature(op, words)
    assert word
    return word


_SHAPES = st.lists(st.integers(1, 512), min_size=1, max_size=3).map(tuple)
INPUTS: st.SearchStrategy[Any] = _SHAPES | st.dictionaries(st.sampled_from(["left", "right"]), _SHAPES, min_size=1)
EXPECTED = st.fixed_dictionaries(
    {},
    optional={
        "params": st.integers(0, 2**40),
        "output": st.just((10, 4)) | st.just({"y": (10,), "aux": (3, 4)}),
        "batch_norms": st.integers(0, 99),
        "param_shapes": st.text("0123456789abcdef", min_size=16, max_size=64) | st.text("0123456789e", min_size=16),
    },
).map(lambda expect: {key: value[:64] if isinstance(value, str) else value for key, value in expect.items()})


@st.composite
def variants(draw: st.DrawFn, known: tuple[str, ...]) -> Variant:
    chosen = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    return Variant(
        vars={name: draw(values(known[: known.index(name)])) for name in chosen},
        input=draw(st.none() | INPUTS),
        about=draw(TEXTS),
        source=draw(TEXTS),
        expect=draw(EXPECTED),
    )


@st.composite
def blocks(draw: st.DrawFn, name: str, words: Vocabulary, known: tuple[str, ...], args: dict[str, Parameter]) -> Block:
    """A block of the given name, whose outputs are those that the words say."""
    inputs = draw(st.just(()) | st.just(("x", "skip")))
    body = draw(bodies(words, tuple(dict.fromkeys((*known, *args))), 1, 1, inputs))
    first = body.nodes[0].id or f"{body.nodes[0].op.removeprefix('nn.')}1"
    outputs = {output: draw(st.sampled_from(["in", first, *inputs])) for output in words[name].outputs}
    if list(outputs) == ["x"] and inputs:
        outputs = {"x": "x"}
    return Block(body, args, draw(st.dictionaries(st.just("own"), values(known), max_size=1)), inputs, outputs)


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    variables = draw(st.dictionaries(VARIABLES.filter(lambda name: name not in _VARIANT), values(()), max_size=3))
    known = tuple(variables)
    args = draw(st.dictionaries(VARIABLES.filter(lambda name: name != "own"), parameters(known), max_size=5))
    use = draw(st.just(()) | st.just(("parts.yaml",)))
    words = {**BUILT_IN, **WORDS, **({"unit": _UNIT} if use else {})}
    name = draw(NAMES.filter(lambda name: name not in words and name not in _RESERVED))
    outputs = draw(st.just(()) | st.just(("x",)) | st.just(("hi", "lo")))
    made = {}
    if draw(st.booleans()):
        arguments = {arg: Argument(arg, given.type is not None) for arg, given in args.items()}
        words[name] = Signature(name, arguments, outputs=outputs)
        made[name] = draw(blocks(name, words, known, args))
    shape = draw(INPUTS)
    inputs = tuple(shape) if isinstance(shape, dict) else ()
    graph = draw(bodies(words, known, 2, 1, inputs))
    first = graph.nodes[0].id or f"{graph.nodes[0].op.removeprefix('nn.')}1"
    references = st.sampled_from([first, f"{first}/0", "in", "in/1", *inputs])
    named = draw(st.dictionaries(NAMES, references, max_size=2))
    return Spec(
        name=draw(TEXTS.filter(str.strip)),
        input=shape,
        graph=graph,
        about=draw(TEXTS | st.text("ab \n", max_size=12)),
        source=draw(TEXTS),
        vars=variables,
        defaults={"relu": {}, "dropout": {"p": draw(values(known))}} if draw(st.booleans()) else {},
        blocks=made,
        outputs=named,
        train_only=tuple(named)[1:],
        features=draw(st.dictionaries(NAMES, references, max_size=2)),
        variants=draw(st.dictionaries(NAMES, variants(known), max_size=2)),
        use=use,
        used={text: opened(text, blocks=True) for text in use},
        expect=draw(EXPECTED),
    )


def parameters(known: tuple[str, ...]) -> st.SearchStrategy[Parameter]:
    types = st.sampled_from(["int", "float", "str", "bool", "list"])
    defaults = values(known) | types | st.sampled_from(["integer", "string"])
    return types.map(Parameter) | defaults.map(lambda default: Parameter(default=default))


_RESERVED = ("id", "from", "repeat", "each", "when", "share", "in", "prev")
_VARIANT = ("input", "about", "source", "expect")
_UNIT = Signature("unit", {"out": Argument("out", True), "wide": Argument("wide", False)})
