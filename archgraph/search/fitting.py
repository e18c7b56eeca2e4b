"""Whether the data of a recipe can be read, and whether its parents take them and answer in their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archgraph.errors import Finding
from archgraph.search.proposal import Candidate
from archgraph.spec.tree import Tree
from archgraph.train.data import DataError, DataSource, source
from archgraph.train.fitting import misfits

DATA = ("evaluate", "train", "data")
"""Where a recipe says what it trains on."""


def readable(
    values: Mapping[str, Any], tree: Tree, *, folder: Path, settings: Mapping[str, Any]
) -> tuple[DataSource | None, list[Finding]]:
    """The data of a recipe, opened, and what keeps them from being read; looked at even where other values are wrong.

    In `values` their paths become absolute, so that they are found from any folder. Paths of the file are from
    `folder`, those of `--set` from the current one.
    """
    training: Any = values
    for step in DATA[:-1]:
        training = training.get(step) if isinstance(training, Mapping) else None
    given = training.get(DATA[-1]) if isinstance(training, Mapping) else None
    if not isinstance(given, str | Mapping) or not given:
        return None, []
    setting = next((key for key in settings if f"{'.'.join(DATA)}.".startswith(f"{key}.")), None)
    try:
        found = source(given, base=Path() if setting else folder)
        if (install := found.missing()) is not None:
            raise DataError(f"the data set {given} is read with {found.needs}, which is not installed", hint=install)
    except DataError as error:
        if setting:
            return None, [Finding(f"--set {setting}={settings[setting]}: {error.message}", hint=error.hint)]
        path = (*DATA, *error.path)
        return None, [Finding(error.message, tree.key(path) if error.at_key else tree.at(path), error.hint)]
    training["data"] = found.given
    return found, []


def unfit(
    data: DataSource, parents: Sequence[Candidate], objectives: Sequence[str], tree: Tree, *, settings: bool
) -> list[Finding]:
    """What keeps the parents from being trained on the data; `settings` is whether the recipe has `set`."""
    at = tree.at(("set",) if settings else ("spec",))
    findings = []
    for parent in parents:
        for one in misfits(parent.spec.name, parent.spec.input, parent.cost.outputs, data):
            hint = f"{'' if one.variable == 'input' else 'for example '}set: {{{one.variable}: {one.value}}}"
            findings.append(Finding(one.message, at, hint))
    if data.task == "classification" and "iou" in objectives:
        where = tree.at(("objectives", list(objectives).index("iou")))
        findings.append(Finding("iou is for masks, these data have classes", where, "accuracy and loss are for both"))
    return findings
