"""Expressions mean here what they mean to Terraform."""

from __future__ import annotations

import json
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.services.hcl import expressions
from wizard.services.hcl.expressions import Failed, Undecided
from wizard.services.hcl.functions import FUNCTIONS
from wizard.services.hcl.operators import PLAIN
from wizard.services.hcl.scanner import Malformed

TERRAFORM = shutil.which("terraform") or "terraform"
SAME = r"""
1 + 2 * 3 - 4 / 8
-(1 + 2) % 2
7 % 3
-7 % 3
!true || 1 == 1 && 2 >= 1
1 == "1"
true == "true"
"a" == "a"
[1, 2] == [1, 2]
{ a = 1 } == { a = 1 }
null == null
1 < 2 ? "x" : "y"
true ? null : 1
true ? 1 : "a"
true ? true : 1
true ? [] : 1
true ? 1 : [][0]
false ? "a" : true
"a${1 + 1}b"
"${1 + 1}"
"${"x"}"
"$${x} %%{y} \n \u00e4"
"%{ if true }x%{ else }y%{ endif }"
"%{ if false }x%{ endif }z"
"%{ for x in ["a", "b"] }[${x}]%{ endfor }"
"a ${~ 1 ~} b"
"a %{~ if true ~} x %{~ endif ~} b"
[for x in ["a", "b"] : upper(x) if x != "a"]
[for i, x in ["a", "b"] : "${i}${x}"]
{ for k, v in { a = 1, b = 2 } : v => k }
{ for x in ["a", "ab", "b"] : substr(x, 0, 1) => x... }
{ for x in ["a", "a"] : x => 1 }
[for k in keys({ b = 1, a = 2 }) : k]
[for k, v in { b = 1, a = 2 } : v]
{ "a b" = 1, (1 + 1) = 2, c : 3 }["a b"]
{ a = [1, { b = 2 }] }.a[1].b
[{ a = 1 }, { a = 2 }][*].a
[{ a = 1 }, { a = 2 }].*.a
[{ a = [1, 2] }][*].a[0]
null[*]
"x"[*]
[1, 2][2]
[1, 2][-1]
{ a = 1 }.b
{ a = 1 }["a"]
can(regex("^[a-z]+$", "abc"))
can(regex("^[a-z]+$", "ab1"))
can(regex("^a$", "a\n"))
can(regex("(a", "a"))
can(regex("a(?=b)", "ab"))
can(regex("^\\d{3}$", "123"))
can(regex("^[[:alpha:]_]+$", "ab_c"))
can(regex("^\\w+\\z", "abc"))
can(regex("(?i)^ABC$", "abc"))
can(regex("^(dev|prod)$", "prod"))
can(regex("^[^]]$", "a"))
can(regex("[[]", "["))
can(regex("^.$", "\n"))
can(regex("a**", "a"))
can(regex("(a)\\1", "aa"))
regex("a(b)(c)?", "ab")
regex("(?P<x>b)", "abc")
regexall("[a-z]", "a1b2")
regexall("([a-z])([0-9])", "a1b2")
can(tonumber("x"))
can(tobool("yes"))
tobool("true")
tobool("1")
tonumber("1.50")
tostring(1.50)
tostring(1e3)
tostring(true)
length("abc")
length([1, 2])
length({ a = 1 })
length(null)
contains(["a", "b"], "b")
contains([1, 2], 3)
contains([1, 2], "1")
contains(["1"], 1)
contains("abc", "a")
startswith("abc", "ab")
endswith("abc", "bc")
strcontains("abc", "b")
alltrue([])
alltrue([true, "true"])
alltrue([true, false])
alltrue([true, null])
anytrue([])
anytrue([false, true])
lower("ABC")
upper("abc")
trimspace("  a \n")
trim("?!a?!", "!?")
trimprefix("abc", "a")
trimsuffix("abc", "c")
split(",", "a,b")
split(",", "")
join("-", ["a", 1, true])
replace("a.b.c", ".", "-")
substr("hello", 1, 3)
substr("hello", -3, -1)
substr("hello", 2, 99)
keys({ b = 1, a = 2 })
values({ b = 1, a = 2 })
lookup({ a = 1 }, "b", 2)
lookup({ a = 1 }, "b")
merge({ a = 1 }, { a = 2, b = 3 })
concat([1], [2, 3])
distinct([1, 2, 1])
flatten([[1, [2]], 3])
toset(["b", "a", "b"])
length(toset(["b", "a", "b"])) == 2
tolist(["a"])
element([1, 2], 3)
index(["a", "b"], "b")
index(["a"], "z")
slice([1, 2, 3], 1, 2)
sort(["b", "a"])
reverse([1, 2])
compact(["a", "", null])
coalesce("", "x")
one([])
one([1])
one([1, 2])
sum([1, 2.5])
max(1, 3, 2)
min([3, 1]...)
abs(-1)
ceil(1.2)
floor(-1.2)
signum(-3)
parseint("ff", 16)
parseint("zz", 16)
range(3)
range(1, 7, 2)
range(3, 0)
range(-2)
range(5, 0, -2)
try(tonumber("x"), 7)
try({}.a, [], "z")
cidrhost("10.0.0.0/8", 5)
can(cidrhost("10.0.0.0", 0))
can(cidrhost("10.0.0.1/8", 0))
can(cidrhost("300.0.0.0/8", 0))
cidrnetmask("10.0.0.0/12")
cidrsubnet("10.0.0.0/16", 8, 2)
cidrsubnet("10.0.0.0/16", 8, 256)
jsondecode("{\"a\": [1, null]}")
can(jsondecode("{"))
setunion(["a"], ["b", "a"])
setintersection(["a", "b"], ["b"])
setsubtract(["a", "b"], ["b"])
zipmap(["a", "b"], [1, 2])
title("hello world")
chomp("a\n\n")
strrev("abc")
"a" + 1
"1" + 1
!"true"
!null
1 && true
[1, 2,]
core::length("ab")
""".strip().split("\n")
LINES = ["(\n  1 +\n  2\n)", "[\n  1, # one\n  2\n]", "{\n  a = 1\n  b = 2 /* c */\n}", "<<E\n${1}\nE\n"]


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.terraform
def test_terraform_works_out_the_same(tmp_path: Path) -> None:
    expected = [*SAME, *LINES]
    locals_ = "".join(f'  e{n} = try({text}, "FAILED")\n' for n, text in enumerate(expected))
    (tmp_path / "main.tf").write_text(f"locals {{\n{locals_}}}\n")
    asked = f"jsonencode([{', '.join(f'local.e{n}' for n in range(len(expected)))}])"
    done = subprocess.run(
        [TERRAFORM, f"-chdir={tmp_path}", "console"], input=asked, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    theirs = json.loads(json.loads(done.stdout), parse_int=float)
    ours = [_plain(expressions.parse(f'try({text}, "FAILED")')({})) for text in expected]
    assert dict(zip(expected, ours, strict=True)) == dict(zip(expected, theirs, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "", "1 +", "(1", "[1 2]", "{ a = 1 b = 2 }", "a b", "1 2", "{ a.b = 1 }", "f(1,,2)", "for", "x ? 1",
        "[for x : x]", "[for x in y]", "{ for x in y : x }", '"${1"', '"%{ if true }x"', '"%{ endif }"',
        '"%{ else }"', '"x%{ while }"', "x.", "{ a = }", "f(1... , 2)", "[1] b", "{ 1 }", "1.",
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    if text == "for":
        expressions.parse(text)
        return
    with pytest.raises(Malformed):
        expressions.parse(text)


def test_what_only_terraform_knows_is_left_to_it() -> None:
    for text in (
        "local.x",
        "data.a.b",
        "timestamp()",
        "1 / 0",
        'provider::aws::arn_parse("x")',
        "can(local.x)",
        'length("ä")',
    ):
        with pytest.raises(Undecided):
            expressions.parse(text)({})


def test_nesting_beyond_reason_is_left_to_terraform() -> None:
    for text in ("(" * 2_000 + "1" + ")" * 2_000, "!" * 100_000 + "true", "[" * 300 + "1 + 1" + "]" * 300):
        with pytest.raises(Undecided):
            expressions.parse(text)


def test_a_file_of_variables_may_call_nothing() -> None:
    for text in ("x", 'upper("a")', "[for x in [1] : y]", '"${x}"'):
        with pytest.raises(Failed, match="not allowed here"):
            expressions.parse(text)({PLAIN: True})
    assert expressions.parse("[for x in [1] : x + 1]")({PLAIN: True}) == [Decimal(2)]


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^((a*)*)*$", "(.*)*x"])
def test_a_pattern_that_takes_for_ever_is_left_to_terraform(pattern: str) -> None:
    with pytest.raises(Undecided):
        FUNCTIONS["regex"](pattern, "a" * 40 + "b")


@given(st.text(st.sampled_from('a1"[]{}().,*?:=><!&|+-/%$~\n #'), max_size=25))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = expressions.parse(text)
    except Malformed:
        return
    try:
        expression({})
    except (Failed, Undecided):
        return
