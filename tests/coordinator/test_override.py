"""The coordinator starts with an override of the catalogue only when all partners signed it; then it rules by it."""

import asyncio
from pathlib import Path

import pytest

from samenloop.covenant.checks import signing_participants
from samenloop.covenant.override import sign_override
from samenloop.covenant.signatures import format_signatures
from samenloop.errors import Refused
from tests.coordinator.consortium import Consortium
from tests.coordinator.harness import MAYOR, PROBATION, put
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
