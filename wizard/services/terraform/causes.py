"""What goes wrong with Terraform, by the words it uses: what that means, what to do, who can do it.

The words are Terraform's, its AWS provider's and AWS's own; the recorded ones are in the tests' streams.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import Pattern

from wizard.core.problem import Who


@dataclass(frozen=True)
class Cause:
    """One kind of failure."""

    code: str
    shape: Pattern[str]
    what: str
    why: str
    remedy: str
    who: Who = Who.YOU
    step: str = ""
    copy: str = ""
    again: str = "Plan again"


def _cause(
    code: str,
    shape: str,
    what: str,
    why: str,
    remedy: str,
    who: Who = Who.YOU,
    *,
    step: str = "",
    copy: str = "",
    again: str = "Plan again",
) -> Cause:
    return Cause(code, re.compile(shape, re.IGNORECASE), what, why, remedy, who, step, copy, again)


TERRAFORM = (
    _cause("terraform.lock", r"Error acquiring the state lock(?![\s\S]*(?:no space left on|disk quota exceeded))",
           "Another Terraform works on this state.",
           "It holds the state's lock, so that two do not write at once.",
           "Wait until it has ended, then look again.", again="Look again"),
    _cause("terraform.state_unsaved", r"failed to persist state|Failed to save state|errored\.tfstate|"
           r"Failed to create local state file",
           "Terraform could not save its state.",
           "The disk is full or the folder cannot be written, so AWS holds things that the state does not know of.",
           "Make room, then look for errored.tfstate in the module's folder before anything else: it is the state, "
           "and the command that c copies, run there, puts it back.",
           copy="terraform state push -force errored.tfstate"),
    _cause("terraform.disk_full", r"no space left on device|disk quota exceeded",
           "Terraform could not write a file.",
           "The disk is full, or your share of it is used up.",
           "Make room: the AWS provider alone needs about a gigabyte. Then try again.", again="Try again"),
    _cause("terraform.stale", r"Saved plan is stale",
           "The plan is out of date, so nothing was applied.",
           "The state changed after the plan was made.",
           "Plan again: a fresh plan is made and shown."),
    _cause("terraform.stale", r"plan file was created by|Failed to read plan from plan|Failed to load .* as a plan",
           "The plan cannot be applied by this Terraform.",
           "Its file is gone, damaged, or was made by another version.",
           "Plan again: a fresh plan is made and shown."),
    _cause("terraform.variable_missing", r"No value for required variable",
           "A variable of the module has no value.",
           "It has no default, so Terraform cannot go on without it.",
           "Give it a value in terraform.tfvars, then plan again.", step="variables"),
    _cause("terraform.variable_unknown", r"Value for undeclared variable",
           "A value was given for a variable that the module does not have.",
           "Terraform refuses one on its command line or in the environment; in a file it only warns.",
           "Correct the name, or remove it from TF_CLI_ARGS or the command line.", step="variables"),
    _cause("terraform.variable", r"Invalid value for (?:input )?variable|Unsuitable value type|"
           r"Failed to read variables file",
           "A variable of the module has a value that will not do.",
           "Terraform checks values against the module's own rules.",
           "Mend the value in terraform.tfvars, then plan again.", step="variables"),
    _cause("terraform.arguments", r"Failed to parse command-line flags",
           "Terraform was given an argument that it does not know.",
           "The variables TF_CLI_ARGS and TF_CLI_ARGS_… add arguments to its commands.",
           "Mend or unset those variables, then start the wizard again.", again="Try again"),
    _cause("terraform.lockfile", r"doesn't match any of the checksums|does not match any of the checksums|"
           r"Inconsistent dependency lock file|previously-selected version .* no longer available",
           "The lock file does not fit the provider that is here.",
           "It was made on another kind of computer, or for another version.",
           "Run terraform init -upgrade in the module's folder, or remove .terraform.lock.hcl, then try again.",
           copy="terraform init -upgrade", again="Get it again"),
    _cause("terraform.provider_version", r"no available releases match",
           "No AWS provider was found in a version that fits the module.",
           "The mirror or the registry that Terraform asked has other versions only.",
           "Put a fitting version into the mirror, or let Terraform reach the registry.", again="Get it again",
           copy="terraform providers mirror MIRROR_FOLDER"),
    _cause("terraform.provider", r"Failed to (?:query available|install) provider|could not connect to registry|"
           r"provider registry .* does not have|Could not retrieve the list of available",
           "Terraform could not get the AWS provider.",
           "The registry could not be reached, or it has no fitting version.",
           "Check the network or the proxy. Offline: fill a folder on a computer with a connection, bring it here, "
           "and name it in HTD_PLUGIN_MIRROR or in Terraform's configuration.", again="Get it again",
           copy="# where there is a connection, in the module's folder:\n"
           "terraform providers mirror MIRROR_FOLDER\n# here:\nexport HTD_PLUGIN_MIRROR=MIRROR_FOLDER"),
    _cause("terraform.provider_died", r"Plugin did not respond|plugin exited|The plugin encountered an error|"
           r"Failed to (?:load plugin schemas|instantiate provider)",
           "The AWS provider ended in the middle of its work.",
           "Most often the computer ran out of memory: the provider takes about a gigabyte.",
           "Close what needs memory, then plan again; what was made stays."),
    _cause("terraform.init", r"Required plugins are not installed|Backend initialization required|Module not installed|"
           r"Provider dependency changes detected",
           "The module's folder is not prepared for this run.",
           "Providers, modules or the place of the state changed since it was.",
           "Try again: the folder is prepared anew. If it comes back, run terraform init in the folder by hand.",
           copy="terraform init", again="Prepare again"),
    _cause("terraform.version", r"Unsupported Terraform Core version|Unsupported OpenTofu",
           "The module asks for another version of Terraform.",
           "Its required_version does not allow the one that is here.",
           "Install a version that it allows, then start the wizard again.", step="start", again="Try again"),
    _cause("terraform.account", r"AWS account ID not allowed",
           "These credentials belong to another AWS account than the module is for.",
           "The module names the accounts that it may change, and this is none of them.",
           "Sign in to the right account.", step="credentials"),
    _cause("terraform.region", r"Invalid AWS Region",
           "There is no AWS region of that name.",
           "The region comes from terraform.tfvars, the profile or the environment.",
           "Correct it in terraform.tfvars or sign in with the right region.", step="credentials"),
    _cause("terraform.exists_yours", r"BucketAlreadyOwnedByYou",
           "A bucket that Terraform wants to make is yours already.",
           "It is in this account but not in Terraform's state: made by hand, by another state, or by a run that "
           "was stopped half-way.",
           "Plan again and take it into the state when asked, or with the import block that c copies, or "
           "choose another project_prefix in "
           "terraform.tfvars."),
    _cause("terraform.exists_elsewhere", r"BucketAlreadyExists",
           "A bucket of that name exists already.",
           "Names of buckets are shared by all accounts of the world: it may be somebody else's. In us-east-1 AWS "
           "says the same about a bucket of your own.",
           "If it is yours, plan again and take it into the state when asked, or with the import block that c copies. "
           "If not, choose another "
           "project_prefix in terraform.tfvars.", step="variables"),
    _cause("terraform.exists", r"EntityAlreadyExists|AlreadyExistsException|already exists",
           "Something that Terraform wants to make is there already.",
           "It was made by hand, by another state, or by a run that was stopped half-way.",
           "Plan again and take it into the state when asked, or with the import block that c copies, or "
           "choose another project_prefix in "
           "terraform.tfvars."),
    _cause("terraform.throttled", r"Throttling|TooManyRequests|SlowDown|RequestLimitExceeded|Rate exceeded",
           "AWS asked to slow down.",
           "Too many calls came at once, from you or from others in the account.",
           "Wait a minute, then plan again; what was made stays."),
    _cause("terraform.quota", r"LimitExceeded|TooManyBuckets|ServiceQuotaExceeded|QuotaExceeded|"
           r"ResourceNumberLimitExceeded|Cannot exceed quota",
           "The account may not have any more of these.",
           "AWS limits how many of each kind an account holds, and the limit is reached.",
           "Ask for a higher limit in the console under Service Quotas, or remove what is not used any more. "
           "Then plan again; what was made stays.", Who.AWS_ADMIN),
    _cause("terraform.in_use", r"DeleteConflict|BucketNotEmpty|must be detached|is in use by",
           "AWS does not remove something that is still in use.",
           "It holds something, or is attached to something, that Terraform did not make.",
           "Remove what is named from it, if it is not needed any more. Then plan again."),
    _cause("terraform.settling", r"Invalid principal in policy|inconsistent result after apply|"
           r"Root object was present, but now absent|ConcurrentModification|OperationAborted|"
           r"EntityTemporarilyUnmodifiable|Invalid principal|cannot be assumed",
           "AWS had not caught up with itself yet.",
           "A new thing is not known everywhere at once: one part of AWS asked for it before another had told of it.",
           "Wait half a minute, then plan again; what was made stays and is not made twice."),
    _cause("terraform.unseen", r"couldn't find resource|empty result",
           "AWS shows nothing where something should be.",
           "It was removed outside Terraform, or these credentials may not see it: AWS answers both alike.",
           "Check the permissions again. If it really is gone, plan again: the plan makes it anew.",
           Who.AWS_ADMIN, step="permissions"),
)  # fmt: skip

AFTER_ALL = (
    _cause("terraform.timeout", r"timeout while waiting|context deadline exceeded|timed out waiting",
           "AWS was not done in the time that Terraform waits.",
           "What was asked for may be finished by now, or may still be under way.",
           "Wait a minute, then plan again: the plan shows whether it came to be."),
    _cause("terraform.network", r"no such host|connection refused|i/o timeout|TLS handshake|network is unreachable|"
           r"request send failed|x509:|deserialization failed",
           "Terraform could not reach AWS.",
           "The network, a proxy or a VPN is in the way.",
           "Check the connection, then plan again."),
    _cause("aws.credentials", r"No valid credential sources|ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch|"
           r"failed to (?:refresh cached credentials|get shared config profile)|AuthFailure",
           "AWS did not accept the credentials.",
           "They have expired, or they are not known to AWS.",
           "Sign in again, then plan again; what was made stays.", step="credentials"),
    _cause("aws.denied", r"AccessDenied|UnauthorizedOperation|Forbidden|is not authorized",
           "AWS refused something that Terraform needs to do.",
           "These credentials may not do it.",
           "Check the permissions again, or sign in with stronger credentials.", Who.AWS_ADMIN, step="permissions"),
    _cause("terraform.interrupted", r"execution halted|context canceled|operation canceled|Interrupted",
           "Terraform was stopped before it was done.",
           "It was interrupted. Something may be made in AWS that the state does not know of.",
           "Plan again: the plan shows what is missing. If AWS says that something exists already, import it."),
)  # fmt: skip
"""Tried when neither Terraform's own faults nor the reader of AWS's refusals know better."""

SYNTAX = _cause(
    "terraform.syntax", "",
    "A file of the module is not valid.",
    "Terraform could not read it.",
    "Mend the line that is named, then plan again.",
)  # fmt: skip
"""Tried last: what has a line and no resource is about the text of the module, whatever it says."""
