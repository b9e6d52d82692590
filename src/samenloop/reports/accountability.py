"""The accountability report (R-73): what was asked, shown and refused in a month or year, without small cells. Pure.

It is made from visible answers only. What a node adds about hidden hits on its own registrations comes as a section of
its own (`extra`) and stays at that node.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from samenloop.catalogue import Catalogue
from samenloop.covenant import Covenant
from samenloop.errors import ErrorCode
from samenloop.reports import numbers
from samenloop.reports.cells import THRESHOLD, Block, share
from samenloop.reports.model import Bar, Report, Section, Table, bar_of, percent, text_of
from samenloop.reports.numbers import Numbers
from samenloop.reports.periods import Period
from samenloop.review.sampling import History, full_text
from samenloop.texts import _

_REVIEWS, _LATE = "reviews", "late"
_VERDICTS = ("drawn", "signed-off", "escalated")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose report: `asker` empty = all partners together (the coordinator's), else one partner's own."""

    covenant: Covenant
    catalogue: Catalogue
    period: Period
    asker: str = ""


def build(
    scope: Scope, months: Sequence[Numbers], reviews: History, now_ms: int, extra: Sequence[Section] = ()
) -> Report:
    """Return the report of a period from its months' exact numbers (one for a month, twelve for a year)."""
    covenant = scope.covenant
    version = _("versie {version}", version=covenant.version)
    facts = [
        (_("Convenant"), f"{covenant.name} ({covenant.id}, {version})"),
        (_("Periode"), scope.period.name),
    ]
    if scope.asker:
        facts.insert(0, (_("Deelnemer"), _name(covenant, scope.asker)))
    sections = [
        _questions(scope, months),
        _purposes(scope, months),
        _hits(scope, months),
        _refusals(months),
        *extra,
        _reviews(scope.period, reviews, now_ms),
        _method(scope, len(months)),
    ]
    name = f"verantwoording-{scope.asker or covenant.id}-{scope.period.name}"
    return Report(name, _("Verantwoording samenloopvragen"), tuple(facts), tuple(sections))


def counted(caption: str, column: str, found: Block, label: Callable[[str], str]) -> tuple[Table, tuple[Bar, ...]]:
    """Return a block as a table with its plot."""
    names = {name: label(name) for name in found.parts}
    rows = [(names[name], text_of(cell)) for name, cell in found.parts.items()]
    table = Table(caption, (column, _("Aantal")), (*rows, (_("Samen"), text_of(found.total))))
    return table, tuple(bar_of(names[name], cell) for name, cell in found.parts.items())


def _questions(scope: Scope, months: Sequence[Numbers]) -> Section:
    askers = [scope.asker] if scope.asker else [row.id for row in scope.covenant.participants if row.asks_as]
    found = numbers.shown(months, numbers.QUESTIONS, askers)
    table, bars = counted(_("Vragen per vrager"), _("Vrager"), found, lambda one: _name(scope.covenant, one))
    text = _("Een vraag gaat over één persoon in één casus, aan één of meer houders.")
    return Section(_("Gestelde vragen"), (text,), table, bars)


def _purposes(scope: Scope, months: Sequence[Numbers]) -> Section:
    found = numbers.shown(months, numbers.PURPOSES)
    table, bars = counted(
        _("Gevraagde houders per doel"), _("Doel"), found, lambda one: purpose_text(scope.catalogue, one)
    )
    return Section(_("Vragen per doel"), (), table, bars)


def _hits(scope: Scope, months: Sequence[Numbers]) -> Section:
    holders = [row.id for row in scope.covenant.participants if row.registers and row.id != scope.asker]
    asked, known, released = (
        numbers.shown(months, table, holders) for table in (numbers.ASKED, numbers.KNOWN, numbers.RELEASED)
    )
    rows, bars = [], []
    for holder in holders:
        part = share(known.parts[holder], asked.parts[holder])
        cells = (asked.parts[holder], known.parts[holder])
        rows.append(
            (_name(scope.covenant, holder), *map(text_of, cells), percent(part), text_of(released.parts[holder]))
        )
        bars.append(Bar(_name(scope.covenant, holder), part, percent(part)))
    columns = (_("Houder"), _("Gevraagd"), _("Meteen bekend"), _("Aandeel"), _("Later vrijgegeven"))
    table = Table(_("Zichtbare antwoorden per houder"), columns, tuple(rows))
    text = _("Een antwoord is 'bekend' of 'geen bericht'. Geen bericht betekent niet dat iemand onbekend is.")
    return Section(_("Aandeel met antwoord 'bekend'"), (text,), table, tuple(bars))


def _refusals(months: Sequence[Numbers]) -> Section:
    found = numbers.shown(months, numbers.REFUSED)
    table, bars = counted(_("Geweigerde handelingen per regel"), _("Regel of reden"), found, _reason)
    return Section(_("Weigeringen"), (), table, bars)


def _reviews(period: Period, reviews: History, now_ms: int) -> Section:
    late = reviews.late(now_ms)
    found = numbers.shown([_reviewed(month, reviews, late) for month in period.months()], _REVIEWS, (*_VERDICTS, _LATE))
    draws = [one for one in reviews.draws if period.from_ms <= one.at_ms < period.until_ms]
    on_time = late.isdisjoint(entry for one in draws for entry in one.drawn)
    labels = (_("Getrokken regels"), _("Akkoord"), _("Doorgezet voor onderzoek"), _("Te laat beoordeeld"))
    bars = tuple(bar_of(label, cell) for label, cell in zip(labels, found.parts.values(), strict=True))
    if on_time:
        bars = (*bars[:-1], Bar(labels[-1], 0, _("geen")))
    rows = ((_("Steekproeven"), str(len(draws))), *((bar.label, bar.text) for bar in bars))
    text = _(
        "Een machine trekt door loting regels uit het logboek. Een mens beoordeelt elke getrokken regel. Te laat is "
        "een regel die na de termijn nog geen oordeel had, ook als dat er nu wel is."
    )
    table = Table(_("Steekproeven"), (_("Wat"), _("Aantal")), rows)
    full = (full_text(),) if any(one.full for one in draws) else ()
    return Section(_("Controle van het logboek"), (text, *full), table, bars)


def _reviewed(month: Period, reviews: History, late: AbstractSet[int]) -> Numbers:
    draws = [one for one in reviews.draws if month.from_ms <= one.at_ms < month.until_ms]
    drawn = {entry for one in draws for entry in one.drawn}
    escalated = [one.escalated for one in reviews.verdicts if one.entry in drawn]
    counts = (len(drawn), escalated.count(False), escalated.count(True), len(late & drawn))
    return Numbers({_REVIEWS: dict(zip((*_VERDICTS, _LATE), counts, strict=True))})


def _method(scope: Scope, months: int) -> Section:
    texts = [
        _(
            "Een aantal onder {threshold} staat er niet, ook niet als het nul is. Andere aantallen zijn naar "
            "beneden afgerond op 5. Een totaal telt op wat erboven staat, en een aandeel komt ook uit die aantallen.",
            threshold=THRESHOLD,
        ),
        _(
            "Een vrager, houder of doel met een te klein aantal telt ook in de andere tabellen niet mee. Daardoor "
            "kan niemand zo'n klein aantal uitrekenen en zegt dit rapport niets over één persoon."
        ),
    ]
    if months > 1:
        texts.append(
            _(
                "Een jaar telt op wat de maanden tonen. Was een houder of regel in elke maand te klein, dan staat er "
                "het aantal van het jaar, maar nooit meer dan {most}.",
                most=numbers.most_unseen(months),
            )
        )
    if scope.asker:
        texts.append(
            _(
                "Maak dit rapport van één deelnemer niet openbaar. Wie het naast het rapport van alle deelnemers samen "
                "legt, kan van een klein aantal te veel te weten komen. Alleen dat andere rapport is openbaar."
            )
        )
    texts.append(_("Verborgen treffers tellen niet mee: alleen de houder zelf kent ze."))
    return Section(_("Zo zijn de getallen gemaakt"), tuple(texts))


def _reason(code: str) -> str:
    """Return why something was refused: a rule by its number, an error of a machine in words."""
    words = {
        ErrorCode.BUDGET_EXHAUSTED.value: _("Te veel vragen"),
        ErrorCode.NOT_PERMITTED.value: _("Niet toegestaan volgens het convenant"),
        ErrorCode.NOT_AUTHENTICATED.value: _("Onbekende afzender"),
        ErrorCode.INVALID_INPUT.value: _("Onvolledig of onjuist bericht"),
        ErrorCode.COVENANT_MISMATCH.value: _("Verouderd convenant"),
        ErrorCode.EPOCH_MISMATCH.value: _("Verouderde sleutel"),
        ErrorCode.CLOCK_SKEW.value: _("Klok niet gelijk"),
        ErrorCode.REQUEST_REUSED.value: _("Vraagnummer al gebruikt"),
        ErrorCode.EXPIRED.value: _("Antwoord was teruggenomen"),
        ErrorCode.INTEGRITY.value: _("Handtekening klopt niet"),
    }
    return words.get(code, code)


def _name(covenant: Covenant, participant: str) -> str:
    row = covenant.find(participant)
    return row.display_name if row else participant


def purpose_text(catalogue: Catalogue, code: str) -> str:
    """Return the name of a purpose for people; a code that the catalogue does not have as it is."""
    row = catalogue.listed("purposes", code) or catalogue.listed("indexes", code)
    return _(row.text) if row else code


def ground_text(catalogue: Catalogue, code: str) -> str:
    """Return the article that a ground stands in, as a person can look it up."""
    ground = catalogue.give.get(code) or catalogue.receive.get(code)
    if ground is None:
        return code
    laws, articles = ground.law.split("; "), ground.article.split("; ")
    if len(laws) != len(articles):
        return f"{ground.law} art. {ground.article}"
    return "; ".join(f"{law} art. {article}" for law, article in zip(laws, articles, strict=True))
