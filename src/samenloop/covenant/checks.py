"""Rules about a covenant as a whole, after every single value has been parsed. First fault found is raised.

1. Every id that is named exists. 2. Networks (R-01, R-08) only hold case lists, on behalf of partners, and never ask.
3. No two parties share a key: else one partner could pass for two. 4. The operator holds the pepper, so it is no party
(R-05): a party has the consortium key, and both together can look anybody up. 5. Version 1 has no predecessor, any
other has one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from samenloop.covenant.document import Covenant
from samenloop.covenant.parties import VHH_CASUS, Participant
from samenloop.errors import InvalidInput
from samenloop.texts import _

MAX_PARTICIPANTS = 64
_NEVER_JOINT = frozenset({"ggz", "huisarts_zorg", "jeugdhulp"})


def check_whole(covenant: Covenant) -> None:
    """Raise InvalidInput with the path and the first rule that this covenant breaks."""
    for path, text in _faults(covenant):
        raise InvalidInput(path, _("Convenant: {path}: {fault}", path=path, fault=text))


def signing_participants(covenant: Covenant) -> frozenset[str]:
    """Return who can sign a covenant: every participant that is no network (R-08)."""
    return frozenset(row.id for row in covenant.participants if not row.network)


def _faults(covenant: Covenant) -> Iterator[tuple[str, str]]:
    yield from _top(covenant)
    yield from _keys(covenant)
    for row in covenant.participants:
        where = f"participants.{row.id}"
        yield from _names(covenant, row, where)
        yield from (_network(covenant, row, where) if row.network else _partner(row, where))
    yield from _wpg20(covenant)


def _top(covenant: Covenant) -> Iterator[tuple[str, str]]:
    count = len(covenant.participants)
    if len(signing_participants(covenant)) < 2 or count > MAX_PARTICIPANTS:
        yield "participants", _("er moeten 2 tot 64 deelnemers zijn, van wie er minstens twee zelf tekenen.")
    if (covenant.version == 1) != (covenant.predecessor is None):
        yield "predecessor", _("versie 1 heeft geen voorganger, elke andere versie wel.")
    if not covenant.regions:
        yield "regions", _("noem minstens één regio.")
    if not covenant.agreement.signing_bodies:
        yield "agreement.signing_bodies", _("noem wie het convenant heeft getekend (R-02).")
    if not min(2, count - 1) <= covenant.witness_quorum <= count - 1:
        yield "witness_quorum", _("het aantal getuigen moet minstens 2 zijn en past bij het aantal deelnemers.")


def _keys(covenant: Covenant) -> Iterator[tuple[str, str]]:
    rows = covenant.participants
    groups = {
        "signing_key": [*(row.signing_key for row in rows), covenant.coordinator.audit_key],
        "sealing_key": [*(row.sealing_key for row in rows), covenant.auditor.sealing_key],
        "tls_pin": [*(row.tls_pin for row in rows), covenant.coordinator.tls_pin],
    }
    for name, keys in groups.items():
        if max(Counter(keys).values()) > 1:
            yield name, _("twee partijen hebben dezelfde sleutel.")


def _names(covenant: Covenant, row: Participant, where: str) -> Iterator[tuple[str, str]]:
    if covenant.coordinator.log_origin == covenant.own_log_origin(row.id):
        yield "coordinator.log_origin", _("zo heet het eigen logboek van een deelnemer al.")
    if row.region not in covenant.regions:
        yield f"{where}.region", _("deze regio staat niet in het convenant.")
    if row.id in row.may_ask or not _known(covenant, row.may_ask):
        yield f"{where}.may_ask", _("noem alleen andere deelnemers van dit convenant.")
    if row.id in row.suspended_by:
        yield f"{where}.suspended_by", _("een deelnemer kan zichzelf niet schorsen.")
    if row.controller.joint and any(register.kind in _NEVER_JOINT for register in row.registers):
        yield f"{where}.controller.joint", _("een zorgaanbieder is geen gezamenlijke verantwoordelijke (R-04).")
    if _is(covenant.processor.operator, row.controller.name, row.display_name, row.id):
        yield f"{where}.controller", _("de beheerder is verwerker: geen deelnemer en geen verantwoordelijke (R-05).")


def _partner(row: Participant, where: str) -> Iterator[tuple[str, str]]:
    if row.acting_partners or any(register.kind == VHH_CASUS for register in row.registers):
        yield f"{where}.registers", _("alleen een netwerk houdt een lijst vhh_casus, namens partners (R-01, R-08).")


def _network(covenant: Covenant, row: Participant, where: str) -> Iterator[tuple[str, str]]:
    if row.may_ask or row.asks_as:
        yield f"{where}.may_ask", _("een Veiligheidshuis vraagt nooit zelf (R-01).")
    if _is(row.controller.name, row.display_name, row.id):
        yield f"{where}.controller", _("een Veiligheidshuis is geen rechtspersoon en geen verantwoordelijke (R-01).")
    if not row.registers or any(register.kind != VHH_CASUS for register in row.registers):
        yield f"{where}.registers", _("een netwerk houdt alleen lijsten van soort vhh_casus (R-01, R-08).")
    if not all(register.acting_partners for register in row.registers):
        yield f"{where}.registers", _("noem bij elke lijst de partners namens wie zij wordt bijgehouden (R-01).")
    if not frozenset(row.acting_partners) <= signing_participants(covenant):
        yield f"{where}.registers", _("partners van een lijst zijn deelnemers die zelf kunnen tekenen (R-08).")


def _wpg20(covenant: Covenant) -> Iterator[tuple[str, str]]:
    for index, row in enumerate(covenant.wpg20):
        if not _known(covenant, [row.holder, *row.receivers]):
            yield f"wpg20.{index}", _("houder en ontvangers zijn deelnemers van dit convenant (R-06).")
        if row.valid_from > row.valid_until or not row.signed_by:
            yield f"wpg20.{index}", _("noem ondertekenaars en een geldige looptijd (R-06).")


def _is(name: str, *others: str) -> bool:
    """Tell whether a name is one of the others, whatever the capitals and spaces."""
    return " ".join(name.casefold().split()) in {" ".join(one.casefold().split()) for one in others}


def _known(covenant: Covenant, names: Iterable[str]) -> bool:
    return {row.id for row in covenant.participants}.issuperset(names)
