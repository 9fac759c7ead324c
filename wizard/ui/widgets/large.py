"""A short code in letters three lines high, made of half blocks, so that it can be compared from a chair away."""

from __future__ import annotations

_GLYPHS = {
    "A": "0e 11 1f 11 11", "B": "1e 11 1e 11 1e", "C": "0f 10 10 10 0f", "D": "1e 11 11 11 1e",
    "E": "1f 10 1e 10 1f", "F": "1f 10 1e 10 10", "G": "0f 10 13 11 0f", "H": "11 11 1f 11 11",
    "I": "0e 04 04 04 0e", "J": "07 02 02 12 0c", "K": "11 12 1c 12 11", "L": "10 10 10 10 1f",
    "M": "11 1b 15 11 11", "N": "11 19 15 13 11", "O": "0e 11 11 11 0e", "P": "1e 11 1e 10 10",
    "Q": "0e 11 15 12 0d", "R": "1e 11 1e 12 11", "S": "0f 10 0e 01 1e", "T": "1f 04 04 04 04",
    "U": "11 11 11 11 0e", "V": "11 11 11 0a 04", "W": "11 11 15 1b 11", "X": "11 0a 04 0a 11",
    "Y": "11 0a 04 04 04", "Z": "1f 02 04 08 1f", "0": "0e 13 15 19 0e", "1": "04 0c 04 04 0e",
    "2": "1e 01 0e 10 1f", "3": "1e 01 0e 01 1e", "4": "12 12 1f 02 02", "5": "1f 10 1e 01 1e",
    "6": "0e 10 1e 11 0e", "7": "1f 01 02 04 04", "8": "0e 11 0e 11 0e", "9": "0e 11 0f 01 0e",
    "-": "00 00 0e 00 00",
}  # fmt: skip
"""Five rows of five dots a letter, each row a number in base 16."""
_WIDE = 5
_HALVES = (" ", "▄", "▀", "█")
"""By upper dot * 2 + lower dot."""


def large(code: str, room: int) -> list[str]:
    """`code` in large letters; empty where it holds other characters or needs more than `room` columns."""
    if any(letter not in _GLYPHS for letter in code) or len(code) * (_WIDE + 1) - 1 > room:
        return []
    rows = [
        "0".join("".join(f"{int(_GLYPHS[letter].split()[row], 16):05b}") for letter in code)
        for row in range(5)
    ]
    rows.append("0" * len(rows[0]))
    return [
        "".join(
            _HALVES[int(up) * 2 + int(low)] for up, low in zip(rows[n], rows[n + 1], strict=True)
        ).rstrip()
        for n in (0, 2, 4)
    ]
