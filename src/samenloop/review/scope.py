"""What the covenant says about review: how much is drawn, and the budgets that patterns are held against."""

from samenloop.covenant import Covenant
from samenloop.covenant.permissions import budgets
from samenloop.review.patterns import Norms
from samenloop.review.sampling import Plan


def plan_of(covenant: Covenant) -> Plan:
    """Return how much of a log is reviewed."""
    given = covenant.review
    return Plan(given.share_percent, given.minimum, given.every_days, given.within_days)


def norms_of(covenant: Covenant) -> Norms:
    """Return the bounds of patterns; an asker that has left the covenant has no budget: one question is too many."""

    def per_user(actor: str) -> int:
        return budgets(covenant, actor).questions_per_user_and_day if covenant.find(actor) else 1

    return Norms(per_user, lambda actor: per_partner_day(covenant, actor))


def per_partner_day(covenant: Covenant, actor: str) -> int:
    """Return how many questions a partner may ask in a day."""
    return budgets(covenant, actor).questions_per_partner_and_day if covenant.find(actor) else 1
