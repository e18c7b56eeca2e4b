"""Spec -> Graph: blocks, macros, copies, used specs and choices resolved, every node with its shape.

Shapes are inferred on the way, not in a pass of their own: `residual: {shortcut: auto}`, `se` and `eca` decide
by the shapes they see, so a graph of another input size is another expansion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from archgraph.errors import Finding, Mark, RuleError, SpecError, UsageError, nearest
from archgraph.graph.builder import Assembly, MacroBuilder, Place, Sharing, Stop
from archgraph.graph.evaluation import Choose, Env, Evaluation
from archgraph.graph.model import Graph, Scope
from archgraph.graph.names import Names
from archgraph.graph.taken import taken, trimmed
from archgraph.graph.templates import Templates
from archgraph.graph.using import settled, splice
from archgraph.ops.arguments import OTHER
from archgraph.ops.base import Bundle, Macro, Primitive, Ref
from archgraph.ops.signatures import node_arguments
from archgraph.ops.table import OPS
from archgraph.shape import Shape
from archgraph.spec.foreign import all_blocks
from archgraph.spec.model import Block, Body, Input, NodeSpec, Spec
from archgraph.spec.naming import node_names

__all__ = ["Choose", "expand"]

MAX_RECURSION = 64
MAX_STEPS = 100_000
"""Nodes as written that one expansion visits; more than MAX_NODES, as blocks and empty graphs make no nodes."""


def expand(spec: Spec, *, input: Input | None = None, choose: Choose | None = None, take: str = "all") -> Graph:
    """Resolve a spec into a graph of primitive ops with shapes.

    `input` replaces the spec's `(C, H, W)`, or some of its inputs by name. `choose` is asked at every choice, with a
    name such as `vars.width` or `stage.0.1.kernel`, and gives one of its options; without it every choice takes its
    default. `take` leaves a part of the network: `outputs` without those for training, `features`, or one of either.
    Raises SpecError with every mistake that one run can find, UsageError for an input or a part it does not have.
    """
    graph = _Expansion(spec, input_shapes(spec, input), choose).resolved()
    return graph if take == "all" else taken(graph, take)


def input_shapes(spec: Spec, given: Input | None = None) -> dict[str, Shape]:
    """The shapes of a spec's inputs by name, `in` for a single one; `given` replaces them or, by name, some of them."""
    own = dict(spec.input) if isinstance(spec.input, Mapping) else {"in": tuple(spec.input)}
    if given is None:
        return own
    if not isinstance(given, Mapping):
        if len(own) > 1:
            raise UsageError(f"{spec.name} has the inputs {', '.join(own)}: give their shapes by name")
        return dict.fromkeys(own, tuple(given))
    for name in given:
        if name not in own:
            raise UsageError(f"{spec.name} has no input {name!r}; {nearest(name, own, kind='it has')}")
    return {**own, **{name: tuple(shape) for name, shape in given.items()}}


class _Expansion:
    """One run of `expand`: what has been assembled so far, and the mistakes found."""

    def __init__(self, spec: Spec, inputs: Mapping[str, Shape], choose: Choose | None) -> None:
        self.spec = spec
        self.blocks = all_blocks(spec)
        self.values = Evaluation(spec, choose)
        self.findings = self.values.findings
        self.assembly = Assembly(inputs, self.values.defaults)
        self.templates = Templates(self.assembly, spec, self.blocks, self.values.vars)
        self.depth = 0
        self.steps = 0
        self.uses: list[str] = []
        self.labels: dict[str, tuple[str, ...]] = {}
        self.left_out: set[str] = set()

    def resolved(self) -> Graph:
        """The graph of the spec. Raises SpecError."""
        every = tuple(map(Ref, self.assembly.inputs))
        names = Names(self.spec.graph, "", {ref.node: (ref,) for ref in every} | {"in": every})
        try:
            last = self.body(names, self.values.vars, every)
            if not self.findings:
                return self._graph(last, names)
        except Stop as stop:
            self.findings.extend([stop.finding] if stop.finding else [])
        except RecursionError:
            self.findings.append(Finding(f"{self.spec.name} nests its graphs too deeply", self.spec.marks.get("graph")))
        raise SpecError(self.findings)

    def _graph(self, last: Bundle | None, names: Names) -> Graph:
        if last is None or not self.assembly.nodes:
            raise SpecError([Finding(f"{self.spec.name} has no nodes", self.spec.marks.get("graph"))])
        outputs = self._outputs(self.spec.outputs, "outputs", names)
        features = self._outputs(self.spec.features, "features", names)
        if self.findings:
            raise SpecError(self.findings)
        if not outputs:
            several = len(last) > 1
            outputs = {f"output{number}" if several else "output": ref for number, ref in enumerate(last)}
        graph = Graph(
            name=self.spec.name,
            inputs=self.assembly.inputs,
            nodes=self.assembly.nodes,
            outputs=outputs,
            train_only=frozenset(self.spec.train_only) & outputs.keys(),
            features=features,
            scopes=self.assembly.scopes,
        )
        return trimmed(graph, self.uses) if self.uses else graph

    def _outputs(self, wanted: Mapping[str, str], key: str, names: Names) -> dict[str, Ref]:
        """What the names stand for; a node that `when` left out leaves out what is named after it, too."""
        there = {name: at for name, at in wanted.items() if re.split("[./]", at, maxsplit=1)[0] not in self.left_out}
        if wanted and not there:
            message = f"{self.spec.name}: all of its {key} are left out by `when`"
            self.findings.append(Finding(message, self.spec.marks.get(key)))
        return {name: self._output(at, f"{key}.{name}", names) for name, at in there.items()}

    def _output(self, wanted: str, key: str, names: Names) -> Ref:
        at = self.spec.marks.get(key)
        found = self.find(wanted, names, at) or (Ref("in"),)
        if len(found) != 1:
            message = f"{key}: {wanted} gives {len(found)} tensors, an output is one"
            self.findings.append(Finding(message, at, f"name one of them: {wanted}/0"))
        return found[0]

    def body(self, names: Names, env: Mapping[str, Any], first: Bundle) -> Bundle | None:
        """Expand the nodes of one graph; None where a mistake leaves its output unknown."""
        above: Bundle | None = first
        prefix, put = names.prefix, names.given
        for name, node in zip(node_names(names.body), names.body.nodes, strict=True):
            self._step(node, prefix + name)
            if node.when is not None and not self.values.value(node.when, env, "when", node.marks.get("when")):
                if not prefix:
                    self.left_out.add(name)
                continue
            inputs = above if node.inputs is None else self._inputs(node, names, above)
            if node.repeat is None and node.each is None:
                above = put[name] = self.node(node, prefix + name, env, inputs, names)
                if self.labels:
                    names.put(name, above, self.labels.get(prefix + name, ()))
            else:
                above = self._copies(node, name, env, inputs, names)
        return above

    def _inputs(self, node: NodeSpec, names: Names, above: Bundle | None) -> Bundle | None:
        """What `from` names, joined; None where one of it is unknown."""
        joined: list[Ref] = []
        known = True
        for number, wanted in enumerate(node.inputs or ()):
            at = node.marks.get(f"from.{number}", node.marks.get("from"))
            found = above if wanted == "prev" else self.find(wanted, names, at)
            known = known and found is not None
            joined.extend(found or ())
        return tuple(joined) if known else None

    def find(self, wanted: str, names: Names, at: Mark | None) -> Bundle | None:
        """What a name stands for; None and a finding where it stands for nothing."""
        try:
            return names.find(wanted)
        except RuleError as error:
            self.findings.append(Finding(error.message, at, error.hint))
            return None

    def _step(self, node: NodeSpec, name: str, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            message = f"{name}: the network takes more than {MAX_STEPS:,} steps to expand"
            raise Stop(Finding(message, node.marks.get("op")))

    def _copies(
        self, node: NodeSpec, name: str, env: Mapping[str, Any], inputs: Bundle | None, names: Names
    ) -> Bundle | None:
        """Expand a node with `repeat` or `each`: every copy is fed by the one before."""
        prefix, assembly, at = names.prefix, self.assembly, node.marks.get("op")
        before = len(assembly.nodes)
        assembly.open(prefix + name, Scope(node.op, "copies", at=at))
        out, label = inputs, name
        for column, values in self.values.columns(node, prefix + name, env):
            label = name if column is None else f"{name}.{column}"
            local = {**env, **values}
            if node.repeat is None:
                out = self.node(node, prefix + label, local, out, names)
            else:
                count = self.values.count(node, prefix + label, local)
                if column is not None and count:
                    assembly.open(prefix + label, Scope(node.op, "copies", values, at))
                for index in range(count):
                    self._step(node, prefix + label)
                    local["i"] = index
                    out = self.node(node, f"{prefix}{label}.{index}", local, out, names)
                    names.put(f"{label}.{index}", out, self.labels.get(f"{prefix}{label}.{index}", ()))
                self.labels[prefix + label] = self.labels.get(f"{prefix}{label}.{count - 1}", ())
            names.put(label, out, self.labels.get(prefix + label, ()))
        names.put(name, out, self.labels.get(prefix + label, ()))
        assembly.close(prefix + name, before)
        return out

    def node(
        self, node: NodeSpec, name: str, env: Mapping[str, Any], inputs: Bundle | None, names: Names
    ) -> Bundle | None:
        """Expand one copy of a node; None where a mistake leaves its output unknown."""
        if node.share is not None:
            return self._shared(node, name, env, inputs, names)
        args = self.values.arguments(node, name, env)
        if args is None or inputs is None:
            return None
        at = Place(name, node.marks)
        try:
            block = self.blocks.get(node.op)
            if block is not None:
                return self._block(node, block, name, args, inputs)
            if node.op == "use":
                return self._use(node, name, args, inputs)
            if node_arguments(OPS[node.op]) if node.op in OPS else ():
                inputs = self._named(node, args, inputs, names)
            op = self.assembly.make(node.op, args)
            if isinstance(op, Primitive):
                return self.assembly.primitive(name, op, inputs, at)
            assert isinstance(op, Macro)
            return self.macro(name, op, at, env, inputs, args)
        except RuleError as error:
            self.values.locate(error, at)
        except _Unknown:
            pass  # the mistake inside the macro is already a finding
        return None

    def _named(self, node: NodeSpec, args: Env, inputs: Bundle, names: Names) -> Bundle:
        """The inputs of a node with those that its arguments name after them."""
        for argument in node_arguments(OPS[node.op]):
            wanted = args.get(argument)
            if isinstance(wanted, str):
                found = self.find(wanted, names, node.marks.get("." + argument))
                if found is None:
                    raise _Unknown
                if len(found) != 1:
                    message = f"{argument} takes one tensor, {wanted} gives {len(found)}"
                    raise RuleError(message, hint=f"name one of them: {wanted}/0", argument=argument)
                inputs, args[argument] = (*inputs, *found), OTHER
        return inputs

    def _shared(
        self, node: NodeSpec, name: str, env: Mapping[str, Any], inputs: Bundle | None, names: Names
    ) -> Bundle | None:
        """Expand a node that uses the weights of another one, node by node below both."""
        assembly, wanted = self.assembly, str(node.share)
        at, written = Place(name, node.marks), names.node(wanted)
        other = names.prefix + wanted
        # Copies share with copies, number by number; of a node without copies every copy uses the same weights.
        below = name[len(names.prefix) :].partition(".")[2]
        if below and (f"{other}.{below}" in assembly.nodes or f"{other}.{below}" in assembly.scopes):
            other = f"{other}.{below}"
        if written is None or (other not in assembly.nodes and other not in assembly.scopes):
            hint = nearest(wanted, names.given, kind="above")
            self.values.locate(RuleError(f"share: no node {wanted!r} above", hint=hint, argument="share"), at)
            return None
        if written.op != node.op:
            message = f"share: {wanted} is {written.op}, this node is {node.op}"
            self.values.locate(RuleError(message, argument="share"), at)
            return None
        before, assembly.sharing = assembly.sharing, Sharing(name, other)
        as_other = NodeSpec(node.op, node.args or written.args, marks={**written.marks, **node.marks})
        try:
            return self.node(as_other, name, env, inputs, names)
        finally:
            assembly.sharing = before

    def macro(
        self, name: str, op: Macro, at: Place, env: Mapping[str, Any], inputs: Bundle, args: Mapping[str, Any]
    ) -> Bundle:
        """Expand a macro in a scope of its own."""
        self.assembly.check_arity(op, inputs)
        before = len(self.assembly.nodes)
        self.assembly.open(name, Scope(op.op, "macro", _plain(args), at.op))
        out = op.expand(MacroBuilder(self.assembly, self, at, name, env), *inputs)
        self.assembly.close(name, before)
        return (out,) if isinstance(out, Ref) else out

    def inner(self, body: Body, name: str, env: Mapping[str, Any], first: Bundle) -> Bundle:
        """Expand a graph-valued argument in a scope of its own, for a macro."""
        if not body.nodes:
            return first
        before = len(self.assembly.nodes)
        self.assembly.open(name, Scope("body", "body"))
        out = self.body(Names(body, name + ".", {"in": first}), env, first)
        if out is None:
            raise _Unknown
        self.assembly.close(name, before)
        return out

    def decide(self, name: str, choice: Any) -> Any:
        """What a choice takes, for a macro."""
        return self.values.decide(name, choice)

    def _block(self, node: NodeSpec, block: Block, name: str, args: Env, inputs: Bundle) -> Bundle | None:
        if block.inputs and len(inputs) != len(block.inputs):
            message = f"{node.op} takes {len(block.inputs)} inputs ({', '.join(block.inputs)}), given {len(inputs)}"
            raise RuleError(message, argument="from")
        if self.depth >= MAX_RECURSION:
            hint = "bound it with `when:`, e.g. `when: $depth > 1`"
            message = f"block {node.op!r} contains itself without end ({MAX_RECURSION} levels)"
            raise Stop(Finding(message, node.marks.get("op"), hint))
        assembly = self.assembly
        if block.outputs:
            self.labels[name] = tuple(block.outputs)
        key = None
        if not self.values.choose and assembly.sharing is None:
            key = self.templates.key(node.op, args, inputs)
            known = self.templates.replay(key, name, inputs)
            if known is not None:
                return known
        env = {**self.values.vars, **self.values.block_arguments(node, block, args)}
        for variable, value in block.vars.items():
            at = block.marks.get(f"vars.{variable}")
            env[variable] = self.values.value(value, env, f"{name}.vars.{variable}", at)
        before = len(assembly.order), len(assembly.opened), assembly.params
        assembly.open(name, Scope(node.op, "block", _plain(args), node.marks.get("op")))
        given = dict(zip(block.inputs, ((ref,) for ref in inputs), strict=False))
        names = Names(block.graph, name + ".", {"in": inputs, **given})
        self.depth += 1
        out = self.body(names, env, inputs)
        self.depth -= 1
        if block.outputs and out is not None:
            out = self._gives(block, names)
        assembly.close(name, before[0])
        if key is not None and out is not None and len(assembly.order) > before[0]:
            self.templates.record(key, name, inputs, out, *before)
        return out

    def _gives(self, block: Block, names: Names) -> Bundle | None:
        """The outputs of a block that names them."""
        given: list[Ref] = []
        for name, wanted in block.outputs.items():
            at = block.marks.get(f"outputs.{name}", block.marks.get("outputs"))
            found = self.find(wanted, names, at)
            if found is None:
                return None
            if len(found) != 1:
                message = f"the output {name} is {wanted}, which gives {len(found)} tensors"
                self.findings.append(Finding(message, at, f"name one of them: {wanted}/0"))
                return None
            given.extend(found)
        return tuple(given)

    def _use(self, node: NodeSpec, name: str, args: Env, inputs: Bundle) -> Bundle:
        """Put another spec in as a node: what its outputs or features need, at the shapes of the node's inputs."""
        choose = self.values.choose
        inside = settled(self.spec, args, inputs)
        shapes = dict(zip(input_shapes(inside), map(self.assembly.shape, inputs), strict=True))
        ask: Choose | None = (lambda key, choice: choose(f"{name}.{key}", choice)) if choose else None
        expansion = _Expansion(inside, shapes, ask)
        expansion.steps = self.steps  # of all together, or specs that use one another twice would double them
        self.depth += 1
        try:
            graph = taken(expansion.resolved(), args.get("take", "outputs"))
        except SpecError as error:
            self.findings.extend(finding for finding in error.findings if finding not in self.findings)
            raise _Unknown from None
        except UsageError as error:
            raise RuleError(str(error), argument="take") from None
        finally:
            self.depth -= 1
            self.steps = expansion.steps
        self._step(node, name, len(graph))
        self.uses.append(name)
        if len(graph.outputs) > 1 or args.get("take") == "features":
            self.labels[name] = tuple(graph.outputs)
        return splice(self.assembly, graph, Place(name, node.marks), Scope("use", "block", _plain(args)), inputs)


class _Unknown(Exception):  # noqa: N818 - a signal, caught by the node around the macro
    """A graph inside a macro has a mistake that is already reported."""


def _plain(args: Mapping[str, Any]) -> Env:
    """Arguments to show beside a box: its graphs are shown as what is in it."""
    plain = {key: value for key, value in args.items() if isinstance(value, (int, float, str, tuple))}
    return {key: value for key, value in plain.items() if not (type(value) is tuple and Body in map(type, value))}
