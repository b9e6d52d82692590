"""Draw docs/dataflow.svg from docs/dataflow.toml: `make docs`. Standard library only."""

import math
import tomllib
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

DOCS = Path(__file__).parents[1]
SOURCE = DOCS / "dataflow.toml"
PICTURE = DOCS / "dataflow.svg"
FILL = {"node": "#e8f1e4", "coordinator": "#e4ecf7", "auditor": "#f6efdd"}
INK = "#1b2733"
LINE = 18


def draw(source: Path = SOURCE) -> str:
    """Return the SVG text of the picture that `source` describes."""
    plan = tomllib.loads(source.read_text(encoding="utf-8"))
    width, height = plan["width"], plan["height"]
    frame = f'viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" font-size="14" fill="{INK}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame}>',
        f"<title>{escape(plan['title'])}</title>",
        f"<desc>{escape(plan['description'])}</desc>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for box in plan["boxes"]:
        parts += _box(box)
    for arrow in plan["arrows"]:
        parts += _arrow(arrow)
    parts += [_text(*note["at"], note["text"]) for note in plan["notes"]]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(box: dict[str, Any]) -> list[str]:
    x, y = box["x"], box["y"]
    frame = (
        f'<rect x="{x}" y="{y}" width="{box["width"]}" height="{box["height"]}" rx="8"'
        f' fill="{FILL[box["kind"]]}" stroke="{INK}"/>'
    )
    head = _text(x + 16, y + 28, box["head"], ' font-weight="bold" font-size="17"')
    lines = [_text(x + 16, y + 52 + LINE * row, line) for row, line in enumerate(box["lines"]) if line]
    return [frame, head, *lines]


def _arrow(arrow: dict[str, Any]) -> list[str]:
    points = [arrow["from"], *arrow.get("via", []), arrow["to"]]
    path = " ".join(f"{x},{y}" for x, y in points)
    dash = ' stroke-dasharray="6 5"' if arrow.get("dashed") else ""
    drawn = [f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="1.5"{dash}/>']
    drawn.append(_head(points[-2], points[-1]))
    if arrow.get("both"):
        drawn.append(_head(points[1], points[0]))
    return drawn + _label(arrow)


def _head(start: list[int], end: list[int]) -> str:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    corners = [end]
    for turn in (-0.4, 0.4):
        corners.append([round(end[0] - 11 * math.cos(angle + turn)), round(end[1] - 11 * math.sin(angle + turn))])
    return f'<polygon points="{" ".join(f"{x},{y}" for x, y in corners)}"/>'


def _label(arrow: dict[str, Any]) -> list[str]:
    """Place the first line above the arrow (or at `label_at`), the others below it."""
    (x1, y1), (x2, _y2) = arrow["from"], arrow["to"]
    first, *others = arrow["label"]
    if "label_at" in arrow:
        return [_text(*arrow["label_at"], first)]
    x = min(x1, x2) + 8
    below = [_text(x, y1 + LINE * row, line, ' font-size="13"') for row, line in enumerate(others, start=1)]
    return [_text(x, y1 - 6, first, ' font-size="13"'), *below]


def _text(x: int, y: int, text: str, style: str = "") -> str:
    return f'<text x="{x}" y="{y}"{style}>{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
