"""The pages about rules and law are made from code, data and tests; every rule that software keeps has a test."""

import importlib.util
from pathlib import Path
from types import ModuleType

from samenloop.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rules_reference", ROOT / "docs" / "tools" / "rules_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


def test_the_rules_page_is_what_code_and_tests_say() -> None:
    assert (ROOT / "docs" / "reference" / "rules.md").read_text(encoding="utf-8") == TOOL.rules_page(), "run: make docs"


def test_the_catalogue_page_is_what_the_data_say() -> None:
    page = (ROOT / "docs" / "reference" / "legal-catalogue.md").read_text(encoding="utf-8")
    assert page == TOOL.law_page(), "run: make docs"


def test_every_rule_that_software_keeps_has_a_test_named_after_it() -> None:
    kept = {rule.id for rule in load_catalogue().rules.values() if rule.kept_by != "people"}
    assert sorted(kept - set(TOOL.tests())) == []


def test_code_and_tests_name_existing_rules_only() -> None:
    rules = set(load_catalogue().rules)
    assert set(TOOL.enforced()) <= rules
    assert set(TOOL.tests()) <= rules
