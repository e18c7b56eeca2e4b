"""The names users rely on. A change here is a change of the interface: it belongs in CHANGELOG.md."""

from __future__ import annotations

import archgraph
from archgraph.errors import ArchgraphError, SpecError, UsageError

NAMES = {
    "ArchgraphError", "Cost", "Graph", "Spec", "SpecError", "UsageError",
    "build", "cost", "diff", "draw", "dump", "expand", "load", "loads", "override", "plugin", "table",
}  # fmt: skip


def test_the_package_has_these_names_and_no_others() -> None:
    assert set(archgraph.__all__) == NAMES
    assert set(dir(archgraph)) >= NAMES
    assert all(getattr(archgraph, name) is not None for name in NAMES - {"build"})


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(archgraph, "import_module_from_the_moon")


def test_every_public_function_and_class_says_what_it_is() -> None:
    for name in NAMES:
        assert (getattr(archgraph, name).__doc__ or "").strip(), name


def test_errors_of_users_have_one_base() -> None:
    assert issubclass(SpecError, ArchgraphError) and issubclass(UsageError, ArchgraphError)
    assert archgraph.SpecError is SpecError
