"""What kind of partner a case of a Veiligheidshuis is listed for: node and coordinator must not differ in it. Pure."""

from samenloop.catalogue.catalogue import Catalogue
from samenloop.covenant.document import Covenant


def acting_kind(catalogue: Catalogue, covenant: Covenant, participant: str) -> str:
    """Return the partner kind of a participant for whom a case is listed; empty when unknown or a network.

    Of several kinds a care provider's counts first, because it is the strictest (R-15); then the first by name.
    """
    found = covenant.find(participant)
    if found is None or found.network:
        return ""
    kinds = {*found.asks_as, *(register.kind for register in found.registers)}
    partners = sorted(filter(None, (catalogue.partner_of(kind) for kind in kinds)))
    care = [partner for partner in partners if catalogue.partners[partner].care]
    return next(iter([*care, *partners]), "")
