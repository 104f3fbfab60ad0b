"""The city report on a terminal: plain lines and tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from wayfinder.city.report_document import MAP, Block, Heading, OrderedList, Paragraph, Table

WIDTH: Final = 100
_UNDERLINE: Final = {1: "=", 2: "-"}


def format_document(blocks: Sequence[Block]) -> str:
    """The document as text, without its map."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, Heading) and block.anchor == MAP:
            break
        lines += _format(block)
    return "\n".join(lines).strip("\n")


def _format(block: Block) -> Iterable[str]:
    if isinstance(block, Heading):
        underline = _UNDERLINE.get(block.level)
        return ["", block.text, *([underline * len(block.text)] if underline else [])]
    if isinstance(block, Paragraph):
        return textwrap.wrap(block.text, WIDTH)
    if isinstance(block, OrderedList):
        return [
            line
            for number, item in enumerate(block.items, 1)
            for line in textwrap.wrap(
                item, WIDTH, initial_indent=f"  {number}. ", subsequent_indent="     ", break_on_hyphens=False
            )
        ]
    return ["", block.caption, *_format_table(block), ""]


def _format_table(table: Table) -> list[str]:
    """A line per row; of a table that is too wide a line of figures, and the words of the row below it."""
    columns = range(len(table.columns))
    kept = [column for column in columns if column in table.numbers or column == 0]
    if _measure(table, columns) <= WIDTH:
        kept = list(columns)
    words = [column for column in columns if column not in kept]
    widths = [_get_width(table, column) for column in kept]
    heads = [textwrap.wrap(table.columns[column], width) for column, width in zip(kept, widths, strict=True)]
    most = max(map(len, heads))
    lines = [
        _join([([""] * (most - len(head)) + head)[line] for head in heads], widths, kept, table)
        for line in range(most)
    ]
    if words:
        lines += _wrap(" | ".join(table.columns[column] for column in words))
    for row in table.rows:
        lines.append(_join([row[column] for column in kept], widths, kept, table))
        if words:
            lines += _wrap(" | ".join(row[column] for column in words if row[column]))
    return lines


def _get_width(table: Table, column: int) -> int:
    """As wide as the widest cell; a head is broken between words."""
    words = max(map(len, table.columns[column].split()))
    return max(words, *(len(row[column]) for row in table.rows), 1)


def _measure(table: Table, columns: Iterable[int]) -> int:
    return sum(_get_width(table, column) + 2 for column in columns)


def _wrap(text: str) -> list[str]:
    indent = " " * 4
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _join(cells: Sequence[str], widths: Sequence[int], columns: Sequence[int], table: Table) -> str:
    padded = (
        cell.rjust(width) if column in table.numbers else cell.ljust(width)
        for cell, width, column in zip(cells, widths, columns, strict=True)
    )
    return "  ".join(padded).rstrip()
