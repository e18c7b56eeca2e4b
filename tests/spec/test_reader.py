"""YAML in, located data or a message out; compared with ruamel.yaml, an independent reader of YAML 1.2."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archgraph.errors import Source, SpecError
from archgraph.spec import reader
from archgraph.spec.reader import decode, read
from archgraph.spec.scalars import UnusableNumberError, resolve
from archgraph.spec.tree import Map, Seq, plain

DOCUMENTS = {
    "flow": "a: [1, {b: c, d: }, [], {}]\ne: {f: 'it''s', g: \"tab\\t\\u00e9\"}\n",
    "block": "- a\n-\n  - b\n  - c: 1\n    d: 2\n-\n",
    "texts": "a: |\n  one\n   two\n\nb: >-\n  folded\n  text\n\n  more\nc: plain\n  goes on\nd: |+\n  keep\n\n",
    "aliases": "a: &x [1, 2]\nb: *x\nc: &y {d: *x}\ne: [*y, *y]\n",
    "merge": "base: &b {k: 1, l: 2}\none: {<<: *b, l: 3}\n",
    "merge of several": "a: &a {k: 1}\nb: &b {k: 2, l: 3}\nc: {<<: [*a, *b], m: 4}\n",
    "comments": "# first\na: 1 # second\n\n# third\nb: 'c # d'\n",
    "unicode": "größe: 'ünïcode 😀'\nb: [é, 日本]\n",
    "one document": "---\na: 1\n...\n",
    "single pairs": "[a: 1, b, {c: 2}]\n",
}


def data(text: str) -> Any:
    return plain(read(Source("net.yaml", text)).checked())


def message(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(Source("net.yaml", text)).checked()
    return str(caught.value)


def ruamel_data(text: str) -> Any:
    ruamel = pytest.importorskip("ruamel.yaml")
    return ruamel.YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents_are_read_as_by_an_independent_reader(text: str) -> None:
    assert data(text) == ruamel_data(text)


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_without_libyaml_the_same_is_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = data(text)
    monkeypatch.setattr(reader, "_Loader", yaml.SafeLoader)
    assert data(text) == fast


# ruamel.yaml takes dates and signed `-0x1f`, which the core schema does not have, and no `.5e3`, which it has.
_NOT_CORE = re.compile(r"[-+]0[xo]|\d{4}-\d\d?-\d\d?|[-+]?\.\d+[eE]")


@given(st.text("+-.0123456789eEoxfinaNtruUTlL~", min_size=1, max_size=12))
def test_plain_scalars_follow_the_core_schema(text: str) -> None:
    if (text[0] == "-" and len(text.strip("-")) == 0) or _NOT_CORE.match(text):
        return
    theirs = ruamel_data(f"a: {text}")["a"]
    try:
        ours = resolve(text)
    except UnusableNumberError:
        assert isinstance(theirs, (int, float)) and abs(theirs) > 2**53
        return
    if isinstance(theirs, float) and math.isnan(theirs):
        assert isinstance(ours, float) and math.isnan(ours)
    else:
        assert ours == theirs
        assert isinstance(ours, str) == isinstance(theirs, str)
        assert isinstance(ours, bool) == isinstance(theirs, bool)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20e6", 20_000_000), ("1.5e3", 1500), ("1e-5", 1e-5), ("2.5e0", 2.5), ("20.0", 20.0), ("1e16", 1e16),
        ("20M", 20_000_000), ("300k", 300_000), ("1.2G", 1_200_000_000), ("1.1G", 1_100_000_000), ("-2k", -2000),
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("y", "y"), ("12:30:00", "12:30:00"), ("1_000", "1_000"),
        ("0o17", 15), ("0x1f", 31), ("017", 17), ("~", None), ("", None), (".inf", math.inf), ("-.inf", -math.inf),
        ("20m", "20m"), ("3x3", "3x3"), ("2.0.1", "2.0.1"), ("9223372036854775807", 2**63 - 1),
    ],
)  # fmt: skip
def test_scalar(text: str, value: object) -> None:
    found = data(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_quoted_scalars_are_texts() -> None:
    assert data("""{a: "1", b: 'no', c: "", d: '20M'}""") == {"a": "1", "b": "no", "c": "", "d": "20M"}


def test_keys_are_texts() -> None:
    assert data("{1: a, no: b, null: c, 20M: d}") == {"1": "a", "no": "b", "null": "c", "20M": "d"}


def test_every_value_has_its_place() -> None:
    tree = read(Source("net.yaml", "a: 1\nb:\n  - {c: two}\n  - 'three'\n"))
    assert isinstance(tree.root, Map)
    places = {path: tree.at(path) for path in (("a",), ("b",), ("b", 0), ("b", 0, "c"), ("b", 1))}
    assert {path: (at.line, at.col, at.length) for path, at in places.items()} == {
        ("a",): (1, 4, 1), ("b",): (3, 3, 1), ("b", 0): (3, 5, 1), ("b", 0, "c"): (3, 9, 3), ("b", 1): (4, 5, 7),
    }  # fmt: skip
    assert str(tree.key(("b", 0, "c"))) == "net.yaml:3:6"
    assert tree.at(("b", 7, "nothing")) == tree.at(("b",))


def test_aliases_keep_the_place_of_their_value() -> None:
    tree = read(Source("net.yaml", "a: &x [1]\nb: *x\n"))
    assert isinstance(tree.root, Map)
    value = tree.root.entries["b"].value
    assert isinstance(value, Seq)
    assert value.items[0].mark.line == 1


def test_duplicate_key_is_shown_at_the_second() -> None:
    assert message("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n") == (
        "net.yaml:5:3: the key 'c' stands twice\n"
        "    5 |   c: 3\n"
        "      |   ^\n"
        "      = it is given first in line 3\n"
        "net.yaml:6:1: the key 'a' stands twice\n"
        "    6 | a: 4\n"
        "      | ^\n"
        "      = it is given first in line 1"
    )


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "1:1", "the file is empty"),
        ("# only a comment\n", "1:1", "the file is empty"),
        ("a: [1, 2\nb: 3\n", "2:2", "a list is not closed: it begins in line 1, column 4"),
        ("a: {b: 1\nc: 3\n", "2:2", "a mapping is not closed: it begins in line 1, column 4"),
        ("a: 'open\n", "1:9", "a quoted text is not closed: it begins in line 1, column 4"),
        ("a:\n\t- b\n", "2:1", "a tab cannot indent"),
        ("a: @b\n", "1:4", "a text cannot begin with '@'"),
        ("a: b: c\n", "1:5", "a ':' cannot stand here"),
        ("a:\n    - b\n  - c\n", "3:3", "wrong indentation: this line belongs to nothing above it"),
        ("a: 'b' c\n", "1:8", "the value ended before this"),
        ("a: 1\nb\nc: 1\n", "2:1", "a key without ':'"),
        ("a: {", "1:5", "the text ends where a value was expected"),
        ('a: "\\q"\n', "1:5", "an unknown escape in a quoted text"),
        ("a: - b\n", "1:4", "a list cannot begin here"),
        ("a: 1\n---\nb: 2\n", "2:1", "a second document begins"),
        ("a: *b\n", "1:4", "unknown anchor '*b'"),
        ("a: &b [*b]\n", "1:8", "the value '&b' contains itself"),
        ("a: 1\nb: x\x07y\n", "2:5", "a control character (U+0007) cannot stand in a file"),
        ("a: !!python/name:os.system x\n", "1:4", "the tag '!!python/name:os.system' is not read"),
        ("a: !include other.yaml\n", "1:4", "the tag '!include' is not read"),
        ("[a]: 1\n", "1:1", "a key has to be a text"),
        ("? \n: 1\n", "1:2", "a key is missing before ':'"),
        ("{<<: 1}\n", "1:6", "'<<' takes a mapping or a list of mappings"),
        ("a: 99999999999999999999\n", "1:4", "'99999999999999999999' is too large a number"),
        ("a: 1.5555k\n", "1:4", "'1.5555k' is not a whole number"),
        ("a: 1e999\n", "1:4", "'1e999' is too large a number"),
    ],
)
def test_mistake(text: str, place: str, said: str) -> None:
    first = message(text).splitlines()[0]
    assert first == f"net.yaml:{place}: {said}"


def test_text_that_is_not_utf8_is_shown_where_it_stops_being_so() -> None:
    with pytest.raises(SpecError) as caught:
        decode("net.yaml", "a: 1\nb: größe".encode("latin-1"))
    assert str(caught.value) == (
        "net.yaml:2:6: not UTF-8 text: byte 0xf6\n    2 | b: gr��e\n      |      ^\n      = save the file as UTF-8"
    )


def test_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode("net.yaml", b"\xef\xbb\xbfa: 1").text == "a: 1"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=20), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    # Quoted, because PyYAML writes YAML 1.1, in which `1e3` and `20M` are texts.
    text = yaml.safe_dump({"a": value}, default_style='"', allow_unicode=True)
    text = re.sub(r"!!(int|float|bool|null) \"([^\"]*)\"", r"\2", text)
    found = data(text)["a"]
    assert found == value
