"""Does a spec hold what it promises: can it be read and expanded, and are its costs those of its `expect:`?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from archgraph.errors import Finding, SpecError, UsageError
from archgraph.graph.cost import Cost, cost
from archgraph.graph.expand import expand
from archgraph.graph.inventory import layers, param_shapes, param_shapes_sq
from archgraph.graph.model import Graph
from archgraph.graph.unreached import behind, idle, unreached
from archgraph.graph.wording import printable
from archgraph.loading import load, load_blocks
from archgraph.shape import Shape, show
from archgraph.spec.model import Spec
from archgraph.spec.variants import variant


@dataclass(frozen=True, slots=True)
class Checked:
    """What `archgraph check` says of one file: what it holds, its mistakes, or why it cannot be looked at."""

    name: str
    holds: str = ""
    findings: tuple[Finding, ...] = ()
    error: str = ""

    @property
    def exit_code(self) -> int:
        return 2 if self.error else 1 if self.findings else 0

    def __str__(self) -> str:
        if self.error:
            return f"{self.name}: {self.error}"
        return "\n".join(map(str, self.findings)) or f"{self.name}: fine ({self.holds})"

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data, for JSON."""
        found: dict[str, Any] = {"name": self.name, "ok": self.exit_code == 0}
        if self.error:
            return {**found, "error": self.error}
        return {**found, "findings": [finding.as_dict() for finding in self.findings]}


def check(name: str, *, look: Callable[[str], str] | None = None) -> Checked:
    """Check a network of the zoo or a file; what is wrong with it is in the result.

    `look` looks at a file of another kind: it gives what the file holds, and raises as the reading of a spec does.
    """
    try:
        return Checked(name, (look or _spec)(name))
    except SpecError as error:
        return Checked(name, findings=whole(error).findings)
    except UsageError as error:
        return Checked(name, error=str(error))


def whole(error: SpecError) -> SpecError:
    """The error of reading a file with the mistakes that stand behind those that ended the reading."""
    if not isinstance(error.partial, Spec):
        return error
    return SpecError([*error.findings, *behind(error.findings, error.partial)])


def _spec(name: str) -> str:
    try:
        spec = load(name)
    except SpecError as error:
        part = error.partial
        if not isinstance(part, Spec) or not part.blocks or {"graph", "input"} & part.marks.keys():
            raise
        return _blocks(load_blocks(name))
    if spec.variants:
        return _variants(spec)
    found, wrong = examine(spec)
    if wrong:
        raise SpecError(wrong)
    return f"{found.params:,} params, {found.macs:,} macs"


def _blocks(spec: Spec) -> str:
    """What a file holds that has blocks for others and no network. Raises SpecError."""
    if wrong := unreached(spec):
        raise SpecError(wrong)
    return "1 block" if len(spec.blocks) == 1 else f"{len(spec.blocks)} blocks"


def _variants(spec: Spec) -> str:
    """What a file with variants holds: the network as it stands, and each variant. Raises SpecError."""
    told: list[Finding] = []
    broken: dict[Finding, list[str]] = {}
    costs = []
    for name in ("", *spec.variants):
        try:
            found, wrong = examine(variant(spec, name) if name else spec)
            costs.append(found)
            told += wrong
        except SpecError as error:
            for finding in error.findings:
                broken.setdefault(finding, []).append(name)
    told += [one if "" in names else _among(one, names) for one, names in broken.items()]
    if told:
        raise SpecError(told)
    params = sorted(found.params for found in costs[1:])
    return f"{len(params)} variants of {params[0]:,} to {params[-1]:,} params"


def _among(finding: Finding, variants: Sequence[str]) -> Finding:
    """A mistake that some variants have, with their names."""
    few = ", ".join(variants[:3]) + (f" and {len(variants) - 3} more" if len(variants) > 3 else "")
    word = "variant" if len(variants) == 1 else "variants"
    return Finding(f"{word} {few}: {finding.message}", finding.at, finding.hint)


def examine(spec: Spec) -> tuple[Cost, tuple[Finding, ...]]:
    """The cost of a spec, and where it breaks its promises. Raises SpecError with all that keeps it from a graph."""
    elsewhere = unreached(spec)
    try:
        graph = expand(spec)
    except SpecError as error:
        raise SpecError([*error.findings, *elsewhere]) from None
    if elsewhere:
        raise SpecError(elsewhere)
    found = cost(graph)
    return found, (*idle(graph), *unmet(spec, graph, found))


def unmet(spec: Spec, graph: Graph, found: Cost) -> tuple[Finding, ...]:
    """Where a network differs from what its `expect:` says."""
    messages = {line.key: line.message for line in compared(spec, graph, found) if line.message}
    at = spec.marks.get
    return tuple(Finding(f"{printable(spec.name)}: {text}", at(f"expect.{key}")) for key, text in messages.items())


class Compared(NamedTuple):
    """One key of `expect:`: what it says, what is so, and how they differ (an empty text where they do not)."""

    key: str
    expected: Any
    found: Any
    message: str


def compared(spec: Spec, graph: Graph, found: Cost) -> tuple[Compared, ...]:
    """Each key of a spec's `expect:` beside what its graph has."""
    lines = []
    counts = layers(graph)
    for key, expected in spec.expect.items():
        if key == "output":
            outputs = found.outputs
            lines.append(Compared(key, expected, outputs, _unlike(expected, outputs)))
            continue
        if key in HASHES:
            is_now: Any = HASHES[key](graph)
            same = is_now.startswith(str(expected))
            is_now = is_now[: len(str(expected))]
        else:
            is_now = counts[key] if key in counts else getattr(found, key)
            same = is_now == expected
        message = "" if same else f"{key} is {is_now}, `expect` says {expected}"
        lines.append(Compared(key, expected, is_now, message))
    return tuple(lines)


HASHES: Mapping[str, Callable[[Graph], str]] = {"param_shapes": param_shapes, "param_shapes_sq": param_shapes_sq}
"""Keys of `expect:` that are the first digits of a hash."""


def _unlike(expected: Any, outputs: Mapping[str, Shape]) -> str:
    """How output shapes differ from one that is expected of the only output, or from several by name."""
    if not isinstance(expected, Mapping):
        if len(outputs) > 1:
            return f"it has the outputs {_listed(outputs)}, `expect` gives one shape"
        expected = dict.fromkeys(outputs, expected)
    if dict(expected) == dict(outputs):
        return ""
    return f"output is {_listed(outputs)}, `expect` says {_listed(expected)}"


def _listed(outputs: Mapping[str, Shape]) -> str:
    if len(outputs) == 1:
        return show(*outputs.values())
    return ", ".join(f"{name} {show(shape)}" for name, shape in outputs.items())
