"""What an editor does with the schema: yaml-language-server itself, spoken to as VS Code does.

Without node or the server these tests are skipped; where `ARCHGRAPH_EDITORS=required`, as in CI, that is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from language_server import LanguageServer, server_command
from typer.testing import CliRunner

from archgraph import zoo
from archgraph.cli import app
from archgraph.ops import OPS
from archgraph.spec.model import RESERVED

HEAD = "# yaml-language-server: $schema=archgraph.schema.json\narchgraph: 1\nname: net\ninput: [3, 8, 8]\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server in a folder that has the schema, as `archgraph schema` writes it."""
    command = server_command()
    if command is None:
        if os.environ.get("ARCHGRAPH_EDITORS") == "required":
            pytest.fail("no node, or no yaml-language-server: `make editors` installs it")
        pytest.skip("no node, or no yaml-language-server: `make editors` installs it")
    folder = tmp_path_factory.mktemp("editor")
    written = CliRunner().invoke(app, ["schema", "-o", str(folder / "archgraph.schema.json")])
    assert written.exit_code == 0
    # Specs that have no line of their own find it by a setting, as docs/editors.md says.
    settings = {"schemas": {(folder / "archgraph.schema.json").as_uri(): "*-zoo.yaml"}}
    with LanguageServer(command, folder, settings) as running:
        yield running


@pytest.mark.parametrize(
    "graph",
    [
        "graph:\n  - |\n",
        "graph:\n  - co|\n",
        "graph: [conv: [3, 3], c|]\n",
        "graph:\n  - residual:\n      body:\n        - |\n",
    ],
)
def test_the_ops_are_offered_in_a_list_of_nodes(graph: str, server: LanguageServer) -> None:
    offered = server.completions("net.yaml", HEAD + graph)
    assert {*OPS, "use"} <= offered.keys()
    assert offered["conv"].startswith("Convolution, with the normalisation")


def test_the_keys_beside_an_op_are_offered(server: LanguageServer) -> None:
    offered = server.completions("net.yaml", HEAD + "graph:\n  - conv: [3, 3]\n    |\n")
    assert set(RESERVED) <= offered.keys() and offered["repeat"].startswith("Copies")


@pytest.mark.parametrize(
    "node", ["conv: {k|}", "conv: {k|", "conv: {out: 8, k|}", "conv:\n      k|", "{conv: {out: 8, k|}, id: last}"]
)
def test_the_arguments_of_an_op_are_offered_with_what_they_are_for(node: str, server: LanguageServer) -> None:
    offered = server.completions("net.yaml", f"{HEAD}graph:\n  - {node}\n")
    assert offered["kernel"].startswith("Kernel size in pixels")
    assert set(OPS["conv"].model_fields) - {"out"} <= offered.keys() and "relu" not in offered


def test_the_words_that_an_argument_takes_are_offered(server: LanguageServer) -> None:
    acts = server.completions("net.yaml", HEAD + "graph:\n  - conv: {out: 8, kernel: 3, act: |}\n")
    assert {"none", "relu", "gelu"} <= acts.keys()
    pads = server.completions("net.yaml", HEAD + "graph:\n  - conv:\n      pad: |\n")
    assert {"same", "valid", "tf_same"} <= pads.keys()
    networks = server.completions("net.yaml", HEAD + "graph:\n  - use: {spec: |}\n")
    assert set(zoo.names()) <= networks.keys()


def test_the_keys_of_a_file_and_defaults_are_offered(server: LanguageServer) -> None:
    assert {"vars", "blocks", "graph", "expect"} <= server.completions("net.yaml", HEAD + "|\n").keys()
    assert "norm" in server.completions("net.yaml", HEAD + "defaults:\n  conv: {n|}\n")
    assert "param_shapes" in server.completions("net.yaml", HEAD + "expect:\n  |\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("graph:\n  - co|nv: {out: 8, kernel: 3}\n", "Convolution, with the normalisation"),
        ("graph:\n  - co|nv: [8, 3]\n", "`(C, H, W) -> (out, H', W')`"),
        ("graph:\n  - max_p|ool: 2\n", "The greatest value in each window"),
        ("graph:\n  - re|lu\n", "max(0, x)"),
        ("graph:\n  - conv: {out: 8, ker|nel: 3}\n", "Kernel size in pixels"),
        ("graph:\n  - conv: {out: 8, kernel: 3, gro|ups: 2}\n", "Default: 1"),
        ("graph:\n  - {relu: , fr|om: in}\n", "names of nodes above"),
        ("blo|cks: {a: {graph: [relu]}}\ngraph: [a]\n", "Your own ops"),
    ],
)
def test_what_an_op_or_argument_is_for_is_shown_over_it(text: str, said: str, server: LanguageServer) -> None:
    assert said in server.hover("net.yaml", HEAD + text)


@pytest.mark.parametrize(
    ("graph", "line", "said"),
    [
        ("  - conv: {out: 8, kernel: big}\n", 6, "it takes a positive integer or a pair of them, or an expression"),
        ("  - relu\n  - conv: {out: 8, kernel: 3, bias: 3}\n", 7, "Expected one of boolean"),
        ("  - conv: {out: 8, kernal: 3}\n", 6, "Property kernal is not allowed"),
        ("  - conv: {out: 8, kernel: 3, act: rleu}\n", 6, "Valid values"),
        ("  - conv: [8, 3]\n    kernel: 3\n", 7, "Valid values"),
        ("  - residual: {body: [conv: {out: 8, kernel: big}]}\n", 6, "positive integer"),
        ("  - relu\nexpect: {parms: 3}\n", 7, "Property parms is not allowed"),
    ],
)
def test_a_mistake_is_marked_in_its_line(graph: str, line: int, said: str, server: LanguageServer) -> None:
    ((where, message),) = server.diagnostics("net.yaml", f"{HEAD}graph:\n{graph}")
    assert where == line and said in message


def test_a_right_spec_has_no_marks(server: LanguageServer) -> None:
    assert server.diagnostics("net.yaml", HEAD + "graph:\n  - conv: {out: 8, kernel: [3, 5]}\n  - mine: 3\n") == []


def test_no_network_of_the_zoo_has_a_mark(server: LanguageServer) -> None:
    texts = {f"{path.stem}-zoo.yaml": path.read_text(encoding="utf-8") for path in zoo.files()}
    marked = {name: marks for name, marks in server.all_diagnostics(texts).items() if marks}
    assert not marked


def test_the_marks_of_a_file_that_finds_the_schema_by_a_setting(server: LanguageServer) -> None:
    wrong = HEAD.partition("\n")[2] + "graph:\n  - conv: {out: 8, kernel: big}\n"
    assert [line for line, _ in server.diagnostics("wrong-zoo.yaml", wrong)] == [5]
