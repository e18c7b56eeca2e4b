"""How a single value is written in YAML: quoted only where it would be read as another value."""

from __future__ import annotations

import textwrap

from archgraph.spec.scalars import Plain, UnusableNumberError, resolve

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=")
_FLOW = frozenset(",[]{}:?")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def write_scalar(value: Plain, *, flow: bool = True) -> str:
    """A number, text, true, false or null; `flow` says that it stands within brackets."""
    if isinstance(value, str):
        return write_text(value, flow=flow)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return _write_float(value) if isinstance(value, float) else repr(value)


def _write_float(value: float) -> str:
    """As Python writes it; a small number in the shorter of two forms: `1e-6`, `5e-4`, `0.01`."""
    text = repr(value)
    if "e-" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa}e{int(exponent)}"
    if 0 < abs(value) < 0.01:
        digits = text.partition(".")[2]
        kept = digits.lstrip("0")
        sign = "-" if value < 0 else ""
        short = f"{sign}{kept[0]}{'.' + kept[1:] if kept[1:] else ''}e-{len(digits) - len(kept) + 1}"
        return short if len(short) < len(text) else text
    return text


def write_text(text: str, *, flow: bool = True) -> str:
    """A text, in quotes where it would be read as something else."""
    if _reads_as_text(text) and _is_safe(text, flow=flow):
        return text
    return quote(text)


def write_key(text: str) -> str:
    """A key; keys are always read as texts, so `3` and `no` stay plain."""
    return text if text != "<<" and _is_safe(text, flow=True) else quote(text)


def quote(text: str) -> str:
    """A text in quotes: double ones unless the text holds them and needs no escapes."""
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escape(letter) for letter in text) + '"'


def write_block_text(text: str, *, width: int, indent: int) -> list[str] | None:
    """The lines of a long text, `|` or `>` first, the rest indented; None where that would change it."""
    pad = " " * indent
    lines = text.split("\n")
    if len(lines) == 1:
        words = text.split(" ")
        if not all(word and word.isprintable() for word in words):
            return None
        wrapped = textwrap.wrap(text, width - indent, break_long_words=False, break_on_hyphens=False)
        return [">-", *(pad + line for line in wrapped)]
    last = lines.pop() if lines[-1] == "" else None
    if not lines[-1].strip() or not lines[0].strip() or lines[0][0] == " ":
        return None
    if not all(line.isprintable() and (line.strip() or not line) for line in lines):
        return None
    return ["|" if last == "" else "|-", *(pad + line if line else "" for line in lines)]


def _reads_as_text(text: str) -> bool:
    try:
        return isinstance(resolve(text), str)
    except UnusableNumberError:
        return False


def _is_safe(text: str, *, flow: bool) -> bool:
    """Whether a text can stand without quotes."""
    if not text or text != text.strip() or not text.isprintable():
        return False
    if text[0] in _INDICATORS and not (text[0] == "-" and len(text) > 1 and text[1] not in "- ,[]{}"):
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.startswith("..."):
        return False
    return not flow or _FLOW.isdisjoint(text)


def _escape(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
