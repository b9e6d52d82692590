"""The catalogue holds together, agrees with the rules, and fails closed."""

import contextlib
import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop.catalogue import Catalogue, load_catalogue, parse_catalogue
from samenloop.catalogue.loader import FILES
from samenloop.errors import InvalidInput
from samenloop.model import Mode

LAW = load_catalogue()
FOLDER = resources.files("samenloop.catalogue") / "data"
TEXTS = {name: (FOLDER / name).read_text(encoding="utf-8") for name in FILES}

# legal-catalogue.md section 3: id, role, may ask.
OVERVIEW = """politie S y; om S y; burgemeester S y; college_wmo S n; college_jeugd S n; college_schuldhulp S n
college_suwi S n; college_onderwijs S n; ggd F r; ggz S r; huisarts_zorg F r; gi S y; jeugdhulp F r; reclassering S y
veilig_thuis F y; rvdk S y; maatschappelijk_werk F n; woningcorporatie F n; dji S r; slachtofferhulp F n; vhh_casus - n
overig F n"""


def changed(file: str, before: str, after: str) -> dict[str, str]:
    assert before in TEXTS[file]
    return {**TEXTS, file: TEXTS[file].replace(before, after, 1)}


def test_the_partners_are_those_of_the_overview() -> None:
    rows = [line.split() for line in OVERVIEW.replace("\n", ";").split(";")]
    assert {(one.id, one.role, one.ask) for one in LAW.partners.values()} == {tuple(row) for row in rows}


def test_the_youth_institution_has_three_registers_and_everybody_else_one() -> None:
    for partner in LAW.partners:
        registers = {one.id for one in LAW.registers.values() if one.partner == partner}
        expected = {"gi_ots_voogdij", "gi_jeugdreclassering", "gi_vrijwillig"} if partner == "gi" else {partner}
        assert registers == expected


def test_every_pair_rule_and_every_decision_rule_is_there() -> None:
    assert {pair.id for pair in LAW.pairs} == {f"P-{number:02}" for number in range(1, 16)}
    numbered = {f"R-{number:02}" for number in range(1, 77)} | {f"P-{number:02}" for number in range(1, 16)}
    assert set(LAW.rules) == numbered


def test_every_rule_that_people_keep_says_what_stays_theirs() -> None:
    for rule in LAW.rules.values():
        assert bool(rule.people) == (rule.kept_by != "software"), rule.id


def test_a_catalogue_is_loaded_once_and_never_changes() -> None:
    assert load_catalogue() is LAW
    with pytest.raises(TypeError):
        LAW.registers["politie"] = LAW.registers["om"]  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        LAW.registers["politie"].mode = Mode.AUTOMATIC
    with pytest.raises(AttributeError):
        LAW.pairs = ()  # type: ignore[misc]


def test_R19_only_the_case_conference_is_an_index_here() -> None:
    assert [code for code in LAW.codes["indexes"] if LAW.usable("indexes", code)] == ["casusoverleg"]
    assert LAW.index_of("samenloop") == "casusoverleg"
    assert LAW.index_of("regie") is LAW.index_of("zsm") is LAW.index_of("onbekend") is None


def test_kinds_resolve_to_their_partner_and_unknown_ones_to_nothing() -> None:
    assert LAW.partner_of("gi_vrijwillig") == LAW.partner_of("gi") == "gi"
    assert LAW.partner_of("bakkerij") is None
    assert not LAW.enabled("bakkerij")
    assert not LAW.enabled("dji")
    assert not LAW.usable("reasons", "zomaar")


BROKEN = {
    "unknown key": ("partners.toml", 'role = "S"', 'role = "S"\nkleur = "rood"'),
    "wrong type": ("partners.toml", 'ask = "y"', "ask = true"),
    "unknown mode": ("registers.toml", 'mode = "holder_decides"', 'mode = "soms"'),
    "unknown partner": ("registers.toml", 'partner = "politie"', 'partner = "brandweer"'),
    "unknown task": ("registers.toml", '"wpg8"', '"wpg99"'),
    "unknown measure": ("registers.toml", '"gebiedsverbod"', '"tuinverbod"'),
    "unknown term": ("registers.toml", 'retention = "casus"', 'retention = "eeuwig"'),
    "unknown steps": ("registers.toml", '"toezicht_om"', '"los"'),
    "no otherwise": ("registers.toml", 'otherwise = "holder_decides"\n', ""),
    "a looser alternative": ("registers.toml", 'voluntary = "consent_only"', 'voluntary = "automatic"'),
    "never without a rule": ("registers.toml", 'never_rule = "R-14"\n', ""),
    "no task": ("registers.toml", 'tasks = ["huur"]', "tasks = []"),
    "another rule that loosens": ("pairs.toml", 'effect = "tighten"', 'effect = "loosen"'),
    "loosening without a condition": ("pairs.toml", 'acting_as = ["gezinsvoogd_ots"]\n', ""),
    "unknown receiver": ("pairs.toml", 'receivers = ["gi"]', 'receivers = ["ga"]'),
    "unknown capacity": ("pairs.toml", 'acting_as = ["rvdk_taak"]', 'acting_as = ["koning"]'),
    "unknown pair steps": ("pairs.toml", 'steps = "via_om"', 'steps = "via_koning"'),
    "a pair twice": ("pairs.toml", 'id = "P-02"', 'id = "P-01"'),
    "a rule id of another form": ("pairs.toml", 'id = "P-02"', 'id = "P2"'),
    "a ground twice": ("bases.toml", 'id = "wjsg39e"', 'id = "wjsg39f"'),
    "a ground that can never be one": ("bases.toml", 'id = "convenant"', 'id = "wpg20"'),
    "a ground that ends early": ("bases.toml", "valid_from = 20", "valid_to = 1999-01-01\nvalid_from = 20"),
    "unknown breach": ("bases.toml", 'breach = "wpg20"', 'breach = "niets"'),
    "unknown secrecy": ("partners.toml", 'secrecy = ["wpg7"]', 'secrecy = ["wpg77"]'),
    "breaks nothing known": ("secrecy.toml", 'breaks = ["wpg7"]', 'breaks = ["wpg77"]'),
    "may not ask without a rule": ("partners.toml", 'ask_rule = "R-29"\n', ""),
    "a purpose of no index": ("codes.toml", 'samenloop = { parent = "casusoverleg",', "samenloop = {"),
    "an unknown index": ("codes.toml", 'samenloop = { parent = "casusoverleg"', 'samenloop = { parent = "koffie"'),
    "a code for an unknown kind": ("codes.toml", 'kinds = ["gi"]', 'kinds = ["ga"]'),
    "an answer accepted and refused": ("release.toml", 'refused = ["bij_om", "onbekend"]', 'refused = ["bij_politie"]'),
    "an unknown rule": ("choices.toml", 'rule = "R-18"', 'rule = "R-99"'),
    "no TOML": ("choices.toml", "[[choices]]", "[[choices"),
    "another table": ("retention.toml", "[[terms]]", "[[termijnen]]"),
    "a table that is no list": ("retention.toml", TEXTS["retention.toml"], "terms = 3"),
    "a list that is no table": ("codes.toml", "[measures]", "[[measures]]"),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_catalogue_that_does_not_hold_together_is_not_used(why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_catalogue(changed(*BROKEN[why]))
    assert ("TOML" in caught.value.text) == (why == "no TOML")


def test_a_missing_or_foreign_file_is_refused() -> None:
    with pytest.raises(InvalidInput):
        parse_catalogue({name: text for name, text in TEXTS.items() if name != "pairs.toml"})
    with pytest.raises(InvalidInput):
        parse_catalogue({**TEXTS, "extra.toml": ""})


@given(st.sampled_from(sorted(FILES)), st.data())
@settings(max_examples=50, deadline=None)
def test_dropping_any_line_gives_a_catalogue_or_our_own_error(name: str, data: st.DataObject) -> None:
    lines = TEXTS[name].splitlines(keepends=True)
    gone = data.draw(st.integers(0, len(lines) - 1))
    text = "".join(line for number, line in enumerate(lines) if number != gone)
    with contextlib.suppress(InvalidInput):
        assert isinstance(parse_catalogue({**TEXTS, name: text}), Catalogue)


def test_every_row_names_its_source() -> None:
    for name, text in TEXTS.items():
        for table, rows in tomllib.loads(text).items():
            for row in rows.values() if isinstance(rows, dict) else rows:
                assert row.get("source") or name == "choices.toml", (table, row)
