"""Speed and scale, measured: `python -m tests.bench`. The consortium is made as the demo's is."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy" / "demo"))
