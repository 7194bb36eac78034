"""Whether bytes are a point that a key may have (records.md 2.2 and check 13): curve equations, no other arithmetic.

Part of the independent checker (see verify_log.py).
"""

P256 = (2**256 - 2**224 + 2**192 + 2**96 - 1, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B)
P384 = (
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
)
P25519 = 2**255 - 19
D25519 = -121665 * pow(121666, -1, P25519) % P25519
ROOT_OF_MINUS_ONE = pow(2, (P25519 - 1) // 4, P25519)


def is_point(alg: str, data: bytes) -> bool:
    """`data`: A of Ed25519 (32 bytes), or x | y of a NIST curve (the SPKI after its fixed part)."""
    if alg.startswith("ed25519"):
        return is_edwards_point(data)
    return is_curve_point(P384 if "p384" in alg else P256, data)


def is_curve_point(curve: tuple[int, int], data: bytes) -> bool:
    """On y^2 = x^3 - 3x + b, coordinates below the prime. The two curves have cofactor 1: every point has the full order."""
    prime, b = curve
    half = len(data) // 2
    x, y = int.from_bytes(data[:half], "big"), int.from_bytes(data[half:], "big")
    return x < prime and y < prime and (y * y - x * x * x + 3 * x - b) % prime == 0


def edwards_x(y: int) -> int | None:
    """A root of x^2 = (y^2 - 1) / (d y^2 + 1) (RFC 8032, 5.1.3); None where there is none."""
    u, v = (y * y - 1) % P25519, (D25519 * y * y + 1) % P25519
    x = u * pow(v, 3, P25519) * pow(u * pow(v, 7, P25519), (P25519 - 5) // 8, P25519) % P25519
    if v * x * x % P25519 == u:
        return x
    x = x * ROOT_OF_MINUS_ONE % P25519
    return x if v * x * x % P25519 == u else None


def is_edwards_point(data: bytes) -> bool:
    """Decodes canonically and is not of small order."""
    encoded = int.from_bytes(data, "little")
    y, sign = encoded & (2**255 - 1), encoded >> 255
    if y >= P25519:
        return False
    x = edwards_x(y)
    return x is not None and not (x == 0 and sign) and not is_of_small_order(x, y)


def is_of_small_order(x: int, y: int) -> bool:
    """8 (x, y) is the neutral element (0, 1)."""
    for _ in range(3):
        c = D25519 * x * x * y * y % P25519
        x, y = (
            2 * x * y * pow(1 + c, -1, P25519) % P25519,
            (y * y + x * x) * pow(1 - c, -1, P25519) % P25519,
        )
    return (x, y) == (0, 1)
