"""A notice board and six nodes with real keys: what the tests of the ceremony play with."""

import dataclasses
from dataclasses import dataclass, field

from samenloop.covenant import Covenant
from samenloop.covenant.epochs import announce
from samenloop.covenant.notices import Notice, Verified, verify_notice
from samenloop.keys import SealingKey, SigningKey
from samenloop_node.ceremony import Ceremony, Step
from tests.covenant.consortium import demo_covenant

EPOCH = "2026-1"
MAYOR, CARE, POLICE, PROBATION = "burgemeester-middelstad", "ggz-midden", "politie-midden", "reclassering-midden"
PAIR = (POLICE, PROBATION)


@dataclass
class Party:
    """One participant's node: its keys, its 32 bytes, and the secret it kept."""

    name: str
    signing: SigningKey = field(default_factory=SigningKey.generate)
    sealing: SealingKey = field(default_factory=SealingKey.generate)
    secret: bytes = b""

    @property
    def contribution(self) -> bytes:
        """Return 32 bytes that are this party's own, the same at each call."""
        return bytes((len(self.name) * 7 + ord(self.name[0]) + place * 11) % 256 for place in range(32))


@dataclass
class Board:
    """The coordinator's part: it verifies and keeps notices, and does nothing else."""

    covenant: Covenant
    parties: dict[str, Party]
    notices: list[Notice] = field(default_factory=list)

    def post(self, notice: Notice) -> Verified:
        verified = verify_notice(self.covenant, notice)
        self.notices.append(notice)
        return verified

    def verified(self) -> list[Verified]:
        return [verify_notice(self.covenant, notice) for notice in self.notices]

    def seen_by(self, name: str, epoch: str = EPOCH) -> Ceremony:
        return Ceremony(self.covenant, epoch, name, self.verified())

    def announce(self, epoch: str = EPOCH, pair: tuple[str, str] = PAIR) -> None:
        for name in pair:
            self.post(announce(self.covenant, epoch, pair, name, self.parties[name].signing))

    def act(self, name: str, epoch: str = EPOCH) -> Step:
        """Do this party's next step, if it has one; return which it was."""
        party, seen = self.parties[name], self.seen_by(name, epoch)
        step = seen.step()
        if step is Step.CONTRIBUTE:
            self.post(seen.contribute(party.contribution, party.signing))
        elif step is Step.REVEAL:
            self.post(seen.reveal(party.contribution, party.signing))
        elif step is Step.CONFIRM:
            self.post(seen.confirm(party.sealing, party.signing))
        elif step is Step.ACCEPT:
            party.secret, notice = seen.accept(party.sealing, party.signing)
            self.post(notice)
        return step

    def play(self, epoch: str = EPOCH, rounds: int = 6) -> None:
        """Let everybody act in turn until nothing is left to do."""
        for _round in range(rounds):
            for name in self.parties:
                self.act(name, epoch)


def board() -> Board:
    """Return an empty board of the demo covenant with fresh keys."""
    covenant = demo_covenant()
    parties = {row.id: Party(row.id) for row in covenant.participants}
    rows = tuple(
        dataclasses.replace(
            row, signing_key=parties[row.id].signing.public.hex, sealing_key=parties[row.id].sealing.public.hex
        )
        for row in covenant.participants
    )
    return Board(dataclasses.replace(covenant, participants=rows), {str(name): one for name, one in parties.items()})
