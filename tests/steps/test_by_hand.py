"""The lines that repeat an apply by hand name what they need in the environment, and survive a folder with blanks."""

from __future__ import annotations

from wizard.core.facts import AwsIdentity, Facts, Machine
from wizard.steps.apply import Apply


def by_hand(source: str) -> list[str]:
    facts = Facts({Machine: (), AwsIdentity: ()})
    facts = facts.put(Machine("terraform", "1.11.4", "/my work/terraform", ""))
    return Apply().equivalent(facts.put(AwsIdentity("1", "arn", "us-east-1", source)))


def test_the_profile_comes_first_and_keys_are_never_written() -> None:
    assert by_hand("profile htd-admin (SSO)") == [
        "export AWS_PROFILE=htd-admin",
        "terraform -chdir='/my work/terraform' init",
        "terraform -chdir='/my work/terraform' plan -out=htd.tfplan",
        "terraform -chdir='/my work/terraform' apply htd.tfplan",
    ]
    assert by_hand("keys pasted")[0] == "# with the same AWS credentials in the environment"
