"""HTML and SVG as text: the one place where names of the world become markup, escaped."""

from __future__ import annotations

from html import escape
from typing import Final

_VOID: Final = frozenset({"meta", "input", "br"})


class Markup(str):
    """Text that is markup already; every other text is escaped."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | float | bool) -> Markup:
    """An element.

    Parameters
    ----------
    children
        `Markup`, or text that is escaped.
    attributes
        ``class_`` is ``class``, ``for_`` is ``for``, other underscores are hyphens; True is an attribute
        without a value, False leaves it out.
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is False:
            continue
        word = key.rstrip("_").replace("_", "-")
        parts.append(f" {word}" if value is True else f' {word}="{escape(str(value))}"')
    parts.append(">")
    if name not in _VOID:
        parts += [child if isinstance(child, Markup) else escape(child) for child in children]
        parts.append(f"</{name}>")
    return Markup("".join(parts))


def join(*parts: str) -> Markup:
    """Parts one after the other; what is no `Markup` is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))
