"""Ops from outside: of an installed distribution, of a module, and what is refused of them."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import archgraph
from archgraph.contract import check_op
from archgraph.errors import SpecError, UsageError
from archgraph.graph.hashing import canonical_hash
from archgraph.ops import OPS, make, roles, vocabulary
from archgraph.ops.plugins import apart, given, installed, plugin
from archgraph.ops.reference import reference

OP = '''\
from __future__ import annotations

from pydantic import Field

from archgraph.ops.arguments import Number, Width
from archgraph.ops.base import Example, Lowering, Macro, Primitive


class Shout(Primitive):
    """Its input, louder.

    `(C, H, W) -> (C, H, W)`, any shape.
    """

    op = "shout"
    by: Number = Field(description="How much louder.")
    examples = (Example({"by": 2.0}, ((8, 6, 5),)),)

    def shape(self, *inputs):
        return inputs[0]

    def macs(self, *inputs):
        return 0

    def lower(self, *inputs):
        return Lowering(f"{{0}} * {self.by}", overwritable=True)


class Choir(Macro):
    """A conv that is heard.

    `(C, H, W) -> (out, H, W)`.
    """

    op = "choir"
    out: Width = Field(description="Output channels.")
    examples = (Example({"out": 4}, ((8, 6, 5),)),)

    def expand(self, build, *inputs):
        x = build.add("sing", "conv", {"out": self.out, "kernel": 3}, *inputs)
        return build.add("shout", "shout", {"by": 3.0}, x)
'''
SPEC = """\
archgraph: 1
name: net
input: [3, 8, 8]
graph:
  - conv: [4, 3]
  - shout: 2.5
  - choir: 6
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The vocabulary, and what was imported, as they were."""
    modules = set(sys.modules)
    with apart():
        yield
    for name in set(sys.modules) - modules:
        if name.startswith("loud"):
            del sys.modules[name]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, as packages are installed in one."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(site: Path, name: str, text: str, entry: str) -> None:
    """A distribution with one module and one entry point, as pip leaves it."""
    (site / f"{name}.py").write_text(text, encoding="utf-8")
    info = site / f"{name}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[archgraph.ops]\n{name} = {entry}\n", encoding="utf-8")


DUET = '''
class Duet(Macro):
    """Half of the channels is loud, and the other half not.

    `(C, H, W) -> (C, H, W)`, an even number of channels.
    """

    op = "duet"
    examples = (Example({}, ((8, 6, 5),)),)

    def expand(self, build, *inputs):
        first, second = build.add_all("voices", "split", {"parts": 2}, *inputs)
        return build.add("both", "concat", {}, build.add("shout", "shout", {"by": 3.0}, first), second)
'''


@pytest.mark.torch
def test_a_macro_may_be_made_of_what_has_several_outputs(site: Path) -> None:
    import torch

    (site / "loudly.py").write_text(OP + DUET, encoding="utf-8")
    plugin("loudly")
    check_op(OPS["duet"])
    net = archgraph.loads("archgraph: 1\nname: net\ninput: [4, 2, 2]\ngraph: [{duet: , id: d}]")
    image = torch.arange(16.0).reshape(1, 4, 2, 2)
    factors = torch.tensor([3.0, 3.0, 1.0, 1.0]).reshape(1, 4, 1, 1)
    assert torch.equal(archgraph.build(net)(image), image * factors)


def test_an_installed_op_is_a_word_like_any_other(site: Path) -> None:
    install(site, "loud", OP, "loud")
    assert "shout" not in OPS
    spec = archgraph.loads(SPEC)
    graph = archgraph.expand(spec)
    assert [node.op.op for node in graph] == ["conv", "shout", "conv", "shout"]
    assert archgraph.cost(graph).params == 3 * 9 * 4 + 4 + 4 * 9 * 6 + 6
    assert archgraph.loads(archgraph.dump(spec)) == spec
    assert canonical_hash(graph) != canonical_hash(archgraph.expand(archgraph.loads(SPEC.replace("2.5", "1.5"))))
    assert list(vocabulary()) == list(OPS)
    assert roles("choir") == {"out": "width"}
    assert reference(OPS["shout"]).summary == "Its input, louder."


def test_its_mistakes_have_a_place(site: Path) -> None:
    install(site, "loud", OP, "loud")
    with pytest.raises(SpecError, match=r"net.yaml:6:12: shout1: by is 'twice', it takes a number"):
        archgraph.expand(archgraph.loads(SPEC.replace("2.5", "twice"), name="net.yaml"))


def test_an_entry_point_may_name_a_list_or_one_class(site: Path) -> None:
    install(site, "loud", f"{OP}\n\nWORDS = [Shout]\n", "loud:WORDS")
    install(site, "louder", OP.replace('"shout"', '"cry"'), "louder:Shout")
    assert set(installed()) == {"shout", "cry"}
    assert "choir" not in OPS


def test_plug_ins_are_looked_for_where_a_word_is_not_known_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def entry_points(*, group: str) -> tuple[()]:
        asked.append(group)
        return ()

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    archgraph.cost(archgraph.load("resnet18"))
    with pytest.raises(SpecError, match=r"takes a whole number|takes a positive integer"):
        archgraph.expand(archgraph.loads(SPEC.replace("shout: 2.5", "conv: [3, wide]").replace("choir", "linear")))
    assert asked == []
    for _ in range(3):
        with pytest.raises(SpecError, match="unknown op 'shout'"):
            archgraph.loads(SPEC)
    assert asked == ["archgraph.ops"]


def test_a_module_is_a_plug_in_by_its_name_its_file_or_itself(site: Path) -> None:
    (site / "loud.py").write_text(OP, encoding="utf-8")
    assert plugin("loud") == ("shout", "choir")
    assert plugin(sys.modules["loud"]) == archgraph.plugin("loud"), "a second time changes nothing"
    folder = site / "elsewhere"
    folder.mkdir()
    (folder / "louder.py").write_text(OP.replace('"shout"', '"cry"').replace('"choir"', '"chorus"'), encoding="utf-8")
    assert plugin(str(folder / "louder.py")) == ("cry", "chorus")
    assert plugin(str(folder / "louder.py")) == ("cry", "chorus")
    assert make("cry", {"by": 2.0}).op == "cry"
    assert given() == ("loud", str(folder / "louder.py"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OP.replace('"shout"', '"relu"'), "two ops are called 'relu': archgraph.ops.activation.ReLU and loud.Shout"),
        (OP.replace('"shout"', '"choir"'), "two ops are called 'choir': loud.Shout and loud.Choir"),
        (OP.replace('"shout"', '"use"'), "two ops are called 'use': a word of the language and loud.Shout"),
        (OP.replace('"shout"', '"repeat"'), "loud.Shout is called 'repeat', which is no name for an op"),
        (OP.replace('"shout"', '"shout out"'), "loud.Shout is called 'shout out', which is no name for an op"),
        (f"{OP}OPS = [Shout, int]\n", "builtins.int is not an op: a class of archgraph.ops.base.Primitive or Macro"),
        (f"{OP}OPS = 3\n", "is 3; it is a module or a list of ops"),
        (
            f"{OP}OPS = [Shout, type('S', (Primitive,), {{'op': 's', '__module__': 'loud'}})]\n",
            "lacks lower, macs, shape",
        ),
        ("import math\n", "has no ops: classes of archgraph.ops.base.Primitive or Macro with a name `op`"),
        ("import no_such_module\n", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
        ("1 / 0\n", "cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_a_plug_in_that_is_wrong_says_which_and_why(site: Path, text: str, message: str) -> None:
    before = dict(OPS)
    install(site, "loud", text, "loud")
    for look, name in ((lambda: plugin("loud"), "plug-in 'loud'"), (installed, "plug-in 'loud' of loud 1.2")):
        with pytest.raises(UsageError) as caught:
            look()
        said = str(caught.value)
        assert said.startswith((f"{name}: ", f"{name} "))
        assert message in said
    assert before == OPS


def test_a_broken_plug_in_does_not_hide_a_word_or_another_plug_in(site: Path) -> None:
    install(site, "loud", OP, "loud")
    install(site, "loud_broken", "1 / 0\n", "loud_broken")
    with pytest.raises(SpecError) as caught:
        archgraph.loads(SPEC.replace("shout", "shuot"), name="net.yaml")
    first, second = sorted(
        finding.message
        for finding in caught.value.findings
        if "plug-in" in finding.message or "shuot" in finding.message
    )
    assert first.startswith("plug-in 'loud_broken' of loud_broken 1.2 cannot be imported")
    assert second == "unknown op 'shuot'"
    assert "shout" in OPS


def test_plug_ins_of_a_with_are_gone_after_it(site: Path) -> None:
    install(site, "loud", OP, "loud")
    before = list(OPS)
    with apart():
        plugin("loud")
        archgraph.loads(SPEC)
    assert list(OPS) == list(vocabulary()) == before and not given()


def test_a_module_that_is_not_there_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="plug-in 'no_such_module' cannot be imported"):
        archgraph.plugin("no_such_module")
    with pytest.raises(UsageError, match=r"plug-in 'no/such.py' cannot be imported"):
        archgraph.plugin("no/such.py")


@pytest.mark.torch
def test_a_plug_in_passes_the_contract_or_is_told_what_breaks_it(site: Path) -> None:
    (site / "loud.py").write_text(OP, encoding="utf-8")
    plugin("loud")
    check_op(OPS["shout"])
    check_op(OPS["choir"])
    lying = OP.replace("return 0", "return 1").replace('"shout"', '"whisper"').replace('"choir"', '"duet"')
    (site / "loud_lying.py").write_text(lying, encoding="utf-8")
    plugin("loud_lying")
    with pytest.raises(AssertionError, match=r"whisper at \{'by': 2.0\} and 8x6x5: macs"):
        check_op(OPS["whisper"])
