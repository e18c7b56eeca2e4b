"""Located tree -> nodes: the op with its arguments by name, and the reserved keys beside it."""

from __future__ import annotations

from collections.abc import Collection

from archgraph.errors import Mark, nearest
from archgraph.spec.arguments import Arguments
from archgraph.spec.beside import read_beside
from archgraph.spec.findings import Findings, listed, quoted
from archgraph.spec.identifiers import COPY, Known
from archgraph.spec.model import RESERVED, Body, NodeSpec
from archgraph.spec.references import References
from archgraph.spec.tree import Located, Map, Scalar, Seq, kind
from archgraph.spec.uses import Uses
from archgraph.spec.values import Values
from archgraph.spec.vocabulary import USE, Signature, Vocabulary, signature

_FORMS = "write `op`, `op: value` or `op: {argument: value}`"


class Nodes:
    """Reads graphs in one file's words: the vocabulary's ops, and the blocks of the file and of those it uses."""

    def __init__(self, words: Vocabulary, uses: Uses, findings: Findings) -> None:
        self.words, self.uses, self.findings = words, uses, findings
        self.values = Values(findings)
        self.arguments = Arguments(self.values, self._inner)
        self.references = References(words, uses, findings)

    def body(self, node: Located, known: Known, *, what: str = "a graph", inputs: Collection[str] = ()) -> Body:
        """A list of nodes; `inputs` are names for what goes into it."""
        if not isinstance(node, Seq):
            hint = "begin each node with '- '" if isinstance(node, Map) else "e.g. `[conv: 64, relu]`"
            self.findings.add(f"{what} is a list of nodes, given {kind(node)}", node.mark, hint)
            return Body()
        body = Body(tuple([self.node(item, known) for item in node.items]))
        self.references.check_body(body, inputs)
        return body

    def _inner(self, node: Located, known: Known, what: str) -> Body:
        """A graph that is an argument: the inputs of the graph around it have no names there."""
        return self.body(node, known, what=what)

    def node(self, node: Located, known: Known) -> NodeSpec:
        """One node; a NodeSpec with what could be read where there are mistakes."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            word = self._word(node.text, node.mark)
            if word:
                self.arguments.check_required(word, (), node.mark)
            return NodeSpec(node.text, marks={"op": node.mark})
        if not isinstance(node, Map):
            self.findings.add(f"a node is an op with its arguments, given {kind(node)}", node.mark, _FORMS)
            return NodeSpec("?")
        op = self._op(node)
        marks: dict[str, Mark] = {}
        beside = read_beside(node, self.values, known, marks)
        if op is None:
            return NodeSpec("?", id=beside.get("id"), marks=marks)
        entry = node.entries[op]
        marks["op"] = entry.key
        each = beside.get("each")
        if each:
            known = known.plus(each)
        if "repeat" in node.entries:
            known = known.plus((COPY,))
        word = self._word(op, entry.key)
        if word is None:
            return NodeSpec(op, marks=marks, **beside)
        before = len(self.findings)
        others = [key for key in node.entries if key != op and key not in RESERVED]
        args = self.arguments.read(word, entry, known, marks, beside=others, shares="share" in node.entries)
        if op == USE:
            self.uses.check(entry, args, marks, clean=len(self.findings) == before)
        return NodeSpec(op, args, marks=marks, **beside)

    def _op(self, node: Map) -> str | None:
        """The key that is the node's op."""
        others = [key for key in node.entries if key not in RESERVED]
        if len(others) == 1:
            return others[0]
        if not others:
            keys = listed(tuple(f"`{key}`" for key in node.entries))
            hint = f"{keys} can only stand beside an op" if keys else _FORMS
            self.findings.add("a node without an op", node.mark, hint)
            return None
        ops = [key for key in others if signature(key, self.words)]
        if len(ops) > 1:
            named = listed(tuple(quoted(op) for op in ops))
            hint = "begin each with '- ', or indent what belongs to the first below it"
            self.findings.add(f"a node has one op, this one has {len(ops)}: {named}", node.entries[ops[1]].key, hint)
            return ops[0]
        op = ops[0] if ops else others[0]
        for key in others:
            if key != op:
                self._report_beside(key, op, node.entries[key].key)
        return op

    def _report_beside(self, key: str, op: str, at: Mark) -> None:
        word = signature(op, self.words)
        if word and key in word.arguments:
            hint = f"it is an argument of {op}: write `{op}: {{{key}: ...}}`"
        else:
            hint = nearest(key, RESERVED, kind="beside an op stand only")
        self.findings.add(f"unknown key {quoted(key)} beside {quoted(op)}", at, hint)

    def _word(self, op: str, at: Mark) -> Signature | None:
        word = signature(op, self.words)
        if word is None:
            hint = nearest(op, self.words, kind="ops") or "`archgraph ops` lists them"
            if "$" in op:
                hint = "an op is a plain name; `choice: {pick: $name, ...}` takes one of several graphs"
            elif op.startswith("nn."):
                hint = "e.g. `nn.PReLU: {num_parameters: 8}`: a class of torch.nn"
            self.findings.add(f"unknown op {quoted(op)}", at, hint)
        return word
