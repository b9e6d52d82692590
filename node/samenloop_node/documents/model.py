"""A paper as blocks, so that its page and its PDF say the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """One part: a heading (may be empty), paragraphs, rows of label and content, boxes to tick, lines to fill in."""

    heading: str = ""
    paragraphs: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    boxes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper; `note` stands small at the foot."""

    title: str
    blocks: tuple[Block, ...]
    note: str = ""
