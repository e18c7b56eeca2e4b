"""The JSON Schema of the language takes every right spec and no typical mistake, as the jsonschema package sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from random_arguments import arguments

import archgraph
from archgraph import zoo
from archgraph.ops import OPS, vocabulary
from archgraph.schema import schema
from archgraph.spec.blocks import KEYS as BLOCK_KEYS
from archgraph.spec.expectations import EXPECT
from archgraph.spec.model import RESERVED, Body, NodeSpec, Spec
from archgraph.spec.parser import KEYS

jsonschema = pytest.importorskip("jsonschema")

HEAD = "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"


@cache
def validator() -> Any:
    found = schema(networks=zoo.names())
    jsonschema.Draft7Validator.check_schema(found)
    return jsonschema.Draft7Validator(found)


def mistakes(text: str) -> list[tuple[str, str]]:
    """Where a text is wrong after the schema, read as YAML 1.2 by another reader than ours."""
    ruamel = pytest.importorskip("ruamel.yaml")
    data = ruamel.YAML(typ="safe", pure=True).load(text)
    return [(error.json_path, error.message) for error in validator().iter_errors(data)]


@pytest.mark.parametrize("path", zoo.files(), ids=lambda path: path.stem)
def test_every_network_of_the_zoo_is_valid(path: Path) -> None:
    assert mistakes(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", sorted(OPS))
def test_the_examples_of_an_op_are_valid(name: str) -> None:
    for example in OPS[name].examples:
        spec = Spec("example", example.inputs[0], Body((NodeSpec(name, example.args),)))
        assert mistakes(archgraph.dump(spec)) == []


@pytest.mark.parametrize("name", sorted(OPS))
def test_whatever_arguments_an_op_takes_are_valid(name: str) -> None:
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(arguments(OPS[name]))
    def check(args: Mapping[str, Any]) -> None:
        signature = vocabulary()[name].arguments
        given = {key: value for key, value in args.items() if value or signature[key].holds == "value"}
        spec = Spec("example", (8, 8, 8), Body((NodeSpec(name, given),)))
        assert mistakes(archgraph.dump(spec)) == []

    check()


@pytest.mark.parametrize(
    "graph",
    [
        "- relu",
        "- {add: , from: [in, in]}",
        "- conv: {out: 8, kernel: [3, 5], pad: same, bias: false}",
        "- conv: [8, 3]",
        "- conv: [$w, $k]",
        "- conv: {out: {choice: [8, 16], default: 16}, kernel: {choice: [3, [3, 5]]}}",
        "- conv: {out: {range: [8, 32], step: 8}, kernel: 3, act: {choice: [relu, gelu]}}",
        "- conv: {choice: [8, 16]}",
        "- conv: {out: 1k, kernel: 3}",
        "- conv: {out: 2e1, kernel: 3, act: $act}",
        "- residual: {body: [conv: [8, 3]], shortcut: [conv: [8, 1]]}",
        "- residual: {body: [], shortcut: {choice: [identity, [conv: [8, 1]]]}}",
        "- branches: {paths: {a: [relu], b: []}, merge: add}",
        "- choice: {plain: [], 3x3: [conv: [8, 3]], default: plain}",
        "- mine: {anything: [1, a, {b: c}]}",
        "- mine: 3\n  repeat: $n\n  each: {n: [1, 2], w: $widths}\n  when: $deep > 1",
        "- mine\n- {relu: , from: mine1/hi, share: relu1, id: last}",
        "- use: resnet50",
        "- use: {spec: nets/mine.yaml, take: features, classes: 10}",
        "- use: {spec: {choice: [resnet18, resnet50]}, take: c3}",
        "- nn.GELU\n- nn.Conv2d: [3, 64, 3]\n- nn.PReLU: {num_parameters: 8}",
    ],
)
def test_every_form_of_a_node_is_valid(graph: str) -> None:
    assert mistakes(f"{HEAD}graph:\n{graph}\n") == []


@pytest.mark.parametrize(
    ("graph", "where"),
    [
        ("- conv: {out: 8, kernel: big}", "$.graph[0].conv.kernel"),
        ("- conv: {out: 8, kernel: 0}", "$.graph[0].conv.kernel"),
        ("- conv: {out: 8, kernel: 3.5}", "$.graph[0].conv.kernel"),
        ("- conv: {out: 8, kernal: 3}", "$.graph[0].conv"),
        ("- conv: {out: 8, kernel: 3, act: rleu}", "$.graph[0].conv.act"),
        ("- conv: {out: 8, kernel: 3, norm: 1}", "$.graph[0].conv.norm"),
        ("- conv: {out: 8, kernel: 3, pad: sane}", "$.graph[0].conv.pad"),
        ("- conv: {out: 8, kernel: 3, bias: 1}", "$.graph[0].conv.bias"),
        ("- conv: {out: 8, kernel: {choice: []}}", "$.graph[0].conv.kernel.choice"),
        ("- conv: {out: 8, kernel: {choice: [3, big]}}", "$.graph[0].conv.kernel.choice[1]"),
        ("- conv: {out: {range: [8, 16, 32]}, kernel: 3}", "$.graph[0].conv.out.range"),
        ("- conv: [8, 3, 1, same, 1, 1, true, zeros, none, none, post, 12]", "$.graph[0].conv"),
        ("- linear: many", "$.graph[0].linear"),
        ("- relu: 3", "$.graph[0].relu"),
        ("- residual: {body: {conv: [8, 3]}}", "$.graph[0].residual.body"),
        ("- residual: {body: [], shortcut: identty}", "$.graph[0].residual.shortcut"),
        ("- residual: {body: [conv: {out: x, kernel: 3}]}", "$.graph[0].residual.body[0].conv.out"),
        ("- branches: {paths: [conv: [8, 1]]}", "$.graph[0].branches.paths[0]"),
        ("- conv: [8, 3]\n  kernel: 3", "$.graph[0]"),
        ("- conv: [8, 3]\n  relu:", "$.graph[0]"),
        ("- {relu: , id: 3}", "$.graph[0].id"),
        ("- {relu: , from: 3}", "$.graph[0].from"),
        ("- {relu: , repeat: -1}", "$.graph[0].repeat"),
        ("- {relu: , when: 3}", "$.graph[0].when"),
        ("- {relu: , each: [1, 2]}", "$.graph[0].each"),
        ("- 3", "$.graph[0]"),
        ("- conv 3", "$.graph[0]"),
    ],
)
def test_a_typical_mistake_in_a_node_is_found_at_its_place(graph: str, where: str) -> None:
    found = mistakes(f"{HEAD}graph:\n{graph}\n")
    places = {where for where, _ in found} | {deep for _, deep in _deepest(f"{HEAD}graph:\n{graph}\n")}
    assert where in places, found


def _deepest(text: str) -> list[tuple[str, str]]:
    """The mistakes inside alternatives: those of the one that fits best."""
    ruamel = pytest.importorskip("ruamel.yaml")
    data = ruamel.YAML(typ="safe", pure=True).load(text)
    best = jsonschema.exceptions.best_match
    inside = [(error, best([error])) for error in validator().iter_errors(data)]
    every = [leaf for error, _ in inside for leaf in _leaves(error)]
    return [(error.message, error.json_path) for error in every]


def _leaves(error: Any) -> list[Any]:
    return [error, *(leaf for inner in error.context or () for leaf in _leaves(inner))]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD, "$"),
        (HEAD + "graph: []", "$.graph"),
        (HEAD + "garph: [relu]", "$"),
        (HEAD.replace("1", "2", 1) + "graph: [relu]", "$.archgraph"),
        (HEAD.replace("[3, 8, 8]", "[3, 8, a]") + "graph: [relu]", "$.input[2]"),
        (HEAD.replace("[3, 8, 8]", "3x8x8") + "graph: [relu]", "$.input"),
        (HEAD.replace("[3, 8, 8]", "{left: [3, 0]}") + "graph: [relu]", "$.input.left[1]"),
        (HEAD.replace("net", "7") + "graph: [relu]", "$.name"),
        (HEAD + "graph: [relu]\nexpect: {parms: 3}", "$.expect"),
        (HEAD + "graph: [relu]\nexpect: {macs: many}", "$.expect.macs"),
        (HEAD + "graph: [relu]\ndefaults: {conv: {nrom: batch}}", "$.defaults.conv"),
        (HEAD + "graph: [relu]\ndefaults: {convv: {norm: batch}}", "$.defaults"),
        (HEAD + "graph: [relu]\ndefaults: {conv: [3]}", "$.defaults.conv"),
        (HEAD + "graph: [relu]\nblocks: {a: {args: {w: int}}}", "$.blocks.a"),
        (HEAD + "graph: [relu]\nblocks: {a: {arg: {w: int}, graph: [relu]}}", "$.blocks.a"),
        (HEAD + "graph: [relu]\nblocks: {a: {graph: [conv: {out: x, kernel: 3}]}}", "$.blocks.a.graph[0].conv.out"),
        (HEAD + "graph: [relu]\noutputs: [relu1]", "$.outputs"),
        (HEAD + "graph: [relu]\ntrain_only: aux", "$.train_only"),
        (HEAD + "graph: [relu]\nvariants: {a: 3}", "$.variants.a"),
    ],
)
def test_a_typical_mistake_in_a_file_is_found_at_its_place(text: str, where: str) -> None:
    assert where in {where for where, _ in mistakes(text)} | {deep for _, deep in _deepest(text)}


def test_every_key_of_the_language_is_known_and_explained() -> None:
    found = schema()
    node = next(form for form in found["definitions"]["node"]["anyOf"] if form.get("type") == "object")
    expect, block = found["definitions"]["expect"]["properties"], found["definitions"]["block"]["properties"]
    assert list(found["properties"]) == list(KEYS)
    assert set(expect) == set(EXPECT) and list(block) == list(BLOCK_KEYS)
    assert {*OPS, *RESERVED, "use"} == set(node["properties"])
    beside = [node["properties"][key] for key in RESERVED]
    for key in (*found["properties"].values(), *expect.values(), *block.values(), *beside):
        assert key["description"].endswith(".")


@pytest.mark.parametrize("name", sorted(OPS))
def test_an_op_and_its_arguments_are_explained_as_by_its_class(name: str) -> None:
    op = validator().schema["definitions"][f"op.{name}"]
    assert " ".join(op["description"].split()) == " ".join((OPS[name].__doc__ or "").split())
    assert list(op["properties"]) == list(OPS[name].model_fields)
    for argument, field in OPS[name].model_fields.items():
        assert op["properties"][argument]["description"].startswith(field.description)


def test_the_schema_is_small_enough_for_an_editor() -> None:
    assert len(json.dumps(schema(networks=zoo.names()))) < 1_000_000
