import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.core.redact import MASK, Redactor
from wizard.core.text import clean, one_line, plural


@pytest.mark.parametrize(
    ("hostile", "tame"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]52;c;ZXZpbA==\x07b", "ab"),
        ("a\x1b]0;title\x1b\\b", "ab"),
        ("a\x9b2Jb", "ab"),
        ("a\x1bPq...\x1b\\b", "ab"),
        ("x\x00\x08y", "x\ufffd\ufffdy"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("one\r\ntwo", "one\ntwo"),
        ("over\rwritten", "over\ufffdwritten"),
        ("safe\u202eevil", "safe\ufffdevil"),
        ("[/not markup]", "[/not markup]"),
        ("Grüße, 你好 ✓ 😀", "Grüße, 你好 ✓ 😀"),
        ("half\ud83d a pair\udc80", "half a pair"),
        ("a\x1b\ud800[31mb\udfffc", "abc"),
    ],
)
def test_nothing_a_terminal_would_obey_gets_through(hostile: str, tame: str) -> None:
    assert clean(hostile) == tame


@given(st.text(st.characters()))
@example("\ud83d\x1b\udc00]0;x")
def test_clean_is_total_and_idempotent(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not any(ord(c) < 32 and c not in "\t\n" for c in once)
    assert "\x1b" not in once
    assert once.encode("utf-8").decode("utf-8") == once
    assert not any(0x7F <= ord(c) <= 0x9F for c in once)


def test_a_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 20, limit=5) == "xxxxx… (cut at 5 characters)"
    assert one_line("a\n  b\tc") == "a b c"
    assert len(one_line("y" * 1000, limit=10)) == 10


def test_counting_reads_well() -> None:
    assert [plural(1, "bucket"), plural(3, "bucket"), plural(2, "policy", "policies")] == [
        "1 bucket",
        "3 buckets",
        "2 policies",
    ]


def test_known_secrets_and_their_shapes_are_masked() -> None:
    redact = Redactor()
    redact.learn("correct horse battery", "no")
    text = redact(
        "pass=correct horse battery key=AKIAIOSFODNN7EXAMPLE token=dapi0123456789abcdef0123456789abcdef "
        "aws_secret_access_key = wJalrXUtnFEMI no"
    )
    assert "correct" not in text
    assert "AKIA" not in text
    assert "dapi" not in text
    assert "wJalr" not in text
    assert text.endswith(" no")
    assert text.count(MASK) == 4
