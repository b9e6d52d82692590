"""The nine invariants of the architecture: the tests that hold each, and the broken builds that those tests catch.

An index that fails when a test of it disappears. A control is either a test that breaks the build itself, or a module
of `tests/weak` that breaks it from outside: run with it, the named test must fail.
"""

import ast
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ASKING, FAILURES, HIDDEN = (f"tests/coordinator/test_{name}.py::test_" for name in ("asking", "failures", "hidden"))
CRASH, PROCESS = (f"tests/coordinator/test_{name}.py::test_" for name in ("crash", "process"))
STOLEN, QUESTIONS = "tests/coordinator/test_stolen.py::test_", "tests/node/questions/test_"
SYNC, DEMO = "tests/node/sync/test_sync.py::test_", "tests/e2e/test_demo.py::test_"


@dataclass(frozen=True, slots=True)
class Weak:
    """A broken build (a module of `tests/weak`) and the test that catches it."""

    build: str
    caught_by: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """The tests that fail when it is broken, and the controls that show that they can fail."""

    tests: tuple[str, ...]
    controls: tuple[str, ...] = ()
    weak: tuple[Weak, ...] = ()


INVARIANTS = {
    "1 names never leave the node and never touch its disk": Invariant(
        (
            f"{SYNC}invariant_1_names_dates_and_tokens_never_reach_the_disk",
            f"{DEMO}no_name_and_no_birth_date_is_left_on_disk",
            "tests/e2e/test_question_flow.py::test_nothing_of_the_persons_is_in_any_file_below_the_consortium",
        ),
        (f"{SYNC}a_build_that_keeps_a_name_is_caught", f"{DEMO}a_planted_name_is_found"),
    ),
    "2 the coordinator never holds the consortium key": Invariant(
        (
            f"{STOLEN}a_stolen_database_shows_0_of_1000_planted_overlaps_with_and_without_the_pepper",
            f"{STOLEN}the_consortium_key_with_dump_and_logs_but_without_the_pepper_finds_0_of_1000",
            "tests/test_imports.py::test_every_import_is_allowed_by_the_table",
        ),
        (
            f"{STOLEN}control_with_one_shared_pepper_all_1000_show",
            f"{STOLEN}control_a_build_with_a_plain_payload_hash_is_found_for_every_one_person_chunk",
            "tests/test_imports.py::test_a_planted_import_is_caught",
        ),
    ),
    "3 no leaf, no answer": Invariant(
        (
            f"{FAILURES}no_leaf_no_answer_any_write_that_fails_undoes_all_of_the_question",
            f"{FAILURES}no_leaf_no_registration",
            f"{QUESTIONS}asking.py::test_an_answer_that_cannot_be_stored_is_not_shown_and_is_found_again_later",
        ),
        (
            f"{FAILURES}control_a_build_that_answers_without_its_leaf_is_caught",
            f"{CRASH}control_a_build_that_answers_before_the_commit_is_caught",
        ),
    ),
    "4 hidden is nothing": Invariant(
        (
            f"{HIDDEN}hidden_is_nothing_in_replies_entries_mail_rows_leaves_and_events",
            f"{HIDDEN}the_work_for_a_hit_and_for_no_hit_is_the_same_to_the_call",
            f"{QUESTIONS}mailbox.py::test_a_hit_and_a_dummy_bring_the_same_calls_and_show_the_same_outside_the_inbox",
            f"{QUESTIONS}mailbox.py::test_R34_looking_in_the_inbox_and_withholding_do_not_change_what_status_says",
            f"{PROCESS}the_operator_sees_visible_answers_by_case_rule_and_asker_and_never_a_hidden_hit",
        ),
        (
            f"{HIDDEN}control_a_build_that_leaves_out_dummy_items_is_caught",
            f"{HIDDEN}control_a_build_that_logs_only_hits_in_a_sealed_half_is_caught",
            f"{HIDDEN}control_a_build_that_returns_early_without_candidates_is_caught",
        ),
    ),
    "5 deny by default": Invariant(
        (
            f"{ASKING}R01_R03_R19_deny_by_default_unknown_register_edge_purpose_and_region",
            "tests/covenant/test_permissions.py::test_everything_else_is_denied_with_its_reason",
            "tests/covenant/test_permissions.py::test_made_up_names_are_never_allowed",
            "tests/node/base/test_config.py::test_a_wrong_configuration_is_one_sentence_with_its_place",
        ),
        ("tests/decisions/test_machines.py::test_a_machine_without_its_guards_is_caught_by_the_same_property",),
        (
            Weak("permits_everything", f"{ASKING}R01_R03_R19_deny_by_default_unknown_register_edge_purpose_and_region"),
            Weak(
                "permits_everything",
                "tests/covenant/test_permissions.py::test_everything_else_is_denied_with_its_reason",
            ),
        ),
    ),
    "6 a retry changes nothing": Invariant(
        (
            f"{ASKING}the_same_question_again_gives_the_same_bytes_and_one_entry",
            "tests/coordinator/test_registering.py::test_the_same_chunk_again_changes_nothing_and_gives_the_same_reply",
            f"{QUESTIONS}asking.py::test_after_a_restart_the_same_person_typed_again_gets_the_stored_answer",
            f"{CRASH}after_kills_everything_acknowledged_is_there_once_and_the_log_verifies",
        ),
        weak=(
            Weak("forgets_requests", f"{ASKING}the_same_question_again_gives_the_same_bytes_and_one_entry"),
            Weak(
                "forgets_requests",
                "tests/coordinator/test_registering.py::"
                "test_the_same_chunk_again_changes_nothing_and_gives_the_same_reply",
            ),
        ),
    ),
    "7 never a false 'geen bericht'": Invariant(
        (
            f"{FAILURES}a_failure_in_any_part_of_the_lookup_is_an_error_and_leaves_no_trace",
            "tests/coordinator/test_sqlite_files.py::test_one_level_of_the_index_that_cannot_be_read_is_an_error",
            "tests/coordinator/postgres/test_sessions.py::test_a_standby_is_never_asked_whatever_the_order_of_the_address",
            "tests/e2e/test_question_flow.py::test_a_coordinator_that_is_down_gives_an_error_never_no_message",
        ),
        (
            f"{FAILURES}control_a_build_that_swallows_a_failed_lookup_gives_a_false_no_message",
            (
                "tests/coordinator/postgres/test_sessions.py::"
                "test_control_a_build_that_reads_wherever_it_is_let_in_misses_what_was_acknowledged"
            ),
        ),
    ),
    "8 purposes are separate": Invariant(
        (
            f"{STOLEN}values_of_two_purposes_covenants_epochs_recipes_or_registers_never_compare_equal",
            "tests/node/tokens/test_tokenise.py::test_tokens_of_two_contexts_never_compare_equal",
        ),
        weak=(
            Weak(
                "mixes_purposes",
                f"{STOLEN}values_of_two_purposes_covenants_epochs_recipes_or_registers_never_compare_equal",
            ),
            Weak(
                "mixes_purposes", "tests/node/tokens/test_tokenise.py::test_tokens_of_two_contexts_never_compare_equal"
            ),
        ),
    ),
    "9 people decide": Invariant(
        (
            f"{ASKING}a_case_list_and_a_named_measure_show_at_once_and_the_police_stay_silent",
            "tests/decisions/test_release.py::test_R38_there_is_no_event_for_time_bulk_or_software",
            "tests/decisions/test_release.py::test_R38_only_the_mandated_decision_maker_releases",
            "tests/decisions/test_modes.py::test_R76_nobody_but_the_named_receiver_sees_it_and_never_stays_never",
        ),
        weak=(
            Weak(
                "shows_by_itself",
                "tests/decisions/test_modes.py::test_R76_nobody_but_the_named_receiver_sees_it_and_never_stays_never",
            ),
            Weak(
                "releases_in_anybodys_name",
                "tests/decisions/test_release.py::test_R38_only_the_mandated_decision_maker_releases",
            ),
        ),
    ),
}
WEAK = [one for invariant in INVARIANTS.values() for one in invariant.weak]


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the names of the test functions of a file; none for a file that is not there."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def gone(names: tuple[str, ...]) -> list[str]:
    """Return the named tests that do not exist."""
    return [name for name in names if name.partition("::")[2] not in functions_of(name.partition("::")[0])]


def test_there_are_nine_invariants_each_with_tests_and_controls() -> None:
    assert [int(name.split()[0]) for name in INVARIANTS] == list(range(1, 10))
    assert all(one.tests and (one.controls or one.weak) for one in INVARIANTS.values())


@pytest.mark.parametrize("name", INVARIANTS)
def test_every_test_and_control_of_an_invariant_is_there(name: str) -> None:
    invariant = INVARIANTS[name]
    assert gone((*invariant.tests, *invariant.controls)) == []
    assert {one.caught_by for one in invariant.weak} <= set(invariant.tests)


def test_a_test_that_disappeared_is_noticed() -> None:
    assert gone(("tests/test_invariants.py::test_gone", "tests/test_nowhere.py::test_a")) == [
        "tests/test_invariants.py::test_gone",
        "tests/test_nowhere.py::test_a",
    ]


def test_every_broken_build_is_used() -> None:
    assert {path.stem for path in (ROOT / "tests" / "weak").glob("*.py")} == {one.build for one in WEAK}


@pytest.mark.parametrize("build", sorted({one.build for one in WEAK}))
def test_a_broken_build_is_caught_by_the_tests_of_its_invariant(build: str) -> None:
    catching = [one.caught_by for one in WEAK if one.build == build]
    program = [sys.executable, "-m", "pytest", "-q", "--no-header", "-rfE", "-p", "no:cacheprovider"]
    program += ["-p", f"tests.weak.{build}", *catching]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert [name for name in catching if f"FAILED {name}" not in done.stdout] == []
    assert "\nERROR " not in done.stdout, "the tests themselves must judge, not fall over"
