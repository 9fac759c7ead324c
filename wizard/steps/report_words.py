"""The implementation status in Markdown, for whoever takes over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from wizard.core.chain import JOINTS, Chain
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
from wizard.core.text import clean, one_line, plural

if TYPE_CHECKING:
    from wizard.steps.report import Blocker, Next, Report

SOURCES = (
    (
        "Trust policy, instance profile and S3",
        "https://docs.databricks.com/en/connect/storage/tutorial-s3-instance-profile.html",
    ),
    ("Serverless SQL", "https://docs.databricks.com/aws/en/admin/sql/serverless"),
    (
        "The SQL configuration of a workspace",
        "https://docs.databricks.com/aws/en/admin/sql/data-access-configuration",
    ),
    ("Registering an instance profile", "https://docs.databricks.com/api/workspace/instanceprofiles/add"),
    ("Running a statement", "https://docs.databricks.com/api/workspace/statementexecution"),
)
_WORDS = {
    "complete": "The chain is whole: a query reads the data.",
    "in progress": "Nothing is known to be wrong; the journey is not at its end yet.",
    "not fully known": "Nothing is known to be wrong, but not everything could be looked at.",
}


def markdown(report: Report) -> str:
    """The whole status."""
    parts = [
        f"# Implementation status: {report.status}\n\n{_head(report)}",
        _section("Complete", _complete(report)),
        _section("Blocked", [line for each in report.blockers() for line in _blocker(each)]),
        _section(
            "Next steps", [line for at, each in enumerate(report.next_steps(), 1) for line in _next(at, each)]
        ),
        *_handed(report.blockers()),
        _section("The chain, joint by joint", _table(report.chain)),
        _section("Files changed", [line for file, backups in report.files for line in _file(file, backups)]),
        _section("Resources made", [f"- `{address}`: {_code(name)}" for address, name in report.resources]),
        _section("Tests", list(_tests(report))),
        _section("Technical notes", ["```text", *flow(report).splitlines(), "```"]),
        _section("Sources", [f"- [{title}]({url})" for title, url in SOURCES]),
    ]
    return "\n\n".join(parts) + "\n"


def flow(report: Report) -> str:
    """The way a query takes, with the names that are known."""
    names = report.names()
    known = {name: one_line(clean(value), 300) or "not known yet" for name, value in names.items()}
    return "\n".join(
        (
            f"your query, in {known['workspace']}",
            f"  → SQL warehouse {known['warehouse']} (serverless: it runs in Databricks' AWS account)",
            "  → SQL configuration of the workspace: names the instance profile",
            f"      {known['profile']}",
            "  → registration in the workspace: the instance profile stands for the role (iam_role_arn)",
            f"      {known['role']}",
            "  → sts:AssumeRole by Databricks' serverless-customer-resource-role, allowed by the role's trust policy",
            f"      only with the External ID {known['external_id']}",
            "  → the role's own policies, the bucket's policy and key, LakeFormation's grants",
            f"  → S3 and the Glue Data Catalog: {known['location']}, database {known['database']}",
        )
    )


def said(facts: Facts, kind: type) -> str:
    """What a fact says, in a few words."""
    match facts.get(kind):
        case AwsIdentity(account=account, source=source):
            return f"account {account}, {source}"
        case PermissionsProven(proven=proven, predicted=predicted, unknown=unknown):
            unsure = f", {unknown} could not be checked" if unknown else ""
            return f"{proven} proven, {predicted} predicted{unsure}"
        case WorkspaceProven(host=host, workspace_id=number, warehouse_name=name):
            return f"{host}, id {number}, warehouse {name}"
        case VariablesWritten(path=path, external_ids=ids):
            return f"{', '.join(ids)} in {path}"
        case Applied(engine=engine, engine_version=version, added=added, changed=changed, destroyed=gone):
            return f"{added} added, {changed} changed, {gone} destroyed, by {engine} {version}"
        case Connected(instance_profile_arn=arn, security_policy=policy):
            return f"{arn}, security policy {policy}"
        case WarehouseRunning(name=name, state=running, health=health):
            return f"{name} {running} {health}".rstrip()
        case DataProven(location=location, rows=rows):
            return f"{plural(rows, 'row')} from {location}"
    return "done"


def _head(report: Report) -> str:
    who, where = report.facts.get(AwsIdentity), report.facts.get(WorkspaceProven)
    machine, blockers = report.facts.get(Machine), report.blockers()
    if blockers:
        first, rest = blockers[0], len(blockers) - 1
        verdict = f"{first.what} {first.who[:1].upper()}{first.who[1:]} can mend it."
        verdict += f" {plural(rest, 'more')} below." if rest else ""
    else:
        verdict = _WORDS[report.status]
    data = report.facts.get(DataProven)
    if data is not None and data.failed:
        verdict += f" {data.failed} of your own tests failed."
    lines = [f"**{_inline(verdict)}**", "", f"- Seen: {report.at:%Y-%m-%d %H:%M} UTC, by htd-wizard"]
    if who is not None:
        lines.append(
            f"- AWS: account {who.account}, region {who.region}, as {_code(who.arn)} ({_inline(who.source)})"
        )
    if where is not None:
        warehouse = (
            f", warehouse {_inline(where.warehouse_name)} ({where.warehouse_id})"
            if where.warehouse_id
            else ""
        )
        lines.append(
            f"- Workspace: https://{where.host}/ ({report.names()['workspace_id'] or 'id not known'}){warehouse}"
        )
    if machine is not None:
        engine = f"{machine.engine} {machine.engine_version}"
        lines.append(f"- Module: {_code(machine.module)}, {_inline(engine)}")
    return "\n".join(lines)


def _complete(report: Report) -> list[str]:
    return [
        f"- **{step.title}**: {_inline(said(report.facts, step.fact))} ({report.when[step.fact]:%Y-%m-%d %H:%M} UTC)"
        for step in report.done()
    ]


def _blocker(each: Blocker) -> list[str]:
    lines = [
        f"- **{each.where[:1].upper()}{each.where[1:]}: {_inline(each.what)}** {_inline(each.why)}",
        f"  - What to do: {_inline(each.remedy)}",
        f"  - Who can do it: {each.who}",
    ]
    lines += [f"  - Since: {each.since[:16].replace('T', ' ')} UTC"] if each.since else []
    lines += [f"  - Seen: {_code(line)}" for line in each.evidence]
    lines += [f"  - {_what(each)}: below, under “To hand over”"] if each.message or each.copy else []
    return lines


def _what(each: Blocker) -> str:
    if each.message:
        return f"A letter to {each.who}"
    return "The policy statement" if each.copy.startswith("{") else "The command"


def _handed(blockers: Sequence[Blocker]) -> list[str]:
    """Letters, statements and commands in full; a letter holds its statement already."""
    lines: list[str] = []
    for each in blockers:
        if each.message or each.copy:
            lines += [f"{_what(each)} ({each.where}):", "", *_fenced(each.message or each.copy, ""), ""]
    return [_section("To hand over", lines)] if lines else []


def _next(number: int, each: Next) -> list[str]:
    """An instruction, then its commands as they are typed."""
    lines = [f"{number}. {_inline(each.what)} ({each.who})"]
    if each.commands:
        lines += ["", *_fenced("\n".join(each.commands), "   "), ""]
    if each.by_hand:
        lines += ["   or by hand:", "", *_fenced("\n".join(each.by_hand), "   "), ""]
    return lines


def _table(chain: Chain) -> list[str]:
    rows = [
        f"| {link.joint.number} | {_inline(link.finding.title)} | {link.finding.verdict.word} "
        f"| {_inline(link.finding.evidence)} | {link.since:%Y-%m-%d %H:%M} |"
        for link in chain.links
    ]
    if not rows:
        return [f"Not looked at: `htd-wizard check` looks at all {len(JOINTS)} joints."]
    return ["| | Joint | Verdict | What was read | Since (UTC) |", "|---|---|---|---|---|", *rows]


def _file(file: str, backups: tuple[str, ...]) -> list[str]:
    lines = [f"- {_code(file)}", *(f"  - backup: {_code(each)}" for each in backups)]
    if backups and file.startswith("/"):
        return [*lines, f"  - as it was at first: {_code(f'cp {quote(backups[0])} {quote(file)}')}"]
    return [*lines, "  - as it was: `htd-wizard undo` puts back what the wizard changed, and nothing else"]


def _tests(report: Report) -> Iterator[str]:
    found = report.tests()
    if not found:
        yield "- No query has read data yet."
        return
    yield f"- {_code(found['statement'])} returned {plural(found['rows'], 'row')} in {found['seconds']:.1f} s."
    own = found.get("own")
    if own is None:
        yield "- Your own tests were not run by the wizard."
        return
    counts = f"{own['passed']} passed, {own['failed']} failed, {own['skipped']} skipped of {own['expected']}"
    yield f"- {_code(own['command'])} in {_code(own['folder'])}: {counts}."
    for row in own["kinds"]:
        yield f"  - {row['kind']}: {row['passed']} passed, {row['failed']} failed, {row['skipped']} skipped"
    for each in own["failures"]:
        yield f"  - failed: {_code(each['test'])} {_inline(each['why'])}"


def _section(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + ("\n".join(lines).rstrip() if lines else "Nothing.")


def _fenced(text: str, indent: str) -> list[str]:
    body = [clean(line).replace("```", "'''") for line in text.splitlines()]
    return [f"{indent}```", *(f"{indent}{line}".rstrip() for line in body), f"{indent}```"]


def _inline(text: object) -> str:
    """Text from outside within a line of Markdown: no markup of its own, no row of a table ended."""
    plain = one_line(clean(str(text)), 1000)
    for mark in ("\\", "`", "*", "_", "[", "]", "<", ">", "|"):
        plain = plain.replace(mark, f"\\{mark}")
    return plain


def _code(text: object) -> str:
    return f"`{one_line(clean(str(text)), 1000).replace('`', chr(39))}`"
