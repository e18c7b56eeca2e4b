"""The vocabulary: one class an op, one family a file, and the table of them."""

from __future__ import annotations

from archgraph.ops.making import make, mistakes
from archgraph.ops.signatures import roles, vocabulary
from archgraph.ops.table import OPS

__all__ = ["OPS", "make", "mistakes", "roles", "vocabulary"]
