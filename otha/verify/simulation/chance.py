"""Chance without a memory: the same salt and number give the same, whoever asks and however often.

So a fault that is taken out of a schedule changes nothing of what the others do, and time that is skipped is the same
time.
"""

from hashlib import blake2b

_WORD = (1 << 64) - 1


def salt_of(*parts: str | int) -> int:
    """A salt for what these parts name."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def mixed(salt: int, number: int) -> int:
    """64 bits, as even as those of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), whose finisher it is."""
    bits = (salt + number * 0x9E37_79B9_7F4A_7C15) & _WORD
    bits = ((bits ^ (bits >> 30)) * 0xBF58_476D_1CE4_E5B9) & _WORD
    bits = ((bits ^ (bits >> 27)) * 0x94D0_49BB_1331_11EB) & _WORD
    return bits ^ (bits >> 31)


def below(salt: int, number: int, limit: int) -> int:
    """A whole number from 0 to `limit` - 1."""
    return mixed(salt, number) % limit


def happens(salt: int, number: int, percent: int) -> bool:
    """Whether something that happens in so many of a hundred cases does in this one."""
    return mixed(salt, number) % 100 < percent
