"""From a recipe's file to a checked recipe and its parents: every finding at its line, before anything runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from archgraph.errors import Finding, Mark, Source, SpecError, UsageError, nearest
from archgraph.loading import is_path, load, override, split
from archgraph.search.budget import Budget
from archgraph.search.explaining import explain
from archgraph.search.fitting import readable, unfit
from archgraph.search.genotype import genotype_of
from archgraph.search.proposal import Candidate, given
from archgraph.search.reach import brought_inside
from archgraph.search.recipe import Recipe
from archgraph.search.sampler import missing
from archgraph.spec.foreign import standalone
from archgraph.spec.model import Spec
from archgraph.spec.reader import decode, read
from archgraph.spec.tree import Map, Tree, plain
from archgraph.zoo import recipes_folder


@dataclass(frozen=True)
class Reading:
    """A recipe that can run: checked, as plain values, as text, and its parents, all of them inside the budget."""

    recipe: Recipe
    values: Mapping[str, Any]
    text: str
    parents: tuple[Candidate, ...]


def read_recipe(path: str | Path, *, settings: Mapping[str, Any] | None = None) -> Reading:
    """Read a recipe, with other values for some of its keys: `{"evaluate.train.epochs": 2}`.

    A name such as `digits` finds a recipe that comes with archgraph. Raises SpecError with every mistake in the
    file, UsageError where there is no such file.
    """
    file = _locate(Path(path))
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    return check_recipe(decode(str(file), data), folder=file.parent, settings=settings or {})


def check_recipe(source: Source, *, folder: Path, settings: Mapping[str, Any]) -> Reading:
    """Check the text of a recipe; paths in it are from `folder`. Raises SpecError with every mistake."""
    tree = read(source)
    if not isinstance(tree.root, Map):
        begins = Finding("a recipe is a mapping", tree.root.mark, "it begins `archgraph_search: 1`")
        raise SpecError([*tree.findings, begins])
    values = plain(tree.root)
    for key, value in settings.items():
        _set(values, key, value)
    findings = list(tree.findings)
    specs = _load_all(values.get("spec"), tree, folder, findings)
    data, unreadable = readable(values, tree, folder=folder, settings=settings)
    findings += unreadable
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        raise SpecError(findings + explain(error, tree, settings)) from None
    if findings:
        raise SpecError(findings)
    parents = _parents(specs, recipe, tree, findings)
    if data is not None:
        findings += unfit(data, parents, recipe.objectives, tree, settings=bool(recipe.set))
        if recipe.mutate.get("resolution"):
            message = "resolution changes the input of a network, and the images of a recipe stay as they are"
            findings.append(Finding(message, tree.key(("mutate", "resolution")), "leave it out"))
    findings += _unusable(recipe, parents, tree, settings)
    if not findings:
        operators = [name for name, weight in recipe.mutate.items() if weight]
        parents = [brought_inside(parent, recipe.limits, operators, seed=recipe.seed) for parent in parents]
        findings += [finding for parent in parents for finding in _out_of_reach(parent, recipe.limits, tree)]
    if findings:
        raise SpecError(findings)
    text = _as_text(values, source.name, settings) if settings else source.text
    return Reading(recipe, values, text, tuple(parents))


def _locate(file: Path) -> Path:
    if file.is_file():
        return file
    shipped = recipes_folder() / f"{file.name.removesuffix('.yaml')}.yaml"
    if shipped.is_file() and file.parent in (Path(), Path("search")):
        return shipped
    known = [recipe.stem for recipe in recipes_folder().glob("*.yaml")]
    raise UsageError(f"no recipe {str(file)!r}; {nearest(file.stem, known, kind='those that come with archgraph')}")


def _set(values: dict[str, Any], key: str, value: Any) -> None:
    """Put a value at a dotted key; whether there is such a key is found with the rest."""
    *above, last = key.split(".")
    for step in above:
        inner = values.get(step)
        values[step] = values = dict(inner) if isinstance(inner, Mapping) else {}
    values[last] = value


def _as_text(values: Mapping[str, Any], name: str, settings: Mapping[str, Any]) -> str:
    """A recipe with its settings applied, as YAML that reads back the same (JSON is a part of YAML)."""
    changed = " ".join(f"--set {key}={value}" for key, value in settings.items())
    lines = [f"{key}: {json.dumps(value)}" for key, value in values.items()]
    return "\n".join([f"# {name} with {changed}", *lines, ""])


def _load_all(names: Any, tree: Tree, folder: Path, findings: list[Finding]) -> list[Spec]:
    """The parents as they are written; the mistakes of a spec are findings of its own file."""
    specs = []
    for index, name in enumerate(names if isinstance(names, list) else [names]):
        if not isinstance(name, str):
            continue
        try:
            spec = load(folder / name if (folder / split(name)[0]).is_file() else name)
            findings += _left_behind(spec, tree.at(("spec", index)))
            specs.append(standalone(spec))
        except UsageError as error:
            findings.append(Finding(str(error), tree.at(("spec", index))))
        except SpecError as error:
            findings += error.findings
    return specs


def _left_behind(spec: Spec, at: Mark) -> list[Finding]:
    """The files that a spec puts in as nodes: its children are written elsewhere, where these would not be found."""
    paths = [text for text in spec.used if text not in spec.use and is_path(text)]
    hint = "let it use networks of the zoo, or write the graph of that file as a block"
    return [Finding(f"{spec.name} uses the file {text!r}, which its children could not", at, hint) for text in paths]


def _parents(specs: list[Spec], recipe: Recipe, tree: Tree, findings: list[Finding]) -> list[Candidate]:
    """The specs with the recipe's `set`, as candidates."""
    found: list[Candidate] = []
    for spec in specs:
        try:
            found.append(given(override(spec, recipe.set)))
        except UsageError as error:
            findings.append(Finding(str(error), tree.at(("set",))))
        except SpecError as error:
            findings += error.findings
    return found


def _unusable(recipe: Recipe, parents: list[Candidate], tree: Tree, settings: Mapping[str, Any]) -> list[Finding]:
    """Keys that are right by themselves, and wrong here or beside another."""
    findings = []
    if (install := missing(recipe.sampler)) is not None:
        at = None if "sampler" in settings else tree.at(("sampler",))
        findings.append(Finding(f"the sampler {recipe.sampler} needs scipy, which is not installed", at, install))
    if recipe.repair and genotype_of([parent.spec for parent in parents], recipe.mutate) is not None:
        message = "repair makes layers narrower, and this search changes choices alone"
        at = None if "repair" in settings else tree.key(("repair",))
        findings.append(Finding(message, at, "leave it out; what is over the budget is drawn anew"))
    return findings


def _out_of_reach(parent: Candidate, budget: Budget, tree: Tree) -> list[Finding]:
    """The limits that no change of a parent's was found to keep."""
    findings = []
    for name in budget.broken(parent.cost):
        at: Mark = tree.at(("budget", name))
        message = f"an impossible budget: {name} is to be {budget.limits[name]}"
        hint = f"the nearest that changes of {parent.spec.name} came to all limits has {getattr(parent.cost, name):,}"
        findings.append(Finding(message, at, hint))
    return findings
