"""The rules of architecture.md that a reader relies on: who may import whom, and what stays unimported."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "archgraph"

LAYERS = (
    {"errors", "shape", "showing", "files", "garbage", "zoo", "nn"},
    {"spec"},
    {"ops"},
    {"loading", "schema"},
    {"graph"},
    {"compare"},
    {"emit", "pictures", "interop", "train", "checking", "verifying", "contract"},
    {"search"},
    {"cli"},
    {"__main__"},
)
"""What stands in the same line may import one another; a line may import those above it."""

TORCH = {"nn", "interop", "train", "search", "emit/module.py"}
"""Where torch may be imported when a file is."""

HEAVY = ("torch", "optuna", "networkx", "numpy", "sklearn", "plotly")


def files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, all_of_them: bool = True) -> Iterator[str]:
    """Modules a file imports; with `all_of_them`, those inside functions too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if all_of_them else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_its_own_layer_and_those_above(path: Path) -> None:
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    assert part(path) in level, f"say in LAYERS where {part(path)} stands"
    for module in imports(path):
        names = module.split(".")
        if names[0] == "archgraph" and len(names) > 1 and names[1] in level:
            assert level[names[1]] <= level[part(path)], f"{part(path)} imports {module}"


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_what_handles_tensors_imports_torch_at_its_top(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    if part(path) not in TORCH and name not in TORCH:
        tops = {module.split(".")[0] for module in imports(path, all_of_them=False)}
        assert not tops & {"torch", "optuna", "networkx", "safetensors", "plotly"}


def test_modules_for_exported_files_import_torch_alone() -> None:
    for path in (PACKAGE / "nn").glob("*.py"):
        tops = {module.split(".")[0] for module in imports(path)}
        assert tops <= {"torch", "math", "typing", "collections", "__future__"}, path


def test_only_the_reader_imports_yaml() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix() for path in files() for m in imports(path) if m.split(".")[0] == "yaml"
    }
    assert found <= {"spec/reader.py", "spec/syntax.py"}


@pytest.mark.parametrize(
    "code",
    [
        "import archgraph, archgraph.cli",
        "import archgraph; archgraph.cost(archgraph.load('resnet50'))",
        "import archgraph; archgraph.load(archgraph.zoo.find('lenet5').path); archgraph.dump(archgraph.load('lenet5'))",
        "import archgraph, archgraph.checking, archgraph.pictures.dot, archgraph.pictures.picture",
        "import archgraph.emit.table, archgraph.emit.cost_table, archgraph.pictures.notebook",
        "import archgraph.cli.viewing, archgraph.pictures.live.following, archgraph.pictures.live.server",
        "import archgraph; archgraph.diff(archgraph.load('lenet5'), archgraph.load('cifar_resnet8'))",
        "import archgraph.emit.plan, archgraph.graph.hashing, archgraph.graph.space, archgraph.ops.reference",
        "import archgraph.search, archgraph.search.budget, archgraph.search.mutations",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str) -> None:
    report = f"import sys, json; print(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
