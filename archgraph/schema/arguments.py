"""The arguments of ops as JSON Schema, read off the fields of their classes.

In a spec a value may also be an expression, or a choice or range of values: what pydantic says of a field is widened
by these. Keywords of JSON Schema concern one type each (`minimum` a number, `pattern` a text), so alternatives of
different types are one schema rather than an `anyOf`: an editor then knows which of them was meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from archgraph.ops.base import Op
from archgraph.ops.reference import ArgumentReference, reference
from archgraph.ops.signatures import vocabulary
from archgraph.spec.vocabulary import Argument

Schema: TypeAlias = dict[str, Any]

EXPRESSION = r"\$"
COUNT = r"^[-+]?[0-9]+(\.[0-9]+)?[kMG]$"
NUMBER: Schema = {"type": ["number", "string"], "pattern": COUNT}
_CUSTOM = "custom"
_LABELS = {"title", "default", "description"}


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


class Definitions:
    """The definitions of a schema as they are needed, each under one name."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}
        self._names: dict[str, str] = {}

    def value(self, alternatives: Sequence[Schema], label: str, *, expressions: bool = True) -> Schema:
        """A reference to these values, expressions that give one, and choices between them; `label` names it."""
        if any(one.get("type") == "number" for one in alternatives):
            alternatives = [one for one in alternatives if one.get("type") != "integer"]  # a number is that, too
        key = json.dumps([alternatives, expressions])
        if key not in self._names:
            base = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60] or "value"
            taken = sum(re.fullmatch(rf"{re.escape(base)}(~\d+)?", name) is not None for name in self._names.values())
            name = self._names[key] = f"{base}~{taken + 1}" if taken else base
            self.found[name] = self._widened(alternatives, ref(name), label, expressions=expressions)
        return ref(self._names[key])

    def _widened(self, alternatives: Sequence[Schema], itself: Schema, label: str, *, expressions: bool) -> Schema:
        numbers = any(one.get("type") in ("integer", "number") for one in alternatives)
        pattern = f"{EXPRESSION}|{COUNT}" if numbers else EXPRESSION
        texts = {"type": "string", "pattern": pattern, "patternErrorMessage": f"it takes {label}, or an expression"}
        tagged: Schema = {
            "choice": {"type": "array", "minItems": 1, "items": itself, "description": "What a search may take."},
            "default": {"description": "The value where no search chose; else the first.", **itself},
        }
        if numbers:
            ends = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
            tagged["range"] = {**ends, "description": "The lowest and the highest value, both included."}
            tagged["step"] = {**NUMBER, "description": "The step of the range; else 1."}
        form = {"type": "object", "properties": tagged, "additionalProperties": False}
        deep = [self._deepened(one, f"each of {label}") for one in alternatives]
        any_text = {"type": "string"} in alternatives
        return _merged([*deep, *([texts] if expressions and not any_text else []), form])

    def _deepened(self, schema: Schema, label: str) -> Schema:
        """A list whose items may be expressions and choices too."""
        if schema.get("type") != "array" or not isinstance(schema.get("items"), Mapping) or "$ref" in schema["items"]:
            return schema
        inner = _alternatives(schema["items"])
        return {**schema, "items": self.value(inner, label) if inner != [{}] else {}}

    def op(self, op: type[Op]) -> Schema:
        """What may stand after `op:`: nothing, the first argument's value, a list of values, or arguments by name."""
        about, signature = reference(op), vocabulary()[op.op]
        generated = _Generator().generate(op.__pydantic_core_schema__).get("properties", {})
        names = {
            given.name: {
                "description": described(given),
                **self.argument(given, signature.arguments[given.name], generated.get(given.name, {})),
            }
            for given in about.arguments
        }
        further = ref("graph") if signature.rest else signature.free
        given: Schema = {"type": ["object", "null"], "properties": names, "additionalProperties": further}
        text = {"description": f"{about.summary}\n\n{about.text}".strip()}
        first = next(iter(signature.arguments.values()), None)
        if first is None:
            return {**text, **given, "type": ["object", "array", "null"], "maxItems": 0}
        if first.holds in ("value", "node"):
            by_place = [ref(f"op.{op.op}/properties/{name}") for name in names]
            given |= {"type": ["object", "array", "null"], "items": by_place, "additionalItems": False}
        alone = self._alone(names[first.name])
        given["type"] = list(dict.fromkeys([*given["type"], *alone["type"]]))
        if first.holds in ("value", "graph") and not signature.rest:
            given["patternProperties"] = {"^(choice|range|default|step)$": {}}
        return {**text, **alone, **given}

    def _alone(self, argument: Schema) -> Schema:
        """Keywords for what an argument takes that is neither a list nor a mapping."""
        found = self.found.get(argument.get("$ref", "").rpartition("/")[2], {})
        members = found.get("anyOf", [found])
        words = [word for one in members for word in one.get("enum", [])]
        others = [one for one in members if "enum" not in one]
        keywords = ("minimum", "maximum", "exclusiveMinimum", "pattern", "patternErrorMessage")
        rest = {key: one[key] for one in others for key in keywords if key in one}
        kinds = [kind for one in others for kind in _kinds(one)]
        if words:
            patterns = [f"^({'|'.join(words)})$", rest.get("pattern")]
            rest["pattern"] = "|".join(pattern for pattern in patterns if pattern)
        return {**rest, "type": list(dict.fromkeys([*kinds, *["string"][: len(words)]]))}

    def argument(self, about: ArgumentReference, argument: Argument, generated: Schema) -> Schema:
        """What an argument takes in a spec."""
        given = _alternatives(generated)
        known = [one for one in given if _CUSTOM not in one and one]
        if argument.holds == "value":
            return self.value(known, about.takes) if len(known) == len(given) else {}
        if argument.holds == "graph":
            words = [one for one in known if one.get("type") in ("string", "null")]
            return self.value([*words, {"type": "array", "items": ref("node")}], about.takes, expressions=False)
        if argument.holds == "node":
            return ref("optional-reference" if {"type": "null"} in given else "reference")
        return ref(argument.holds)


def described(argument: ArgumentReference) -> str:
    """What an argument is for, what it takes, and its default."""
    default = argument.default
    shown = str(default).lower() if isinstance(default, bool) else default
    end = "Required." if argument.required else "" if default is None else f"Default: {shown}."
    takes = f"Takes {argument.takes}." if argument.takes else ""
    return " ".join(filter(None, [argument.text, takes, end]))


def _merged(alternatives: Sequence[Schema]) -> Schema:
    """One schema for several: those without words that have a type of their own become keywords of the same one."""
    words = [one for one in alternatives if "enum" in one or "const" in one]
    rest = [one for one in alternatives if one not in words]
    kinds = [kind for one in rest for kind in _kinds(one)]
    if len(set(kinds)) == len(kinds) and all("type" in one for one in rest):
        rest = [{key: value for one in rest for key, value in one.items()} | {"type": kinds}]
    members = [*words, *rest]
    return members[0] if len(members) == 1 else {"anyOf": members}


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _alternatives(schema: Schema) -> list[Schema]:
    """The members of a union, those of unions within it too, without titles and defaults."""
    members = schema.get("anyOf") or schema.get("oneOf")
    if members:
        return [inner for member in members for inner in _alternatives(member)]
    return [{key: value for key, value in schema.items() if key not in _LABELS}]


class _Generator(GenerateJsonSchema):
    """Pydantic's JSON Schema of an op's fields; values that only our own validators know are marked as such."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> Schema:
        return {_CUSTOM: True}

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> Schema:
        return {_CUSTOM: True}
