"""The specs that a file puts in with `use`: opened while the file is read, so that what is said of them is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from archgraph.errors import Mark, RuleError, SpecError, nearest
from archgraph.spec.findings import Findings, quoted
from archgraph.spec.model import Choice, Expr, NodeSpec, Spec, Value
from archgraph.spec.tree import Entry, Located, Map, Scalar, Seq, kind

OUTPUTS, FEATURES = "outputs", "features"
"""What `take` can be beside the name of one output or feature."""
_UNNAMED = re.compile("output[0-9]*")
"""What the outputs of a spec are called that gives them no names; how many there are is seen when it is expanded."""


class Opener(Protocol):
    """Gives the spec that a text names; one whose `blocks` alone are wanted needs no graph.

    Raises SpecError with the mistakes of its file, RuleError where there is no such spec.
    """

    def __call__(self, text: str, *, blocks: bool) -> Spec: ...


def no_specs(text: str, *, blocks: bool) -> Spec:
    """The opener of those who read a text that stands alone."""
    raise RuleError(f"the spec {quoted(text)} cannot be used here", hint="read it with archgraph.load")


class Uses:
    """What one file uses, by the text that names it."""

    def __init__(self, opener: Opener, findings: Findings) -> None:
        self.opener = opener
        self.findings = findings
        self.used: dict[str, Spec] = {}
        self._failed: set[str] = set()

    def open(self, text: str, at: Mark, *, blocks: bool = False) -> Spec | None:
        """A used spec; None where it cannot be had, for reasons that are noted."""
        if text in self._failed:
            return None
        if text not in self.used:
            try:
                self.used[text] = self.opener(text, blocks=blocks)
            except RuleError as error:
                self.findings.add(error.message, at, error.hint)
            except SpecError as error:
                for finding in error.findings:
                    self.findings.add(finding.message, finding.at, finding.hint)
        spec = self.used.get(text)
        if spec is None:
            self._failed.add(text)
        elif not blocks and not spec.graph.nodes:
            self.findings.add(f"{quoted(text)} has no graph: it gives blocks alone", at, "name it in a top-level `use`")
        return spec

    def files(self, node: Located) -> dict[str, Mark]:
        """The files in a top-level `use`, all of them opened."""
        if not isinstance(node, Seq):
            hint = "e.g. `use: [blocks.yaml]`: a list of files whose blocks are used"
            self.findings.add(f"`use` is a list of files, given {kind(node)}", node.mark, hint)
            return {}
        texts: dict[str, Mark] = {}
        for item in node.items:
            if not isinstance(item, Scalar) or not isinstance(item.value, str):
                self.findings.add(f"`use` names files, given {kind(item)}", item.mark, "e.g. `use: [blocks.yaml]`")
            elif item.value in texts:
                self.findings.add(f"{quoted(item.value)} stands twice in `use`", item.mark)
            else:
                texts[item.value] = item.mark
                self.open(item.value, item.mark, blocks=True)
        return texts

    def check(self, entry: Entry, args: Mapping[str, Value], marks: Mapping[str, Mark], *, clean: bool) -> None:
        """Open what a `use` node puts in; check what it takes of it, and the variables it sets.

        In arguments that are not `clean` of mistakes, null is what could not be read.
        """
        at, given = entry.key, entry.value.entries if isinstance(entry.value, Map) else {}
        opened = [self.open(text, marks.get(".spec", at)) for text in self._texts(args, marks, clean=clean)]
        specs = [spec for spec in opened if spec]
        take = args.get("take", OUTPUTS)
        for text in _options(take):
            if not isinstance(text, (str, Expr)):
                hint = "outputs, features, or the name of one of them"
                self.findings.add(f"take is {quoted(text)}, it takes a text", marks.get(".take"), hint)
        for spec in specs:
            for text in _options(take):
                if isinstance(text, str):
                    self._check_take(spec, text, marks.get(".take", at))
            for key in args:
                if key not in ("spec", "take") and key not in spec.vars:
                    hint = nearest(key, [*spec.vars, "spec", "take"], kind="variables and arguments")
                    message = f"{quoted(spec.name)} has no variable {quoted(key)}"
                    self.findings.add(message, given[key].key if key in given else at, hint)

    def _texts(self, args: Mapping[str, Value], marks: Mapping[str, Mark], *, clean: bool) -> list[str]:
        """The specs that a node may put in: one, or the options of a choice."""
        at, texts = marks.get(".spec"), []
        for option in _options(args["spec"]) if "spec" in args else ():
            if isinstance(option, str):
                texts.append(option)
            elif isinstance(option, Expr):
                hint = "what is used is opened before anything is known; write `{choice: [...]}` for one of several"
                self.findings.add("spec cannot be an expression", at, hint)
            elif option is not None or clean:
                hint = "a network of the zoo, or a path below this file's folder"
                self.findings.add(f"spec is {quoted(option)}, it takes the name of a spec", at, hint)
        return texts

    def _check_take(self, spec: Spec, take: str, at: Mark) -> None:
        if take == OUTPUTS or (take == FEATURES and spec.features):
            return
        if take == FEATURES:
            message = f"{quoted(spec.name)} names no features"
            self.findings.add(message, at, "a spec names them so: `features: {c2: stage.0, c3: stage.1}`")
        elif not spec.outputs and _UNNAMED.fullmatch(take):
            return
        elif take not in (names := [*spec.outputs, *spec.features]):
            hint = nearest(take, [OUTPUTS, FEATURES, *names], most=24)
            self.findings.add(f"{quoted(spec.name)} has no output or feature {quoted(take)}", at, hint)

    def outputs(self, node: NodeSpec) -> tuple[str, ...] | None:
        """Names of what a `use` node gives, those that every option of a choice has; None where that is unknown."""
        found: dict[str, None] | None = None
        for text in _options(node.args.get("spec")):
            for take in _options(node.args.get("take", OUTPUTS)):
                spec = self.used.get(text) if isinstance(text, str) else None
                if spec is None or not isinstance(take, str) or (take == OUTPUTS and not spec.outputs):
                    return None
                named = _named(spec, take)
                found = {name: None for name in named if found is None or name in found}
        return tuple(found or ())


def _options(value: Value) -> tuple[Value, ...]:
    return value.options if isinstance(value, Choice) else (value,)


def _named(spec: Spec, take: str) -> tuple[str, ...]:
    if take == OUTPUTS:
        return tuple(name for name in spec.outputs if name not in spec.train_only)
    return tuple(spec.features) if take == FEATURES else (take,)
