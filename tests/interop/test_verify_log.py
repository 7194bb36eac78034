#!/usr/bin/env python3
"""Tests of the independent checker: tests/vectors/tle1-vectors.json, and a served log with one thing wrong at a time.

    python3 tests/interop/test_verify_log.py

The last class runs sumdb/run, the same log read by golang.org/x/mod; it is skipped where Go or that package is missing.
"""

import base64
import contextlib
import copy
import hashlib
import io
import json
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import ledgers
import note
import reader
import signatures
import statement
import synthetic_log
import tle1
import tree
import verify_log
from synthetic_log import SyntheticLog

VECTORS = json.loads(synthetic_log.VECTORS.read_text(encoding="utf-8"))
RECORDS = VECTORS["records"]
KEYS = {key["keyId"]: signatures.Key(key["alg"], base64.b64decode(key["spki"]), 0) for key in VECTORS["keys"]}


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


class TreeTest(unittest.TestCase):
    LEAVES = [tree.leaf_hash(b"%d" % i) for i in range(131)]

    def test_roots_equal_the_recursion_of_the_rfc_at_every_size(self):
        whole = tree.Tree(self.LEAVES)
        for size in range(len(self.LEAVES) + 1):
            self.assertEqual(whole.root(size), tree.naive_root(self.LEAVES[:size]), size)

    def test_every_path_leads_to_the_root_and_no_changed_one_does(self):
        whole = tree.Tree(self.LEAVES[:40])
        for size in range(1, 41):
            for index in range(size):
                path, root = whole.path(index, size), whole.root(size)
                self.assertEqual(tree.root_from_path(index, size, self.LEAVES[index], path), root)
                for i in range(len(path)):
                    changed = path[:i] + [flip(path[i], 7)] + path[i + 1 :]
                    self.assertNotEqual(tree.root_from_path(index, size, self.LEAVES[index], changed), root)
                for wrong in (path + [b"\0" * 32], path[1:] if path else [b"\0" * 32]):
                    with self.assertRaises(ValueError):
                        tree.root_from_path(index, size, self.LEAVES[index], wrong)

    def test_index_outside_is_refused(self):
        for index, size in ((0, 0), (5, 5), (-1, 5)):
            with self.assertRaises(ValueError):
                tree.root_from_path(index, size, b"\0" * 32, [])

    def test_tile_paths_are_those_of_c2sp(self):
        self.assertEqual(tree.tile_path(0, 1234067), "tile/0/x001/x234/067")
        self.assertEqual(tree.tile_path("entries", 0, 5), "tile/entries/000.p/5")
        self.assertEqual(tree.tiles_of(600), [(0, 256), (1, 256), (2, 88)])
        self.assertEqual(tree.tiles_of(256), [(0, 256)])
        self.assertEqual(tree.tiles_of(0), [])

    def test_bundle_splits_as_it_was_joined_and_a_cut_one_is_refused(self):
        bundle = tree.join_bundle([b"a", b"", b"bcd"])
        self.assertEqual(tree.split_bundle(bundle), [b"a", b"", b"bcd"])
        for cut in (1, 2, 4, len(bundle) - 1):
            with self.assertRaises(ValueError):
                tree.split_bundle(bundle[:cut])


class NoteTest(unittest.TestCase):
    KEY = note.Vkey.of("log.example/x", b"k" * 32)
    TEXT = b"log.example/x\n5\n" + base64.b64encode(b"r" * 32) + b"\n"
    LINE = f"\u2014 log.example/x {base64.b64encode(KEY.key_id + b's' * 64).decode()}\n".encode()

    def test_checkpoint_is_read(self):
        parsed, checkpoint = ledgers.open_note(self.TEXT + b"\n" + self.LINE)
        self.assertEqual(checkpoint, note.Checkpoint("log.example/x", 5, b"r" * 32))
        self.assertEqual(parsed.by(self.KEY), [b"s" * 64])
        self.assertEqual(note.format_checkpoint(checkpoint), self.TEXT)

    def test_hostile_notes_are_refused(self):
        good, root = self.TEXT + b"\n" + self.LINE, base64.b64encode(b"r" * 32)
        for name, data in {
            "no empty line": self.TEXT + self.LINE,
            "no signature": self.TEXT + b"\n",
            "no last line feed": good[:-1],
            "carriage return": good.replace(b"5\n", b"5\r\n"),
            "not UTF-8": good.replace(b"log", b"l\xffg"),
            "17 signatures": self.TEXT + b"\n" + self.LINE * 17,
            "hyphen for the dash": good.replace("\u2014".encode(), b"-"),
            "empty signature": self.TEXT + b"\n" + f"\u2014 x {base64.b64encode(b'1234').decode()}\n".encode(),
            "leading zero": good.replace(b"\n5\n", b"\n05\n"),
            "negative size": good.replace(b"\n5\n", b"\n-5\n"),
            "size 2^64": good.replace(b"\n5\n", b"\n18446744073709551616\n"),
            "extension line": good.replace(root + b"\n", root + b"\nmore\n"),
            "two lines": good.replace(root + b"\n", b""),
            "root of 31 bytes": good.replace(root, base64.b64encode(b"r" * 31)),
            "base64 not canonical": good.replace(root, root[:-2] + bytes([root[-2] + 1]) + root[-1:]),
            "origin with a space": good.replace(b"log.example/x\n", b"log example\n", 1),
            "70,000 bytes": good + b"\u2014" * 10000,
        }.items():
            with self.subTest(name), self.assertRaises(note.NoteError):
                ledgers.open_note(data)

    def test_vkey_formats_as_it_was_read_and_changed_ones_are_refused(self):
        text = str(self.KEY)
        self.assertEqual(note.Vkey.parse(text), self.KEY)
        for wrong in ("", text[:-4], text.replace("+", "-"), text.upper(), text.replace("log", "lag"), "a b" + text[13:]):
            with self.subTest(wrong), self.assertRaises(note.NoteError):
                note.Vkey.parse(wrong)


class VectorTest(unittest.TestCase):
    """Every record of tle1-vectors.json, each value recomputed."""

    def each(self):
        for record in RECORDS:
            with self.subTest(record["label"]):
                yield record, bytes.fromhex(record["entry"]), record["statement"].encode()

    def test_there_are_29_records(self):
        self.assertEqual(len(RECORDS), 29)

    def test_entry_decodes_and_reencodes(self):
        for record, entry, _ in self.each():
            decoded = tle1.decode(entry)
            self.assertEqual(tle1.encode(decoded), entry)
            self.assertEqual((decoded.kind, decoded.logged_at_ms), (record["kind"], record["logged_at_ms"]))

    def test_statement_derives_the_entry(self):
        for record, entry, payload in self.each():
            self.assertEqual(statement.derive(payload), tle1.decode(entry).derived())
            self.assertEqual(statement.statement_id(payload).hex(), record["statement_id"])

    def test_leaf_hashes_and_running_roots(self):
        leaves = []
        for record, entry, _ in self.each():
            leaves.append(tree.leaf_hash(entry))
            self.assertEqual(leaves[-1].hex(), record["leaf_hash"])
            self.assertEqual(tree.naive_root(leaves).hex(), record["root"])

    def test_every_signature_verifies_and_no_changed_one_does(self):
        with signatures.Verifier() as verifier:
            for _, entry, payload in self.each():
                decoded = tle1.decode(entry)
                for key_id, signature in decoded.signatures:
                    key = KEYS[key_id.hex()]
                    self.assertEqual(key.key_id, key_id)
                    self.assertIs(verifier.statement_signature(key, signature, decoded.statement_id, payload), True)
                    other = flip(payload, len(payload) - 5)
                    self.assertIs(verifier.statement_signature(key, signature, statement.statement_id(other), other), False)

    def test_a_withheld_statement_leaves_batch_and_p256_signatures_checkable(self):
        want = {"ed25519": None, "ecdsa-p384-sha384-der": None, "ecdsa-p256-sha256-der": True, "ed25519-batch": True}
        with signatures.Verifier() as verifier:
            for _, entry, _ in self.each():
                decoded = tle1.decode(entry)
                for key_id, signature in decoded.signatures:
                    key = KEYS[key_id.hex()]
                    self.assertIs(verifier.statement_signature(key, signature, decoded.statement_id, b""), want[key.alg])
                    if want[key.alg]:
                        self.assertIs(verifier.statement_signature(key, signature, b"\1" * 32, b""), False)

    def test_announced_keys_are_all_that_sign(self):
        announced = {
            hashlib.sha256(spki).digest()
            for record in RECORDS
            for _, spki in statement.announced_keys(statement.parse(record["statement"].encode()))
        }
        used = {key_id for record in RECORDS for key_id, _ in tle1.decode(bytes.fromhex(record["entry"])).signatures}
        self.assertLessEqual(used, announced)

    def test_disclosure_tree_is_an_rfc6962_tree(self):
        leaves = [tree.leaf_hash(base64.b64decode(leaf)) for leaf in VECTORS["disclosure"]["leaves"]]
        path = [base64.b64decode(hash_) for hash_ in VECTORS["disclosure"]["path_of_1"]]
        self.assertEqual(tree.root_from_path(1, len(leaves), leaves[1], path).hex(), VECTORS["disclosure"]["root"])
        self.assertEqual(tree.Tree(leaves).path(1, 3), path)

    def test_the_worked_example_of_records_md(self):
        leaf = tree.leaf_hash(bytes.fromhex(RECORDS[9]["entry"]))
        self.assertEqual(leaf.hex(), "e938ce5f8f61751df9e124bb0502d5f993f3f7b344ee7d72786bb3136caadce7")
        self.assertEqual(RECORDS[9]["root"], "fed272e3d471b21f75eb004615328cccbab8ca9c58d79ac62d12c66a5d7953d2")


class EntryTest(unittest.TestCase):
    GOOD = tle1.decode(bytes.fromhex(RECORDS[18]["entry"]))

    def test_every_prefix_and_every_longer_one_is_refused(self):
        for record in RECORDS:
            entry = bytes.fromhex(record["entry"])
            for cut in range(len(entry)):
                with self.assertRaises(tle1.EntryError):
                    tle1.decode(entry[:cut])
            with self.assertRaises(tle1.EntryError):
                tle1.decode(entry + b"\0")

    def test_a_changed_byte_is_refused_or_decodes_to_another_entry(self):
        entry = bytes.fromhex(RECORDS[18]["entry"])
        for at in range(len(entry)):
            with contextlib.suppress(tle1.EntryError):
                self.assertNotEqual(tle1.decode(flip(entry, at)), self.GOOD)

    def test_each_rule_is_enforced(self):
        key, other = b"\1" * 32, b"\2" * 32
        for name, change in {
            "unlisted kind": {"kind": 9},
            "issuer is no URN": {"issuer": "acme"},
            "issuer with an empty slug": {"issuer": "urn:tta:member:"},
            "issuer with a capital": {"issuer": "urn:tta:member:Acme"},
            "empty issuer": {"issuer": ""},
            "nine subjects": {"subjects": tuple(f"urn:tta:member:m{i}" for i in range(9))},
            "subjects fall": {"subjects": ("urn:tta:member:b", "urn:tta:member:a")},
            "subject twice": {"subjects": ("urn:tta:member:b",) * 2},
            "principle 0": {"principles": (0,)},
            "principle 64": {"principles": (64,)},
            "principles fall": {"principles": (3, 2)},
            "code with a capital": {"code": "Declined"},
            "code of 41 bytes": {"code": "a" * 41},
            "code ends with a dot": {"code": "a."},
            "rel 0": {"refs": ((0, key),)},
            "rel 8": {"refs": ((8, key),)},
            "refs fall": {"refs": ((4, other), (4, key))},
            "ref twice": {"refs": ((4, key), (4, key))},
            "65 refs": {"refs": tuple((4, bytes([i]) * 32) for i in range(65))},
            "artifact twice": {"artifacts": (key, key)},
            "valid from 1999": {"valid_from": 946_684_799},
            "valid until 10000": {"valid_until": 253_402_300_800},
            "negative time": {"valid_from": -1},
            "no signature": {"signatures": ()},
            "nine signatures": {"signatures": tuple((bytes([i]) * 32, b"s") for i in range(9))},
            "signatures fall": {"signatures": ((other, b"s"), (key, b"s"))},
            "key signs twice": {"signatures": ((key, b"s"), (key, b"t"))},
            "empty signature": {"signatures": ((key, b""),)},
            "signature of 1,025 bytes": {"signatures": ((key, b"s" * 1025),)},
        }.items():
            with self.subTest(name), self.assertRaises(tle1.EntryError):
                tle1.decode(tle1.encode(self.GOOD._replace(**change)))

    def test_limits_themselves_are_accepted(self):
        for change in (
            {"principles": tuple(range(1, 64))},
            {"code": "a" * 40},
            {"valid_from": 946_684_800, "valid_until": 253_402_300_799},
            {"refs": tuple((4, bytes([i]) * 32) for i in range(64))},
            {"signatures": ((b"\1" * 32, b"s" * 1024),)},
        ):
            entry = self.GOOD._replace(**change)
            self.assertEqual(tle1.decode(tle1.encode(entry)), entry)

    def test_8193_bytes_are_refused(self):
        many = tuple((bytes([i]) * 32, b"s" * 1000) for i in range(8))
        with self.assertRaisesRegex(tle1.EntryError, "bytes"):
            tle1.decode(tle1.encode(self.GOOD._replace(signatures=many)))


class StatementTest(unittest.TestCase):
    def test_strict_json_refuses(self):
        for name, data in {
            "byte order mark": b"\xef\xbb\xbf{}",
            "not UTF-8": b'{"a":"\xff"}',
            "float": b"[1.0]",
            "exponent": b"[1e3]",
            "minus zero": b"[-0]",
            "leading zero": b"[01]",
            "2^53": b"[9007199254740992]",
            "NaN": b"[NaN]",
            "equal names": b'{"a":1,"a":2}',
            "equal names by escape": b'{"a":1,"\\u0061":2}',
            "U+0000": b'["\\u0000"]',
            "U+0000 in a name": b'{"\\u0000":1}',
            "lone surrogate": b'["\\ud800"]',
            "raw control character": b'["\n"]',
            "trailing comma": b"[1,]",
            "two values": b"{}{}",
            "depth 33": b"[" * 33 + b"]" * 33,
            "257 members": json.dumps({str(i): i for i in range(257)}).encode(),
            "1,025 elements": json.dumps([0] * 1025).encode(),
            "string of 4,097 bytes": json.dumps("\u00e9" * 2048 + "x", ensure_ascii=False).encode(),
            "single quotes": b"{'a':1}",
            "nothing": b"",
        }.items():
            with self.subTest(name), self.assertRaises(statement.StatementError):
                statement.strict_json(data)

    def test_strict_json_accepts_the_limits(self):
        for data in (
            b" [9007199254740991,-9007199254740991]\n",
            b"[" * 32 + b"]" * 32,
            json.dumps("\u00e9" * 2048, ensure_ascii=False).encode(),
            json.dumps([0] * 1024).encode(),
            b'["\\ud83d\\ude00"]',
        ):
            self.assertEqual(statement.strict_json(data), json.loads(data))

    def test_name_subjects_are_no_artifacts(self):
        name = "urn:tta:root"
        digest = hashlib.sha256(name.encode()).hexdigest()
        self.assertIsNone(statement.document_of({"name": name, "digest": {"sha256": digest}}))
        self.assertEqual(statement.document_of({"name": "other", "digest": {"sha256": digest}}).hex(), digest)
        self.assertEqual(statement.document_of({"digest": {"sha256": digest}}).hex(), digest)
        self.assertIsNone(statement.document_of({"name": "x", "digest": {"sha512": "ab"}}))

    def test_times(self):
        self.assertEqual(statement.seconds("2026-11-01T00:00:00Z"), 0x6AE68100)
        self.assertEqual(statement.seconds(None), 0)
        for wrong in (
            "2026-11-01",
            "2026-02-30T00:00:00Z",
            "1999-12-31T23:59:59Z",
            "2026-11-01T00:00:60Z",
            "2026-11-01T24:00:00Z",
            "2026-11-01T00:00:00z",
        ):
            with self.subTest(wrong), self.assertRaises(statement.StatementError):
                statement.seconds(wrong)

    def test_kinds_that_the_vectors_lack_derive_by_the_table(self):
        a, b, when = "aa" * 32, "bb" * 32, "2026-11-01T00:00:00Z"
        at = 0x6AE68100
        for kind, predicate, want in (
            ("index-endorsement", {"target": a, "result": "equal"}, {"code": "equal", "refs": ((6, bytes.fromhex(a)),)}),
            ("role-change", {"authority": {}, "reason": "x"}, {}),
            (
                "audit-engagement",
                {
                    "member": "urn:tta:member:m",
                    "principles": [3, 1, 3],
                    "commitments": [b, a],
                    "startedAt": when,
                    "declinedByMember": True,
                },
                {
                    "subjects": ("urn:tta:member:m",),
                    "principles": (1, 3),
                    "code": "declined",
                    "valid_from": at,
                    "refs": ((4, bytes.fromhex(a)), (4, bytes.fromhex(b))),
                },
            ),
            (
                "objection",
                {"about": [], "target": a, "ground": "g", "supersedes": {"id": b, "change": "renewal"}},
                {"code": "g", "refs": ((6, bytes.fromhex(a)),)},
            ),
        ):
            payload = json.dumps(
                {
                    "_type": "https://in-toto.io/Statement/v1",
                    "subject": [{"digest": {"sha512": "x"}}],
                    "predicateType": f"https://t.example/{kind}/v1",
                    "predicate": {"issuer": "urn:tta:operator"} | predicate,
                }
            ).encode()
            empty = tle1.Entry(
                0, statement.KIND_NUMBERS[kind], "urn:tta:operator", (), (), "", (), (), 0, 0, statement.statement_id(payload), ()
            )
            with self.subTest(kind):
                self.assertEqual(statement.derive(payload), empty._replace(**want))


class SignatureFormTest(unittest.TestCase):
    def test_only_strict_der_is_accepted(self):
        good = bytes.fromhex("3008020200ff02020080")
        signatures.check_der(good, signatures.P256_ORDER)
        for name, der in {
            "raw r|s": b"\1" * 64,
            "empty": b"",
            "trailing byte": good + b"\0",
            "padded integer": bytes.fromhex("300a02030000ff0203000080"),
            "negative": bytes.fromhex("30060201ff020101"),
            "zero": bytes.fromhex("3006020100020101"),
            "long form length": bytes.fromhex("308108020200ff02020080"),
            "r is the order": b"\x30\x26\x02\x21\x00" + signatures.P256_ORDER.to_bytes(32, "big") + b"\x02\x01\x01",
            "one integer": bytes.fromhex("3003020101"),
        }.items():
            with self.subTest(name), self.assertRaises(ValueError):
                signatures.check_der(der, signatures.P256_ORDER)

    def test_hostile_batch_headers_are_refused(self):
        signature = next(s for _, s in tle1.decode(bytes.fromhex(RECORDS[11]["entry"])).signatures)
        ident = bytes.fromhex(RECORDS[11]["statement_id"])
        self.assertEqual(len(signatures.open_batch(signature, ident)[0]), 54)
        for name, wrong in {
            "version 2": b"\2" + signature[1:],
            "index = count": signature[:1] + (3).to_bytes(4, "big") + signature[5:],
            "count 0": signature[:5] + bytes(4) + signature[9:],
            "count 2^20 + 1": signature[:5] + ((1 << 20) + 1).to_bytes(4, "big") + signature[9:],
            "path too short": signature[:9] + b"\1" + signature[42:],
            "no inner signature": signature[:74],
            "header alone": signature[:9],
        }.items():
            with self.subTest(name), self.assertRaises(signatures.SignatureError):
                signatures.open_batch(wrong, ident)

    def test_spki_must_fit_the_algorithm(self):
        ed25519 = next(key for key in KEYS.values() if key.alg == "ed25519")
        signatures.check_key(ed25519)
        for wrong in (
            ed25519._replace(alg="ecdsa-p256-sha256-der"),
            ed25519._replace(alg="rsa"),
            ed25519._replace(spki=ed25519.spki + b"\0"),
        ):
            with self.assertRaises(signatures.SignatureError):
                signatures.check_key(wrong)


class ReaderTest(unittest.TestCase):
    def test_asks_again_after_503_and_a_broken_connection_but_not_after_404(self):
        answers = [(503, b"", 7.0), ConnectionResetError(), (200, b"x", 0.0), (404, b"", 0.0)]
        waits = []
        with mock.patch.object(reader.LogReader, "get_once", side_effect=answers), mock.patch.object(
            reader.time, "sleep", waits.append
        ):
            client = reader.LogReader("http://127.0.0.1:1/")
            self.assertEqual(client.get("a"), (200, b"x"))
            self.assertEqual(client.get("a"), (404, b""))
        self.assertEqual(waits[0], 7.0)

    def test_gives_up_with_what_it_got_last(self):
        with mock.patch.object(reader.LogReader, "get_once", return_value=(500, b"no", 0.0)), mock.patch.object(
            reader.time, "sleep"
        ):
            self.assertEqual(reader.LogReader("http://127.0.0.1:1/").get("a"), (500, b"no"))
        with mock.patch.object(reader.LogReader, "get_once", side_effect=ConnectionRefusedError()), mock.patch.object(
            reader.time, "sleep"
        ):
            with self.assertRaises(reader.Unreachable):
                reader.LogReader("http://127.0.0.1:1/").get("a")


class LedgerTest(unittest.TestCase):
    def read(self, text: str) -> list:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            return ledgers.read_acknowledgements(file.name)

    def test_an_answer_takes_its_id_from_its_request_and_a_torn_last_line_is_left_out(self):
        send, answer = json.dumps(send_row(1, b"\7" * 32)), json.dumps(
            {"at": 2, "op": "answer", "n": 1, "result": "durable", "index": 5}
        )
        rows = self.read(f"{send}\n{answer}\n{answer[:20]}")
        self.assertEqual([(row.ident, row.index, row.promised) for row in rows], [(b"\7" * 32, 5, True)])

    def test_lines_of_another_form_are_refused(self):
        send = json.dumps(send_row(1, b"\7" * 32))
        for line in (
            "x",
            "[]",
            '{"op":"send","n":1}',
            '{"at":1,"op":"answer","n":1,"result":"durable","index":1}',
            send + '\n{"at":1,"op":"answer","n":1,"result":"durable"}',
            send + '\n{"at":1,"op":"answer","n":1,"result":"yes"}',
        ):
            with self.subTest(line), self.assertRaises(ledgers.LedgerError):
                self.read(line + "\n")


def send_row(number: int, ident: bytes) -> dict:
    return {"at": 2 * number, "op": "send", "n": number, "id": ident.hex(), "wait": "published"}


class Case:
    """One served log with its ledgers and store, to be spoiled and then checked."""

    SIZES = (60, 200, 300)  # at which the log was signed

    def __init__(self, log: SyntheticLog):
        self.log = log
        self.signed = [self.signed_row(i, size) for i, size in enumerate(self.SIZES)]
        self.heads = {size: log.tree.root(size) for size in (1, 60, 130, 200, 300)}
        self.acks: list[dict] = []
        for index in (20, 59, 60, 199, 250, 299):
            self.promise(index, next(size for size in self.SIZES if size > index))
        self.promise(130, None)

    @classmethod
    def copy_of(cls, base: "Case") -> "Case":
        case = copy.copy(base)
        case.log = copy.copy(base.log)
        for name in ("entries", "statements"):
            setattr(case.log, name, list(getattr(base.log, name)))
        case.log.answers = {}
        case.signed, case.acks, case.heads = copy.deepcopy(base.signed), copy.deepcopy(base.acks), dict(base.heads)
        return case

    def signed_row(self, sequence: int, size: int, root: bytes | None = None) -> dict:
        root = root or self.log.tree.root(size)
        return {
            "at": 1000 * sequence,
            "node": "a",
            "sequence": sequence,
            "size": size,
            "root": root.hex(),
            "note": base64.b64encode(self.log.note(size, root)).decode(),
        }

    def promise(self, entry: int, size: int | None, **other) -> None:
        """Adds a request for the statement of an entry and its answer: published at `size`, or durable for None."""
        number = len(self.acks)
        answer = {"at": 2 * number + 1, "op": "answer", "n": number, "result": "durable", "index": entry, "duplicate": False}
        if size:
            answer |= {
                "result": "published",
                "size": size,
                "checkpoint": next(row["note"] for row in self.signed if row["size"] == size),
                "proof": [base64.b64encode(hash_).decode() for hash_ in self.log.tree.path(entry, size)],
            }
        answer |= other
        self.acks += [send_row(number, tle1.decode(self.log.entries[entry]).statement_id), answer]

    def answer_for(self, index: int) -> dict:
        return next(row for row in self.acks if row.get("index") == index)

    def edit(self, index: int, **change) -> None:
        """Replaces fields of an entry; the tree is made anew (publish) by renew()."""
        self.log.entries[index] = tle1.encode(tle1.decode(self.log.entries[index])._replace(**change))

    def renew(self) -> None:
        """A log that was like this from its beginning: tree, checkpoints, ledgers and store all agree."""
        self.log.publish()
        self.__init__(self.log)

    def flip_at(self, path: str, at: int) -> None:
        self.log.answers[path] = flip(self.log.body(path), at)

    def check(self, *extra: str) -> tuple[int, dict]:
        """(exit code, JSON) of verify_log over this case."""
        server = self.log.serve()
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: str(Path(folder, name)) for name in ("acks", "signed", "store.db")}
            Path(paths["acks"]).write_text("".join(json.dumps(row) + "\n" for row in self.acks))
            Path(paths["signed"]).write_text("".join(json.dumps(row) + "\n" for row in self.signed))
            with contextlib.closing(sqlite3.connect(paths["store.db"])) as database, database:
                database.execute("CREATE TABLE heads(size INTEGER PRIMARY KEY, root BLOB)")
                database.executemany("INSERT INTO heads VALUES(?, ?)", self.heads.items())
            options = [
                "--acks",
                paths["acks"],
                "--signatures",
                paths["signed"],
                "--store",
                paths["store.db"],
                "--wait",
                "0",
                "--json",
            ]
            try:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    code = verify_log.main([f"http://127.0.0.1:{server.server_port}", str(self.log.vkey), *options, *extra])
            finally:
                server.shutdown()
                server.server_close()
        return code, json.loads(out.getvalue())


def failed(result: dict) -> set[str]:
    return {check["name"] for check in result["checks"] if check["result"] == "FAILED"}


def spoil_last(case: Case, **change) -> None:
    case.edit(299, **change)
    case.renew()


LAST, BUNDLE = 299, "/tile/entries/001.p/44"
CORRUPTIONS = {}  # name -> (function, the checks that must fail, no others)


def corruption(*checks: str):
    def register(function):
        CORRUPTIONS[function.__name__] = (function, set(checks))
        return function

    return register


# -- what is served


@corruption("roots", "growth", "tiles", "bytes", "heads")
def entry_byte_flipped(case):
    case.flip_at(BUNDLE, 2)  # the magic of entry 256


@corruption("roots", "bytes", "acks")
def entry_bundle_cut(case):
    case.log.answers[BUNDLE] = case.log.body(BUNDLE)[:-1]


@corruption("roots", "bytes")
def entry_bundle_missing(case):
    case.log.answers["/tile/entries/000"] = None
    case.acks.clear()


@corruption("tiles")
def leaf_tile_hash_flipped(case):
    case.flip_at("/tile/0/000", 32 * 77)


@corruption("tiles")
def upper_tile_hash_flipped(case):
    case.flip_at("/tile/1/000.p/1", 3)


@corruption("tiles")
def tile_missing(case):
    case.log.answers["/tile/0/001.p/44"] = None


@corruption("tiles")
def tile_one_hash_too_long(case):
    case.log.answers["/tile/0/000"] = case.log.body("/tile/0/000") + b"\0" * 32


@corruption("tiles")
def narrower_tiles_are_gone(case):
    for width in range(1, 256):
        case.log.answers[f"/tile/0/000.p/{width}"] = None


@corruption("tiles")
def narrower_bundles_differ(case):
    for width in range(1, 44):
        case.flip_at(f"/tile/entries/001.p/{width}", 2)


@corruption("tiles")
def wider_partial_is_served(case):
    case.log.answers["/tile/0/001.p/45"] = case.log.body("/tile/0/001.p/44") + b"\0" * 32


@corruption("tiles")
def unpublished_bundle_is_served(case):
    case.log.answers["/tile/entries/002.p/1"] = b"\0\1x"


@corruption("tiles")
def unpublished_statements_are_served(case):
    case.log.answers["/tile/statements/001"] = b""


@corruption("tiles")
def other_spelling_is_served(case):
    case.log.answers["/tile/0/x000/000"] = case.log.body("/tile/0/000")


@corruption("bytes", "admission")
def statement_byte_flipped(case):
    bundle = case.log.body("/tile/statements/001.p/44")
    case.log.answers["/tile/statements/001.p/44"] = bundle.replace(b"document-260", b"document-26O")
    case.log.statements[260] = case.log.statements[260].replace(b"document-260", b"document-26O")


@corruption("bytes")
def statement_bundle_missing(case):
    case.log.answers["/tile/statements/001.p/44"] = None


@corruption("bytes", "admission")
def statement_withheld_without_notice(case):
    case.log.statements[261] = b""


@corruption("bytes", "admission")
def authority_statement_withheld(case):
    case.log.statements[2] = b""


@corruption("roots")
def checkpoint_has_another_root(case):
    case.log.checkpoint = case.log.note(300, b"\1" * 32)
    case.signed.clear()
    case.acks.clear()


@corruption("checkpoint")
def checkpoint_signature_is_bad(case):
    text, line = case.log.checkpoint.split(b"\n\n")
    name, blob = line.strip().rsplit(b" ", 1)
    case.log.checkpoint = text + b"\n\n" + name + b" " + base64.b64encode(flip(base64.b64decode(blob), 20)) + b"\n"


@corruption("checkpoint")
def checkpoint_is_unsigned(case):
    text, line = case.log.checkpoint.split(b"\n\n")
    case.log.checkpoint = text + b"\n\n" + line.replace(case.log.origin.encode(), b"witness.example")


@corruption("checkpoint")
def checkpoint_of_another_origin(case):
    case.log.checkpoint = case.log.checkpoint.replace(b"log.example/test-vectors\n", b"log.example/other\n", 1)


@corruption("growth")
def published_size_falls_during_the_run(case):
    notes, body = [case.log.checkpoint, case.log.note(200)], case.log.body
    case.log.body = lambda path: (
        notes.pop(0) if path == "/checkpoint" and len(notes) > 1 else notes[0] if path == "/checkpoint" else body(path)
    )


@corruption("roots")
def equal_size_gets_a_second_root_during_the_run(case):
    notes, body = [case.log.checkpoint, case.log.note(300, b"\2" * 32)], case.log.body
    case.log.body = lambda path: (
        notes.pop(0) if path == "/checkpoint" and len(notes) > 1 else notes[0] if path == "/checkpoint" else body(path)
    )


# -- what was logged


@corruption("times", "admission")
def time_falls(case):
    spoil_last(case, logged_at_ms=1_795_251_600_001)


@corruption("derive", "admission")
def principles_are_not_the_statements(case):
    spoil_last(case, principles=(2, 3))


@corruption("derive", "admission")
def artifact_is_not_the_statements(case):
    spoil_last(case, artifacts=(b"\5" * 32,))


@corruption("derive", "admission")
def validity_is_not_the_statements(case):
    spoil_last(case, valid_until=2_000_000_000)


@corruption("dups", "admission")
def statement_is_logged_twice(case):
    case.log.entries[LAST], case.log.statements[LAST] = case.log.entries[298], case.log.statements[298]
    case.renew()


@corruption("genesis", "dups", "admission")
def second_genesis(case):
    case.log.entries[LAST], case.log.statements[LAST] = case.log.entries[0], case.log.statements[0]
    case.edit(LAST, logged_at_ms=tle1.decode(case.log.entries[298]).logged_at_ms)
    case.renew()


@corruption("signatures")
def signature_is_of_another_statement(case):
    spoil_last(case, signatures=tle1.decode(case.log.entries[298]).signatures)


@corruption("signatures", "admission")
def key_was_never_announced(case):
    spoil_last(case, signatures=((b"\7" * 32, b"s" * 64),))


@corruption("admission")
def key_is_registered_before_its_party_is_admitted(case):
    for items in (case.log.entries, case.log.statements):
        items[2], items[4] = items[4], items[2]
    for index in range(2, 5):
        case.edit(index, logged_at_ms=tle1.decode(case.log.entries[1]).logged_at_ms)
    case.renew()


@corruption("signatures", "admission")
def key_is_announced_too_late(case):
    times = [tle1.decode(case.log.entries[index]).logged_at_ms for index in (7, 12)]
    for items in (case.log.entries, case.log.statements):
        items[7], items[12] = items[12], items[7]  # a commitment by the batch key, and that key's registration
    case.edit(7, logged_at_ms=times[0])
    case.edit(12, logged_at_ms=times[1])
    case.renew()


@corruption("dups", "admission")
def statement_was_made_for_another_log(case):
    log_one_more(case, VECTORS | {"origin": "log.example/another"})


@corruption("derive", "admission")
def type_base_is_not_that_of_genesis(case):
    log_one_more(case, VECTORS | {"typeBase": "https://other.example/attest"})


def log_one_more(case, vectors):
    """Replaces the last entry by a valid one that was made from other vectors, under the same key."""
    case.log.entries.pop(), case.log.statements.pop()
    synthetic_log.grow(vectors, case.log.entries, case.log.statements, 1)
    case.renew()


# -- what writers were told


@corruption("acks")
def told_index_was_moved(case):
    case.answer_for(130)["index"] = 131


@corruption("acks")
def durable_entry_was_lost(case):
    case.answer_for(130)["index"] = 300


@corruption("acks")
def one_statement_was_told_two_indexes(case):
    case.promise(130, None, index=131, duplicate=True)


@corruption("acks")
def one_index_was_told_to_two_statements(case):
    case.promise(131, None, index=130)


@corruption("dups")
def repetition_was_not_called_duplicate(case):
    case.promise(130, None)


@corruption("acks", "proofs")
def published_checkpoint_does_not_cover_the_index(case):
    case.answer_for(250).update(size=200, checkpoint=case.signed[1]["note"])


@corruption("acks")
def published_without_a_checkpoint(case):
    case.answer_for(250).pop("checkpoint")


@corruption("acks")
def told_size_is_not_the_checkpoints(case):
    case.answer_for(250)["size"] = 299


@corruption("acks")
def ledger_checkpoint_is_not_signed_by_the_log(case):
    other = SyntheticLog(case.log.entries, case.log.statements, case.log.origin, b"\3" * 32)
    case.answer_for(250)["checkpoint"] = base64.b64encode(other.note(300)).decode()


@corruption("proofs")
def proof_has_a_changed_hash(case):
    proof = case.answer_for(60)["proof"]
    proof[0] = base64.b64encode(b"\0" * 32).decode()


@corruption("proofs")
def proof_has_a_hash_too_many(case):
    case.answer_for(60)["proof"].append(base64.b64encode(b"\0" * 32).decode())


@corruption("roots", "growth", "proofs")
def writer_was_shown_a_forked_checkpoint(case):
    case.answer_for(60)["checkpoint"] = base64.b64encode(case.log.note(200, b"\4" * 32)).decode()


@corruption("growth", "proofs")
def published_size_fell_below_what_a_writer_saw(case):
    root = b"\6" * 32
    case.answer_for(299).update(size=301, checkpoint=base64.b64encode(case.log.note(301, root)).decode())


# -- what signers released, and the store


@corruption("roots", "growth")
def two_roots_were_signed_at_one_size(case):
    case.signed.append(case.signed_row(9, 300, b"\1" * 32))


@corruption("roots", "growth")
def signed_root_is_not_that_of_the_entries(case):
    case.signed[0] = case.signed_row(0, 61, b"\1" * 32)
    case.acks.clear()
    case.heads[61] = case.log.tree.root(61)


@corruption("roots")
def two_roots_were_signed_above_the_published_size(case):
    case.signed += [case.signed_row(8, 310, b"\1" * 32), case.signed_row(9, 310, b"\2" * 32)]
    case.heads[310] = b"\1" * 32


@corruption("growth")
def signed_size_falls(case):
    case.signed.append(case.signed_row(9, 60))


@corruption("roots")
def note_of_a_signature_is_of_another_size(case):
    case.signed[0]["note"] = case.signed[1]["note"]


@corruption("heads")
def head_has_another_root(case):
    case.heads[130] = b"\1" * 32


@corruption("heads")
def head_of_a_signed_size_is_missing(case):
    del case.heads[200]


@corruption("heads")
def head_of_the_published_size_is_missing(case):
    del case.heads[300]
    case.signed = [row for row in case.signed if row["size"] != 300]


class ServedLogTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = Case(SyntheticLog.from_vectors(300))

    def test_a_sound_log_passes_every_check(self):
        code, result = Case.copy_of(self.base).check()
        self.assertEqual((code, failed(result), result["verified"]), (0, set(), True), result)
        skipped = {check["name"] for check in result["checks"] if check["result"] == "skipped"}
        self.assertEqual(skipped, {"witness", "quorum", "index"})
        self.assertRegex(result["registry"], "^[0-9a-f]{64}$")

    def test_the_vector_log_passes_with_its_withheld_statement(self):
        case = Case.copy_of(self.base)
        case.log, case.acks, case.signed, case.heads = SyntheticLog.from_vectors(), [], [], {29: bytes.fromhex(RECORDS[-1]["root"])}
        code, result = case.check()
        self.assertEqual((code, failed(result)), (0, set()), result)
        self.assertEqual(result["root"], RECORDS[-1]["root"])
        self.assertIn("1 withheld", next(check["detail"] for check in result["checks"] if check["name"] == "bytes"))

    def test_each_corruption_fails_the_check_named_and_no_other(self):
        for name, (spoil, checks) in CORRUPTIONS.items():
            with self.subTest(name):
                case = Case.copy_of(self.base)
                spoil(case)
                code, result = case.check("--sample", "300" if "signatures" in checks else "20")
                self.assertEqual((code, failed(result)), (1, checks), json.dumps(result, indent=1))

    def test_growth_during_the_run_is_no_failure(self):
        case = Case.copy_of(self.base)
        small, grown = case.log, SyntheticLog.from_vectors(600)
        small.entries, small.statements = grown.entries[:300], grown.statements[:300]
        case.renew()
        first = small.checkpoint
        notes = [first]
        case.log.body = lambda path: notes.pop() if path == "/checkpoint" and notes else grown.body(path)
        code, result = case.check()
        self.assertEqual((code, failed(result)), (0, set()), result)

    def test_a_replaced_duplicate_answer_is_no_failure(self):
        case = Case.copy_of(self.base)
        case.promise(130, None, duplicate=True)
        case.promise(130, 300, duplicate=True)
        case.acks.append(send_row(99, b"\1" * 32))  # never answered
        case.acks.append({"at": 1, "op": "answer", "n": 99, "result": "unknown"})
        code, result = case.check()
        self.assertEqual((code, failed(result)), (0, set()), result)


class CommandLineTest(unittest.TestCase):
    def run_main(self, *arguments: str) -> tuple[int, str, str]:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            try:
                code = verify_log.main(list(arguments))
            except SystemExit as stop:
                code = stop.code
        return code, out.getvalue(), err.getvalue()

    def test_usage_and_an_absent_server_are_exit_2(self):
        vkey = str(NoteTest.KEY)
        with mock.patch.object(reader.time, "sleep"):
            for arguments in (
                (),
                ("http://127.0.0.1:1",),
                ("http://127.0.0.1:1", "x"),
                ("ftp://x", vkey),
                ("http://127.0.0.1:1", vkey),
                ("http://127.0.0.1:1", vkey, "--acks", "/nonexistent"),
                ("http://127.0.0.1:1", vkey, "--sample", "0"),
            ):
                with self.subTest(arguments):
                    code, out, err = self.run_main(*arguments)
                    self.assertEqual((code, out), (2, ""))
                    self.assertTrue(err)

    def test_text_has_a_line_for_each_check(self):
        log = SyntheticLog.from_vectors(5)
        server = log.serve()
        try:
            code, out, _ = self.run_main(f"http://127.0.0.1:{server.server_port}/", str(log.vkey))
        finally:
            server.shutdown()
            server.server_close()
        self.assertEqual(code, 0, out)
        *lines, last = out.splitlines()
        self.assertEqual([line.split("[")[1].split("]")[0] for line in lines], list(verify_log.CHECKS))
        self.assertIn("ok      [admission] 5 records admitted as the rules ask, 2 parties, 8 keys", lines)
        self.assertRegex(last, "^registry [0-9a-f]{64}$")


class SumdbTest(unittest.TestCase):
    def run_sumdb(self, spoil=lambda log: None) -> str:
        """The last line of sumdb/run over a log of 300 entries."""
        log = SyntheticLog.from_vectors(300)
        spoil(log)
        server = log.serve()
        try:
            command = [Path(__file__).parent / "sumdb" / "run", f"http://127.0.0.1:{server.server_port}/", str(log.vkey)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        finally:
            server.shutdown()
            server.server_close()
        last = (done.stdout.strip().splitlines() or [done.stderr])[-1]
        if done.returncode == 77:
            self.skipTest(last)
        self.assertEqual(done.returncode, 0 if last == "PASS" else 1, done.stdout + done.stderr)
        return last

    def test_a_sound_log_passes(self):
        self.assertEqual(self.run_sumdb(), "PASS")

    def test_a_flipped_byte_in_entry_leaf_or_upper_tile_fails(self):
        for path in (BUNDLE, "/tile/0/001.p/44", "/tile/1/000.p/1"):
            with self.subTest(path):
                self.assertEqual(
                    self.run_sumdb(
                        lambda log, path=path: log.answers.update({path: flip(log.body(path), len(log.body(path)) - 1)})
                    ),
                    "FAIL",
                )


if __name__ == "__main__":
    unittest.main()
