"""A scripted journey that yields every kind of event, for looking at the screen and for testing it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from wizard.core.event import (
    Ask,
    DeviceCode,
    Diff,
    Line,
    Phase,
    Planned,
    Progress,
    ResourceChange,
    ResourceRow,
    Run,
    Table,
    Wait,
    WarehouseSeen,
)
from wizard.core.facts import (
    Applied,
    AwsIdentity,
    Connected,
    DataProven,
    Facts,
    Machine,
    PermissionsProven,
    VariablesWritten,
    WarehouseRunning,
    WorkspaceProven,
)
from wizard.core.finding import Finding, Verdict
from wizard.core.flow import Flow
from wizard.core.journal import Journal
from wizard.core.memory import Memory
from wizard.core.problem import Problem, Who
from wizard.core.question import YES, Choice, Kind, Question, confirm
from wizard.core.redact import Redactor
from wizard.core.stopping import Outlook, Stopping

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
ACCOUNT = "111122223333"
HOSTILE = "[/x] [bold]not markup[/]"


@dataclass
class World:
    """What the script does next; tests change it."""

    weak: bool = True
    """The first credentials lack permissions."""
    hold: float = 0.0
    """Seconds that a waiting step waits."""
    crash: bool = False
    heard: dict[str, str] = field(default_factory=dict)
    stopping: Stopping = field(default_factory=Stopping)
    signals: list[str] = field(default_factory=list)
    """What came to the apply."""

    def interrupt(self) -> None:
        self.signals.append("interrupt")

    def kill_children(self) -> None:
        self.signals.append("kill children")


class Scripted:
    """Base of the scripted steps."""

    id: ClassVar[str]
    title: ClassVar[str]
    why: ClassVar[str] = ""
    about: ClassVar[str] = ""
    fact: ClassVar[type]
    needs: ClassVar[tuple[type, ...]] = ()

    def run(self, facts: Facts, services: World) -> Run[Any]:
        raise NotImplementedError

    def prove(self, facts: Facts, services: World) -> list[Finding]:
        return []

    def equivalent(self, facts: Facts) -> list[str]:
        return [f"echo {self.id}"]


class Start(Scripted):
    id = "start"
    title = "Check this computer"
    why = "Eight steps lead to a healthy warehouse. First, a look at what is here; nothing is changed."
    fact = Machine

    def run(self, facts: Facts, services: World) -> Run[Machine]:
        yield Phase("Looking for Terraform", "terraform version")
        yield Finding("machine.engine", "Terraform", Verdict.PROVEN, "Terraform, version 1.11.4")
        yield Finding("machine.module", "Module folder", Verdict.PROVEN, "/home/ann/terraform (found here)")
        return Machine("terraform", "1.11.4", "/home/ann/terraform", "found here")


class Credentials(Scripted):
    id = "credentials"
    title = "Sign in to AWS"
    why = "Terraform changes AWS in your name, so AWS must know who you are."
    about = "Credentials stay in memory. The wizard reads your profiles and changes none of them."
    fact = AwsIdentity

    def run(self, facts: Facts, services: World) -> Run[AwsIdentity]:
        choices = (
            Choice("prod", "prod", "SSO · account 111122223333 · Admin · expired an hour ago"),
            Choice("user", "htd-user", "access keys · the user of the integration tests"),
            Choice("old", "old", "web identity", "its token file is gone"),
            Choice("paste", "Paste keys", "for this session only, kept in memory"),
        )
        source = yield Ask(
            (
                Question(
                    "source", "Which credentials shall be used?", Kind.CHOICE, choices=choices, default="prod"
                ),
            ),
            reason="These were found on this computer.",
        )
        services.heard.update(source)
        if source["source"] == "paste":
            keys = yield Ask(
                (
                    Question(
                        "keys", "Paste an access key block", Kind.SECRET, help="An export block will do."
                    ),
                    Question("region", "Region", default="us-east-1", origin="from your AWS config file"),
                ),
                title="Keys for this session",
            )
            services.heard.update(keys)
        if source["source"] == "prod":
            yield Phase("Signing in through SSO", "aws sso login --profile prod")
            yield DeviceCode(
                "WDJB-MJHT",
                "https://example.awsapps.com/start/#/device",
                "https://example.awsapps.com/start/#/device?user_code=WDJB-MJHT",
                NOON + timedelta(minutes=10),
            )
            yield Wait(services.hold, "for your approval in the browser")
            services.weak = False
        yield Phase("Asking AWS who you are", "aws sts get-caller-identity")
        yield Finding("aws.identity", "AWS knows you", Verdict.PROVEN, f"account {ACCOUNT}")
        role = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann"
        user = f"arn:aws:iam::{ACCOUNT}:user/htd-user"
        return AwsIdentity(ACCOUNT, user if services.weak else role, "us-east-1", "profile prod (SSO)")


class Permissions(Scripted):
    id = "permissions"
    title = "Check permissions"
    why = "Better to know now than in the middle of an apply: can you do all that Terraform will do?"
    fact = PermissionsProven
    needs = (Machine, AwsIdentity)

    def run(self, facts: Facts, services: World) -> Run[PermissionsProven]:
        who = facts.need(AwsIdentity)
        yield Phase("Trying 14 permissions on 12 resources", "aws iam simulate-principal-policy …")
        gaps = 0
        for number, (group, action) in enumerate(_ACTIONS, 1):
            gap = services.weak and action in ("GetRole", "GetUser", "GetBucketPolicy", "ListPermissions")
            gaps += gap
            verdict = (
                Verdict.GAP if gap else Verdict.PREDICTED if action.startswith("Create") else Verdict.PROVEN
            )
            yield Progress(number, len(_ACTIONS), action)
            yield Finding(
                f"{group}:{action}",
                f"{group}:{action}",
                verdict,
                "AccessDenied: no identity-based policy allows it" if gap else "",
                _missing(group, action) if gap else None,
                group,
            )
        if services.crash:
            raise ValueError("boom " + "dapi" + "0" * 32)
        if gaps:
            raise Problem(
                "permissions.missing",
                f"{gaps} permissions are missing for {who.arn}.",
                "Terraform reads everything it manages before it changes anything, and AWS would say no.",
                "Sign in with stronger credentials, or hand the policy below to an AWS administrator.",
                Who.AWS_ADMIN,
                ("iam:GetRole role/htd-role", "iam:GetUser user/htd-user"),
                json.dumps({"Version": "2012-10-17", "Statement": [{"Action": ["iam:GetRole"]}]}, indent=2),
                "credentials",
            )
        return PermissionsProven(who.account, who.arn, len(_ACTIONS), 0, 0)


class Workspace(Scripted):
    id = "workspace"
    title = "Find the workspace"
    why = "The role trusts exactly one workspace, so its id must be right."
    fact = WorkspaceProven

    def run(self, facts: Facts, services: World) -> Run[WorkspaceProven]:
        answers = yield Ask(
            (
                Question(
                    "url",
                    "Address of the workspace",
                    help="Copy it from the address bar of your browser.",
                    placeholder="https://….cloud.databricks.com/?o=…",
                    check=_url_fault,
                    preview=lambda url: (
                        f"host  {url.split('/')[2] if '//' in url else '?'}",
                        "id    4242424242",
                    ),
                ),
                Question("token", "Access token", Kind.SECRET, help="Kept in memory only."),
            ),
            title="Which workspace?",
            reason="Its address names it, and the token lets the wizard ask it.",
        )
        services.heard.update(answers)
        yield Phase("Asking the workspace who it is", "databricks current-user me")
        yield Finding("workspace.id", "The workspace knows its id", Verdict.PROVEN, "4242424242")
        names = tuple(f"Warehouse {n}" for n in range(1, 13))
        picked = yield Ask(
            (
                Question(
                    "warehouse",
                    "Which warehouse?",
                    Kind.CHOICE,
                    choices=tuple(Choice(str(n), name, "serverless · Small") for n, name in enumerate(names)),
                ),
            )
        )
        services.heard.update(picked)
        return WorkspaceProven(
            "dbc-12345678-abcd.cloud.databricks.com",
            "4242424242",
            "a1b2",
            "Starter",
            "ann@example.com",
            "token",
        )


class Variables(Scripted):
    id = "variables"
    title = "Name the workspace"
    why = "One line in terraform.tfvars lets exactly this workspace use the role, and no other."
    about = "Databricks presents an External ID when it asks AWS for the role."
    fact = VariablesWritten
    needs = (Machine, WorkspaceProven)

    def run(self, facts: Facts, services: World) -> Run[VariablesWritten]:
        yield Phase("Reading terraform.tfvars")
        yield Line("A workspace id is also set in the environment.", "warning", "TF_VAR_x")
        before = 'project_prefix = "htd"\naws_region     = "us-east-1"\n\n# who may use the role\nids = []\n'
        yield Diff("terraform.tfvars", before, before.replace("[]", '["databricks-serverless-4242424242"]'))
        answer = yield Ask(
            (confirm("write", "Write this line to terraform.tfvars?", "A backup is kept beside the file."),),
            title="One line changes",
            reason="Nothing changes in AWS yet. Terraform reads this file in the next step.",
        )
        services.heard.update(answer)
        if answer["write"] != YES:
            raise Problem(
                "variables.declined", "terraform.tfvars was left as it is.", "You chose so.", "Try again."
            )
        yield Finding("variables.ids", "The list names this workspace", Verdict.PROVEN, "1 id")
        return VariablesWritten("terraform.tfvars", ("databricks-serverless-4242424242",), True)

    def undo(self, facts: Facts) -> Variables | None:
        return Undo() if VariablesWritten in facts else None


class Undo(Variables):
    def run(self, facts: Facts, services: World) -> Run[VariablesWritten]:
        yield Phase("Putting terraform.tfvars back as it was")
        services.heard["undo"] = facts.need(VariablesWritten).path
        raise Problem(
            "variables.undone", "terraform.tfvars is as it was before.", "You undid it.", "Try again."
        )


class Apply(Scripted):
    id = "apply"
    title = "Plan and apply"
    why = "Terraform changes AWS. You read the plan first, and what you read is what is applied."
    fact = Applied
    needs = (Machine, AwsIdentity, PermissionsProven, VariablesWritten)

    def run(self, facts: Facts, services: World) -> Run[Applied]:
        yield Phase("Planning", "terraform plan -out=htd.tfplan")
        yield Line("aws_iam_role.htd: Refreshing state...", "debug", "terraform")
        yield Planned(_CHANGES, 2, 1, 1, ("The bucket is not empty.",))
        answer = yield Ask(
            (
                confirm(
                    "apply", f"Apply this plan to AWS account {ACCOUNT}? It will add 2, change 1, DESTROY 1."
                ),
            ),
            title="4 changes to read",
            reason="Nothing has changed yet.",
        )
        services.heard.update(answer)
        yield Phase("Applying", "terraform apply htd.tfplan")
        services.stopping.begin(services, Outlook(1, 4, {"aws_iam_role.htd": 2.0}, 20.0))
        try:
            yield from self._applying(services)
        finally:
            services.stopping.end(services)
        return Applied("terraform", "1.11.4", 2, 1, 1, {"role_arn": "arn"})

    def _applying(self, services: World) -> Run[None]:
        for change in _CHANGES:
            yield ResourceRow(change.address, change.action, "waiting")
        for number, change in enumerate(_CHANGES, 1):
            yield ResourceRow(change.address, change.action, "running", 1.0, f"Still going {HOSTILE}")
            yield Wait(services.hold, "for AWS")
            if services.signals:
                raise Problem("terraform.interrupted", "Terraform was stopped.", "You said so.", "Try again.")
            yield ResourceRow(change.address, change.action, "done", 2.0)
            yield Progress(number, len(_CHANGES))


class Connect(Scripted):
    id = "connect"
    title = "Connect the workspace"
    why = "AWS is ready. Now the workspace must know the instance profile and hand it to its warehouses."
    fact = Connected
    needs = (Applied, WorkspaceProven)

    def run(self, facts: Facts, services: World) -> Run[Connected]:
        yield Diff(
            "SQL warehouse configuration",
            '{\n  "security_policy": "NONE"\n}',
            '{\n  "security_policy": "DATA"\n}',
        )
        yield Table("These warehouses run now and will restart", ("name", "id"), (("Nightly", "99aa"),))
        answer = yield Ask((confirm("change", "Make this change?"),), title="What changes in Databricks")
        services.heard.update(answer)
        return Connected("arn:profile", "arn:role", "DATA", True)


class Warehouse(Scripted):
    id = "warehouse"
    title = "Start the warehouse"
    why = "The warehouse starts in Databricks' own AWS account and takes on your role there."
    fact = WarehouseRunning
    needs = (Connected, WorkspaceProven)

    def run(self, facts: Facts, services: World) -> Run[WarehouseRunning]:
        yield Phase("Starting Starter", "databricks warehouses start a1b2")
        details = (("size", "Small"), ("type", "serverless"), ("auto stop", "10 min"))
        for state, health, elapsed in (
            ("STOPPED", "", 0.0),
            ("STARTING", "", 1.0),
            ("RUNNING", "HEALTHY", 5.0),
        ):
            yield WarehouseSeen(
                "a1b2", "Starter", state, health, elapsed, "This is going as it should.", details
            )
            yield Wait(services.hold, "before the next look")
        return WarehouseRunning("a1b2", "Starter", "RUNNING", "HEALTHY", 5.0)


class Proof(Scripted):
    id = "proof"
    title = "Prove it reads the data"
    why = "A healthy warehouse is not yet proof. A query that returns your data from S3 is."
    fact = DataProven
    needs = (WarehouseRunning, WorkspaceProven, Applied)

    def run(self, facts: Facts, services: World) -> Run[DataProven]:
        yield Phase("Reading your data", "SELECT * FROM read_files('s3://htd-data/proof.csv')")
        yield Table(
            "What the warehouse read",
            ("id", "city", "note"),
            (("1", "Oslo", HOSTILE), ("2", "Lima", "")),
            "in 0.9 s",
        )
        yield Finding(
            "chain.data", "A query reads data through the instance profile", Verdict.PROVEN, "2 rows"
        )
        return DataProven("SELECT 1", 2, 0.9, "s3://htd-data/proof.csv")


_ACTIONS = [
    ("iam", "GetRole"),
    ("iam", "CreateInstanceProfile"),
    ("iam", "GetUser"),
    ("iam", "GetRolePolicy"),
    ("s3", "ListBucket"),
    ("s3", "GetBucketPolicy"),
    ("s3", "CreateBucket"),
    ("glue", "GetDatabase"),
    ("glue", "CreateDatabase"),
    ("lakeformation", "ListPermissions"),
]
_TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}
_CHANGES = (
    ResourceChange(
        "aws_iam_role.htd",
        "update",
        "the role that the warehouse takes on",
        (
            (
                "assume_role_policy",
                json.dumps(_TRUST),
                json.dumps(
                    {"Statement": [*_TRUST["Statement"], {"Effect": "Allow", "Principal": {"AWS": "x"}}]}
                ),
            ),
            ("max_session_duration", "3600", "7200"),
        ),
    ),
    ResourceChange("aws_iam_instance_profile.htd", "create", "hands the role to warehouses"),
    ResourceChange("aws_s3_bucket.data", "create", f"holds the data {HOSTILE}"),
    ResourceChange("aws_s3_bucket.old", "delete", "no longer declared"),
)

FRONT: Scripted = Start()
STEPS: tuple[Scripted, ...] = (
    Credentials(),
    Permissions(),
    Workspace(),
    Variables(),
    Apply(),
    Connect(),
    Warehouse(),
    Proof(),
)


def _missing(group: str, action: str) -> Problem:
    return Problem(
        "aws.denied",
        f"{group}:{action} is denied.",
        "No policy of the user allows it.",
        "Attach the statement.",
        Who.AWS_ADMIN,
        copy=json.dumps({"Action": f"{group}:{action}"}),
    )


def _url_fault(url: str) -> str | None:
    return None if url.startswith("https://") else "The address begins with https://."


def flow(world: World, *, pace: float = 1.0, clock: Callable[[], float] | None = None) -> Flow:
    """A flow over the scripted steps that keeps nothing on disk."""
    given: dict[str, Any] = {"clock": clock} if clock else {}
    return Flow(
        STEPS, lambda: world, memory=Memory(None), journal=Journal(None, Redactor()), pace=pace, **given
    )
