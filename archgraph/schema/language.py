"""The keys of a file, of a block and of a node, as JSON Schema, with what an editor says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archgraph.ops.base import Op
from archgraph.ops.reference import reference
from archgraph.schema.arguments import COUNT, Definitions, Schema, ref

NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,99}$"
# Names that are keys. A merge key is one to editors, though YAML has put in what it stands for.
NAMES = r"^([A-Za-z_][A-Za-z0-9_-]{0,99}|<<)$"
VARIABLES = r"^([A-Za-z_][A-Za-z0-9_]{0,99}|<<)$"
PATHS = r"^([A-Za-z0-9_][A-Za-z0-9_-]{0,99}|<<)$"
WORDS = r"^((nn\.)?[A-Za-z_][A-Za-z0-9_-]{0,99}|<<)$"
WORD = r"^(nn\.)?[A-Za-z_][A-Za-z0-9_-]{0,99}$"
REFERENCE = r"^[A-Za-z_][A-Za-z0-9_-]*(\.[0-9]+)*(/[A-Za-z0-9_-]+)?$"

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_COUNT: Schema = {"type": ["integer", "string"], "minimum": 0, "pattern": COUNT}
_HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{16,64}$"}
_SIZES: Schema = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 3}
_SHAPE: Schema = {**_SIZES, "description": "Sizes without the batch: C, H, W, or C, L, or N."}
_SHAPES: Schema = {**_SIZES, "type": ["array", "object"], "minProperties": 1, "additionalProperties": _SHAPE}
_GRAPH: Schema = {"type": "array", "items": ref("node"), "minItems": 1}
_NAMES: Schema = {"type": "array", "items": {"type": "string", "pattern": NAME}}

EXPECT: Mapping[str, Schema] = {
    "params": {**_COUNT, "description": "Trainable numbers, those of outputs in `train_only` too."},
    "buffers": {**_COUNT, "description": "Numbers kept but not trained, such as running means."},
    "macs": {
        **_COUNT,
        "description": "Multiply-adds of conv, linear, matmul and attention for one input in eval mode.",
    },
    "flops": {**_COUNT, "description": "2 x macs."},
    "output": {**_SHAPES, "description": "Shape of the output in eval mode, or shapes by name."},
    "convs": {**_WHOLE, "description": "Convolutions with weights of their own."},
    "linears": {**_WHOLE, "description": "Linear layers with weights of their own."},
    "batch_norms": {**_WHOLE, "description": "Batch norms with weights of their own."},
    "param_shapes": {**_HASH, "description": "First digits of the sha256 of all sorted parameter shapes; in quotes."},
    "param_shapes_sq": {**_HASH, "description": "The same without sizes of 1, blind to 1x1 conv versus linear."},
}


def file_schema(ops: Mapping[str, type[Op]], values: Definitions) -> Schema:
    """A whole file."""
    keys: dict[str, Schema] = {
        "archgraph": {"const": 1, "description": "Version of the language: 1."},
        "name": {**_TEXT, "minLength": 1, "description": "What the network is called."},
        "about": {**_TEXT, "description": "A line for people."},
        "source": {**_TEXT, "description": "The paper or code that it follows."},
        "input": {**_SHAPES, "description": "Shape of one input without the batch, e.g. [3, 224, 224]; or by name."},
        "use": {"type": "array", "items": _TEXT, "description": "Files whose blocks are words of this one."},
        "vars": {**_variables(), "description": "Variables: `$name` in expressions; `--set name=value` changes one."},
        "defaults": {**_defaults(ops), "description": "Default arguments of ops, for the whole file."},
        "blocks": {
            "type": "object",
            "propertyNames": {"pattern": NAMES},
            "additionalProperties": ref("block"),
            "description": "Your own ops: graphs with arguments.",
        },
        "graph": {**_GRAPH, "description": "The network: its nodes from top to bottom."},
        "outputs": {**_taps(), "description": "What the network gives: names for nodes. Else the last node."},
        "train_only": {**_NAMES, "description": "Outputs that are there in training mode alone."},
        "features": {**_taps(), "description": "Taps of a backbone, from fine to coarse: names for nodes."},
        "expect": {**ref("expect"), "description": "Figures that `archgraph check` compares."},
        "variants": {
            "type": "object",
            "propertyNames": {"pattern": NAMES},
            "additionalProperties": ref("variant"),
            "description": "Named settings of the variables; each is a network of its own.",
        },
    }
    return {
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
        "required": ["archgraph", "name"],
        # A file that only has blocks for others needs neither; one half of a network is a mistake.
        "dependencies": {"input": ["graph"], "graph": ["input"]},
        "anyOf": [{"required": ["graph"]}, {"required": ["blocks"]}],
    }


def definitions(ops: Mapping[str, type[Op]], values: Definitions, networks: Sequence[str]) -> dict[str, Schema]:
    """What the keys of a file and the arguments of ops refer to."""
    graphs: Schema = {"type": ["array", "object"], "items": ref("graph"), "additionalProperties": ref("graph")}
    return {
        "graph": {**_GRAPH, "minItems": 0},
        "graphs": {**graphs, "propertyNames": {"pattern": PATHS}, "minItems": 1, "minProperties": 1},
        "node": _node(ops, values),
        "use": _use(values, networks),
        "block": _block(),
        "variant": _variant(),
        "expect": {"type": ["object", "null"], "properties": dict(EXPECT), "additionalProperties": False},
        "columns": _columns(),
        "reference": {"type": "string", "pattern": REFERENCE},
        "optional-reference": {"type": ["string", "null"], "pattern": REFERENCE},
    }


def _node(ops: Mapping[str, type[Op]], values: Definitions) -> Schema:
    """An op alone, or an op with its arguments and the keys that may stand beside it."""
    alone = [name for name, op in ops.items() if not any(field.is_required() for field in op.model_fields.values())]
    words: dict[str, Schema] = {name: ref(f"op.{name}") for name in ops}
    beside: Mapping[str, Schema] = {
        "id": {"type": "string", "pattern": NAME, "description": "Its name in this graph; else op and number."},
        "from": {
            "type": ["string", "array"],
            "pattern": REFERENCE,
            "items": ref("reference"),
            "minItems": 1,
            "description": "Its inputs, in order: names of nodes above, `in` (the graph's input), `prev` (the node "
            "above, the default), `stage.0.2` (a copy), `x/1` or `x/name` (an output).",
        },
        "repeat": {
            **values.value([_WHOLE], "a whole number from 0"),
            "description": "Copies, each fed by the one before; `$i` is a copy's number, from 0.",
        },
        "each": {**ref("columns"), "description": "One copy a column of these lists; their names are variables."},
        "when": {
            **values.value([{"type": "boolean"}], "true or false"),
            "description": "Leaves the node out where it is false.",
        },
        "share": {**ref("reference"), "description": "A node above with the same op whose weights this one uses."},
    }
    own = {"description": "A block of this file, or of a file in `use`."}
    return {
        "anyOf": [
            # One list: an editor that tries an alternative for each name takes five times as long over a file.
            {"enum": alone, "markdownEnumDescriptions": [reference(ops[name]).summary for name in alone]},
            {"type": "string", "pattern": WORD},
            {
                "type": "object",
                "properties": {**words, "use": ref("use"), **beside},
                "patternProperties": {r"^nn\.": {"description": "A class of torch.nn, with its own arguments."}},
                "additionalProperties": own,
                "propertyNames": {"pattern": WORDS},
                "minProperties": 1,
                "dependencies": {name: {"propertyNames": {"enum": [name, *beside, "<<"]}} for name in (*words, "use")},
            },
        ]
    }


def _use(values: Definitions, networks: Sequence[str]) -> Schema:
    """A spec as a node."""
    known: list[Schema] = [{"type": "string", "enum": list(networks)}] if networks else []
    spec = values.value([*known, _TEXT], "a network of the zoo or a file below this one's folder")
    taken = values.value([{"type": "string", "enum": ["outputs", "features"]}, _TEXT], "what is taken of a spec")
    keys = {
        "spec": {**spec, "description": "The network: its name in the zoo, or its file below this file's folder."},
        "take": {
            **taken,
            "description": "`outputs` (the default), `features`, or the name of one. The others are left out.",
        },
    }
    return {
        "description": "Another spec as a node. Further keys set its variables.",
        "type": ["object", "string", "array"],
        "properties": keys,
        "additionalProperties": True,
    }


def _block() -> Schema:
    return {
        "type": "object",
        "properties": {
            "args": {
                "type": ["object", "null"],
                "propertyNames": {"pattern": VARIABLES},
                "description": "Its arguments, in order: `name: type` (int, float, str, bool, list) is required, "
                "`name: value` has a default.",
            },
            "inputs": {**_NAMES, "description": "Names for its inputs, one tensor each, beside `in` for all."},
            "vars": {**_variables(), "description": "Variables of its own, which may use its arguments."},
            "graph": {**_GRAPH, "description": "Its nodes from top to bottom."},
            "outputs": {
                "type": ["array", "object"],
                "items": ref("reference"),
                "propertyNames": {"pattern": NAMES},
                "additionalProperties": ref("reference"),
                "description": "What it gives, where that is not its last node: names of nodes, or names for them.",
            },
        },
        "required": ["graph"],
        "additionalProperties": False,
    }


def _variant() -> Schema:
    return {
        "type": ["object", "null"],
        "description": "Values of the file's variables; `input`, `about`, `source`, `expect` where they differ.",
        "properties": {
            "input": {**_SHAPES, "description": "Another input."},
            "about": {**_TEXT, "description": "A line for people."},
            "source": {**_TEXT, "description": "The paper or code that it follows."},
            "expect": {**ref("expect"), "description": "Figures that `archgraph check` compares."},
        },
        "propertyNames": {"pattern": VARIABLES},
    }


def _variables() -> Schema:
    return {"type": ["object", "null"], "propertyNames": {"pattern": VARIABLES}}


def _taps() -> Schema:
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": NAMES},
        "additionalProperties": ref("reference"),
    }


def _columns() -> Schema:
    tagged = {"type": "object", "required": ["choice"]}
    column = {"anyOf": [{"type": ["array", "string"], "pattern": r"\$"}, tagged]}
    names = {"propertyNames": {"pattern": VARIABLES}, "minProperties": 1}
    return {"type": "object", **names, "additionalProperties": column}


def _defaults(ops: Mapping[str, type[Op]]) -> Schema:
    """Arguments of ops by name."""
    by_name = {name: {"allOf": [{"type": "object"}, ref(f"op.{name}")]} for name in ops}
    return {"type": ["object", "null"], "properties": by_name, "additionalProperties": False}
