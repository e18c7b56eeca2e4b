"""A text in, the same spec in canonical layout out, with every comment."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from small_vocabulary import WORDS, spec_of
from spec_strategies import specs

from archgraph import loading, zoo
from archgraph.errors import Source, SpecError
from archgraph.spec.comments import comments
from archgraph.spec.formatting import formatted
from archgraph.spec.model import Spec
from archgraph.spec.writer import write

HEAD = "archgraph: 1\nname: net\ninput: [3, 8, 8]\n"


def laid_out(text: str) -> str:
    return formatted(Source("net.yaml", text), spec_of(text), WORDS)


def found(text: str) -> Counter[str]:
    """The comments of a text."""
    return Counter(comment.text for comment in comments(Source("net.yaml", text)))


EXAMPLES = {
    "beside and above what they are about": (
        "# head\n" + HEAD + "vars:   # sizes\n    width: 8   # all\n    # not of the last\n    depth: 2# no comment\n"
        "graph:\n    # first\n    - conv: {kernel: 3, out: $width}   # small\n    - relu\n# the end\n",
        "# head\n" + HEAD + "vars:  # sizes\n  width: 8  # all\n  # not of the last\n  depth: 2# no comment\n\n"
        "graph:\n  # first\n  - conv: [$width, 3]  # small\n  - relu\n# the end\n",
    ),
    "beside consecutive lines they stand in one column": (
        HEAD + "graph:\n  - relu # a\n  - conv: [8, 3] # b\n  - relu\n  - linear: 10 # c\n",
        HEAD + "\ngraph:\n  - relu          # a\n  - conv: [8, 3]  # b\n  - relu\n  - linear: 10  # c\n",
    ),
    "beside a line of brackets they are about all of it": (
        HEAD + "vars: {width: 8, depth: 2} # sizes\ngraph: [relu] # all\n",
        HEAD + "vars: {width: 8, depth: 2}  # sizes\n\ngraph:  # all\n  - relu\n",
    ),
    "within brackets they are about the last thing in the line": (
        HEAD + "vars: {width: 8, # one\n  depth: 2, w: 3} # two\ngraph: [relu]\n",
        HEAD + "vars:\n  width: 8\n  depth: 2  # two\n  w: 3\n\ngraph:\n  - relu\n".replace("8\n", "8  # one\n"),
    ),
    "beside the end of a list of many lines": (
        HEAD + "graph: [\n  relu, # a\n  # b\n  relu\n  ] # c\n",
        HEAD + "\ngraph:\n  - relu  # a\n  # b\n  - relu  # c\n",
    ),
    "where the layout is of another form they stand at what is around": (
        HEAD + "graph:\n  - conv: # a\n      # b\n      out: 8 # c\n      # d\n      kernel: 3 # e\n  - relu\n",
        HEAD + "\ngraph:\n  # c\n  # e\n  - conv: [8, 3]  # a\n  # b\n  # d\n  - relu\n",
    ),
    "where keys change places they go along": (
        "graph: # nodes\n  - relu\n# size\ninput: [3] # of a vector\n# what\nname: net\narchgraph: 1\n",
        "archgraph: 1\n# what\nname: net\n# size\ninput: [3]  # of a vector\n\ngraph:  # nodes\n  - relu\n",
    ),
    "behind a dash": (
        HEAD + "graph:\n  - # a\n    relu\n  -   # b\n    conv: [8, 3]\n    id: x # c\n",
        HEAD + "\ngraph:\n  # a\n  - relu\n  # b\n  - conv: [8, 3]\n    id: x  # c\n",
    ),
    "in and below long texts": (
        HEAD + "about: > # a\n  text # no comment\n\n # b\nsource: 'a # b' # c\ngraph: [relu]\n",
        "archgraph: 1\nname: net\nabout: |  # a\n  text # no comment\n# b\nsource: 'a # b'  # c\n"
        "input: [3, 8, 8]\n\ngraph:\n  - relu\n".replace("'a # b'", '"a # b"'),
    ),
    "anchors are written out": (
        HEAD + "graph:\n  - conv: &c {out: 8, kernel: 3} # a\n  - conv: *c # b\n  - conv: {<<: *c, out: 16} # c\n",
        HEAD + "\ngraph:\n  - conv: [8, 3]   # a\n  - conv: [8, 3]   # b\n  - conv: [16, 3]  # c\n",
    ),
    "of what is not written they stay": (
        HEAD + "vars: {} # a\n# b\nfeatures: # c\ngraph: [relu]\n",
        "archgraph: 1\nname: net\n# c\ninput: [3, 8, 8]  # a\n\n# b\ngraph:\n  - relu\n",
    ),
}


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_comments(text: str, expected: str) -> None:
    assert laid_out(text) == expected
    assert laid_out(expected) == expected


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_without_comments_it_is_what_is_written(spec: Spec) -> None:
    text = write(spec, WORDS)
    assert laid_out(text) == text


FILES = zoo.files()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_wherever_comments_stand_none_is_lost_and_nothing_else_changes(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(FILES))
    lines = path.read_text("utf-8").splitlines()
    for number in data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=9, unique=True)):
        at = data.draw(st.integers(0, len(lines)))
        comment = f"# {number}"
        if at < len(lines) and data.draw(st.booleans()):
            lines[at] += "  " + comment
        else:
            lines.insert(at, " " * data.draw(st.integers(0, 12)) + comment)
    text = "\n".join(lines) + "\n"
    try:
        loading.loads(text, base=path.parent)
    except SpecError:
        reject()  # a comment within a text of several lines ends that text
    once = loading.laid_out(Source("net.yaml", text), path=path)
    assert found(once) == found(text)
    assert loading.laid_out(Source("net.yaml", once), path=path) == once
    assert loading.loads(once, base=path.parent) == loading.loads(text, base=path.parent)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_zoo_is_laid_out(path: Path) -> None:
    """`archgraph fmt specs/*/*.yaml` lays it out."""
    text = path.read_text("utf-8")
    assert loading.laid_out(Source(str(path), text), path=path) == text
