"""The same two lists compared by other methods, in the same run: openmined-psi, and clkhash with anonlink.

Both are left out where they are not installed: `make bench-peers` installs the extra in a folder of its own.
"""

import os
import time
from collections.abc import Sequence
from importlib.util import find_spec

from samenloop_node.identity.person import PERSON_COLUMNS
from samenloop_node.tokens.streams import Row
from tests.bench.figures import Figure

PSI, FILTERS = "openmined-psi, exact", "clkhash + anonlink"
_NEEDS = {PSI: ("private_set_intersection",), FILTERS: ("clkhash", "anonlink")}
_THRESHOLD = 0.85
_PLACES = {name: PERSON_COLUMNS.index(name) for name in ("voornamen", "geslachtsnaam", "geboortedatum")}


def measure(stored: Sequence[Row], asked: Sequence[Row]) -> list[Figure]:
    """Find the overlap of two lists by every peer that is installed here."""
    found = []
    for name, job in ((PSI, _psi), (FILTERS, _filters)):
        if all(find_spec(module) for module in _NEEDS[name]):
            begun, before = time.perf_counter(), processor_seconds()
            hits = job(stored, asked)
            seconds, busy = time.perf_counter() - begun, processor_seconds() - before
            found += [
                Figure("engine", f"{name}: all", len(stored), seconds, "s"),
                Figure("engine", f"{name}: processor time", len(stored), busy, "s"),
                Figure("engine", f"{name}: found of those in both", len(stored), 2 * hits / len(stored), "part"),
            ]
    return found


def processor_seconds() -> float:
    """Return the processor time of this process and of the children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _psi(stored: Sequence[Row], asked: Sequence[Row]) -> int:
    """Return the size of the exact intersection; the raw structure has no false positives."""
    import private_set_intersection.python as psi

    server, client = psi.server.CreateWithNewKey(True), psi.client.CreateWithNewKey(True)
    raw = psi.DataStructure.RAW
    setup = server.CreateSetupMessage(0.0, len(asked), [_exact(row) for row in stored], raw)
    request = client.CreateRequest([_exact(row) for row in asked])
    return len(client.GetIntersection(setup, server.ProcessRequest(request)))


def _exact(row: Row) -> str:
    return "|".join(row[place] for place in _PLACES.values())


def _filters(stored: Sequence[Row], asked: Sequence[Row]) -> int:
    from anonlink.candidate_generation import find_candidate_pairs
    from anonlink.similarities import dice_coefficient
    from anonlink.solving import greedy_solve

    from tests.quality.peers.clkhash_anonlink import encoded

    filters = [encoded([_fields(row) for row in one]) for one in (stored, asked)]
    return len(list(greedy_solve(find_candidate_pairs(filters, dice_coefficient, _THRESHOLD))))


def _fields(row: Row) -> dict[str, str]:
    named = dict(zip(PERSON_COLUMNS, row, strict=True))
    return {
        "first": named["voornamen"] or named["roepnaam"],
        "surname": named["geslachtsnaam"],
        "born": named["geboortedatum"],
        "sex": named["geslacht"],
        "postcode": named["postcode"],
    }
