"""`--plugin`: ops of a user's own module, in every command that reads specs or lists words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archgraph.ops.plugins import apart

Archgraph = Callable[..., Any]

MODULE = '''
from archgraph.ops.base import Call, Example, Lowering, Primitive


class Doubled(Primitive):
    """Twice what it takes.

    `(C, H, W) -> (C, H, W)`.
    """

    op = "doubled"
    examples = (Example({}, ((3, 4, 4),)),)

    def shape(self, *inputs):
        return inputs[0]

    def macs(self, *inputs):
        return 0

    def lower(self, *inputs):
        return Lowering("{0} * 2")
'''
NET = "archgraph: 1\nname: net\ninput: [3, 8, 8]\ngraph: [conv: [4, 3], doubled]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, with a plug-in and a spec that uses it; afterwards its op is no word any more."""
    (tmp_path / "doubling.py").write_text(MODULE)
    (tmp_path / "net.yaml").write_text(NET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with apart():
        yield tmp_path
    sys.modules.pop("doubling", None)


def test_without_it_the_word_is_unknown(archgraph: Archgraph, folder: Path) -> None:
    assert "unknown op 'doubled'" in archgraph("check", "net.yaml").out


@pytest.mark.parametrize(
    "words",
    [
        ["check", "net.yaml"],
        ["cost", "net.yaml"],
        ["show", "net.yaml", "--flat"],
        ["hash", "net.yaml"],
        ["render", "net.yaml", "-o", "net.dot"],
    ],
)
@pytest.mark.parametrize("plugin", ["doubling", "doubling.py"])
def test_a_spec_may_use_its_words(words: list[str], plugin: str, archgraph: Archgraph, folder: Path) -> None:
    ran = archgraph(*words, "--plugin", plugin)
    assert (ran.code, ran.err) == (0, "") and ran.out


def test_its_words_are_listed_as_a_plug_ins_and_are_in_the_schema(archgraph: Archgraph, folder: Path) -> None:
    assert "Twice what it takes. (plug-in doubling)" in archgraph("ops", "--plugin", "doubling").out
    assert archgraph("ops", "doubled").out.startswith("doubled  primitive, plug-in doubling\n")
    assert "op.doubled" in archgraph("schema", "--plugin", "doubling").json["definitions"]


@pytest.mark.parametrize(
    ("plugin", "said"),
    [("no_such_module", "No module named 'no_such_module'"), ("json", "has no ops"), ("no/such.py", "no/such.py")],
)
def test_what_is_no_plug_in_is_wrong_use(plugin: str, said: str, archgraph: Archgraph, folder: Path) -> None:
    ran = archgraph("check", "net.yaml", "--plugin", plugin)
    assert ran.code == 2 and said in ran.err and ran.out == ""


def test_an_op_of_the_language_cannot_be_replaced(archgraph: Archgraph, folder: Path) -> None:
    (folder / "doubling.py").write_text(MODULE.replace('"doubled"', '"conv"'))
    ran = archgraph("check", "net.yaml", "--plugin", "doubling")
    assert ran.code == 2 and "two ops are called 'conv'" in ran.err
