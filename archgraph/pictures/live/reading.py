"""A network as it stands in its file now: the graph, or what keeps it from being one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from archgraph.checking import unmet, whole
from archgraph.errors import Finding, SpecError, UsageError
from archgraph.graph.cost import cost
from archgraph.graph.model import Graph
from archgraph.graph.unreached import idle, unreached
from archgraph.loading import Opening
from archgraph.pictures.choices import Choices
from archgraph.spec.model import Spec


class Network(Protocol):
    """What a command's words stand for: a spec, and the graph that it is with the choices that were made.

    `fixed` are the choices that were made by name, `met` all that the graph has met.
    """

    spec: Spec
    fixed: Mapping[str, Any]
    met: list[str]

    def graph(self, take: str | None = None) -> Graph: ...


Opener: TypeAlias = Callable[[Opening], Network]
"""Reads the files of a network, telling of each of them. Raises SpecError, UsageError."""


@dataclass(frozen=True)
class Reading:
    """A graph with its spec's choices; the mistakes that `archgraph check` would tell, which need not keep it from
    being drawn; or why the file cannot be looked at.
    """

    graph: Graph | None = None
    choices: Choices | None = None
    findings: tuple[Finding, ...] = ()
    error: str = ""


def reading(open_: Opener, noting: Opening, *, take: str | None = None) -> Reading:
    """Read a network once more; the files that it is made of are told to `noting`."""
    try:
        network = open_(noting)
    except SpecError as error:
        return Reading(findings=whole(error).findings)
    except UsageError as error:
        return Reading(error=str(error))
    wrong: Sequence[Finding] = unreached(network.spec)
    try:
        graph = network.graph(take)
    except SpecError as error:
        return Reading(findings=_told([*error.findings, *wrong]))
    except UsageError as error:
        return Reading(error=str(error))
    if take is None:
        wrong = (*wrong, *idle(graph), *unmet(network.spec, graph, cost(graph)))
    choices = Choices.of(network.spec, network.fixed) if network.met else None
    return Reading(graph, choices, _told(wrong))


def _told(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Each mistake once, in the order of the file."""
    return SpecError(findings).findings
