"""What a decision-maker fills in about one hit: shape only; the rules are in `samenloop.decisions.release`."""

from collections.abc import Mapping
from dataclasses import dataclass

from samenloop.errors import InvalidInput
from samenloop.model import ID_BYTES, code
from samenloop.texts import _
from samenloop_node.identity.bsn import refuse_bsn
from samenloop_node.store.consents import NUMBER_BYTES

MAX_TEXT = 2_000
MAX_REFERENCE = 100
_TEXTS = {"motive": MAX_TEXT, "protocol_entry": MAX_REFERENCE, "wpg20_decision": MAX_REFERENCE}
_CODES = ("give_basis", "breach_ground")
_TICKS = ("consulted_colleague", "decided_by_professional", "person_informed")
FIELDS = ("question", "answers", "consent", "record", *_TEXTS, *_CODES, *_TICKS)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one hit. `answers` are (step, answer) pairs of release.toml, `record` an own record id.

    `person_informed`: the person was told of this record; left out it counts as deferred (R-63). `consent` numbers a
    recorded consent that the release rests on; the second one, with a physician, came from the asker's node (R-52).
    """

    question_id: bytes
    record: str = ""
    give_basis: str = ""
    breach_ground: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    motive: str = ""
    consulted_colleague: bool = False
    decided_by_professional: bool = False
    person_informed: bool = False
    protocol_entry: str = ""
    wpg20_decision: str = ""
    consent: str = ""

    def note(self) -> dict[str, object]:
        """Return what is kept sealed beside the line in the own log."""
        return {
            "motive": self.motive,
            "protocol_entry": self.protocol_entry,
            "wpg20_decision": self.wpg20_decision,
            "consent": self.consent,
            "give_basis": self.give_basis,
            "breach_ground": self.breach_ground,
            "answers": [[step, answer] for step, answer in self.answers],
        }


def parse_decision(value: Mapping[str, object]) -> Decision:
    """Return the decision that a JSON object describes; raises InvalidInput naming the field."""
    if not value.keys() <= set(FIELDS):
        known = ", ".join(FIELDS)
        raise InvalidInput("decision", _("Het besluit heeft een onbekend veld. Bekend zijn: {known}.", known=known))
    return Decision(
        question_id=bytes.fromhex(_number(value, "question", ID_BYTES)),
        record=_plain(value, "record"),  # one of those that are registered: it is looked up and not kept
        give_basis=_code(value, "give_basis"),
        breach_ground=_code(value, "breach_ground"),
        answers=_answers(value.get("answers", {})),
        motive=_text(value, "motive"),
        consulted_colleague=_tick(value, "consulted_colleague"),
        decided_by_professional=_tick(value, "decided_by_professional"),
        person_informed=_tick(value, "person_informed"),
        protocol_entry=_text(value, "protocol_entry"),
        wpg20_decision=_text(value, "wpg20_decision"),
        consent=_number(value, "consent", NUMBER_BYTES) if value.get("consent") else "",
    )


def _number(value: Mapping[str, object], name: str, size: int) -> str:
    """Return a number that a node drew: no text of people, so eight digits in a row in it are chance and no BSN."""
    number = value.get(name)
    if not isinstance(number, str) or len(number) != 2 * size or number.strip("0123456789abcdef"):
        raise InvalidInput(name, _("Noem het nummer van {name} zoals deze node het toont.", name=name))
    return number


def _text(value: Mapping[str, object], name: str) -> str:
    text = _plain(value, name)
    refuse_bsn(name, text)
    return text


def _plain(value: Mapping[str, object], name: str) -> str:
    text, most = value.get(name, ""), _TEXTS.get(name, MAX_REFERENCE)
    if not isinstance(text, str) or len(text) > most or not text.isprintable():
        raise InvalidInput(name, _("{name} moet gewone tekst zijn van hoogstens {most} tekens.", name=name, most=most))
    return text


def _code(value: Mapping[str, object], name: str) -> str:
    text = _text(value, name)
    return code(text, name) if text else ""


def _tick(value: Mapping[str, object], name: str) -> bool:
    ticked = value.get(name, False)
    if not isinstance(ticked, bool):
        raise InvalidInput(name, _("{name} is ja of nee (true of false).", name=name))
    return ticked


def _answers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not all(isinstance(answer, str) for answer in value.values()):
        raise InvalidInput("answers", _("Geef de antwoorden als stap en antwoord."))
    return tuple((code(step, "answers"), code(answer, "answers")) for step, answer in value.items())
