"""A plan is refused in the wrong place, and one that destroys without a reason needs a typed sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from wizard.core.event import Planned, ResourceChange
from wizard.core.facts import AwsIdentity
from wizard.core.problem import Problem
from wizard.core.question import NO, YES, Kind
from wizard.steps import review

MODULE = Path(__file__).parents[2] / "terraform"
ACCOUNT = "111122223333"
WHO = AwsIdentity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "us-east-1", "keys")


def change(address: str, action: str, *, leftover: bool = False) -> ResourceChange:
    return ResourceChange(address, action, leftover=leftover)  # type: ignore[arg-type]  # any word will do here


MADE = change("aws_iam_role.this", "create")
GONE = change("aws_s3_bucket.old", "delete")
AGAIN = change("aws_iam_role.that", "replace")
LEFT = change("aws_iam_instance_profile.this", "replace", leftover=True)


def state(folder: Path, account: str, region: str, second: str = "us-west-2") -> None:
    """A module's folder with a state that holds a database in its region and a bucket in its second one."""
    for file in MODULE.glob("*.tf*"):
        shutil.copy(file, folder)
    arn = f"arn:aws:glue:{region}:{account}:database/htd"
    database = {
        "mode": "managed", "type": "aws_glue_catalog_database", "name": "this",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"attributes": {"arn": arn, "name": "htd", "id": f"{account}:htd"}}],
    }  # fmt: skip
    bucket = {
        "mode": "managed", "type": "aws_s3_bucket", "name": "remote",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"].remote',
        "instances": [{"attributes": {"arn": "arn:aws:s3:::htd-remote", "bucket": "htd-remote", "region": second}}],
    }  # fmt: skip
    document = {"version": 4, "serial": 1, "lineage": "x", "outputs": {}, "resources": [database, bucket]}
    (folder / "terraform.tfstate").write_text(json.dumps(document))


def test_the_right_place_is_fine(tmp_path: Path) -> None:
    review.refuse_wrong_place(tmp_path, {}, WHO)
    state(tmp_path, ACCOUNT, "us-east-1")
    review.refuse_wrong_place(tmp_path, {}, WHO)


def test_another_account_is_refused_before_any_plan(tmp_path: Path) -> None:
    state(tmp_path, "999999999999", "us-east-1")
    with pytest.raises(Problem) as caught:
        review.refuse_wrong_place(tmp_path, {}, WHO)
    assert (caught.value.code, caught.value.step) == ("apply.account", "credentials")
    assert ACCOUNT in caught.value.what
    assert "999999999999" in caught.value.what


def test_another_region_is_refused_unless_only_terraform_can_tell_it(tmp_path: Path) -> None:
    state(tmp_path, ACCOUNT, "eu-west-1")
    with pytest.raises(Problem) as caught:
        review.refuse_wrong_place(tmp_path, {}, WHO)
    assert (caught.value.code, caught.value.step) == ("apply.region", "variables")
    assert "us-east-1" in caught.value.what
    assert "eu-west-1" in caught.value.what
    review.refuse_wrong_place(tmp_path, {"TF_VAR_aws_region": "eu-west-1"}, WHO)
    values = (tmp_path / "terraform.tfvars").read_text().replace("us-east-1", "eu-west-1")
    (tmp_path / "terraform.tfvars").write_text(values)
    review.refuse_wrong_place(tmp_path, {}, WHO)


def test_the_second_region_of_the_module_is_its_own_and_cannot_move_either(tmp_path: Path) -> None:
    state(tmp_path, ACCOUNT, "us-east-1", second="eu-west-1")
    with pytest.raises(Problem) as caught:
        review.refuse_wrong_place(tmp_path, {}, WHO)
    assert caught.value.evidence == ("aws_s3_bucket.remote: in eu-west-1, the module says us-west-2",)


def test_a_plan_that_makes_and_mends_needs_a_yes() -> None:
    plan = Planned((MADE, LEFT), 2, 0, 1, command="terraform apply plan")
    asked = review.ask(plan, WHO)
    (question,) = asked.questions
    assert (question.key, question.kind, question.default) == ("apply", Kind.CONFIRM, NO)
    assert f"account {ACCOUNT}? It will add 2, DESTROY 1" in question.prompt
    assert "Nothing has changed yet" in asked.reason
    assert review.said_yes(plan, {"apply": YES})
    assert not review.said_yes(plan, {"apply": NO})


@pytest.mark.parametrize(
    ("changes", "word"), [((MADE, GONE), "destroy 1"), ((GONE, AGAIN, LEFT), "destroy 2")]
)
def test_a_plan_that_destroys_without_a_reason_needs_its_sentence(
    changes: tuple[ResourceChange, ...], word: str
) -> None:
    plan = Planned(changes, 1, 0, 1)
    (question,) = review.ask(plan, WHO).questions
    assert (question.key, question.kind, question.default) == ("destroy", Kind.TEXT, "")
    assert GONE.address in question.prompt
    assert question.always_ask
    assert not question.remember
    for answer in ("yes", "destroy", "destroy 9", "y", ""):
        assert question.fault(answer)
        assert not review.said_yes(plan, {"apply": YES, "destroy": answer})
    assert question.fault(word) is None
    assert review.said_yes(plan, {"destroy": word})
