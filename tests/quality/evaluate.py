"""`make evaluate`: matching quality through the real path, from export files to answers.

Makes one node per `people-*ORGANISATION.csv` in a folder, and a coordinator, with a covenant flagged `evaluation`;
registers every file with `sync`; asks every record at all other organisations with single questions over mutual TLS;
writes `record_id,organisation` for each "bekend": the record asked about, and who knows it. Leaves nothing else behind.
"""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "deploy" / "demo")]


def main() -> int:
    """Run the evaluation; exit code 0 when every record was asked, 1 with one sentence on standard error if not."""
    from consortium import ProgramError

    from samenloop.errors import SamenloopError
    from tests.quality.evaluation_run import evaluate

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with one people-*ORGANISATION.csv each")
    parser.add_argument("--out", type=Path, required=True, help="CSV to write: record_id,organisation")
    parser.add_argument("--keep", type=Path, help="make the consortium in this folder and leave it there")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    try:
        evaluate(chosen.data, chosen.out, chosen.keep)
    except SamenloopError as error:
        print(error.text, file=sys.stderr)
        return 1
    except (ProgramError, TimeoutError, OSError) as error:
        print(f"The evaluation stopped: {error}", file=sys.stderr)
        return 1
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that every process that was started is stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
