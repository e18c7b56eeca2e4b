"""A Graphviz text as a picture: in a notebook, or as a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archgraph.errors import UsageError, nearest
from archgraph.files import write_whole
from archgraph.pictures.accessible import accessible

FORMATS = ("svg", "png", "pdf", "dot")
ENDINGS = (*FORMATS, "mmd", "html")
"""Endings of files that hold a network's picture: Graphviz draws the first of them."""
PURE_FORMATS = ("svg", "png")
"""What graphviz-pure draws, where the system has no `dot`."""


MOST_SECONDS = 300
"""Nobody looks at a picture whose layout takes longer."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture in Graphviz's language; a notebook shows it drawn. A comment in its first line is alternative text."""

    dot: str
    page: Callable[[], str] | None = field(default=None, compare=False)
    """The explorer's page of the same network, where there is one."""

    def __repr__(self) -> str:
        return f"Drawing({len(self.dot)} characters of dot)"

    def _repr_svg_(self) -> str:
        return self.render("svg").decode()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> Mapping[str, str]:
        return {"image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}

    def render(self, format: str, *, seconds: float = MOST_SECONDS) -> bytes:
        """The picture as `svg`, `png`, `pdf` or `dot`, or the explorer's page (`html`).

        Drawn by the `dot` on the PATH, else by graphviz-pure. Raises UsageError for a format neither has, and where the
        layout takes longer than some seconds.
        """
        if format not in self.formats:
            raise UsageError(f"no picture format {format!r}; {nearest(format, self.formats)}")
        if format == "html" and self.page:
            return self.page().encode()
        if format == "dot":
            return self.dot.encode()
        program = shutil.which("dot")
        if program is None and format not in PURE_FORMATS:
            hint = "install Graphviz (its `dot` draws every format), or take svg or png"
            raise UsageError(f"no `dot` on the PATH to draw {format}; {hint}")
        options = ["-Gdpi=144"] if format == "png" else []
        drawn = _run([program or pure_program(), f"-T{format}", *options], self.dot, seconds)
        about = self.dot.partition("\n")[0] if self.dot.startswith("// ") else ""
        return accessible(drawn.decode(), about.removeprefix("// ")).encode() if format == "svg" and about else drawn

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture; the name's ending says the format. Raises UsageError where it cannot."""
        write_whole(path, self.render(ending(path, self.formats)))

    @property
    def formats(self) -> tuple[str, ...]:
        """What it can be rendered as."""
        return (*FORMATS, "html") if self.page else FORMATS


def ending(path: str | os.PathLike[str], known: Sequence[str] = ENDINGS) -> str:
    """The format that a file's name asks for. Raises UsageError for a name without one, or with one not `known`."""
    suffix = Path(path).suffix.removeprefix(".").lower()
    if not suffix:
        raise UsageError(f"{os.fspath(path)!r} has no ending that says its format: {', '.join(known)}")
    if suffix not in known:
        raise UsageError(f"no picture format {suffix!r}; {nearest(suffix, known)}")
    return suffix


def pure_program() -> str:
    """The path of graphviz-pure's program, which stands beside the Python that it was installed for."""
    found = shutil.which("graphviz-pure", path=str(Path(sys.executable).parent)) or shutil.which("graphviz-pure")
    if found is None:
        raise UsageError("nothing here draws pictures; install Graphviz, or `pip install graphviz-pure`")
    return found


def _run(command: list[str], dot: str, seconds: float) -> bytes:
    """What a drawing program makes of a text; its warnings (a character it has no width for) are not shown."""
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        hint = "close more boxes (`--depth 1`)"
        raise UsageError(f"the picture is not drawn after {seconds:g} s; {hint}") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise UsageError(f"{Path(command[0]).name} could not draw the picture: {said}")
    return done.stdout
