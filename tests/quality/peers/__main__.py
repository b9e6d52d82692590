"""python -m tests.quality.peers DIR: recall and precision of every installed peer, per threshold."""

import argparse
from pathlib import Path

from tests.quality.peers.run import HOW, PEERS, curves, table


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--peer", action="append", help="only peers whose name holds this text")
    chosen = parser.parse_args()
    wanted = [peer for peer in PEERS if not chosen.peer or any(text in peer.name for text in chosen.peer)]
    for peer in wanted:
        if peer.missing():
            print(f"{peer.name}: {HOW} ({', '.join(peer.missing())})")
    found = curves(chosen.directory, wanted)
    for name, points in found.items():
        for point in points:
            s = point.score
            print(
                f"{name:48s} {point.threshold:6.2f}   recall {s.recall:.3f} precision {s.precision:.4f} "
                f"false per 10,000 queries {s.per_queries:.1f}"
            )
    print("\n".join(["", *table(found)]))


if __name__ == "__main__":
    main()
