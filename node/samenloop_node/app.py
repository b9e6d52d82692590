"""Everything that a command needs, put together once at start. Holds no state of its own."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from samenloop.audit.note import load_signer
from samenloop.catalogue import Catalogue, load_catalogue
from samenloop.clock import Clock, SystemClock
from samenloop.covenant import Covenant, Participant
from samenloop.covenant.override import read_override
from samenloop.covenant.permissions import check_evaluation
from samenloop.errors import ErrorCode, SamenloopError
from samenloop.keys import SealingKey, SigningKey
from samenloop.logs import Log, open_log
from samenloop.model import EpochId
from samenloop.profile import EpochProfiles
from samenloop.texts import _
from samenloop.tls import TlsFiles
from samenloop_node import reference_key
from samenloop_node.accounts import Authorisations
from samenloop_node.background import Background
from samenloop_node.config import NodeConfig
from samenloop_node.connection.agreement import Agreement
from samenloop_node.connection.client import Connection
from samenloop_node.keyring import Keyring
from samenloop_node.ownlog import OwnLog
from samenloop_node.references import References
from samenloop_node.store import Store
from samenloop_node.tokens.keys import EpochKeys


@dataclass(frozen=True)
class App:
    """The running node. The start options `--demo` and `--evaluation` count only with the flag of that name in the
    covenant that is active now; of the latter two, one alone does not start.
    """

    config: NodeConfig
    store: Store
    connection: Connection
    agreement: Agreement
    keyring: Keyring
    clock: Clock
    references: References
    ownlog: OwnLog
    authorisations: Authorisations
    signing_key: SigningKey
    sealing_key: SealingKey
    catalogue: Catalogue
    background: Background
    log: Log
    started_demo: bool = False
    started_evaluation: bool = False

    @classmethod
    def open(
        cls, config: NodeConfig, clock: Clock | None = None, *, demo: bool = False, evaluation: bool = False
    ) -> Self:
        """Open keys, store and log; nothing is dialled. Raises SamenloopError with what is wrong and where."""
        clock = clock or SystemClock()
        log = open_log("samenloop-node", sys.stderr)
        config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        references = reference_key.load(config)
        store = Store(config.state / reference_key.DATABASE)
        agreement = Agreement(store, config.covenant, clock)
        covenant = agreement.covenant()
        covenant.participant(config.participant)
        check_evaluation(flagged=covenant.flags.evaluation, started=evaluation)
        files = TlsFiles(config.tls.key, config.tls.certificate, config.tls.ca)
        signer = load_signer(covenant.own_log_origin(config.participant), config.keys.signing)
        former = agreement.former_signing_keys(config.participant)
        ownlog = OwnLog(store, config.state / "ownlog.tree", signer, clock, former)
        agreement.log_to(ownlog.append)
        return cls(
            config=config,
            store=store,
            connection=Connection(files, agreement.covenant, clock),
            agreement=agreement,
            keyring=Keyring(config.keys.secrets),
            clock=clock,
            references=references,
            ownlog=ownlog,
            authorisations=Authorisations.load(config.authorisations),
            signing_key=SigningKey.load(config.keys.signing),
            sealing_key=SealingKey.load(config.keys.sealing),
            catalogue=read_override(
                load_catalogue(), covenant, config.catalogue_override, frozenset({config.participant})
            ),
            background=Background(log),
            log=log,
            started_demo=demo,
            started_evaluation=evaluation,
        )

    def covenant(self) -> Covenant:
        """Return the active covenant."""
        return self.agreement.covenant()

    def name_of(self, participant: str) -> str:
        """Return what people call a participant, also one that has left; else its id."""
        row = self.agreement.ever_in(participant)
        return row.display_name if row else participant

    @property
    def demo(self) -> bool:
        """Tell whether somebody may act as another account (`--as`)."""
        return self.started_demo and self.covenant().flags.demo

    @property
    def evaluation(self) -> bool:
        """Tell whether input is read as in an evaluation."""
        return self.started_evaluation and self.covenant().flags.evaluation

    def participant(self) -> Participant:
        """Return this node's own row in the covenant."""
        return self.covenant().participant(self.config.participant)

    def epoch_keys(self, epoch: EpochId) -> EpochKeys:
        """Return the recipe keys of an epoch; raises SamenloopError(NOT_FOUND) before the ceremony."""
        return self.keyring.keys(self.covenant(), epoch)

    def profiles(self) -> EpochProfiles:
        """Return the token profiles of the covenant."""
        return self.covenant().profiles()

    async def close(self) -> None:
        """Close the connection, then the store."""
        await self.connection.close()
        self.store.close()


@contextmanager
def one_daemon(folder: Path) -> Iterator[None]:
    """Hold the lock of this state folder; raises SamenloopError(BUSY) while another daemon has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "daemon.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SamenloopError(ErrorCode.BUSY, _("Er draait al een node op {folder}.", folder=folder)) from error
        yield
