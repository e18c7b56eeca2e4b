"""Every example in the documentation is what the tool reads and prints."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from archgraph.schema import schema
from archgraph.search.mutations import MUTATIONS
from archgraph.search.recipe import OBJECTIVES, Evaluate, Recipe
from archgraph.spec.blocks import KEYS as BLOCK_KEYS
from archgraph.spec.expectations import EXPECT
from archgraph.spec.model import RESERVED
from archgraph.spec.operators import FUNCTIONS
from archgraph.spec.parser import KEYS
from archgraph.train.data import DATA
from archgraph.train.settings import Training

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r'<img src="([^"]+)"')
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LANGUAGES = {"yaml", "text", "console", "pycon", "python", "diff", "sh", "json", "lua", "mermaid", ""}


def test_every_spec_is_a_network_or_shows_its_mistakes(page: Path, pages: ModuleType, tmp_path: Path) -> None:
    for block in pages.blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        if block.language == "yaml" and not {"recipe", "torch"} & set(block.words):
            said = pages.complaint(pages.completed(block), block.file or "net.yaml", folder=tmp_path)
            assert bool(said) == ("wrong" in block.words), f"{block}\n{said}"


def test_what_a_page_shows_is_what_the_tool_prints(page: Path, pages: ModuleType) -> None:
    for block, got in pages.results(page, torch=False):
        assert pages.same(block, got), f"{block} (python docs/pages.py writes it)\n{got}"


def test_the_pictures_of_a_page_are_what_the_tool_draws(page: Path, pages: ModuleType) -> None:
    for path, svg in pages.drawn(page):
        assert pages.content(path.read_text(encoding="utf-8")) == pages.content(svg), f"{path} (python docs/pages.py)"


@pytest.mark.torch
def test_what_a_page_shows_of_torch_is_what_the_tool_prints(page: Path, pages: ModuleType) -> None:
    for block, got in pages.results(page, torch=True):
        assert pages.same(block, got), f"{block} (python docs/pages.py writes it)\n{got}"


def test_the_search_in_the_readme_prints_what_that_of_the_tour_does(pages: ModuleType) -> None:
    """The README's takes minutes and is shown from its table on; the tour's is run."""
    (readme,), (tour,) = (
        [pages.kinds(block.text) for block in pages.blocks(pages.ROOT / page) if "varies" in block.words]
        for page in ("README.md", "docs/tour.md")
    )
    assert readme == tour[-len(readme) :]


def test_every_link_leads_somewhere(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for link in (*LINK.findall(text), *PICTURE.findall(text)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in _anchors(target), f"{page.name}: {link}"


def test_blocks_say_what_they_are(page: Path, pages: ModuleType) -> None:
    known = {"fragment", "wrong", "recipe", "op", "torch", "varies", "slow"}
    for block in pages.blocks(page):
        assert block.language in LANGUAGES, str(block)
        assert {word for word in block.words if not word.startswith(("file=", "quote=", "show="))} <= known, str(block)


def test_quotes_are_what_the_file_has(page: Path, pages: ModuleType) -> None:
    for block in pages.blocks(page):
        if block.quotes:
            assert block.text in (pages.ROOT / block.quotes).read_text(encoding="utf-8"), str(block)


def test_every_page_is_reached_from_the_readme(pages: ModuleType) -> None:
    seen: set[Path] = set()
    waiting = [pages.ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or not page.is_file() or page.suffix != ".md":
            continue
        seen.add(page)
        links = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link]
    unreached = set(pages.pages()) - seen
    assert not unreached


def _anchors(page: Path) -> set[str]:
    """The names that headings have as targets of links, as GitHub makes them."""
    titles = HEADING.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_recipes_page_has_every_key_mutation_and_objective(pages: ModuleType) -> None:
    text = (pages.ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    wanted = [*Recipe.model_fields, *Evaluate.model_fields, *Training.model_fields]
    missing = [name for name in (*wanted, *MUTATIONS, *OBJECTIVES, *DATA) if f"`{name}`" not in text]
    assert not missing


def test_the_language_page_has_every_key_and_function(pages: ModuleType) -> None:
    text = (pages.ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    words = {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"\w+", code)}
    assert {*KEYS, *BLOCK_KEYS, *RESERVED, *FUNCTIONS, *EXPECT} <= words


def test_every_spec_is_valid_under_the_schema(page: Path, pages: ModuleType) -> None:
    jsonschema, ruamel = pytest.importorskip("jsonschema"), pytest.importorskip("ruamel.yaml")
    validator = jsonschema.Draft7Validator(schema())
    for block in pages.blocks(page):
        if block.language == "yaml" and not {"recipe", "wrong"} & set(block.words):
            data = ruamel.YAML(typ="safe", pure=True).load(pages.completed(block))
            assert [error.message for error in validator.iter_errors(data)] == [], str(block)
