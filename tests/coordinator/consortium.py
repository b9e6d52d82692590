"""A throw-away consortium on this machine: CA, keys, signed covenant, configuration. Reusable by other test folders."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from samenloop.clock import SystemClock
from samenloop.covenant import Covenant, fill_keys, parse_toml
from samenloop.covenant.files import signatures_path
from samenloop.covenant.signatures import format_signatures, sign
from samenloop.keys import SealingKey, SigningKey
from samenloop_coordinator import ca
from samenloop_coordinator.config import CoordinatorConfig, load_config
from samenloop_coordinator.operating import activate, initialise
from samenloop_node import join
from tests.ports import free_port

TEMPLATE = Path(__file__).parents[2] / "deploy" / "demo" / "covenant.toml"
TRUST_DOMAIN = "demo.samenloop.test"
ORIGIN = "demo.samenloop.test/zvh-demo"


@dataclass(frozen=True, slots=True)
class Party:
    """A participant's folder with its keys and certificate."""

    name: str
    folder: Path
    signing: SigningKey
    sealing: SealingKey


@dataclass(frozen=True, slots=True)
class Consortium:
    """Everything that was made, below `folder`."""

    folder: Path
    covenant: Covenant
    parties: dict[str, Party]
    auditor: SealingKey
    port: int
    config_file: Path

    @property
    def config(self) -> CoordinatorConfig:
        """Return the coordinator's configuration."""
        return load_config(self.config_file)

    @property
    def address(self) -> str:
        """Return where the coordinator listens."""
        return f"127.0.0.1:{self.port}"


def make_consortium(folder: Path, edit: Callable[[str], str] = lambda text: text) -> Consortium:
    """Make CA, keys, certificates, covenant (`edit` may change its text), files of the coordinator; activate it."""
    now, template, port = datetime.now(UTC), edit(TEMPLATE.read_text(encoding="utf-8")), free_port()
    authority = ca.init(folder / "ca", TRUST_DOMAIN, now)
    names = re.findall(r'^id = "([a-z0-9-]+)"$', template.split("[[participants]]", 1)[1], re.MULTILINE)
    participants = [name for name in names if f"@{name}.tls_pin@" in template]
    keys: dict[str, str] = {}
    parties = {}
    for name in participants:
        joining = join.prepare(folder / name, name)
        certificate = ca.sign_participant(authority, joining.request.read_bytes(), name, 30, now)
        (folder / name / "received.pem").write_bytes(certificate)
        join.install(folder / name, name, TRUST_DOMAIN, (folder / name / "received.pem", folder / "ca" / "ca.pem"), now)
        keys |= {
            f"{name}.signing_key": joining.signing_key,
            f"{name}.sealing_key": joining.sealing_key,
            f"{name}.tls_pin": joining.tls_pin,
        }
        signing, sealing = folder / name / "signing.key", folder / name / "sealing.key"
        parties[name] = Party(name, folder / name, SigningKey.load(signing), SealingKey.load(sealing))
    auditor = SealingKey.generate()
    prepared = ca.prepare_coordinator(folder / "coordinator")
    certificate = ca.sign_coordinator(authority, prepared.request.read_bytes(), ["127.0.0.1", "localhost"], 30, now)
    (folder / "coordinator" / "tls.pem").write_bytes(certificate)
    keys |= {
        "coordinator.address": f"127.0.0.1:{port}",
        "coordinator.tls_pin": prepared.tls_pin,
        "coordinator.audit_key": prepared.audit_key,
        "auditor.sealing_key": auditor.public.hex,
    }
    covenant = parse_toml(fill_keys(template, keys))
    config_file = _configure(folder, port)
    _write_covenant(folder, fill_keys(template, keys), covenant, parties)
    config = load_config(config_file)
    initialise(config)
    activate(config, folder / "covenant.toml", SystemClock())
    return Consortium(folder, covenant, parties, auditor, port, config_file)


def _write_covenant(folder: Path, text: str, covenant: Covenant, parties: dict[str, Party]) -> None:
    path = folder / "covenant.toml"
    path.write_text(text, encoding="utf-8")
    signers = [row.id for row in covenant.participants if not row.network]
    signatures = [sign(covenant, name, parties[name].signing) for name in signers]
    signatures_path(path).write_bytes(format_signatures(signatures))


def _configure(folder: Path, port: int) -> Path:
    path = folder / "coordinator.toml"
    path.write_text(
        f"""listen = "127.0.0.1:{port}"
origin = "{ORIGIN}"

[data]
database = "coordinator/coordinator.db"
log_head = "coordinator/log-head.db"
cache_mib = 64

[secrets]
pepper = "coordinator/pepper.key"
audit_key = "coordinator/audit.key"

[tls]
key = "coordinator/tls.key"
certificate = "coordinator/tls.pem"
ca = "ca/ca.pem"
denylist = "ca/denylist.json"
""",
        encoding="utf-8",
    )
    return path
