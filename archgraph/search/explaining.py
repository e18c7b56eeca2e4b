"""What pydantic says of a recipe, in our words and at its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, ValidationError

from archgraph.errors import Finding, nearest
from archgraph.ops.arguments import Takes
from archgraph.search.mistakes import Mistake, MistakesError
from archgraph.search.recipe import Recipe
from archgraph.spec.tree import Located, Map, Tree, kind, plain

Path: TypeAlias = tuple[str | int, ...]


def explain(error: ValidationError, tree: Tree, settings: Mapping[str, Any]) -> list[Finding]:
    """The findings for what is wrong with a recipe, those about `settings` without a place in the file."""
    findings = []
    for found in error.errors(include_url=False):
        path: Path = found["loc"]
        wrong = found.get("ctx", {}).get("error")
        mistakes = (
            wrong.mistakes
            if isinstance(wrong, MistakesError)
            else [_mistake(found["type"], path, found["input"], tree)]
        )
        for mistake in mistakes:
            whole = (*path, *mistake.path) if isinstance(wrong, MistakesError) else path
            findings.append(_finding(mistake, whole, tree, settings))
    return findings


def _mistake(type_: str, path: Path, given: Any, tree: Tree) -> Mistake:
    if type_ == "extra_forbidden":
        allowed = _models(path[:-1])[-1].model_fields
        return Mistake(path, f"unknown key {path[-1]!r}", nearest(str(path[-1]), allowed, most=20), at_key=True)
    if type_ == "missing":
        return Mistake(path, f"the key {path[-1]!r} is missing; it takes {_takes(path)}")
    return Mistake(path, f"{_dotted(path)} is {_shown(tree, path, given)}, it takes {_takes(path)}")


def _finding(mistake: Mistake, path: Path, tree: Tree, settings: Mapping[str, Any]) -> Finding:
    for key, value in settings.items():
        if f"{_dotted(path)}.".startswith(f"{key}."):
            return Finding(f"--set {key}={value}: {mistake.message}", hint=mistake.hint)
    return Finding(mistake.message, tree.key(path) if mistake.at_key else tree.at(path), mistake.hint)


def _models(path: Path) -> list[type[BaseModel]]:
    """The models that a path leads through, as far as it is one of fields."""
    models: list[type[BaseModel]] = [Recipe]
    for step in path:
        field = models[-1].model_fields.get(str(step))
        # `Training | None` is a mapping that may be absent.
        parts = [part for part in get_args(field.annotation) if part is not NoneType] if field else []
        inner = parts[0] if len(parts) == 1 else field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        models.append(inner)
    return models


def _takes(path: Path) -> str:
    """What the innermost field on a path takes, in words."""
    found = ""
    for model, step in zip(_models(path), path, strict=False):
        field = model.model_fields.get(str(step))
        found = next((item.text for item in field.metadata if isinstance(item, Takes)), "") if field else found
    return found


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


def _shown(tree: Tree, path: Path, value: Any) -> str:
    """A value as it stands in the file; one that does not, as a setting, by itself."""
    node: Located = tree.root
    for step in path:
        if not isinstance(node, Map) or str(step) not in node.entries:
            return repr(value)
        node = node.entries[str(step)].value
    return kind(node) if plain(node) == value else repr(value)
