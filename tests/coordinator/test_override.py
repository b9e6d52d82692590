"""The coordinator starts with an override of the catalogue only when all partners signed it; then it rules by it."""

import asyncio
import dataclasses
from pathlib import Path

import pytest

from samenloop.clock import SystemClock
from samenloop.covenant import canonical, fingerprint
from samenloop.covenant.checks import signing_participants
from samenloop.covenant.override import sign_override
from samenloop.covenant.signatures import format_signatures, sign
from samenloop.errors import IntegrityError, Refused
from samenloop.keys import SigningKey
from samenloop.reports.model import Report
from samenloop.reports.processing import build as register_entry
from samenloop_coordinator.agreement import catalogue_in_force
from samenloop_coordinator.review import desk, reporting
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import HOUSE, MAYOR, PROBATION, put
from tests.coordinator.world import opened_world

STRICTER = b'[registers.burgemeester]\nmode = "holder_decides"\nvoluntary = "holder_decides"\n'


def overridden(consortium: Consortium, data: bytes, names: frozenset[str]) -> Consortium:
    path: Path = consortium.folder / "strenger.toml"
    path.write_bytes(data)
    signed = [sign_override(consortium.covenant, data, name, consortium.parties[name].signing) for name in names]
    path.with_suffix(".signatures.json").write_bytes(format_signatures(signed))
    text = consortium.config_file.read_text(encoding="utf-8")
    consortium.config_file.write_text(f'catalogue_override = "strenger.toml"\n{text}', encoding="utf-8")
    return consortium


def known(consortium: Consortium) -> bool:
    """Tell whether a record that the mayor's register shows at once is shown."""

    async def ask() -> bool:
        async with opened_world(consortium) as world:
            await world.register(MAYOR, [put("burgemeester", "anna")])
            return (await world.ask(PROBATION, [MAYOR], "anna")).answers[0].known

    return asyncio.run(ask())


def test_R15_an_override_of_all_partners_binds_the_coordinator(consortium: Consortium) -> None:
    assert not known(overridden(consortium, STRICTER, signing_participants(consortium.covenant)))


def test_R15_control_without_an_override_the_same_record_is_shown(consortium: Consortium) -> None:
    assert known(consortium)


@pytest.mark.parametrize("loose", [False, True], ids=["one signature short", "signed by all, but looser"])
def test_R15_the_coordinator_does_not_start_with_an_override_that_does_not_count(
    consortium: Consortium, *, loose: bool
) -> None:
    names = signing_participants(consortium.covenant)
    looser = b'[registers.ggz]\nmode = "automatic"\n'
    made = overridden(consortium, looser if loose else STRICTER, names if loose else names - {MAYOR})
    with pytest.raises(Refused) as caught:
        known(made)
    assert caught.value.rule == "R-15"


def test_R15_a_version_under_which_the_override_does_not_count_is_not_activated(consortium: Consortium) -> None:
    old = consortium.covenant
    key = SigningKey.generate(consortium.folder / "new.key")
    rows = tuple(
        dataclasses.replace(row, signing_key=key.public.hex) if row.id == MAYOR else row for row in old.participants
    )
    new = dataclasses.replace(old, version=2, predecessor=fingerprint(old), participants=rows)
    names = signing_participants(old)
    signatures = format_signatures([sign(new, name, consortium.parties[name].signing) for name in names])
    overridden(consortium, STRICTER, names)

    async def submit() -> None:
        async with opened_world(consortium) as world:
            await world.coordinator.board.submit(canonical(new), signatures)

    with pytest.raises(IntegrityError):
        asyncio.run(submit())
    signed = [sign_override(old, STRICTER, name, consortium.parties[name].signing) for name in names - {MAYOR}]
    signed.append(sign_override(new, STRICTER, MAYOR, key))

    async def resigned() -> None:
        async with opened_world(consortium) as world:
            (consortium.folder / "strenger.signatures.json").write_bytes(format_signatures(signed))
            await world.coordinator.board.submit(canonical(new), signatures)

    asyncio.run(resigned())
    asyncio.run(started(consortium))


async def started(consortium: Consortium) -> None:
    async with opened_world(consortium) as world:
        assert world.coordinator.desk.agreement.covenant.version == 2


NOBODY_ASKS = b'[partners.reclassering]\nask = "n"\nask_rule = "R-20"\n[terms.casus]\namount = 2\n'


def may_ask(report: Report) -> dict[str, str]:
    """Return whom each participant may ask, as the page for the council tells it."""
    (table,) = (one.table for one in report.sections if one.table and one.table.caption == "Lijsten en vragen")
    return {str(row[0]): str(row[2]) for row in table.rows}


def council_page(consortium: Consortium) -> Report:
    return desk.report(consortium.config, SystemClock(), "council", reporting.council_page)


def test_R15_the_reports_of_a_stopped_coordinator_follow_the_override(consortium: Consortium) -> None:
    asker = consortium.covenant.participant(PROBATION).display_name
    before = may_ask(council_page(consortium))
    after = may_ask(council_page(overridden(consortium, NOBODY_ASKS, signing_participants(consortium.covenant))))
    assert before[asker] != "-"
    assert after == {**before, asker: "-"}


def test_R15_the_reports_refuse_an_override_that_does_not_count(consortium: Consortium) -> None:
    names = signing_participants(consortium.covenant)
    with pytest.raises(Refused, match="niet getekend"):
        council_page(overridden(consortium, NOBODY_ASKS, names - {MAYOR}))


@pytest.mark.parametrize(("data", "term"), [(b"", "Termijn: 5 jaar."), (NOBODY_ASKS, "Termijn: 2 jaar.")])
def test_R69_the_register_of_processing_tells_the_term_in_force(consortium: Consortium, data: bytes, term: str) -> None:
    overridden(consortium, data, signing_participants(consortium.covenant))
    catalogue = catalogue_in_force(consortium.covenant, consortium.config.catalogue_override)
    report = register_entry(consortium.covenant, catalogue, HOUSE)
    cells = [str(cell) for one in report.sections if one.table for row in one.table.rows for cell in row]
    assert [cell for cell in cells if "Termijn:" in cell] == [
        f"Procesinformatie over een casus, vanaf de sluiting. {term}"
    ]
