"""Whether a ground holds for a pair of kinds: to give, to receive, to break secrecy (R-21, R-23, R-32, R-39, R-51)."""

from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue, names
from samenloop.catalogue.schema import Ground


def never_rule(catalogue: Catalogue, code: str) -> str | None:
    """Return the rule that bars `code` as a ground for ever (convenant, regie, art. 43 Wbp ...), else None."""
    row = catalogue.never.get(code)
    return row.rule if row else None


@dataclass(frozen=True, slots=True)
class Pair:
    """Who gives to whom: partner kinds, the receiver's capacity, and the day that the law is looked at."""

    holder: str
    receiver: str
    acting_as: str
    today: date


def may_give(catalogue: Catalogue, code: str, pair: Pair) -> bool:
    """Tell whether `code` is a ground to give for this pair."""
    basis = catalogue.give.get(code)
    return _consent_fits(catalogue, basis, pair) and _applies(basis, pair)


def may_receive(catalogue: Catalogue, code: str, pair: Pair) -> bool:
    """Tell whether `code` is a ground to receive for this pair."""
    return _applies(catalogue.receive.get(code), pair)


def breaks_secrecy(catalogue: Catalogue, code: str, pair: Pair) -> bool:
    """Tell whether `code` breaks all secrecy of the holder towards the receiver; true when the holder has none."""
    partner = catalogue.partners.get(pair.holder)
    if partner is None:
        return False
    if not partner.secrecy:
        return True
    ground = catalogue.breach_grounds.get(code)
    if ground is None or not _applies(ground, pair) or not _consent_fits(catalogue, ground, pair):
        return False
    return all(names(ground.breaks, one) for one in partner.secrecy)


def rests_on_consent(catalogue: Catalogue, code: str) -> bool:
    """Tell whether `code`, a ground to give or to break secrecy, is the person's consent."""
    basis, breach = catalogue.give.get(code), catalogue.breach_grounds.get(code)
    return bool((basis and basis.consent) or (breach and breach.kind == "consent"))


def substitutes_consent(catalogue: Catalogue, code: str, pair: Pair) -> bool:
    """Tell whether the breach ground `code` may be used where consent is the rule (R-40, R-41), or is consent."""
    ground = catalogue.breach_grounds.get(code)
    return (
        ground is not None and ground.substitute and _consent_fits(catalogue, ground, pair) and _applies(ground, pair)
    )


def is_conflict(catalogue: Catalogue, code: str) -> bool:
    """Tell whether the breach ground `code` is a conflict of duties (R-40)."""
    ground = catalogue.breach_grounds.get(code)
    return ground is not None and ground.kind == "conflict"


def _applies(ground: Ground | None, pair: Pair) -> bool:
    return (
        ground is not None
        and ground.valid_from <= pair.today
        and (ground.valid_to is None or pair.today <= ground.valid_to)
        and names(ground.holders, pair.holder)
        and names(ground.receivers, pair.receiver)
        and (ground.acting_as is None or pair.acting_as in ground.acting_as)
    )


def _consent_fits(catalogue: Catalogue, ground: Ground | None, pair: Pair) -> bool:
    if ground is None or not rests_on_consent(catalogue, ground.id):
        return True
    partner = catalogue.partners.get(pair.holder)
    return partner is not None and partner.consent
