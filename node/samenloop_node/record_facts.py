"""The facts of an own registration as the decision rules want them: from what is stored here and the covenant."""

import json
from datetime import date

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant
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
        acting_kind=_kind_of(catalogue, covenant, acting_for),
        frozen=row.frozen,
    )


def _kind_of(catalogue: Catalogue, covenant: Covenant, participant: str) -> str:
    """Return the partner kind of whom a case is listed for; of several kinds a care provider's, the strictest."""
    found = covenant.find(participant)
    if found is None or found.network:
        return ""
    kinds = {*found.asks_as, *(register.kind for register in found.registers)}
    partners = sorted(filter(None, (catalogue.partner_of(kind) for kind in kinds)))
    care = [partner for partner in partners if catalogue.partners[partner].care]
    return next(iter([*care, *partners]), "")
