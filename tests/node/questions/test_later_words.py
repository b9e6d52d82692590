"""A holder's later words arrive late, twice or in another order: only the newest counts, nothing comes back alone."""

import sqlite3

import sqlite_utils
from hypothesis import given, settings
from hypothesis import strategies as st

from samenloop_node.store import questions, receipts
from samenloop_node.store.questions import Outcome, StoredAnswer, StoredQuestion

NUMBER, HOLDER = b"q" * 16, "politie-midden"
words = st.lists(st.tuples(st.booleans(), st.integers(1, 50)), unique_by=lambda word: word[1], max_size=6)


def answered():
    """Return a database with one question that was answered "geen bericht"."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    for migrations in (receipts.migrations, questions.migrations):
        migrations.apply(sqlite_utils.Database(db))
    questions.add_question(
        db, StoredQuestion(NUMBER, "R-1", "anna", "anna", 1, b"", b"", b"", b"", (), (HOLDER,), (b"",))
    )
    questions.store_answer(db, NUMBER, [StoredAnswer(HOLDER, "answered", False, "", "", 0)], b"", 2)
    return db


def say(db, word):
    withdrawn, at = word
    return questions.store_release(db, NUMBER, HOLDER, withdrawn=withdrawn, stated_ms=at, now_ms=100)


def visible(db):
    return questions.answers_of(db, NUMBER)[0].visible


@settings(max_examples=60)
@given(words, st.randoms(use_true_random=False))
def test_in_any_order_and_however_often_the_newest_word_counts(said, random):
    db = answered()
    delivered = said * 2
    random.shuffle(delivered)
    for word in delivered:
        say(db, word)
    newest = max(said, key=lambda word: word[1], default=(True, 0))
    assert visible(db) is (not newest[0])


@settings(max_examples=40)
@given(words)
def test_after_the_case_is_closed_nothing_shows_whatever_is_said(said):
    db = answered()
    say(db, (False, 1))
    questions.erase_case(db, "R-1")
    assert [say(db, word) for word in said] == [Outcome.OLD] * len(said)
    assert not visible(db)


def test_what_lapsed_comes_back_only_by_a_newer_release():
    db = answered()
    say(db, (False, 5))
    assert questions.erase_answer(db, NUMBER, HOLDER) is Outcome.DONE
    assert say(db, (False, 5)) is Outcome.OLD
    assert not visible(db)
    assert say(db, (False, 6)) is Outcome.DONE
    assert visible(db)


def test_a_word_about_a_question_that_was_not_asked_is_unknown():
    db = answered()
    other = questions.store_release(db, b"z" * 16, HOLDER, withdrawn=False, stated_ms=1, now_ms=1)
    assert other is Outcome.UNKNOWN
