"""What a name on the command line stands for, with the inputs and values that are given beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archgraph.cli.frame import input_from, settings_from
from archgraph.errors import SpecError, UsageError, nearest

if TYPE_CHECKING:
    from archgraph.graph.model import Graph
    from archgraph.graph.space import Space
    from archgraph.loading import Opening
    from archgraph.spec.model import Choice, Range, Spec


@dataclass
class Given:
    """A spec whose variables and inputs are set, and the choices in it that are fixed by their names."""

    spec: Spec
    fixed: Mapping[str, Any] = field(default_factory=dict)
    met: list[str] = field(default_factory=list)

    @classmethod
    def read(
        cls,
        name: str,
        inputs: Sequence[str] | None,
        settings: Sequence[str] | None,
        *,
        opening: Opening | None = None,
    ) -> Given:
        """What the words of a command stand for; `opening` is as in `load`.

        Raises UsageError, and SpecError with every mistake that `archgraph check` finds.
        """
        from archgraph.loading import load, override

        try:
            spec = load(name, opening=opening)
        except SpecError as error:
            from archgraph.checking import whole

            raise whole(error) from None
        values = settings_from(settings)
        known = {key: value for key, value in values.items() if key in spec.vars or key == "input"}
        shape = input_from(inputs)
        if shape is not None:
            known["input"] = shape
        fixed = {key: _frozen(value) for key, value in values.items() if key not in known}
        return cls(override(spec, known) if known else spec, fixed)

    def graph(self, take: str | None = None) -> Graph:
        """The network that it is, its other choices by their defaults. Raises UsageError, SpecError as `read` does."""
        from archgraph.graph.expand import expand

        self.met = []
        try:
            graph = expand(self.spec, choose=self._choose, take=take or "all")
        except SpecError as error:
            from archgraph.graph.unreached import unreached

            raise SpecError([*error.findings, *unreached(self.spec)]) from None
        for name in self.fixed:
            if name not in self.met:
                known = [*self.spec.vars, *self.met]
                hint = nearest(name, known, kind="it has") or "`archgraph show --full` has the names of its nodes"
                raise UsageError(f"{self.spec.name} has no variable and no choice {name!r}; {hint}")
        return graph

    @property
    def space(self) -> Space | None:
        """The space that is left to choose from, once `graph` has been asked for; None where nothing is."""
        from archgraph.graph.space import space

        return space(self.spec, fixed=self.fixed) if set(self.met) - self.fixed.keys() else None

    def _choose(self, name: str, choice: Choice | Range) -> Any:
        self.met.append(name)
        if name not in self.fixed:
            return choice.chosen
        for option in choice.options:
            if option == self.fixed[name] and isinstance(option, bool) == isinstance(self.fixed[name], bool):
                return option
        allowed = ", ".join(map(str, choice.options[:12])) + (", ..." if len(choice.options) > 12 else "")
        raise UsageError(f"--set {name}={self.fixed[name]}: it is one of {allowed}")


def _frozen(value: Any) -> Any:
    """A value as specs hold it, lists as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
