"""Every reason AWS gives for a no, and what a person can do about it. One row a reason."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.problem import Who


@dataclass(frozen=True)
class Reason:
    """What one reason word means."""

    code: str
    """Code of the Problem it becomes."""
    why: str
    """One sentence. For credentials it stands alone; for denials it follows "you may not …"."""
    remedy: str
    who: Who = Who.YOU
    what: str = ""
    """One sentence for reasons that are not about one action; empty for denials."""
    step: str = ""
    """The step where it is mended."""


_STRONGER = "Sign in with stronger credentials, or hand the policy statement to an AWS administrator."
_AGAIN = "Sign in again; nothing else is lost."

DENIALS: dict[str, Reason] = {
    "identity_implicit": Reason(
        "aws.denied.identity", "No policy of this identity allows it.", _STRONGER, Who.AWS_ADMIN
    ),
    "identity_explicit": Reason(
        "aws.denied.identity_explicit",
        "A policy of this identity forbids it, and a deny beats every allow.",
        "Ask an AWS administrator to take the deny out of that policy, or sign in as somebody else.",
        Who.AWS_ADMIN,
    ),
    "scp_implicit": Reason(
        "aws.denied.scp",
        "No service control policy of the organisation allows it; the account's own policies cannot change that.",
        "Ask an administrator of the AWS organisation to allow it for this account, or use another account.",
        Who.ORG_ADMIN,
    ),
    "scp_explicit": Reason(
        "aws.denied.scp_explicit",
        "A service control policy of the organisation forbids it; the account's own policies cannot change that.",
        "Ask an administrator of the AWS organisation for an exception, or use another account.",
        Who.ORG_ADMIN,
    ),
    "rcp_implicit": Reason(
        "aws.denied.rcp",
        "No resource control policy of the organisation allows it.",
        "Ask an administrator of the AWS organisation to allow it for this resource.",
        Who.ORG_ADMIN,
    ),
    "rcp_explicit": Reason(
        "aws.denied.rcp_explicit",
        "A resource control policy of the organisation forbids it; policies of the account cannot change that.",
        "Ask an administrator of the AWS organisation for an exception for this resource.",
        Who.ORG_ADMIN,
    ),
    "boundary_implicit": Reason(
        "aws.denied.boundary",
        "The permissions boundary of this identity does not include it.",
        "Ask an AWS administrator to widen the permissions boundary; another policy alone will not help.",
        Who.AWS_ADMIN,
    ),
    "boundary_explicit": Reason(
        "aws.denied.boundary_explicit",
        "The permissions boundary of this identity forbids it.",
        "Ask an AWS administrator to change the permissions boundary; another policy alone will not help.",
        Who.AWS_ADMIN,
    ),
    "session_implicit": Reason(
        "aws.denied.session",
        "This session was opened with a policy that does not include it.",
        "Sign in again without the session policy, or with one that allows it.",
        step="credentials",
    ),
    "session_explicit": Reason(
        "aws.denied.session_explicit",
        "This session was opened with a policy that forbids it.",
        "Sign in again without that session policy.",
        step="credentials",
    ),
    "resource_implicit": Reason(
        "aws.denied.resource",
        "The policy on the resource itself does not allow it.",
        "Ask the owner of the resource to allow it in the resource's own policy.",
        Who.AWS_ADMIN,
    ),
    "resource_explicit": Reason(
        "aws.denied.resource_explicit",
        "The policy on the resource itself forbids it, and a deny beats every allow.",
        "Ask the owner of the resource to change its policy; for a bucket the account's root user can delete it.",
        Who.AWS_ADMIN,
    ),
    "vpce_implicit": Reason(
        "aws.denied.endpoint",
        "The VPC endpoint this computer goes through does not allow it.",
        "Take another network path (leave or join the VPN), or ask for a wider endpoint policy.",
        Who.AWS_ADMIN,
    ),
    "vpce_explicit": Reason(
        "aws.denied.endpoint_explicit",
        "The VPC endpoint this computer goes through forbids it.",
        "Take another network path (leave or join the VPN), or ask for another endpoint policy.",
        Who.AWS_ADMIN,
    ),
    "trust_implicit": Reason(
        "aws.denied.trust",
        "The role's trust policy does not name this identity.",
        "Ask an AWS administrator to add this identity to the role's trust policy.",
        Who.AWS_ADMIN,
    ),
    "trust_explicit": Reason(
        "aws.denied.trust_explicit",
        "The role's trust policy forbids this identity.",
        "Ask an AWS administrator to change the role's trust policy.",
        Who.AWS_ADMIN,
    ),
    "s3_bpa": Reason(
        "aws.denied.public_access_block",
        "The bucket's Block Public Access settings refuse a public policy. This is a setting of S3, not of IAM.",
        "Make the bucket policy name principals instead of everyone; no permission will change this.",
    ),
    "lakeformation": Reason(
        "aws.denied.lakeformation",
        "LakeFormation decides this with its own grants; IAM policies alone are not enough.",
        "Ask a LakeFormation administrator for the grant.",
        Who.LAKE_ADMIN,
    ),
    "unspecified": Reason(
        "aws.denied",
        "AWS does not say which policy is behind it; most often no policy of this identity allows it.",
        _STRONGER,
        Who.AWS_ADMIN,
    ),
}
"""Something asked for one action was refused."""

UNSPECIFIED: dict[str, Reason] = {
    "forbidden": Reason(
        "aws.denied.forbidden",
        "A policy forbids it, and a deny beats every allow; AWS does not say which policy.",
        "Ask an AWS administrator to find the deny (in a policy of this identity, of the resource, or of the "
        "organisation), or sign in as somebody else.",
        Who.AWS_ADMIN,
    ),
    "absent": Reason(
        "aws.denied.absent",
        "The resource is not in this region, or its own policy does not let this identity in; AWS does not say which.",
        "Check the region and the name; if both are right, ask the owner of the resource to allow it in the "
        "resource's own policy.",
        Who.AWS_ADMIN,
    ),
    "assume": Reason(
        "aws.denied.assume",
        "A role is taken only when both agree: a policy of this identity, and the role's trust policy. AWS does not "
        "say which of them did not, nor whether there is such a role.",
        "Check the role's ARN; then ask an AWS administrator to allow it in a policy of this identity (the statement "
        "is ready) and to name this identity in the role's trust policy.",
        Who.AWS_ADMIN,
    ),
    "federated": Reason(
        "aws.denied.federated",
        "The role's trust policy does not let this token in: another issuer, subject or audience, or there is no such "
        "role.",
        "Ask an AWS administrator to compare the role's trust policy with the token's issuer, subject and audience; no "
        "other policy is asked.",
        Who.AWS_ADMIN,
    ),
    "disabled": Reason(
        "aws.denied.disabled",
        "The bucket belongs to somebody else who closed it, AWS closed it, or its name is written wrong.",
        "Check the bucket's name; if it is right, ask its owner. No permission will change this.",
        Who.AWS_ADMIN,
    ),
    "service": Reason(
        "aws.denied.service",
        "Not you, but the AWS service that was to use the key or the image was not let in by its own policy, or there "
        "is none by that name in this region.",
        "Check its ARN and region; if both are right, ask its owner to name the service in the policy of the key or "
        "of the repository.",
        Who.AWS_ADMIN,
    ),
    "subscription": Reason(
        "aws.denied.subscription",
        "The account does not have this service yet: its sign-up is not complete (payment, phone, or AWS still checks "
        "it), or the account was closed or suspended. No policy is behind it.",
        "Ask the owner of the account to sign in to the AWS console as its root user and to complete what it asks for.",
        Who.AWS_ADMIN,
        what="The AWS account may not use this service.",
    ),
}
"""What is told apart of the unspecified all the same. Only `assume` may be mended by one more allow."""

CREDENTIALS: dict[str, Reason] = {
    "expired_token": Reason(
        "aws.keys.expired",
        "Temporary keys live for an hour or a few, and these have come to their end.",
        _AGAIN,
        what="The AWS credentials have expired.",
        step="credentials",
    ),
    "invalid_key": Reason(
        "aws.keys.unknown",
        "The access key was deleted or switched off, belongs to another partition, or lost its session token.",
        "Use another key or sign in through SSO. A key that starts with ASIA needs its session token too, and a region "
        "that is switched off for the account knows no key.",
        what="AWS does not know this access key.",
        step="credentials",
    ),
    "wrong_secret": Reason(
        "aws.keys.secret",
        "The access key exists, but the secret key beside it is another one's.",
        "Copy the secret again, whole; it has 40 characters and may hold / and +.",
        what="The secret key does not belong to this access key.",
        step="credentials",
    ),
    "clock_skew": Reason(
        "aws.clock",
        "Requests are signed with the time, and AWS accepts a difference of five minutes.",
        "Set the clock: on Linux and macOS `sudo ntpdate -u pool.ntp.org` or the system's time settings, "
        "in WSL after sleep `sudo hwclock -s`.",
        what="This computer's clock is wrong.",
        step="credentials",
    ),
    "sso_no_token": Reason(
        "aws.sso.never",
        "Nobody has signed in to this SSO session on this computer yet.",
        "Sign in through SSO: the wizard shows a code to approve in a browser.",
        what="You are not signed in to SSO.",
        step="credentials",
    ),
    "sso_expired": Reason(
        "aws.sso.expired",
        "SSO sign-ins end after some hours, and this one could not be renewed.",
        "Sign in through SSO again: the wizard shows a code to approve in a browser.",
        what="The SSO sign-in has expired.",
        step="credentials",
    ),
    "sso_no_assignment": Reason(
        "aws.sso.no_assignment",
        "The sign-in works, but this person is not assigned to this role in this account; the browser may have "
        "been signed in as somebody else.",
        "Pick another account and role from the list, or sign in again in a private browser window.",
        Who.AWS_ADMIN,
        what="SSO gives no access to this role.",
        step="credentials",
    ),
    "no_credentials": Reason(
        "aws.none",
        "Neither the environment nor a profile holds any.",
        "Sign in through SSO, choose a profile, or paste keys.",
        what="No AWS credentials were found.",
        step="credentials",
    ),
    "no_profile": Reason(
        "aws.profile.missing",
        "The name stands in AWS_PROFILE or was chosen, but in neither of the AWS files.",
        "Choose one of the profiles in the list, or correct AWS_PROFILE.",
        what="There is no AWS profile of that name.",
        step="credentials",
    ),
    "config": Reason(
        "aws.profile.incomplete",
        "A setting is missing or points at a section that is not there.",
        "Complete the profile in the AWS config file, or sign in another way.",
        what="The AWS profile is not complete.",
        step="credentials",
    ),
    "partial": Reason(
        "aws.keys.half",
        "An access key and its secret key come as a pair.",
        "Add the missing half, or remove both and sign in another way.",
        what="Only half of a key pair is there.",
        step="credentials",
    ),
    "process": Reason(
        "aws.profile.process",
        "The program named in credential_process failed or did not answer with JSON.",
        "Run that program in a shell to see what it says, then try again.",
        what="The profile's credential program gave no credentials.",
        step="credentials",
    ),
    "login_needs_crt": Reason(
        "aws.login.crt",
        "Sign-ins made by `aws login` are bound to a key that needs the awscrt library, which is not installed.",
        "Choose another profile, or run `aws configure export-credentials` and paste its output.",
        what="This profile was made by `aws login`, which cannot be read here.",
        step="credentials",
    ),
    "login_expired": Reason(
        "aws.login.expired",
        "Console sign-ins last at most twelve hours, and end when the password changes.",
        "Run `aws login` again for this profile, or sign in another way.",
        what="The `aws login` session has expired.",
        step="credentials",
    ),
    "login_never": Reason(
        "aws.login.never",
        "Nobody has signed in to this profile with `aws login` on this computer yet, or its sign-in was removed.",
        "Run `aws login` for this profile, or sign in another way.",
        what="You are not signed in with `aws login`.",
        step="credentials",
    ),
    "login_denied": Reason(
        "aws.login.denied",
        "The right signin:CreateOAuth2Token is missing; the managed policy SignInLocalDevelopmentAccess holds it.",
        "Ask an AWS administrator to attach that policy to you, or sign in another way.",
        Who.AWS_ADMIN,
        what="You may not use `aws login`.",
        step="credentials",
    ),
    "web_identity": Reason(
        "aws.web_identity",
        "It is too old, comes from an issuer that the account does not trust, or is meant for somebody else.",
        "Have it issued anew (a CI job does so when it runs again), or sign in another way.",
        what="AWS did not accept the web identity token.",
        step="credentials",
    ),
    "container": Reason(
        "aws.container",
        "The address that CloudShell or the container gives them out at did not answer.",
        "Open a fresh shell (in CloudShell: Actions, Restart), or sign in another way.",
        what="This machine did not give out the keys of its role.",
        step="credentials",
    ),
    "instance": Reason(
        "aws.instance",
        "No role is attached to it, its metadata service is switched off, or this runs in a container that is one hop "
        "too far away from it.",
        "Attach a role (EC2 console: Actions, Security, Modify IAM role), set the hop limit of the instance's metadata "
        "to 2 for a container, or sign in another way.",
        what="This EC2 instance did not give out the keys of a role.",
        step="credentials",
    ),
    "mfa_failed": Reason(
        "aws.mfa",
        "The code was wrong, already used, or its thirty seconds were over.",
        "Wait for the next code and try again.",
        what="AWS did not accept the MFA code.",
        step="credentials",
    ),
    "mfa_needed": Reason(
        "aws.mfa.needed",
        "The role asks for a one-time code, and a code is good for one use only.",
        "Sign in with this profile again; the wizard asks for the code.",
        what="This profile needs an MFA code.",
        step="credentials",
    ),
}
"""Nothing was asked yet: the credentials themselves will not do."""

CONNECTION: dict[str, Reason] = {
    "throttled": Reason(
        "aws.throttled",
        "Too many requests came at once.",
        "Wait a moment and try again.",
        what="AWS is busy.",
    ),
    "no_network": Reason(
        "aws.network",
        "The address could not be reached from this computer.",
        "Check the network, the VPN and the proxy (HTTPS_PROXY), then try again.",
        what="AWS cannot be reached.",
    ),
    "proxy": Reason(
        "aws.proxy",
        "The proxy named in HTTPS_PROXY refused or did not answer.",
        "Correct or unset HTTPS_PROXY; add AWS to NO_PROXY when it is reached directly.",
        what="The proxy stands in the way of AWS.",
    ),
    "tls": Reason(
        "aws.tls",
        "The certificate was not signed by anyone this computer trusts; often a company proxy opens the connection.",
        "Set AWS_CA_BUNDLE to your company's certificate file and start the wizard again.",
        what="The connection to AWS is not trusted.",
    ),
    "intercepted": Reason(
        "aws.intercepted",
        "The answer is a web page and not AWS's: the sign-in page of a guest network, or a filtering proxy.",
        "Open any page in a browser to sign in to the network, or ask whoever runs the proxy to let AWS through.",
        what="Something else answered instead of AWS.",
    ),
    "slow": Reason(
        "aws.timeout",
        "No answer came in time.",
        "Check the network and the VPN, then try again.",
        what="AWS does not answer.",
    ),
}
"""AWS was not reached, or asked us to come back later."""

REASONS: dict[str, Reason] = {**DENIALS, **CREDENTIALS, **CONNECTION}
