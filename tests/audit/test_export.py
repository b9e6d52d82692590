"""An export verifies offline, every change to it is found, and `samenloop audit verify` says so."""

import dataclasses
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samenloop.audit import anchor as anchors
from samenloop.audit import checkpoint as checkpoints
from samenloop.audit import export, layout, log, verify
from samenloop.audit import note as notes
from samenloop.audit.fields import Event
from samenloop.audit.layout import FileFact, Manifest
from samenloop.audit.note import NoteSigner
from samenloop.cli import app
from samenloop.clock import milliseconds
from samenloop.covenant import canonical, fingerprint, parse_canonical
from samenloop.errors import IntegrityError, SamenloopError
from tests.audit.world import ANCHOR, COVENANT, HOLDERS, ORIGIN, SIGNER, WITNESSES, World, signing_key

FULL = os.environ.get("FULL") == "1"
pytestmark = pytest.mark.timeout(3_600 if FULL else 300)
"""A full run does a hundred times the work, on a machine that may do other things too."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("log")
    world = World(folder)
    world.fill(20)
    yield world.export(folder / "export")
    world.close()


@pytest.fixture
def copied(exported: Path, tmp_path: Path) -> Path:
    return shutil.copytree(exported, tmp_path / "copy")


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def resigned(root: Path, signer: NoteSigner = SIGNER, **changed: object) -> None:
    """Write a manifest that fits the files, as only the holder of the log's key can."""
    manifest, _note = layout.parse_manifest((root / layout.MANIFEST).read_bytes())
    paths = [path for path in layout.files_under(root) if path != layout.MANIFEST and (root / path).is_file()]
    facts = tuple(layout.fact(root, path) for path in paths)
    parts = {name: getattr(manifest, name) for name in ("origin", "size", "created_ms", "covenant")}
    made = Manifest(**{**parts, "files": facts, **changed})  # type: ignore[arg-type]
    (root / layout.MANIFEST).write_bytes(layout.sign_manifest(made, signer))


def broken(root: Path, fingerprint: str | None = ANCHOR.fingerprint) -> tuple[str, ...]:
    return verify.verify_export(root, fingerprint).problems


def test_an_untouched_export_holds_and_names_its_witnesses(exported: Path) -> None:
    steps: list[tuple[int, int]] = []
    report = verify.verify_export(exported, ANCHOR.fingerprint, lambda done, whole: steps.append((done, whole)))
    assert report.problems == report.warnings == report.purged == ()
    assert report.holds
    assert report.origin_checked
    assert report.witnesses.keys() == set(HOLDERS)
    assert steps[-1] == (report.size, report.size)


def test_without_a_fingerprint_the_origin_is_not_checked(exported: Path) -> None:
    report = verify.verify_export(exported)
    assert report.holds
    assert not report.origin_checked


def test_another_fingerprint_is_refused(exported: Path) -> None:
    assert broken(exported, "0" * 64)


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def test_any_flipped_bit_in_any_file_is_found(copied: Path) -> None:
    source = random.Random()
    paths = files(copied)
    flips = 10_000 if FULL else 60
    for number in range(flips):
        path = paths[number % len(paths)]
        whole = path.read_bytes()
        bit = source.randrange(len(whole) * 8)
        flip(path, bit)
        assert broken(copied, None), (path.name, bit)
        path.write_bytes(whole)
    assert not broken(copied)


def test_a_flipped_bit_is_found_even_when_the_manifest_is_made_to_fit(copied: Path) -> None:
    """What the holder of the log's key could try: the bodies, ciphertexts and checkpoints hold without the manifest."""
    source = random.Random()
    paths = [path for path in files(copied) if path.name != layout.MANIFEST and path.parent.name != "covenant"]
    whole_manifest = (copied / layout.MANIFEST).read_bytes()
    for number in range(2_000 if FULL else 60):
        path = paths[number % len(paths)]
        whole = path.read_bytes()
        bit = source.randrange(len(whole) * 8)
        flip(path, bit)
        resigned(copied)
        assert broken(copied), (path.name, bit)
        path.write_bytes(whole)
        (copied / layout.MANIFEST).write_bytes(whole_manifest)
    resigned(copied)
    assert not broken(copied)


def edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        path = root / name
        path.write_bytes(change(path.read_bytes()))

    return apply


ENTRIES, SEALED = "entries/000000000000.jsonl", "sealed/000000000000.jsonl"


def swapped(data: bytes) -> bytes:
    rows = data.splitlines(keepends=True)
    return b"".join([*rows[:3], rows[4], rows[3], *rows[5:]])


CHANGES: dict[str, Callable[[Path], None]] = {
    "an entry removed": edit(ENTRIES, lambda data: b"".join(data.splitlines(keepends=True)[:-1])),
    "the first entry removed": edit(ENTRIES, lambda data: b"".join(data.splitlines(keepends=True)[1:])),
    "entries swapped": edit(ENTRIES, swapped),
    "an entry twice": edit(ENTRIES, lambda data: data + data.splitlines(keepends=True)[-1]),
    "an answer changed": edit(ENTRIES, lambda data: data.replace(b'"no_message"', b'"known"', 1)),
    "an actor changed": edit(ENTRIES, lambda data: data.replace(b"burgemeester-middelstad", b"ggz-midden", 1)),
    "an extra space": edit(ENTRIES, lambda data: data.replace(b'{"body"', b'{ "body"', 1)),
    "no final newline": edit(ENTRIES, lambda data: data[:-1]),
    "a sealed half removed": edit(SEALED, lambda data: b"".join(data.splitlines(keepends=True)[1:])),
    "sealed halves swapped": edit(SEALED, swapped),
    "a sealed half twice": edit(SEALED, lambda data: data + data.splitlines(keepends=True)[-1]),
    "sealed halves emptied": edit(SEALED, lambda _data: b""),
    "a sealed line of another form": edit(SEALED, lambda data: b'{"seq":1}\n' + data),
    "the latest checkpoint replaced by an earlier one": lambda root: (root / layout.CHECKPOINT).write_bytes(
        layout.parse_checkpoint_line((root / layout.CHECKPOINTS).read_bytes().splitlines(keepends=True)[0])
    ),
    "checkpoints out of order": edit(
        layout.CHECKPOINTS, lambda data: b"".join(reversed(data.splitlines(keepends=True)))
    ),
    "a checkpoint line of another form": edit(layout.CHECKPOINTS, lambda data: b'{"n":1}\n' + data),
    "a checkpoint line that is no json": edit(layout.CHECKPOINTS, lambda data: b"x\n" + data),
    "an unknown witness": lambda root: add_witness(root, NoteSigner("stranger", signing_key(88))),
    "a witness with another key": lambda root: add_witness(root, NoteSigner(HOLDERS[0], signing_key(88))),
    "an unknown file": lambda root: (root / "readme.txt").write_text("hello"),
    "an unknown file among the covenants": lambda root: (root / "covenant" / "x.json").write_bytes(COVENANT),
    "an empty folder": lambda root: (root / "extra").mkdir(),
    "a link": lambda root: link(root / ENTRIES),
    "a folder removed": lambda root: shutil.rmtree(root / "sealed"),
    "a file removed": lambda root: (root / SEALED).unlink(),
    "the covenant removed": lambda root: next((root / "covenant").iterdir()).unlink(),
    "the covenant changed": lambda root: next((root / "covenant").iterdir()).write_bytes(COVENANT + b"\n"),
}


def add_witness(root: Path, signer: NoteSigner) -> None:
    head = checkpoints.parse((root / layout.CHECKPOINT).read_bytes())
    cosigned = checkpoints.add_cosignature(head, checkpoints.cosign(head, signer, 1_767_600_000))
    (root / layout.CHECKPOINT).write_bytes(cosigned.format())


def link(path: Path) -> None:
    path.rename(path.parent.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent.parent / "elsewhere")


@pytest.mark.parametrize("resign", [False, True], ids=["as it is", "with a manifest that fits"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_export_does_not_hold(copied: Path, name: str, resign: bool) -> None:
    CHANGES[name](copied)
    if resign:
        resigned(copied)
    assert broken(copied)


def test_a_whole_second_history_signed_by_the_log_is_not_held_by_the_witnesses(exported: Path, tmp_path: Path) -> None:
    """The log's own key can make another log, but not its witnesses: their absence is said, their lines do not fit."""
    other = World(tmp_path)
    other.source.seed(8)
    other.start()
    for _number in range(30):
        other.question()
    other.integrate()
    root = other.export(tmp_path / "export")
    other.close()
    assert verify.verify_export(root, ANCHOR.fingerprint).warnings
    theirs = checkpoints.parse((exported / layout.CHECKPOINT).read_bytes())
    mine = checkpoints.parse((root / layout.CHECKPOINT).read_bytes())
    for signature in theirs.note.signatures[1:]:
        mine = checkpoints.add_cosignature(mine, signature)
    (root / layout.CHECKPOINT).write_bytes(mine.format())
    resigned(root)
    assert broken(root)


@pytest.mark.parametrize("changed", [{"origin": "other"}, {"size": 3}, {"size": 0}, {"covenant": "0" * 64}])
def test_a_manifest_that_says_something_else_is_refused(copied: Path, changed: dict[str, object]) -> None:
    resigned(copied, **changed)
    assert broken(copied, None)


def test_a_manifest_of_another_signer_is_refused(copied: Path) -> None:
    resigned(copied, NoteSigner(ORIGIN, signing_key(99)))
    assert broken(copied)


def test_after_a_change_of_the_logs_key_old_and_new_checkpoints_hold(tmp_path: Path) -> None:
    """The second covenant version names another audit key; the export holds both versions."""
    world = World(tmp_path)
    world.fill(9)
    new = NoteSigner(ORIGIN, signing_key(55))
    first = parse_canonical(COVENANT)
    keys = dataclasses.replace(first.coordinator, audit_key=new.public_key().hex())
    second = canonical(dataclasses.replace(first, version=2, predecessor=fingerprint(first), coordinator=keys))
    with pytest.raises(IntegrityError):
        log.integrate(world.entries, world.tree, new)
    rotated = log.rotate(world.tree, SIGNER.public_key(), new)
    assert rotated.head == log.latest(world.tree, ORIGIN, new.public_key()).head
    document = anchors.from_document(second).fingerprint
    world.append(Event.COVENANT, {"covenant": first.id, "version": 2, "document": document})
    world.question()
    log.integrate(world.entries, world.tree, new)
    stores, now_ms = (world.entries, world.tree), milliseconds(world.clock.now())
    export.write_export(tmp_path / "both", stores, new, [COVENANT, second], now_ms)
    report = verify.verify_export(tmp_path / "both", anchors.from_document(second).fingerprint)
    assert report.problems == ()
    export.write_export(tmp_path / "one", stores, new, [second], now_ms)
    assert verify.verify_export(tmp_path / "one").problems
    unlinked = canonical(dataclasses.replace(parse_canonical(second), predecessor="0" * 64))
    export.write_export(tmp_path / "unlinked", stores, new, [COVENANT, unlinked], now_ms)
    assert verify.verify_export(tmp_path / "unlinked").problems
    world.close()


def test_a_checkpoint_cannot_pass_for_a_manifest(copied: Path) -> None:
    shutil.copy(copied / layout.CHECKPOINT, copied / layout.MANIFEST)
    assert broken(copied)


@pytest.mark.parametrize(
    "text",
    [
        "samenloop/export/v2\n{}\n",
        "samenloop/export/v1\n{}\n",
        "samenloop/export/v1\nx\n",
        'samenloop/export/v1\n{"covenant":"","created_ms":-1,"files":[],"origin":"","size":0}\n',
        'samenloop/export/v1\n{"covenant":1,"created_ms":1,"files":[],"origin":"","size":0}\n',
        'samenloop/export/v1\n{"covenant":"","created_ms":1,"extra":1,"files":[],"origin":"","size":0}\n',
    ],
)
def test_a_manifest_of_another_form_is_refused(text: str) -> None:
    note = notes.Note(text, (SIGNER.sign(text),))
    with pytest.raises(IntegrityError):
        layout.parse_manifest(note.format())


def test_a_manifest_survives_its_file() -> None:
    made = Manifest(ORIGIN, 3, 5, "f" * 64, (FileFact("checkpoint", 7, "0" * 64),))
    assert layout.parse_manifest(layout.sign_manifest(made, SIGNER))[0] == made


def test_a_purged_export_says_purged_and_not_broken(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.fill(9)
    world.clock.advance(days=ANCHOR.retention_days + 1)
    world.purge_until(5, ANCHOR.retention_days)
    world.integrate()
    world.cosign(*HOLDERS[:2])
    report = verify.verify_export(world.export(tmp_path / "export"), ANCHOR.fingerprint)
    assert report.problems == ()
    assert report.purged == ((0, 5),)
    world.close()


@pytest.mark.parametrize("counted", [False, True])
def test_an_export_during_a_purge_is_refused(tmp_path: Path, *, counted: bool) -> None:
    """Before the tree counts the purge its bodies would look stolen; and a purge halfway takes bodies away."""
    world = World(tmp_path)
    world.fill(20)
    pieces = export.pieces((world.entries, world.tree), SIGNER, [COVENANT], 1)
    made = [next(pieces)]
    world.purge_until(5, ANCHOR.retention_days)
    if counted:
        world.integrate()
    with pytest.raises(SamenloopError, match="opgeschoond"):
        made += pieces
    assert layout.MANIFEST not in {path for path, _data in made}
    world.close()


def test_a_refused_export_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    world.fill(20)
    entries = world.entries.entries

    def purging(first: int, limit: int) -> object:
        world.purge_until(5, ANCHOR.retention_days)
        monkeypatch.undo()
        return entries(first, limit)

    monkeypatch.setattr(world.entries, "entries", purging)
    with pytest.raises(SamenloopError, match="opgeschoond"):
        world.export(tmp_path / "export")
    assert not (tmp_path / "export").exists()
    world.integrate()
    world.export(tmp_path / "export")
    world.close()


def test_a_body_that_is_missing_without_a_purge_entry_is_broken(copied: Path) -> None:
    lines = (copied / ENTRIES).read_bytes().splitlines(keepends=True)
    body = layout.parse_entry_line(lines[4], 4)[0] or b""
    lines[4] = layout.entry_line(4, verify.leaf_hash(body), None)
    (copied / ENTRIES).write_bytes(b"".join(lines))
    sealed = (copied / SEALED).read_bytes().splitlines(keepends=True)
    (copied / SEALED).write_bytes(b"".join(line for line in sealed if layout.parse_sealed_line(line)[0] != 4))
    resigned(copied)
    problems = broken(copied)
    assert any("gewist" in one for one in problems)
    (copied / ENTRIES).write_bytes(b"".join([*lines[:4], lines[4].replace(b'"leaf":"', b'"leaf":"zz'), *lines[5:]]))
    resigned(copied)
    assert broken(copied)


def test_a_cosignature_before_its_entries_is_mentioned(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.fill(3)
    head = checkpoints.parse(world.tree.head())
    line = checkpoints.cosign(head, WITNESSES[HOLDERS[2]], 1_600_000_000).line()
    log.accept_cosignature(world.tree, line, head.size, SIGNER, ANCHOR.witnesses, 1_600_000_000_000)
    report = verify.verify_export(world.export(tmp_path / "export"), ANCHOR.fingerprint)
    assert report.holds
    assert any("later" in one for one in report.warnings)
    assert "Let op" in run(str(tmp_path / "export"))[1]
    world.close()


@pytest.mark.parametrize(("hours", "warns", "holds"), [(23, False, True), (25, True, True), (73, False, False)])
@pytest.mark.parametrize("watched", [True, False], ids=["watched before", "never watched"])
def test_what_too_few_witnesses_saw_is_a_warning_after_a_day_and_no_evidence_after_three(
    tmp_path: Path, hours: int, warns: bool, holds: bool, watched: bool
) -> None:
    """Until then the log's own key may have written anew all that came after the last cosignatures."""
    world = World(tmp_path)
    world.start()
    world.integrate()
    if watched:
        world.cosign(*HOLDERS[:2])
    world.clock.advance(hours=hours)
    world.refusal()
    world.integrate()
    world.cosign(HOLDERS[2])
    report = verify.verify_export(world.export(tmp_path / "export"), ANCHOR.fingerprint)
    told = [one for one in (*report.warnings, *report.problems) if "niet door genoeg getuigen" in one]
    assert (report.holds, bool(told)) == (holds, warns or not holds)
    assert report.origin_checked is holds
    world.cosign(HOLDERS[0])
    report = verify.verify_export(world.export(tmp_path / "later"), ANCHOR.fingerprint)
    assert (report.problems, report.warnings) == ((), ()), "as soon as they cosign again, all is well"
    world.close()


def test_an_empty_log_can_be_exported_and_verified(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert verify.verify_export(world.export(tmp_path / "export"), ANCHOR.fingerprint).holds
    world.close()


def test_an_export_of_several_ranges_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "RANGE", 7)
    world = World(tmp_path)
    world.fill(20)
    root = world.export(tmp_path / "export")
    assert len(list((root / "entries").iterdir())) == 4
    assert verify.verify_export(root, ANCHOR.fingerprint).holds
    world.close()


def test_an_existing_folder_is_never_overwritten(exported: Path) -> None:
    with pytest.raises(SamenloopError):
        World(exported.parent).export(exported)
    assert verify.verify_export(exported, ANCHOR.fingerprint).holds


def test_an_export_with_missing_entries_is_not_made(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.fill(3)
    world.connection.execute("DROP TRIGGER log_entry_stays")
    world.connection.execute("DELETE FROM log_entry WHERE seq = 2")
    with pytest.raises(IntegrityError):
        export.write_export(tmp_path / "export", (world.entries, world.tree), SIGNER, [COVENANT], 1)
    assert verify.verify_export(tmp_path / "export").problems
    world.close()


# The command


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["audit", "verify", *arguments])
    return result.exit_code, result.output


def test_the_command_says_that_all_holds(exported: Path) -> None:
    code, output = run(str(exported), "--covenant", ANCHOR.fingerprint)
    assert code == 0
    assert "herkomst gecontroleerd" in output
    assert "ggz-midden" in output
    assert "Export gemaakt op 2026-01-05 08:02 UTC; de nieuwste regel is van 2026-01-05 08:02 UTC." in output


def test_the_command_says_when_the_origin_was_not_checked(exported: Path) -> None:
    code, output = run(str(exported))
    assert code == 0
    assert "niet gecontroleerd" in output


def test_the_command_fails_on_a_broken_export(copied: Path) -> None:
    flip(copied / ENTRIES, 999)
    code, output = run(str(copied))
    assert code == 1
    assert "STUK" in output


def test_the_command_speaks_json(exported: Path, copied: Path) -> None:
    code, output = run(str(exported), "--json", "--covenant", ANCHOR.fingerprint)
    assert code == 0
    assert json.loads(output)["origin_checked"] is True
    (copied / layout.MANIFEST).unlink()
    code, output = run(str(copied), "--json")
    assert code == 1
    assert json.loads(output)["holds"] is False


@pytest.mark.parametrize("arguments", [("nowhere",), (".", "--covenant", "abc"), (".", "--covenant", "X" * 64)])
def test_the_command_refuses_what_it_cannot_use(arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2


def test_the_command_names_purged_ranges(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.fill(9)
    world.clock.advance(days=ANCHOR.retention_days + 1)
    world.purge_until(5, ANCHOR.retention_days)
    world.integrate()
    world.cosign(*HOLDERS[:2])
    code, output = run(str(world.export(tmp_path / "export")))
    assert code == 0
    assert "regels 0 tot en met 5" in output
    world.close()
