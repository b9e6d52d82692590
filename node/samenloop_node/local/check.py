"""`config check`: everything that the daemon would stumble over at start, without starting it or touching its state."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from samenloop.covenant import Covenant, parse_canonical
from samenloop.errors import InvalidInput
from samenloop.keys import SealingKey, SigningKey, load_private
from samenloop.texts import _
from samenloop.tls import check_expiry, read_certificate
from samenloop.tls.certificates import spki_pin
from samenloop_node import reference_key
from samenloop_node.accounts import Authorisations
from samenloop_node.config import NodeConfig, load_config
from samenloop_node.connection.agreement import pinned
from samenloop_node.store import covenants


def checked(path: Path) -> Mapping[str, object]:
    """Check configuration, covenant, accounts, keys and certificate; raises SamenloopError for the first that is
    wrong.
    """
    config = load_config(path)
    covenant = _in_force(config)
    own = covenant.participant(config.participant)
    users = Authorisations.load(config.authorisations).users
    _same("signing_key", SigningKey.load(config.keys.signing).public.hex, own.signing_key)
    _same("sealing_key", SealingKey.load(config.keys.sealing).public.hex, own.sealing_key)
    _same("tls_pin", spki_pin(read_certificate(config.tls.certificate)), own.tls_pin)
    load_private(config.tls.key)
    read_certificate(config.tls.ca)
    remark = reference_key.check(config)
    warning = check_expiry(config.tls.certificate, datetime.now(UTC))
    _check_registers(config, covenant)
    lines = [
        _("Deelnemer {name}, convenant {id} versie {version}.", name=own.id, id=covenant.id, version=covenant.version),
        _("Aantal accounts: {count}.", count=len(users)),
        *([remark] if remark else []),
        *([warning] if warning else []),
    ]
    return {"ok": True, "lines": lines}


def _in_force(config: NodeConfig) -> Covenant:
    """Return the newest version that this node took over; before its first start the pinned one."""
    start, database = pinned(config.covenant), config.state / reference_key.DATABASE
    document = covenants.newest_in(database) if database.exists() else b""
    return parse_canonical(document) if document else start


def _same(name: str, here: str, covenant: str) -> None:
    if here != covenant:
        raise InvalidInput(
            name, _("{name} van deze node is een andere dan die in het convenant. Kijk bij keys en tls.", name=name)
        )


def _check_registers(config: NodeConfig, covenant: Covenant) -> None:
    own = {row.id for row in covenant.participant(config.participant).registers}
    for name in config.registers:
        if name not in own:
            raise InvalidInput(
                f"registers.{name}", _("Register {name} staat niet bij deze deelnemer in het convenant.", name=name)
            )
