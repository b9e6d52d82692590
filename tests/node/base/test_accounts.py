"""The authorisation document: one named account per person, with a secrecy statement and dates (R-09, R-10)."""

from datetime import date

import pytest

from samenloop.errors import ErrorCode, InvalidInput, Refused, SamenloopError
from samenloop_node.accounts import Authorisations, Role

TODAY = date(2026, 6, 1)
ROW = """
[[account]]
name = "{name}"
os_user = "{os_user}"
roles = {roles}
secrecy_statement = {secrecy}
valid_from = 2026-01-01
valid_until = 2026-12-31
"""


def row(name="anna", os_user="anna", roles='["case_worker"]', secrecy="2026-01-01", more=""):
    return ROW.format(name=name, os_user=os_user, roles=roles, secrecy=secrecy) + more


def test_an_os_user_has_one_account():
    users = Authorisations.parse(row() + row("bo", "bo"))
    assert users.by_os_user("bo").name == "bo"
    with pytest.raises(SamenloopError) as unknown:
        users.by_os_user("root")
    assert unknown.value.code is ErrorCode.NOT_PERMITTED
    with pytest.raises(SamenloopError):
        users.named("nobody")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (row() + row("anna", "other"), "account.name"),
        (row() + row("other", "anna"), "account.os_user"),
        (row(roles='["boss"]'), "account.0.roles.0"),
        (row(more='phone = "1"'), "account.0.phone"),
        (row(more='responsible = "nobody"'), "account.responsible"),
        (row(name="Anna Jansen"), "account.0.name"),
        ("", "account"),
        ("x = [", "authorisations"),
    ],
)
def test_a_document_that_does_not_hold_together_is_refused_with_its_place(text, field):
    with pytest.raises(InvalidInput) as wrong:
        Authorisations.parse(text)
    assert wrong.value.field == field


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"accounts\.toml"):
        Authorisations.load(tmp_path / "accounts.toml")


def test_R09_no_secrecy_statement_no_access():
    user = Authorisations.parse(row(secrecy="2026-07-01")).named("anna")
    with pytest.raises(Refused) as refused:
        user.check(frozenset(Role), TODAY)
    assert refused.value.rule == "R-09"


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 1)])
def test_R10_outside_its_dates_an_account_is_refused(day):
    user = Authorisations.parse(row(secrecy="2025-01-01")).named("anna")
    with pytest.raises(Refused) as refused:
        user.check(frozenset(Role), day)
    assert refused.value.rule == "R-10"


def test_R10_a_role_that_the_account_does_not_have_is_refused_and_no_role_means_no_access():
    users = Authorisations.parse(row() + row("empty", "empty", roles="[]"))
    users.named("anna").check(frozenset({Role.CASE_WORKER, Role.OPERATOR}), TODAY)
    for name in ("anna", "empty"):
        with pytest.raises(Refused, match="geen rol"):
            users.named(name).check(frozenset({Role.OPERATOR}), TODAY)


def test_a_decision_maker_of_that_day():
    users = Authorisations.parse(row("boss", "boss", roles='["decision_maker"]') + row())
    assert users.decision_maker("boss", TODAY)
    assert not users.decision_maker("boss", date(2025, 1, 1))
    assert not users.decision_maker("anna", TODAY)
    assert not users.decision_maker("nobody", TODAY)
