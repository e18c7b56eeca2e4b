"""The examples in the documentation, run: `python docs/pages.py [PAGE...]` writes what the tool prints into the pages.

What a fenced block says after its language decides what is done with it:

- `yaml`: a whole spec. `file=net.yaml` also writes it, for the commands below it on the page; `python file=ops.py`
  writes a module.
- `yaml fragment`: a part of a spec, completed with a standard head. `wrong` beside either: the `text` block that
  follows is what the tool says of it. `recipe`: not a spec.
- `console`: `archgraph` commands after `$ `, `| head -3` too, with what they print. `varies`: a search, whose
  scores differ between machines; then the kinds of its lines are compared. `slow`: refreshed with `--slow` alone.
- `pycon` and `python`: run in the order of the page, in one namespace.
- `show=FILE`: it is the file that a command above it has written.
- `python op`: the ops in it are words of the language for the rest of the page. `quote=FILE`: it stands there so.
- `torch` beside one of these: it needs torch, or trains. Other languages are not run.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import itertools
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import archgraph
from archgraph.cli import main as cli
from archgraph.ops import OPS
from archgraph.ops.base import Op
from archgraph.ops.plugins import apart, forget
from archgraph.pictures.picture import Drawing

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
COLUMNS = 100
HEAD = {"archgraph": "1", "name": "fragment", "input": "[3, 32, 32]"}
MUTATE = re.compile(r"^\$ (archgraph mutate .*-o \S+.*)$", re.MULTILINE)
"""Commands that write a spec, which a later one may draw."""
RENDER = re.compile(r"^\$ (archgraph (?:render|diff) .*-o (\S+\.svg).*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: where its text starts, its language, and the words after that."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def file(self) -> str | None:
        """The file that the block is written to."""
        return self._after("file=")

    @property
    def shows(self) -> str | None:
        """The file that it is, as the commands above it on the page have written it."""
        return self._after("show=")

    @property
    def quotes(self) -> str | None:
        """The file of the repository that the block is a part of."""
        return self._after("quote=")

    def _after(self, key: str) -> str | None:
        return next((word.removeprefix(key) for word in self.words if word.startswith(key)), None)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page a person writes, the README first; pages of ops are generated from their classes."""
    written = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name != "ops"]
    return [ROOT / "README.md", *written]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = []
    inside: tuple[int, list[str]] | None = None
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if not line.startswith("```"):
            continue
        if inside is None:
            inside = number + 1, line[3:].split()
        else:
            start, words = inside
            text = "".join(lines[start - 1 : number - 1])
            found.append(Block(page, start, words[0] if words else "", tuple(words[1:]), text))
            inside = None
    return found


def completed(block: Block) -> str:
    """The spec that a YAML block stands for. What a fragment lacks comes after it, so that its lines keep their
    numbers."""
    if "fragment" not in block.words:
        return block.text
    if block.text.lstrip("# \n").startswith("- ") or block.text.startswith("- "):
        return "".join(f"{key}: {value}\n" for key, value in HEAD.items()) + "graph:\n" + block.text
    keys = set(re.findall(r"^(\w+):", block.text, re.MULTILINE))
    graph = [] if "graph" in keys else ["graph: [conv: [8, 3]]\n"]
    return "".join([block.text, *(f"{key}: {value}\n" for key, value in HEAD.items() if key not in keys), *graph])


def complaint(text: str, name: str, *, folder: Path | None = None) -> str:
    """What the tool says of a spec, or of the network it makes; empty where it is fine. `folder` has what it uses."""
    try:
        archgraph.expand(archgraph.loads(text, name=name, base=folder))
    except archgraph.SpecError as error:
        return f"{error}\n"
    return ""


def results(page: Path, *, torch: bool, slow: bool = False) -> Iterator[tuple[Block, str]]:
    """Run the blocks of a page that need torch, or the others, and give each with what it should read."""
    found = blocks(page)
    names: dict[str, Any] = {"__name__": "__main__"}
    with tempfile.TemporaryDirectory() as folder, _inside(Path(folder)), _words():
        for block, after in itertools.zip_longest(found, found[1:]):
            if block.file:
                Path(block.file).write_text(block.text, encoding="utf-8")
            if block.quotes and "recipe" in block.words and not torch:
                yield block, (ROOT / block.quotes).read_text(encoding="utf-8")
            wanted = ("torch" in block.words) is torch and (slow or "slow" not in block.words)
            if block.language in ("pycon", "python") and (torch or wanted) and not (block.quotes or block.file):
                got = _python(block, names)
                if wanted and got is not None:
                    yield block, got
            elif wanted and block.language == "console":
                commands = [line for line in block.text.splitlines() if line.startswith("$ ")]
                yield block, "".join(_command(line, apart=torch) for line in commands)
            elif wanted and block.shows:
                yield block, Path(block.shows).read_text(encoding="utf-8")
            elif wanted and "wrong" in block.words and after is not None and after.language == "text":
                yield after, complaint(completed(block), block.file or "net.yaml", folder=Path())


def drawn(page: Path) -> Iterator[tuple[Path, str]]:
    """The pictures that the commands of a page draw, where they are kept, with their text now."""
    with tempfile.TemporaryDirectory() as folder, _inside(Path(folder)):
        for block in blocks(page):
            if block.file:
                Path(block.file).write_text(block.text, encoding="utf-8")
            for command in MUTATE.findall(block.text) if block.language == "console" else ():
                _command(f"$ {command}", apart=False)
            for command, name in RENDER.findall(block.text) if block.language == "console" else ():
                _command(f"$ {command}", apart=False)
                yield IMAGES / name, Path(name).read_text(encoding="utf-8")
    for source in sorted(IMAGES.glob("*.dot")) if page.name == "design.md" else ():
        yield source.with_suffix(".svg"), Drawing(source.read_text(encoding="utf-8")).render("svg").decode()


def content(svg: str) -> list[tuple[str, str]]:
    """The nodes, edges and texts of a picture, which do not depend on the program that drew it."""
    return sorted(re.findall(r"<title>(.*?)</title>|<text[^>]*>(.*?)</text>", svg, re.DOTALL))


def same(block: Block, got: str) -> bool:
    """Whether a block reads as it should; where it `varies`, by the kinds of its lines."""
    return kinds(block.text) == kinds(got) if "varies" in block.words else block.text == got


def kinds(text: str) -> list[str]:
    """The first word of each line, figures as 0 and runs of the same kind as one: it is blind to scores and counts."""
    lines = (line for line in text.splitlines() if not line.startswith(("$ ", 20 * " ")))
    words = ((line.split() or [""])[0] for line in lines)
    return [kind for kind, _ in itertools.groupby(re.sub(r"\d+", "0", word) for word in words)]


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder, with a terminal of a known width."""
    before, environment = Path.cwd(), dict(os.environ)
    os.environ |= {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        "COLUMNS": str(COLUMNS),
        "NO_COLOR": "1",
        "TERM": "dumb",
        "OMP_NUM_THREADS": "1",
    }
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ |= environment


@contextlib.contextmanager
def _words() -> Iterator[None]:
    """Take the ops of a page out of the vocabulary again; modules that it writes can be imported."""
    modules, folder = set(sys.modules), str(Path.cwd().resolve())
    sys.path.insert(0, folder)
    try:
        with apart():
            yield
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(folder):
                del sys.modules[name]


def _add_words(names: dict[str, Any]) -> None:
    for op in ops_in(names):
        if OPS.setdefault(op.op, op) is not op:
            raise ValueError(f"{op.op} is an op already: the page needs another example")
    forget()


def ops_in(names: dict[str, Any]) -> list[type[Op]]:
    """The ops that a page defines."""
    return [value for value in names.values() if isinstance(value, type) and "op" in vars(value)]


def _command(line: str, *, apart: bool) -> str:
    """An `archgraph` command and what it prints, as the page shows them; `apart` is in a process of its own."""
    command, _, cut = line.removeprefix("$ ").partition(" | ")
    program, *arguments = shlex.split(command)
    assert program == "archgraph", line
    printed = [text.rstrip() for text in (_run if apart else _call)(arguments).splitlines()]
    if cut:
        end, count = cut.split(" -")
        printed = {"head": printed[: int(count)], "tail": printed[-int(count) :]}[end]
    return "\n".join([line, *printed]).rstrip() + "\n"


def _call(arguments: list[str]) -> str:
    """What a command prints, run in this process: many of them take no time."""
    before, sys.argv = sys.argv, ["archgraph", *arguments]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), contextlib.suppress(SystemExit):
            cli()
    finally:
        sys.argv = before
    return printed.getvalue()


def _run(arguments: list[str]) -> str:
    code = "from archgraph.cli import program; program()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def _python(block: Block, names: dict[str, Any]) -> str | None:
    """Run Python; of a session, give it with what it prints."""
    if block.language == "pycon":
        return _session(block, names)
    exec(compile(block.text, str(block), "exec", dont_inherit=True), names)
    if "op" in block.words:
        _add_words(names)
    return None


def _session(block: Block, names: dict[str, Any]) -> str:
    """A Python session with what it prints."""
    parts = []
    for example in doctest.DocTestParser().get_examples(block.text):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(example.source, str(block), "single", dont_inherit=True), names)
        first, *rest = example.source.splitlines()
        parts.append("\n".join([f">>> {first}", *(f"... {line}".rstrip() for line in rest)]) + "\n")
        parts.append("\n".join(line.rstrip() for line in printed.getvalue().splitlines()))
        parts[-1] += "\n" if parts[-1] else ""
    return "".join(parts)


def refresh(page: Path, *, slow: bool) -> int:
    """Write what the tool prints into a page, and its pictures; gives how many blocks and pictures changed."""
    pictures = 0
    for path, svg in drawn(page):
        if not path.exists() or content(path.read_text(encoding="utf-8")) != content(svg):
            path.write_text(svg, encoding="utf-8")
            pictures += 1
    changes = [
        (block, got)
        for torch in (False, True)
        for block, got in results(page, torch=torch, slow=slow)
        if block.text != got
    ]
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for block, got in sorted(changes, key=lambda change: -change[0].line):
        start = block.line - 1
        lines[start : start + block.text.count("\n")] = got.splitlines(keepends=True)
    if changes:
        page.write_text("".join(lines), encoding="utf-8")
    return len(changes) + pictures


def main(arguments: list[str]) -> None:
    names = [name for name in arguments if name != "--slow"]
    for page in [Path(name).resolve() for name in names] or pages():
        print(f"{page.relative_to(ROOT)}: {refresh(page, slow='--slow' in arguments)} changes")


if __name__ == "__main__":
    main(sys.argv[1:])
