"""The language as a JSON Schema (draft-07), for editors: what may stand where, with its documentation.

A schema sees one file without its meaning: which blocks there are, which names stand above, what `defaults` fill in
and whether shapes agree is for `archgraph check`. So it takes every spec that is right, and finds wrong types, unknown
arguments, wrong words and misplaced keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archgraph.ops import OPS
from archgraph.schema.arguments import Definitions
from archgraph.schema.language import definitions, file_schema


def schema(*, networks: Iterable[str] = ()) -> dict[str, Any]:
    """The JSON Schema of specs, with every op there is now, those of plug-ins too.

    `networks` are the names that an editor offers where a spec is put into another.
    """
    values = Definitions()
    ops = {f"op.{name}": values.op(op) for name, op in OPS.items()}
    language = definitions(OPS, values, tuple(networks))
    found: dict[str, Any] = _marked({**file_schema(OPS, values), "definitions": {**language, **ops, **values.found}})
    return {"$schema": "http://json-schema.org/draft-07/schema#", **found}


def _marked(schema: Any) -> Any:
    """Descriptions that hold marks, such as `in`, as Markdown too, which editors show as it is meant."""
    if isinstance(schema, list):
        return [_marked(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    marked = {key: _marked(value) for key, value in schema.items()}
    text = schema.get("description")
    return {**marked, "markdownDescription": text} if isinstance(text, str) and "`" in text else marked
