"""Which register of this node is meant, and what its rows are judged against."""

from samenloop.covenant.permissions import budgets
from samenloop.errors import InvalidInput
from samenloop.model import register_id
from samenloop.texts import _
from samenloop_node.app import App
from samenloop_node.config import RegisterSettings
from samenloop_node.registrations.facts import Setting
from samenloop_node.tokens.keys import EpochKeys


def setting_of(app: App, register: str) -> Setting:
    """Return the setting of one of this participant's own registers; raises InvalidInput that names the known ones."""
    own = {row.id: row for row in app.participant().registers}
    if register not in own:
        known = ", ".join(sorted(own)) or "-"
        raise InvalidInput(
            "register",
            _(
                "Register {name} staat niet bij deze deelnemer in het convenant. Bekend: {known}.",
                name=register,
                known=known,
            ),
        )
    return Setting(
        participant=app.config.participant,
        register=register_id(register),
        kind=own[register_id(register)].kind,
        covenant=app.covenant(),
        catalogue=app.catalogue,
        authorisations=app.authorisations,
        references=app.references,
        grounds=settings_of(app, register).beforehand,
        today=app.clock.now().date(),
    )


def settings_of(app: App, register: str) -> RegisterSettings:
    """Return the configuration of a register; without one its files must have every column."""
    return app.config.registers.get(register, RegisterSettings())


def decisions_per_day(app: App) -> int:
    """Return how many decisions beforehand one decider may take on one day here."""
    return budgets(app.covenant(), app.config.participant).decisions_per_decider_and_day


def write_keys(app: App) -> tuple[EpochKeys, ...]:
    """Return the keys of every epoch to be written; raises SamenloopError when there is no epoch or no key here yet."""
    epochs = app.agreement.live.write_epochs
    if not epochs:
        raise InvalidInput(
            "epoch", _("Er is nog geen tijdvak waarin kan worden geregistreerd. Rond eerst de sleutelceremonie af.")
        )
    return tuple(app.epoch_keys(epoch) for epoch in epochs)
