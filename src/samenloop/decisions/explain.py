"""What is missing, in words: the closed text behind each condition that a refusal names."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from samenloop.catalogue.catalogue import Catalogue
from samenloop.decisions.case import CASE
from samenloop.decisions.consent import CONSENT
from samenloop.decisions.deciding_beforehand import BEFOREHAND
from samenloop.decisions.guards import Guard, Machine
from samenloop.decisions.network import NODE
from samenloop.decisions.notice import NOTICE
from samenloop.decisions.question import QUESTION
from samenloop.decisions.record import RECORD
from samenloop.decisions.release import HIT
from samenloop.decisions.request import REQUEST
from samenloop.texts import _


def explain(catalogue: Catalogue, missing: Iterable[str]) -> tuple[str, ...]:
    """Return one Dutch sentence per entry of `Refused.missing`, each once; an entry without a text stays as it is."""
    texts = {**_guard_texts(), **{step.id: step.text for one in catalogue.profiles.values() for step in one.steps}}
    return tuple(dict.fromkeys(_sentence(texts, entry) for entry in missing))


def spelled_out(catalogue: Catalogue, missing: Iterable[str]) -> tuple[str, ...]:
    """Return the same sentences, each with the codes or places concerned; an entry without a text is left out."""
    found: dict[str, list[str]] = {}
    for entry in missing:
        (sentence,) = explain(catalogue, (entry,))
        if sentence != entry:
            found.setdefault(sentence, []).extend(_place(catalogue, entry))
    return tuple(f"{sentence} [{', '.join(places)}]" if places else sentence for sentence, places in found.items())


def _place(catalogue: Catalogue, entry: str) -> list[str]:
    """Return what an entry is about: of an answer that is missing, how to give it."""
    condition, places = (*entry.split(), "", "")[1], entry.split()[2:]
    if places != ["answers"]:
        return places
    steps = [step for one in catalogue.profiles.values() for step in one.steps if step.id == condition]
    return [f"--answer {condition}={'|'.join((*step.accepted, *step.refused))}" for step in steps[:1]]


def _sentence(texts: Mapping[str, str], entry: str) -> str:
    rule, condition = (*entry.split(), "", "")[:2]
    text = texts.get(f"{rule} {condition}") or texts.get(condition)
    return _(text) if text else entry


@functools.cache
def _guard_texts() -> Mapping[str, str]:
    """Return the texts by `rule condition`, and by condition alone for what data refuse by a rule of their own."""
    machines: tuple[Machine[Any, Any, Any], ...] = (NODE, RECORD, CASE, QUESTION, HIT, CONSENT, NOTICE, REQUEST)
    guards: list[Guard[Any]] = [guard for one in machines for step in one.transitions for guard in step.guards]
    guards += BEFOREHAND
    exact = {f"{guard.rule} {guard.condition}": guard.text for guard in guards}
    return {**{guard.condition: guard.text for guard in guards}, **exact}
