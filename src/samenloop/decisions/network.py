"""NETWORK and NODE draft -> agreed -> active -> suspended (R-01..R-10): the set-up gates and their checklist."""

import enum
from dataclasses import dataclass
from datetime import date

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.guards import Failing, Guard, Machine, Transition, by_law, when
from samenloop.decisions.terms import months_later
from samenloop.model import ParticipantId
from samenloop.texts import N_, _


class NodeState(enum.Enum):
    """Where a node is."""

    DRAFT = "draft"
    AGREED = "agreed"
    ACTIVE = "active"
    SUSPENDED = "suspended"


class NodeEvent(enum.Enum):
    """What can happen to a node."""

    AGREE = "agree"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class NodeUser:
    """One account, without its name: a named person, secrecy signed, authorisation dates, bureau staff or not."""

    named: bool
    secrecy_signed_on: date | None
    valid_from: date
    valid_until: date
    bureau: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What covenant, paper and authorisation document say about one participant.

    `kinds` are the kinds of its registers and those it asks as. `signing_bodies` names who signed the covenant.
    `open_items` are the subjects of the R-03 checklist without a place in the paper. `underlying`: the partners that a
    network acts for (R-01, R-08). `wpg20_until`: last day of a valid art. 20 Wpg decision, None without one (R-06).
    """

    participant: ParticipantId
    kinds: tuple[str, ...]
    today: date
    network: bool = False
    underlying: tuple[ParticipantId, ...] = ()
    covenant_complete: bool = False
    agreement_dated: date | None = None
    signing_bodies: tuple[str, ...] = ()
    municipal: bool = False
    open_items: tuple[str, ...] = ()
    controller: bool = False
    joint: bool = False
    joint_arrangement: bool = False
    processor_agreed_on: date | None = None
    reports_breaches: bool = False
    wpg20_until: date | None = None
    wpg20_receivers: int = 0
    processing_entry: bool = False
    impact_assessed_on: date | None = None
    secrecy_known: bool = False
    users: tuple[NodeUser, ...] = ()
    evaluated_on: date | None = None


@dataclass(frozen=True, slots=True)
class ChecklistLine:
    """One line of the activation checklist: the rule, whether all is well, and what is missing."""

    rule: str
    met: bool
    missing: tuple[str, ...]
    text: str


def _care(catalogue: Catalogue, facts: NodeFacts) -> bool:
    partners = (catalogue.partners.get(catalogue.partner_of(kind) or "") for kind in facts.kinds)
    return any(partner is not None and partner.care for partner in partners)


def _is_network(catalogue: Catalogue, facts: NodeFacts) -> bool:
    partners = (catalogue.partners.get(catalogue.partner_of(kind) or "") for kind in facts.kinds)
    return facts.network or any(partner is not None and partner.network for partner in partners)


def _police(catalogue: Catalogue, facts: NodeFacts) -> bool:
    return any(catalogue.partner_of(kind) == "politie" for kind in facts.kinds)


def _wpg20(catalogue: Catalogue, facts: NodeFacts) -> bool:
    if not _police(catalogue, facts):
        return True
    return facts.wpg20_until is not None and facts.wpg20_until >= facts.today and facts.wpg20_receivers > 0


def _kinds_known(catalogue: Catalogue, facts: NodeFacts) -> bool:
    return bool(facts.kinds) and all(catalogue.enabled(kind) for kind in facts.kinds)


def _joint_allowed(catalogue: Catalogue, facts: NodeFacts) -> bool:
    return not facts.joint or not _care(catalogue, facts)


def _signed(facts: NodeFacts) -> bool:
    bodies = {body.lower() for body in facts.signing_bodies}
    both = any("burgemeester" in body for body in bodies) and any("college" in body for body in bodies)
    return bool(bodies) and (both or not facts.municipal)


def _secrecy(_catalogue: Catalogue, facts: NodeFacts) -> tuple[str | Failing, ...]:
    late = (user.secrecy_signed_on is None or user.secrecy_signed_on > facts.today for user in facts.users)
    return tuple(f"users[{number}]" for number, missing in enumerate(late) if missing)


def _users(_catalogue: Catalogue, facts: NodeFacts) -> tuple[str | Failing, ...]:
    wrong = (
        not user.named or user.bureau or not user.valid_from <= facts.today <= user.valid_until for user in facts.users
    )
    return tuple(f"users[{number}]" for number, found in enumerate(wrong) if found)


CHECKLIST: tuple[Guard[NodeFacts], ...] = (
    Guard(
        "R-01",
        "underlying",
        N_("Noem de partners namens wie een Veiligheidshuis deze lijst bijhoudt."),
        by_law(lambda law, facts: not _is_network(law, facts) or bool(facts.underlying)),
    ),
    Guard(
        "R-02",
        "covenant",
        N_("Het convenant en het privacyprotocol zijn nog niet door iedereen getekend."),
        when(lambda facts: facts.covenant_complete and facts.agreement_dated is not None),
    ),
    Guard(
        "R-02",
        "signing_bodies",
        N_("Noem wie tekende; burgemeester en college tekenen allebei."),
        when(_signed),
    ),
    Guard(
        "R-03",
        "open_items",
        N_("Het convenant regelt nog niet alles wat erin moet staan."),
        lambda _catalogue, facts: tuple(sorted(facts.open_items)),
    ),
    Guard(
        "R-04",
        "controller",
        N_("Noem wie verantwoordelijk is voor de verwerking."),
        when(lambda facts: facts.controller),
    ),
    Guard(
        "R-04",
        "joint",
        N_("Een zorgaanbieder is nooit gezamenlijk verantwoordelijk."),
        by_law(_joint_allowed),
    ),
    Guard(
        "R-04",
        "joint_arrangement",
        N_("Gezamenlijk verantwoordelijken hebben een onderlinge regeling nodig."),
        when(lambda facts: not facts.joint or facts.joint_arrangement),
    ),
    Guard(
        "R-05",
        "processor",
        N_("Er is nog geen verwerkersovereenkomst met de beheerder, met een meldplicht voor datalekken."),
        when(
            lambda facts: (
                facts.processor_agreed_on is not None
                and facts.processor_agreed_on <= facts.today
                and facts.reports_breaches
            )
        ),
    ),
    Guard(
        "R-06",
        "wpg20",
        N_("De politie heeft een geldig artikel 20-besluit nodig, met ontvangers."),
        by_law(_wpg20),
    ),
    Guard(
        "R-07",
        "processing_entry",
        N_("De verwerking staat nog niet in het register van verwerkingen."),
        when(lambda facts: facts.processing_entry),
    ),
    Guard(
        "R-07",
        "impact_assessed_on",
        N_("De effectbeoordeling (DPIA) is nog niet klaar."),
        when(lambda facts: facts.impact_assessed_on is not None and facts.impact_assessed_on <= facts.today),
    ),
    Guard(
        "R-08",
        "network_signs",
        N_("Een netwerk zonder rechtspersoon doet mee via de organisaties erachter."),
        by_law(lambda law, facts: not _is_network(law, facts) or (facts.network and bool(facts.underlying))),
    ),
    Guard("R-09", "secrecy", N_("Niet iedereen heeft de geheimhoudingsverklaring getekend."), _secrecy),
    Guard(
        "R-09",
        "secrecy_known",
        N_("Noem de eigen geheimhoudingsplicht van deze partner."),
        when(lambda facts: facts.secrecy_known),
    ),
    Guard(
        "R-10",
        "users",
        N_("Elk account hoort bij een persoon, met een geldige machtiging, en niet bij het bureau."),
        _users,
    ),
    Guard(
        "R-10",
        "no_users",
        N_("Er is nog geen account. Zet er minstens één in het autorisatiedocument."),
        when(lambda facts: bool(facts.users)),
    ),
    Guard(
        "R-15",
        "kinds",
        N_("Het soort partner of register is onbekend of nog niet goedgekeurd."),
        by_law(_kinds_known),
    ),
)


def activation_checklist(catalogue: Catalogue, facts: NodeFacts) -> tuple[ChecklistLine, ...]:
    """Return one line per condition of R-02..R-10, green or red, in order."""
    lines = ((guard, guard.failing(catalogue, facts)) for guard in CHECKLIST)
    return tuple(ChecklistLine(guard.rule, not unmet, tuple(map(str, unmet)), _(guard.text)) for guard, unmet in lines)


def evaluation_overdue(catalogue: Catalogue, facts: NodeFacts) -> bool:
    """Tell whether the processing was not evaluated in the last two years; a warning, not a gate (R-73)."""
    since = facts.evaluated_on or facts.agreement_dated
    return since is None or months_later(since, 12 * catalogue.limit("evaluation_years")) < facts.today


_AGREED = tuple(guard for guard in CHECKLIST if guard.rule == "R-02")
_S, _E = NodeState, NodeEvent
NODE: Machine[NodeState, NodeEvent, NodeFacts] = Machine(
    "NODE",
    "R-02",
    (
        Transition((_S.DRAFT,), _E.AGREE, _S.AGREED, _AGREED),
        Transition((_S.AGREED,), _E.ACTIVATE, _S.ACTIVE, CHECKLIST),
        Transition((_S.ACTIVE,), _E.SUSPEND, _S.SUSPENDED, ()),
        Transition((_S.SUSPENDED,), _E.RESUME, _S.ACTIVE, CHECKLIST),
    ),
)
