"""The consortium of an evaluation: a participant with one register per organisation, all of the same kind.

Everything is real but the policy: the covenant is flagged `evaluation` and every daemon is started so. Either alone is
refused. The one account of each node is the OS user who runs the evaluation: `--as` does not exist here.
"""

import json
import os
import pwd
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consortium import Account, Consortium, Party
from making import make

from samenloop.covenant import fill_keys
from tests.quality.evaluation_sources import Source

DOMAIN = "evaluation.samenloop.test"
REGISTER = "registratie"
EPOCH = "2026-1"
KIND = "reclassering"
REVIEW_DAYS = 180
TEMPLATE = Path(__file__).parent / "evaluation_covenant.toml"
HOLDER = {
    "purpose": "toezicht",
    "proportionality": "tegenstrijdige_aanpak",
    "subsidiarity": "geen_lichter_middel",
    "give_basis": "rr37_straf",
    "receive_basis": "rr8",
    "inform_basis": "rr37_straf",
    "reason": "taak_bij_dit_probleem",
}
QUESTION = {
    "asked_person": "nee_gevaar",
    "anonymous_talk": "nee_persoon_nodig",
    "phone_call": "nee_vertelt_meer",
    "target_group": ["meer_problemen", "meer_ketens", "gevolgen_omgeving"],
}
QUESTION |= {"target_group": ["gebiedsprobleem"]}
"""What a question says about one holder, and as a whole, between two participants of this kind."""


def parties(sources: Sequence[Source]) -> list[Party]:
    """Return one participant per organisation; polling is as slow as it may be, because nobody reads the mail."""
    user = pwd.getpwuid(os.getuid()).pw_name
    account = Account("evaluator", ("operator", "case_worker"), user)
    return [
        Party(one.participant, (REGISTER,), (account,), settings=_settings(one), poll_seconds=600) for one in sources
    ]


def build(consortium: Consortium, *, flagged: bool = True) -> None:
    """Make the consortium; nothing runs yet."""
    names = list(consortium.parties)
    make(consortium, lambda keys: covenant(names, keys, flagged=flagged), DOMAIN, f"{DOMAIN}/log")


def covenant(names: Sequence[str], keys: Mapping[str, str], *, flagged: bool) -> str:
    """Return the covenant as TOML: everybody may ask everybody else."""
    template = TEMPLATE.read_text(encoding="utf-8") + "".join(_participant(name, names) for name in names)
    own = {"witness_quorum": str(min(2, len(names) - 1)), "evaluation": "true" if flagged else "false"}
    return fill_keys(template, {**keys, **own})


def _participant(name: str, names: Sequence[str]) -> str:
    others = json.dumps([one for one in names if one != name])
    return f"""
[[participants]]
id = "{name}"
display_name = "{name}"
role = "core_partner"
region = "hier"
contact = "evaluatie"
secrecy = "evaluatie"
processing_entry = "evaluatie"
impact_assessed_on = 2026-01-10
signing_key = "@{name}.signing_key@"
sealing_key = "@{name}.sealing_key@"
tls_pin = "@{name}.tls_pin@"
may_ask = {others}
asks_as = ["{KIND}"]

[participants.controller]
name = "{name}"
joint = true
contact = "evaluatie"

[[participants.registers]]
id = "{REGISTER}"
kind = "{KIND}"
"""


def _settings(source: Source) -> str:
    """Return the register's part of the node's configuration: defaults for every fact, names of what is not there."""
    review = datetime.now(UTC).date() + timedelta(days=REVIEW_DAYS)
    columns = "\n".join(f'{column} = ""' for column in source.absent)
    return f"""ignore = {json.dumps(source.extra, ensure_ascii=False)}

[registers.{REGISTER}.defaults]
taak = "toezicht"
kader = "maatregel"
herkomst = "eigen"
maatregel = ""
toetsdatum = "{review.isoformat()}"
bescherming = "nee"

[registers.{REGISTER}.columns]
{columns}
"""
