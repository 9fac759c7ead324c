"""`make record`: runs real Terraform on the real module against the embedded AWS and stores what happened.

One resource at a time (-parallelism=1): each AWS call then falls between the stream's start and
complete lines of exactly one resource, which says what the call was for.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import wizard
from wizard.demo.recording.engine import Engine, NoEngine, engine
from wizard.demo.recording.proxy import Heard, RecordingProxy
from wizard.demo.recording.session import PREFIX, WORKSPACE
from wizard.demo.recording.tape import DATA, PROFILE, PROVIDER, Call, fingerprint

_STARTS = ("refresh_start", "apply_start")
_ENDS = ("refresh_complete", "apply_complete", "apply_errored")
_KEPT_OF_SHOW = (
    "format_version",
    "terraform_version",
    "variables",
    "resource_changes",
    "output_changes",
    "applyable",
    "complete",
    "errored",
)


def module_folder() -> Path:
    """The module beside the package in a checkout, or inside the package when it was installed."""
    package = Path(wizard.__file__).parent
    checkout = package.parent / "terraform"
    return checkout if (checkout / "versions.tf").exists() else package / "module"


def record(aws_url: str, access_key_id: str, secret_access_key: str, into: Path, module: Path) -> None:
    """Record every transition against the AWS at `aws_url`, which must be empty, into the folder `into`.

    The account is left as `upgrade` leaves it. Raises NoEngine without Terraform, RuntimeError when it fails.
    """
    with RecordingProxy(aws_url) as proxy, tempfile.TemporaryDirectory() as scratch:
        real = engine(
            aws_url=proxy.url,
            access_key_id=access_key_id,
            secret_access_key=secret_access_key,
            home=Path(scratch) / "home",
        )
        work = Path(scratch) / "module"
        shutil.copytree(module, work, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        studio = _Studio(real, proxy, work, into)
        studio.prepare()
        studio.transition("fresh", with_workspace=True)
        studio.transition("again", with_workspace=True)
        real.run(work, "apply", "-destroy", "-auto-approve", "-no-color")
        proxy.take()
        (work / "terraform.tfstate").unlink()
        everything = _addresses(into / "fresh" / "show.json")
        earlier = [f"-target={address}" for address in everything if address != PROFILE]
        studio.transition("seed", with_workspace=False, options=earlier)
        studio.transition("upgrade", with_workspace=True)
        studio.about(module)


class _Studio:
    """One folder with the module in it, Terraform, and the proxy that listens."""

    def __init__(self, real: Engine, proxy: RecordingProxy, work: Path, into: Path) -> None:
        self._real, self._proxy, self._work, self._into = real, proxy, work, into
        self._vocabulary = work / "recording.auto.tfvars.json"
        self._needs: dict[str, list[str]] = {}

    def prepare(self) -> None:
        """Keep the two commands that touch no AWS."""
        self._into.mkdir(parents=True, exist_ok=True)
        init = _parsed(self._real.run(self._work, "init", "-json", "-input=false"))
        _write_lines(self._into / "init.jsonl", _without_timestamps(init))
        _write(self._into / "validate.json", json.loads(self._real.run(self._work, "validate", "-json")))

    def about(self, module: Path) -> None:
        """Keep the versions, the module's fingerprint, and which resources each output needs."""
        version = json.loads(self._real.run(self._work, "version", "-json"))
        about = {
            "terraform_version": version["terraform_version"],
            "provider_selections": version["provider_selections"],
            "module": fingerprint(module),
            "outputs": self._needs,
        }
        _write(self._into / "about.json", about)

    def transition(self, name: str, *, with_workspace: bool, options: Sequence[str] = ()) -> None:
        """Plan, show and apply once; keep the streams, the calls and the state."""
        workspaces = [WORKSPACE] if with_workspace else []
        variables = {"project_prefix": PREFIX, "databricks_serverless_workspace_ids": workspaces}
        self._vocabulary.write_text(json.dumps(variables))
        folder = self._into / name
        folder.mkdir(parents=True, exist_ok=True)
        saved = self._work / "saved.plan"
        plan = self._stream("plan", "-input=false", f"-out={saved}", *options)
        calls = _attributed(self._proxy.take(), plan, "plan")
        show = json.loads(self._real.run(self._work, "show", "-json", str(saved)))
        _write_lines(folder / "plan.jsonl", _without_timestamps(plan))
        _write(folder / "show.json", {key: show[key] for key in _KEPT_OF_SHOW if key in show})
        if show["applyable"]:
            apply = self._stream("apply", "-input=false", str(saved))
            calls += _attributed(self._proxy.take(), apply, "apply")
            _write_lines(folder / "apply.jsonl", _without_timestamps(apply))
            _write(folder / "state.json", json.loads((self._work / "terraform.tfstate").read_text()))
        _write_lines(folder / "calls.jsonl", [call.as_json() for call in calls])
        self._needs.update(_needs_of_outputs(show["configuration"]["root_module"]["outputs"]))

    def _stream(self, command: str, *arguments: str) -> list[dict[str, Any]]:
        return _parsed(self._real.run(self._work, command, "-json", "-parallelism=1", *arguments))


def _parsed(stream: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.splitlines() if line.startswith("{")]


def _attributed(heard: Iterable[Heard], stream: Sequence[Mapping[str, Any]], phase: str) -> list[Call]:
    """Each call with the resource between whose start and end it fell."""
    spans: list[tuple[float, float, str]] = []
    begun = 0.0
    for line in stream:
        if line["type"] in _STARTS:
            begun = _moment(line)
        elif line["type"] in _ENDS:
            spans.append((begun, _moment(line), line["hook"]["resource"]["addr"]))
    return [
        replace(
            one.call,
            phase=phase,
            address=next((name for start, end, name in spans if start <= one.at <= end), PROVIDER),
        )
        for one in heard
    ]


def _moment(line: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(line["@timestamp"]).timestamp()


def _without_timestamps(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The lines without the moment of recording: each replay has its own."""
    return [{key: value for key, value in line.items() if key != "@timestamp"} for line in lines]


def _addresses(show: Path) -> list[str]:
    changes = json.loads(show.read_text())["resource_changes"]
    return [change["address"] for change in changes if change["mode"] == "managed"]


def _needs_of_outputs(outputs: Mapping[str, Any]) -> dict[str, list[str]]:
    """Output to the addresses of the resources that its expression mentions."""
    return {
        name: sorted(
            {
                ".".join(reference.split(".")[:2])
                for reference in output["expression"].get("references", ())
                if reference.startswith("aws_")
            }
        )
        for name, output in outputs.items()
    }


def _write(path: Path, document: Mapping[str, Any]) -> None:
    """One line a value, and one line an entry where the value is a list: compact, and still fit for a diff."""
    lines = []
    for key, value in sorted(document.items()):
        if isinstance(value, list) and value:
            text = "[\n  " + ",\n  ".join(json.dumps(entry, sort_keys=True) for entry in value) + "\n ]"
        else:
            text = json.dumps(value, sort_keys=True)
        lines.append(f" {json.dumps(key)}: {text}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _write_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))


def main() -> int:
    """Record into the package's own data folder. Exit code 0, or 1 with a sentence."""
    from wizard.demo.aws import EmbeddedAws

    try:
        with EmbeddedAws() as aws:
            record(aws.url, aws.root.access_key_id, aws.root.secret_access_key, DATA, module_folder())
    except (NoEngine, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Recorded. {sum(path.stat().st_size for path in DATA.rglob('*') if path.is_file())} bytes.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
