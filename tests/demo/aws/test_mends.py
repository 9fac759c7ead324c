"""What moto gets wrong and the embedded AWS does not."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.demo.aws import EmbeddedAws

ROLE = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/htd-role"}
DATABASE = {"Database": {"CatalogId": "123456789012", "Name": "htd_db"}}


def test_a_grant_is_revoked_once(aws: EmbeddedAws, refused: Any) -> None:
    lake = aws.client("lakeformation")
    one = {"Principal": ROLE, "Resource": DATABASE}
    lake.grant_permissions(**one, Permissions=["DESCRIBE"])
    lake.grant_permissions(**one, Permissions=["ALTER"])
    lake.revoke_permissions(**one, Permissions=["DESCRIBE", "ALTER"])
    assert lake.list_permissions()["PrincipalResourcePermissions"] == []
    status, code, message = refused(lambda: lake.revoke_permissions(**one, Permissions=["DESCRIBE"]))
    assert (status, code) == (400, "InvalidInputException")
    assert message.startswith("No permissions revoked. Grantee has no")


def test_a_grant_for_somebody_else_is_not_revoked(aws: EmbeddedAws, refused: Any) -> None:
    lake = aws.client("lakeformation")
    lake.grant_permissions(
        Principal=ROLE, Resource=DATABASE, Permissions=["ALTER"], PermissionsWithGrantOption=["ALTER"]
    )
    other = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/other"}
    call = lake.revoke_permissions
    assert (
        refused(lambda: call(Principal=other, Resource=DATABASE, Permissions=["ALTER"]))[1]
        == "InvalidInputException"
    )
    assert len(lake.list_permissions()["PrincipalResourcePermissions"]) == 1


def test_a_user_has_no_service_credentials(aws: EmbeddedAws) -> None:
    aws.client("iam").create_user(UserName="u")
    assert (
        aws.client("iam").list_service_specific_credentials(UserName="u")["ServiceSpecificCredentials"] == []
    )


def test_a_user_with_keys_is_not_deleted(aws: EmbeddedAws, refused: Any) -> None:
    iam = aws.client("iam")
    keys = aws.keys_for_user("u")
    assert refused(lambda: iam.delete_user(UserName="u"))[:2] == (409, "DeleteConflict")
    iam.delete_access_key(UserName="u", AccessKeyId=keys.access_key_id)
    iam.delete_user(UserName="u")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_user(UserName="u")


def test_moto_does_not_judge_bucket_policies_and_is_left_as_it_was() -> None:
    from moto.s3.models import FakeBucket

    own = FakeBucket.get_permission
    with EmbeddedAws():
        assert FakeBucket.get_permission is not own
    assert FakeBucket.get_permission is own
