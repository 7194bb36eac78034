-- One log in SQLite. Comments stand between the statements, so that they are no part of the schema fingerprint.
-- "Bundle b" is the entries [256 b, 256 (b + 1)). A full bundle is one row in each of entries, companions and ids; the unfinished
-- last one is one row an entry in tail, and is folded when it is full (README.md: why).

-- One row: what the store is. Never changed.
CREATE TABLE identity(
  only INTEGER PRIMARY KEY CHECK (only = 1),
  origin TEXT NOT NULL,
  vkey TEXT NOT NULL,
  inception TEXT NOT NULL,
  store_id BLOB NOT NULL CHECK (length(store_id) = 32)
) STRICT;

-- Head history: one row a batch, and size 0. The last row is the head. Rows are never changed.
CREATE TABLE heads(
  size INTEGER PRIMARY KEY CHECK (size >= 0),
  root BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;

-- Full bundles: 256 times lp16(entry).
CREATE TABLE entries(
  bundle INTEGER PRIMARY KEY CHECK (bundle >= 0),
  data BLOB NOT NULL
) STRICT;

-- Full bundles: 256 times lp16(companion), then one zero byte for each byte withheld, so that withholding overwrites in place.
CREATE TABLE companions(
  bundle INTEGER PRIMARY KEY CHECK (bundle >= 0),
  data BLOB NOT NULL
) STRICT;

-- Full bundles: 256 ids of 32 bytes, all zero where the record has none.
CREATE TABLE ids(
  bundle INTEGER PRIMARY KEY CHECK (bundle >= 0),
  data BLOB NOT NULL CHECK (length(data) = 8192)
) STRICT;

-- The unfinished bundle. entry and companion are framed as in a full bundle; the leaf hashes are its hash tile.
CREATE TABLE tail(
  entry_index INTEGER PRIMARY KEY CHECK (entry_index >= 0),
  leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  id BLOB NOT NULL CHECK (length(id) = 32),
  entry BLOB NOT NULL,
  companion BLOB NOT NULL
) STRICT;

-- Hash tiles at their widest: a narrower one is a prefix. Level 0 has full tiles only (tail holds the rest).
CREATE TABLE tiles(
  level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 7),
  tile INTEGER NOT NULL CHECK (tile >= 0),
  hashes BLOB NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
  PRIMARY KEY (level, tile)
) STRICT, WITHOUT ROWID;

-- Signed notes, moved by compare-and-swap.
CREATE TABLE slots(
  origin TEXT NOT NULL,
  slot INTEGER NOT NULL,
  note TEXT NOT NULL CHECK (note <> ''),
  PRIMARY KEY (origin, slot)
) STRICT, WITHOUT ROWID;
