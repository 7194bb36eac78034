"""The two ledgers of a test run (protocols.md section 8): what writers were told, and what signers released.

Part of the independent checker (see verify_log.py). A last line without its line feed was cut by a crash and is left out.
"""

import json
from dataclasses import dataclass, field

from note import Checkpoint, Note, NoteError, decode_base64, parse_checkpoint, parse_note
from statement import hash32

RESULTS = ("durable", "published", "refused", "unknown")


class LedgerError(ValueError):
    pass


@dataclass
class Answer:
    """One answer to a writer, with the statement id of its request."""

    where: str  # file:line
    at: int
    ident: bytes
    result: str
    index: int | None = None
    duplicate: bool = False
    size: int | None = None
    note: bytes = b""
    proof: list[bytes] = field(default_factory=list)

    @property
    def promised(self) -> bool:
        return self.result in ("durable", "published")


@dataclass
class Signed:
    """One released signature over (size, root)."""

    where: str
    at: int
    node: str
    size: int
    root: bytes
    note: bytes


def lines_of(path: str):
    """(place, object) of each complete line."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                value = json.loads(line)
            except ValueError as error:
                raise LedgerError(f"{path}:{number}: {error}") from None
            if not isinstance(value, dict):
                raise LedgerError(f"{path}:{number}: not an object")
            yield f"{path}:{number}", value


def read_acknowledgements(path: str) -> list[Answer]:
    """Answers in file order. LedgerError where a line has not the form of protocols.md."""
    answers, sent = [], {}
    for where, row in lines_of(path):
        try:
            if row["op"] == "send":
                sent[row["n"]] = hash32(row["id"])
                continue
            if row["op"] != "answer" or row["result"] not in RESULTS:
                raise LedgerError(f"{where}: op {row['op']!r}, result {row.get('result')!r}")
            answer = Answer(
                where, row["at"], sent[row["n"]], row["result"], row.get("index"), row.get("duplicate", False), row.get("size")
            )
            answer.note = decode_base64(row.get("checkpoint") or "")
            answer.proof = [decode_base64(item) for item in row.get("proof") or []]
            if answer.promised and not isinstance(answer.index, int):
                raise LedgerError(f"{where}: a promise without an index")
            answers.append(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise error if isinstance(error, LedgerError) else LedgerError(f"{where}: {type(error).__name__} {error}") from None
    return answers


def read_signatures(path: str) -> list[Signed]:
    rows = []
    for where, row in lines_of(path):
        try:
            rows.append(
                Signed(
                    where,
                    int(row["at"]),
                    str(row["node"]),
                    int(row["size"]),
                    hash32(row["root"]),
                    decode_base64(row.get("note") or ""),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerError(f"{where}: {type(error).__name__} {error}") from None
    return rows


def open_note(data: bytes) -> tuple[Note, Checkpoint]:
    """NoteError unless it is a checkpoint in a signed note."""
    note = parse_note(data)
    try:
        return note, parse_checkpoint(note.text)
    except UnicodeDecodeError:
        raise NoteError("checkpoint is not UTF-8") from None
