"""RFC 6962 hashing, written from the RFC's recursion (section 2.1) and from C2SP tlog-tiles.

Part of the independent checker (see verify_log.py). Pure functions over bytes; no I/O.
"""

import hashlib

EMPTY_ROOT = hashlib.sha256(b"").digest()
TILE_WIDTH = 256


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split_point(size: int) -> int:
    """The largest power of two below `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def naive_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962 over leaf hashes, by its own recursion; the yardstick for Tree in the tests."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    k = split_point(len(hashes))
    return node_hash(naive_root(hashes[:k]), naive_root(hashes[k:]))


def path_length(index: int, size: int) -> int:
    """Number of hashes in the RFC 6962 audit path of leaf `index` among `size` leaves."""
    length = 0
    while size > 1:
        k = split_point(size)
        index, size = (index, k) if index < k else (index - k, size - k)
        length += 1
    return length


def root_from_path(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """The root to which an audit path (leaf side first) leads. ValueError on a path of wrong length or an index outside."""
    if not 0 <= index < size:
        raise ValueError(f"index {index} is not below size {size}")
    if len(path) != path_length(index, size):
        raise ValueError(f"path of {len(path)} hashes where ({index}, {size}) has {path_length(index, size)}")
    if size == 1:
        return leaf
    k = split_point(size)
    if index < k:
        return node_hash(root_from_path(index, k, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_from_path(index - k, size - k, leaf, path[:-1]))


class Tree:
    """All perfect subtrees over a list of leaf hashes, level by level; gives the root of every prefix in O(log n)."""

    def __init__(self, leaves: list[bytes]):
        self.levels = [leaves]
        sha256 = hashlib.sha256
        while len(below := self.levels[-1]) > 1:
            self.levels.append([sha256(b"\x01" + below[i] + below[i + 1]).digest() for i in range(0, len(below) - 1, 2)])

    @property
    def size(self) -> int:
        return len(self.levels[0])

    def range_root(self, begin: int, end: int) -> bytes:
        """MTH over the leaves [begin, end), where `begin` is a multiple of the smallest power of two that is >= end - begin."""
        count = end - begin
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self.levels[level][begin >> level]
        k = split_point(count)
        return node_hash(self.range_root(begin, begin + k), self.range_root(begin + k, end))

    def root(self, size: int) -> bytes:
        if not 0 <= size <= self.size:
            raise ValueError(f"size {size} of a tree of {self.size}")
        return self.range_root(0, size) if size else EMPTY_ROOT

    def path(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D[0:size]) of RFC 6962, leaf side first."""
        path, begin, end = [], 0, size
        while end - begin > 1:
            middle = begin + split_point(end - begin)
            if index < middle:
                path.append(self.range_root(middle, end))
                end = middle
            else:
                path.append(self.range_root(begin, middle))
                begin = middle
        return path[::-1]

    def tile_row(self, level: int) -> list[bytes]:
        """All hashes of tile level `level` (C2SP: roots of 256^level leaves each)."""
        return self.levels[8 * level] if 8 * level < len(self.levels) else []


def tile_name(number: int) -> str:
    """1234067 -> x001/x234/067 (C2SP tlog-tiles)."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def tile_path(kind: str | int, number: int, width: int = TILE_WIDTH) -> str:
    """`kind` is a level, "entries" or "statements"; a width below 256 names the partial."""
    return f"tile/{kind}/{tile_name(number)}" + (f".p/{width}" if width < TILE_WIDTH else "")


def tiles_of(count: int) -> list[tuple[int, int]]:
    """(number, width) of the tiles that hold `count` hashes or entries, the last one as wide as it is."""
    tiles = [(n, TILE_WIDTH) for n in range(count // TILE_WIDTH)]
    return tiles + ([(len(tiles), count % TILE_WIDTH)] if count % TILE_WIDTH else [])


def split_bundle(data: bytes) -> list[bytes]:
    """The items of an entry or statement bundle: big-endian u16 length and bytes each. ValueError on a cut item."""
    items, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ValueError(f"bundle item {len(items)} is cut off")
        items.append(data[at + 2 : end])
        at = end
    return items


def join_bundle(items: list[bytes]) -> bytes:
    return b"".join(len(item).to_bytes(2, "big") + item for item in items)
