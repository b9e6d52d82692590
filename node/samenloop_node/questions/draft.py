"""The question as a case worker writes it down, before any check of law: shape only.

Holders are a list that the asker fills one by one; there is no form for "all partners" and no default (R-24).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from samenloop.errors import InvalidInput
from samenloop.model import ParticipantId, code, participant_id
from samenloop.texts import _

MAX_HOLDERS = 16
MAX_CODE = 32
MAX_CASE = 64
MAX_MOTIVE = 2_000


@dataclass(frozen=True, slots=True)
class HolderDraft:
    """What the asker fills in for one holder (R-23..R-26). Every field but `holder` is a code of the legal catalogue.

    `acting_as` may be empty; it names the role of the asker on which a pair rule turns. `inform_basis` is the asker's
    ground to let this holder know of the question (R-25).
    """

    holder: ParticipantId
    purpose: str
    proportionality: str
    subsidiarity: str
    give_basis: str
    receive_basis: str
    inform_basis: str
    reason: str
    acting_as: str = ""


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """One question: one case in the asker's own system, and the holders that he chose.

    `case` is the case number in the asker's own system; it stays at the node. `motive` is free text for the node's own
    log. `power`, `region_reason` and `new_fact` are codes or empty (R-29, R-27, R-28). `asked_person`, `anonymous_talk`
    and `phone_call` say why no lighter way will do (R-26); they stay at the node. `target_group` (R-22) opens the case
    when it is not known yet.
    """

    case: str
    holders: tuple[HolderDraft, ...]
    asked_person: str = ""
    anonymous_talk: str = ""
    phone_call: str = ""
    motive: str = ""
    power: str = ""
    region_reason: str = ""
    new_fact: str = ""
    target_group: tuple[str, ...] = ()


HOLDER_FIELDS = tuple(field.name for field in fields(HolderDraft))
QUESTION_FIELDS = tuple(field.name for field in fields(QuestionDraft))


def parse_question(value: object) -> QuestionDraft:
    """Return the draft that a JSON object describes; a key that is not known is refused.

    Raises InvalidInput naming the field.
    """
    record = _record(value, "vraag", QUESTION_FIELDS)
    holders = record.get("holders")
    if not isinstance(holders, list) or not 1 <= len(holders) <= MAX_HOLDERS:
        raise InvalidInput("holders", _("Kies 1 tot en met {most} houders, één voor één.", most=MAX_HOLDERS))
    parts = tuple(parse_holder(item, f"holders[{place}]") for place, item in enumerate(holders))
    if len({part.holder for part in parts}) < len(parts):
        raise InvalidInput("holders", _("U noemt dezelfde houder twee keer. Vul elke houder één keer in."))
    return QuestionDraft(
        case=_text(record, "case", MAX_CASE, "", required=True),
        holders=parts,
        asked_person=_code(record, "asked_person", ""),
        anonymous_talk=_code(record, "anonymous_talk", ""),
        phone_call=_code(record, "phone_call", ""),
        motive=_text(record, "motive", MAX_MOTIVE, ""),
        power=_code(record, "power", ""),
        region_reason=_code(record, "region_reason", ""),
        new_fact=_code(record, "new_fact", ""),
        target_group=_codes(record, "target_group"),
    )


def parse_holder(value: object, where: str) -> HolderDraft:
    """Return what one JSON object says about one holder. A code left out stays empty: the gate names its rule."""
    record = _record(value, where, HOLDER_FIELDS)
    holder = participant_id(_text(record, "holder", 64, where, required=True), f"{where}.holder")
    return HolderDraft(holder, **{name: _code(record, name, where) for name in HOLDER_FIELDS if name != "holder"})


def parse_holder_argument(text: str, where: str) -> dict[str, str]:
    """Return the fields of one `--holder` argument: `politie-noord,reason=...,give_basis=...`."""
    holder, *pairs = text.split(",")
    found = {"holder": holder.strip()}
    for pair in pairs:
        name, equals, content = pair.partition("=")
        if not equals or name.strip() not in HOLDER_FIELDS or name.strip() in found:
            raise InvalidInput(where, _("Schrijf een houder zo: houder,reason=code,give_basis=code en verder."))
        found[name.strip()] = content.strip()
    return found


def _record(value: object, where: str, known: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InvalidInput(where, _("{where} moet een JSON-object zijn.", where=where))
    if any(key not in known for key in value):
        names = ", ".join(known)
        raise InvalidInput(where, _("{where} heeft een onbekend veld. Bekend zijn: {names}.", where=where, names=names))
    return value


def _text(record: Mapping[str, object], name: str, most: int, where: str, *, required: bool = False) -> str:
    path = f"{where}.{name}" if where else name
    value = record.get(name, "")
    if not isinstance(value, str) or len(value) > most or not value.isprintable() or value != value.strip():
        raise InvalidInput(path, _("{path} moet gewone tekst zijn van hoogstens {most} tekens.", path=path, most=most))
    if required and not value:
        raise InvalidInput(path, _("Vul {path} in.", path=path))
    return value


def _code(record: Mapping[str, object], name: str, where: str) -> str:
    text = _text(record, name, MAX_CODE, where)
    return code(text, f"{where}.{name}" if where else name) if text else ""


def _codes(record: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = record.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_HOLDERS or not all(isinstance(one, str) for one in value):
        raise InvalidInput(name, _("{name} is een lijst van codes.", name=name))
    return tuple(code(one, name) for one in value)
