"""The files of an export, and the one way each is written. Reader and writer share this, so format(parse(x)) == x.

manifest                     signed note: header line, then canonical JSON with size and SHA-256 of every other file
checkpoint                   the latest checkpoint, with its cosignatures
checkpoints.jsonl            earlier cosigned checkpoints, smallest first: {"note": text}
covenant/<fingerprint>.json  covenant versions in canonical form, the current one and its predecessors
entries/<first>.jsonl        per 10,000 entries, a line each: {"body": {...}, "seq": n} or {"leaf": hex, "seq": n}
sealed/<first>.jsonl         of the same entries those with sealed halves: {"sealed": [base64, ...], "seq": n}
anchors.jsonl                of a partner's own log alone: its daily anchors (`samenloop.audit.anchored`)
"""

import base64
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from samenloop.audit import note as notes
from samenloop.audit.canonical import Value, canonical, parse_object
from samenloop.audit.note import Note, NoteSigner
from samenloop.errors import IntegrityError, InvalidInput
from samenloop.texts import _

MANIFEST = "manifest"
CHECKPOINT = "checkpoint"
CHECKPOINTS = "checkpoints.jsonl"
RANGE = 10_000
HEADER = "samenloop/export/v1\n"
MAX_MANIFEST_BYTES = 64 << 20
MAX_SMALL_BYTES = 4 << 20
"""More than any covenant or checkpoint has."""
MAX_LINE_BYTES = 4 << 20
_BODY, _AFTER_BODY = b'{"body":', b',"seq":%d}\n'


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file of the export: relative path, size in bytes, SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export says it is."""

    origin: str
    size: int
    created_ms: int
    covenant: str
    files: tuple[FileFact, ...]

    def text(self) -> str:
        """Return the text that is signed."""
        files: list[Value] = [{"path": one.path, "bytes": one.size, "sha256": one.sha256} for one in self.files]
        whole = {
            "origin": self.origin,
            "size": self.size,
            "created_ms": self.created_ms,
            "covenant": self.covenant,
            "files": files,
        }
        return HEADER + canonical(whole).decode() + "\n"


def sign_manifest(manifest: Manifest, signer: NoteSigner) -> bytes:
    """Return the manifest file: a note signed by the log's key."""
    return Note(manifest.text(), (signer.sign(manifest.text()),)).format()


def parse_manifest(data: bytes) -> tuple[Manifest, Note]:
    """Parse a manifest file without judging its signature; raises IntegrityError."""
    note = notes.parse(data, MAX_MANIFEST_BYTES)
    header, separator, rest = note.text.partition("\n")
    try:
        whole = parse_object(rest.removesuffix("\n").encode())
    except InvalidInput as error:
        raise notes.bad_note() from error
    manifest = _manifest(whole)
    if header + separator != HEADER or manifest.text() != note.text or len(note.signatures) != 1:
        raise notes.bad_note()
    return manifest, note


def range_name(folder: str, first: int) -> str:
    """Return the file that holds entries from `first` on."""
    return f"{folder}/{first:012d}.jsonl"


def entry_line(seq: int, leaf: bytes, body: bytes | None) -> bytes:
    """Return the line of one entry; a purged one keeps its leaf hash."""
    if body is None:
        return canonical({"leaf": leaf.hex(), "seq": seq}) + b"\n"
    return _BODY + body + _AFTER_BODY % seq


def parse_entry_line(line: bytes, seq: int) -> tuple[bytes | None, bytes | None]:
    """Return (body, None), or (None, leaf hash) for a purged entry; raises IntegrityError.

    The body itself is judged when it is parsed as an entry.
    """
    after = _AFTER_BODY % seq
    if line.startswith(_BODY) and line.endswith(after):
        return line[len(_BODY) : -len(after)], None
    try:
        leaf = parse_object(line.removesuffix(b"\n")).get("leaf")
        digest = bytes.fromhex(leaf) if isinstance(leaf, str) else b""
    except (InvalidInput, ValueError) as error:
        raise bad_line() from error
    if len(digest) != 32 or entry_line(seq, digest, None) != line:
        raise bad_line()
    return None, digest


def sealed_line(seq: int, sealed: Sequence[bytes]) -> bytes:
    """Return the line with the sealed halves of one entry."""
    return canonical({"sealed": [base64.b64encode(one).decode() for one in sealed], "seq": seq}) + b"\n"


def parse_sealed_line(line: bytes) -> tuple[int, tuple[bytes, ...]]:
    """Return (sequence number, ciphertexts); raises IntegrityError."""
    try:
        whole = parse_object(line.removesuffix(b"\n"))
    except InvalidInput as error:
        raise bad_line() from error
    seq, rows = whole.get("seq"), whole.get("sealed")
    if type(seq) is not int or not isinstance(rows, list) or not rows:
        raise bad_line()
    sealed = tuple(notes.decode_base64(one) if isinstance(one, str) else b"" for one in rows)
    if sealed_line(seq, sealed) != line:
        raise bad_line()
    return seq, sealed


def checkpoint_line(note: bytes) -> bytes:
    """Return the line of one earlier checkpoint."""
    return canonical({"note": note.decode()}) + b"\n"


def parse_checkpoint_line(line: bytes) -> bytes:
    """Return the note of a line; raises IntegrityError."""
    try:
        text = parse_object(line.removesuffix(b"\n")).get("note")
    except InvalidInput as error:
        raise bad_line() from error
    note = text.encode() if isinstance(text, str) else b""
    if checkpoint_line(note) != line:
        raise bad_line()
    return note


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, each with its newline; raises IntegrityError for a very long or unfinished one."""
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE_BYTES):
            if not line.endswith(b"\n"):
                raise bad_line()
            yield line


def read_small(path: Path, most: int) -> bytes:
    """Return a file that must be small; raises IntegrityError for more than `most` bytes and for what is no plain file.

    No link is followed, no pipe waited for.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise IntegrityError(_("{path} is geen gewoon bestand", path=printable(path.name)))
    if found.st_size > most:
        raise IntegrityError(_("bestand {path} is te groot", path=printable(path.name)))
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise IntegrityError(_("bestand {path} is te groot", path=printable(path.name)))
    return data


def printable(name: str) -> str:
    """Return a file's name as it can be shown on any screen."""
    return "".join(one if one.isprintable() else "?" for one in name)


def fact(root: Path, path: str) -> FileFact:
    """Return size and hash of a file."""
    digest = hashlib.sha256()
    size = 0
    with (root / path).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    return FileFact(path, size, digest.hexdigest())


def files_under(root: Path) -> Iterable[str]:
    """Yield every file, link or other thing below `root` as a relative path; folders only when they are empty."""
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir()):
            yield path.relative_to(root).as_posix()


def bad_line() -> IntegrityError:
    """Return the error for a line that is not exactly in form."""
    return IntegrityError(_("een regel heeft niet de vaste vorm"))


def _manifest(whole: dict[str, Value]) -> Manifest:
    rows = whole.get("files")
    facts = [
        FileFact(_text(row, "path"), _number(row, "bytes"), _text(row, "sha256"))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    ]
    return Manifest(
        _text(whole, "origin"),
        _number(whole, "size"),
        _number(whole, "created_ms"),
        _text(whole, "covenant"),
        tuple(facts),
    )


def _text(row: dict[str, Value], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise notes.bad_note()
    return value


def _number(row: dict[str, Value], name: str) -> int:
    value = row.get(name)
    if type(value) is not int or value < 0:
        raise notes.bad_note()
    return value
