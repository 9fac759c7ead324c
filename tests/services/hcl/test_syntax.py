"""The reader of .tfvars files agrees with Terraform on what is valid and on what values are."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.services.hcl import syntax
from wizard.services.hcl.syntax import Block, Malformed

TERRAFORM = shutil.which("terraform") or "terraform"
VALID = {
    "plain": 'a = "x"\n',
    "no final line break": 'a = "x"',
    "empty": "",
    "only comments": "# one\n// two\n/* three\nfour */\n",
    "byte order mark": '\ufeffa = "x"\n',
    "crlf": 'a = "x"\r\nb = [\r\n  1,\r\n]\r\n',
    "tabs": '\ta\t=\t"x"\t# c\n',
    "unicode name": 'größe = "x"\n',
    "comment before equals": 'a /* here */ = /* there */ "x" /* after */ # end\n',
    "heredoc": "a = <<EOT\n  one\n  EOT x\n  EOT\nb = 1\n",
    "indented heredoc": "a = <<-EOT\n    one\n      two\n    EOT\nb = 1\n",
    "heredoc tag with underscore": "a = <<_EOT\none\n_EOT\n",
    "heredoc end with blanks": "a = <<EOT\none\nEOT  \nb = 1\n",
    "escaped template": 'a = "$${x} %%{y} $ % {"\n',
    "escapes": 'a = "\\"q\\" \\\\ \\n \\t \\u00e4 \\U0001f600"\n',
    "double minus": "a = --1\n",
    "strip markers": 'a = "${~ 1 ~}"\n',
    "calculation": "a = (1 + 2) * 3 # three\n",
    "conditional": 'a = true ? "x" : "y"\n',
    "conditional in list": 'a = [true ? "x" : "y", "z"]\n',
    "template with quotes": 'a = "${upper("a}\\"b")}"\nb = 1\n',
    "list over lines": 'a = [ # first\n  "x", // one\n  /* two */ "y"\n]\n',
    "trailing comma": 'a = ["x", "y",]\n',
    "object": 'a = { b = 1, "c d" : [true, null], (1) = 2 }\n',
    "object by lines": 'a = {\n  b = "x" # c\n  d = {\n    e = 1\n  }\n}\n',
    "for in list": 'a = [for x in ["b"] : upper(x)]\n',
    "brackets in texts": 'a = "]}){"\nb = ["[", "#", "//", "/*"]\n',
    "numbers": "a = 1\nb = -1.5\nc = 1e3\n",
    "comparison": "a = 1 == 1\n",
    "heredoc, crlf": "a = <<-EOT\r\n    one\r\n\r\n      two\r\n    EOT\r\nb = 1\r\n",
    "indented heredoc, tabs": "a = <<-EOT\n\t\tone\n\t    two\nEOT\n",
    "indented heredoc, odd margin": "a = <<-EOT\n  one\n two\n    EOT\n",
    "heredoc with escaped template": "a = <<EOT\n$${x} %%{y} $$${z} \\n\nEOT\n",
    "heredoc in list": 'a = [<<EOT\none\nEOT\n, "x"]\n',
    "empty heredoc": "a = <<EOT\nEOT\n",
    "dollars": 'a = ["$$${1}", "$$$${b}", "$$", "$", "%%{", "$%", "{$"]\n',
    "comment over lines at the end of a line": "a = 1 /* one\ntwo */\nb = 2\n",
    "comma on the next line": 'a = [\n  "x"\n  , "y"\n]\n',
    "control characters": 'a = "\x01\t"\n',
    "wide number": "a = [12345678901234567890123, 0.1, 1e3, -0]\n",
    "keys": 'a = { b : 1, "c" = 2, d-e = 3\n f = 4 }\n',
    "parentheses over lines": "a = (\n  1 +\n  2\n)\n",
    "lines of blanks in an indented heredoc": "a = <<-EOT\n   one\n \t\n      \n    two\n  EOT\n",
    "carriage return in a comment": "# one\r two\na = 1 /* \r */\n",
    "function of a provider": "a = provider::aws::arn_parse(1)\nb = true ? a::b(1) : 2\n",
    "deep": f"a = {'[' * 100}{']' * 100}\n",
    "no line break after a comment": "a = 1 # end",
}
INVALID = {
    "two on one line": "a = 1 b = 2\n",
    "line break in text": 'a = "x\ny"\n',
    "unknown escape": 'a = "\\q"\n',
    "lone carriage return": 'a = "x"\rb = 1\n',
    "heredoc without line break": "a = <<EOT\none\nEOT",
    "open bracket": "a = [1\n",
    "open text": 'a = "x\n',
    "open comment": "/* a = 1\n",
    "no value": "a =\n",
    "no equals": "a 1\n",
    "wrong bracket": "a = (1]\n",
    "quoted name": '"a" = 1\n',
    "something behind a block": "a {} 1\n",
    "heredoc with blanks behind its tag": "a = <<EOT \none\nEOT\n",
    "carriage return in a heredoc": "a = <<EOT\none\rtwo\nEOT\n",
    "carriage return in a list": "a = [\r]\n",
    "carriage return in a calculation": "a = (1 +\r 2)\n",
    "two commas": "a = [1,,2]\n",
    "only a comma": "a = [,]\n",
    "form feed": "\fa = 1\n",
    "comment over lines, then another": "a = 1 /*\n*/ b = 2\n",
    "unclosed template": 'a = "${1"\n',
}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_valid_files_are_read(text: str) -> None:
    document = syntax.read(text)
    for argument in document.arguments:
        spelled = text[argument.node.start : argument.node.end]
        assert spelled == spelled.strip()
        assert syntax.value(spelled).value == argument.node.value


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_what_terraform_refuses_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        syntax.read(text)
    assert 1 <= caught.value.line <= text.count("\n") + 1


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("text", "valid"), [(t, True) for t in VALID.values()] + [(t, False) for t in INVALID.values()]
)
def test_terraform_says_the_same(text: str, valid: bool) -> None:
    done = subprocess.run([TERRAFORM, "fmt", "-"], input=text.encode(), capture_output=True, timeout=60)
    assert (done.returncode == 0) is valid, done.stderr.decode()


@pytest.mark.terraform
def test_terraform_reads_the_same_values(tmp_path: Path) -> None:
    known = {
        name: argument.node.value
        for number, text in enumerate(VALID.values())
        for argument in syntax.read(text).arguments
        if argument.node.literal
        for name in [f"v{number}_{argument.name}"]
        if name.isascii()
    }
    lines = []
    for number, text in enumerate(VALID.values()):
        for argument in syntax.read(text).arguments:
            name = f"v{number}_{argument.name}"
            if name in known:
                lines.append(f"{name} = {text[argument.node.start : argument.node.end]}\n")
    (tmp_path / "terraform.tfvars").write_text("".join(lines), newline="")
    (tmp_path / "main.tf").write_text("".join(f'variable "{name}" {{}}\n' for name in known))
    members = ", ".join(f"{name} = var.{name}" for name in known)
    asked = f"jsonencode({{{members}}})"
    done = subprocess.run(
        [TERRAFORM, f"-chdir={tmp_path}", "console"],
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert len(known) >= 20
    assert json.loads(json.loads(done.stdout)) == known


def test_an_opaque_value_has_a_place_but_no_value() -> None:
    (argument,) = syntax.read('a = upper("x") # c\n').arguments
    assert (argument.node.kind, argument.node.literal) == ("expression", False)
    assert (argument.node.start, argument.node.end) == (4, 14)


def test_comments_inside_a_value_are_not_comments_between_arguments() -> None:
    text = "# one\na = [ # two\n]\n# three\n"
    document = syntax.read(text)
    assert [text[start:end] for start, end in document.comments] == ["# one", "# three"]


def test_blocks_are_noticed() -> None:
    assert syntax.read('resource "a" "b" {\n  c = "}"\n}\nd = 1\n').blocks == (
        Block("resource", 0, ("a", "b"), (18, 29)),
    )


@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_nesting_beyond_reason_is_refused_not_crashed(depth: int) -> None:
    with pytest.raises(Malformed, match="nested too deeply"):
        syntax.read(f"a = {'[' * depth}{']' * depth}\n")
    with pytest.raises(Malformed, match="nested too deeply"):
        syntax.value("[" * depth)


@given(st.text(st.sampled_from('a="[]{}(),#/*\n\r\t \\$%<E1-.:?é\ufeff'), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = syntax.read(text)
    except Malformed as malformed:
        tree, line = None, malformed.line
    if tree is None:
        assert 1 <= line <= text.count("\n") + 1
        return
    places = [(each.start, each.node.start, each.node.end) for each in tree.arguments]
    assert all(start < value < end <= len(text) for start, value, end in places)
    assert all(one[2] <= other[0] for one, other in pairwise(places))


@given(st.text(max_size=30))
def test_a_quoted_text_is_read_back(text: str) -> None:
    if not any("\ud800" <= each <= "\udfff" for each in text):
        assert syntax.value(syntax.quoted(text)).value == text
