"""The pretend world of one demo: an AWS, a workspace, and an operator's home folder, all of this session only."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from wizard.demo.aws import EmbeddedAws
from wizard.demo.engine import REGISTRIES, cli_configuration
from wizard.demo.recording.program import SECONDS
from wizard.demo.recording.seed import seed
from wizard.demo.recording.session import PROVIDER_HOST
from wizard.demo.scenario import Scenario
from wizard.demo.workspace import EmbeddedWorkspace
from wizard.services.terraform import module
from wizard.services.terraform.engine import Engine

_REAL = (
    "AWS_",
    "DATABRICKS_",
    "TF_VAR_",
    "TF_WORKSPACE",
    "TF_DATA_DIR",
    "TF_CLI_ARGS",
    "ARM_",
    "GOOGLE_",
    "XDG_",
)
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class World:
    """Starts the servers and lays out the home folder; closing it leaves nothing behind."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        environ: Mapping[str, str],
        engine: Engine,
        attended: bool = True,
    ) -> None:
        """`folder` is empty, or not there yet; whoever made it removes it."""
        self.scenario = scenario
        self.engine = engine
        self._attended = attended
        self._stack = ExitStack()
        try:
            self.home = folder / "home"
            self.module = self.home / "project" / "terraform"
            self._start_aws()
            self._start_workspace()
            self._lay_out_module()
            self._lay_out_home()
            self.environ = self._environment(environ)
        except BaseException:
            self._stack.close()
            raise

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> World:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def workspace_url(self, host: str) -> str:
        """Where the workspace of this name answers; any other host leads nowhere, as nothing real is reached."""
        return self.workspace.url if host == self.scenario.host else "http://127.0.0.1:9"

    def _start_aws(self) -> None:
        scenario = self.scenario
        self.aws = EmbeddedAws()
        self._stack.callback(self.aws.close)
        # With nobody there, somebody in a browser must be pretended too.
        self.aws.portal.auto_approve_after = scenario.approve_after if self._attended else 0.5
        self.aws.portal.assign(self.aws.account_id, "htd-sandbox", "AdministratorAccess", admin=True)

    def _start_workspace(self) -> None:
        scenario, aws = self.scenario, self.aws
        self.workspace = EmbeddedWorkspace(
            workspace_id=scenario.workspace_id,
            aws_url=aws.url,
            databricks_keys=_plain(aws.databricks),
            observer_keys=_plain(aws.root),
            start_seconds=scenario.start_seconds,
            host=scenario.host,
        )
        self._stack.callback(self.workspace.close)
        self.workspace.add_warehouse(id=scenario.warehouse_id, name=scenario.warehouse_name)

    def _lay_out_module(self) -> None:
        """The module as somebody checked it out, with the state of an earlier apply when the story has one."""
        self.module.mkdir(parents=True)
        for source in module.packaged().iterdir():
            if source.is_file() and source.suffix in (".tf", ".tfvars"):
                (self.module / source.name).write_bytes(source.read_bytes())
        # The project's own tests, which the last step offers to run.
        shutil.copytree(
            Path(__file__).with_name("suite"),
            self.module.parent,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        if self.scenario.start == "stuck":
            host = REGISTRIES.get(self.engine.kind, PROVIDER_HOST)
            seed(self.aws, self.module, prefix=self.scenario.prefix, provider_host=host)
        self.aws.latency = self.scenario.latency

    def _lay_out_home(self) -> None:
        aws_folder = self.home / ".aws"
        aws_folder.mkdir(parents=True)
        (aws_folder / "config").write_text(
            "# Made by the htd-wizard demo. Nothing here is real.\n"
            "[profile htd-admin]\nsso_session = htd\n"
            f"sso_account_id = {self.aws.account_id}\nsso_role_name = AdministratorAccess\nregion = us-east-1\n\n"
            f"[sso-session htd]\nsso_start_url = {self.aws.portal.start_url}\nsso_region = us-east-1\n"
            "sso_registration_scopes = sso:account:access\n"
        )
        credentials = aws_folder / "credentials"
        credentials.write_text("# Made by the htd-wizard demo. Nothing here is real.\n" + self._user_keys())
        (self.home / ".databrickscfg").write_text(
            "; Made by the htd-wizard demo. Nothing here is real.\n"
            f"[htd]\nhost = https://{self.scenario.host}\ntoken = {self.workspace.token}\n"
        )
        for file in (credentials, self.home / ".databrickscfg"):
            file.chmod(0o600)

    def _user_keys(self) -> str:
        """The keys of the integration tests' user, which the earlier apply made."""
        if self.scenario.start != "stuck":
            return ""
        keys = self.aws.keys_for_user(f"{self.scenario.prefix}-user")
        return (
            f"[{self.scenario.signed_in_as}]\nregion = us-east-1\n"
            f"aws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
        )

    def _environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The operator's environment without anything that could lead to a real account."""
        kept = {
            name: value
            for name, value in environ.items()
            if not name.startswith(_REAL) and name.lower() not in _PROXIES
        }
        return (
            cli_configuration(environ)
            | kept
            | {
                "HOME": str(self.home),
                "AWS_PROFILE": self.scenario.signed_in_as,
                "AWS_REGION": "us-east-1",
                "AWS_CONFIG_FILE": str(self.home / ".aws" / "config"),
                "AWS_SHARED_CREDENTIALS_FILE": str(self.home / ".aws" / "credentials"),
                "AWS_ENDPOINT_URL": self.aws.url,
                "AWS_ENDPOINT_URL_SSO": self.aws.url,
                "AWS_ENDPOINT_URL_SSO_OIDC": self.aws.url,
                "AWS_EC2_METADATA_DISABLED": "true",
                "DATABRICKS_CONFIG_FILE": str(self.home / ".databrickscfg"),
                "NO_PROXY": "127.0.0.1,localhost",
                # The Python in which the pretend project's tests run.
                "PYTHON": sys.executable,
                # How long the recording's apply seems to take: somebody who watches wants to see it.
                SECONDS: environ.get(SECONDS, "4" if self._attended else "1"),
            }
        )


@contextmanager
def sealed(environ: Mapping[str, str]) -> Iterator[None]:
    """This process's own environment is `environ` meanwhile, so that no library finds the real one."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _plain(keys: object) -> tuple[str, str, str]:
    return (
        str(getattr(keys, "access_key_id", "")),
        str(getattr(keys, "secret_access_key", "")),
        str(getattr(keys, "session_token", "")),
    )
