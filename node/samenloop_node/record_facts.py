"""The facts of an own registration as the decision rules want them: from what is stored here and the covenant."""

import json
from datetime import date

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant
from samenloop.covenant.acting import acting_kind
from samenloop.decisions.modes import RecordFacts
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.model import ParticipantId
from samenloop.texts import _
from samenloop_node.store.registrations import Registration


def facts_of(catalogue: Catalogue, covenant: Covenant, kind: str, row: Registration) -> RecordFacts:
    """Return the facts of a registration in a register of catalogue kind `kind`.

    Raises SamenloopError(BUSY) while it is on its way to the coordinator, because then they are about to change.
    """
    if not row.facts:
        raise SamenloopError(ErrorCode.BUSY, _("Deze registratie wordt net bijgewerkt. Probeer het zo weer."))
    said = json.loads(row.facts)
    acting_for = said["acting_for"]
    return RecordFacts(
        kind=kind,
        task=said["task"],
        framework=said["framework"],
        origin=said["origin"],
        measure=said["measure"],
        protected=said["protected"],
        tightened=None,
        review_date=date.fromisoformat(said["review_date"]),
        acting_for=ParticipantId(acting_for),
        acting_kind=acting_kind(catalogue, covenant, acting_for),
        frozen=row.frozen,
    )
