"""Which resource is where while Terraform works, told from its messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wizard.core.event import Event, Progress, ResourceChange, ResourceRow
from wizard.core.text import one_line
from wizard.services.terraform import silence, stream
from wizard.services.terraform.stream import Diagnostic, Message

_STEPS = {"create": 1, "update": 1, "delete": 1, "replace": 2}
"""How often Terraform reports the end of an action: a replacement is a delete and a create."""
TOLD = frozenset(
    {
        "planned_change",
        "refresh_start",
        "refresh_complete",
        "apply_start",
        "apply_progress",
        "apply_complete",
        "apply_errored",
    }
)
_REASON_LATER = "Terraform gives the reason at the end."
_REASON_BELOW = "Its reason is among what Terraform said."
_CUT_SHORT = "Terraform ended before this was done. It may be there all the same."
_CANCELLED = re.compile(r"context canceled|operation canceled|request canceled")
_NOISE = re.compile(
    r"\(input: &?\{.*?\}\)|https response error StatusCode: \d+, |(?:RequestID|HostID): [^,]*, "
    r"|operation error [\w ]+: \w+, |api error (?=\w+: )|User: arn:[^\s,]+ is (?=not authorized)"
)
"""Of the AWS provider's reasons: what the row says already, and what only AWS's support can read. The log keeps it."""


class Rows:
    """Keeps count for one command. Data sources are read, never changed, so they are not counted."""

    def __init__(
        self, changes: Sequence[ResourceChange] = (), in_state: int = 0, *, announces: bool = False
    ) -> None:
        self._announces = announces
        """What Terraform plans and `changes` lack gets a row as well."""
        self._left = {each.address: _STEPS[each.action] for each in changes if each.action in _STEPS}
        self._actions: dict[str, str] = {each.address: each.action for each in changes}
        self._total = len(self._left)
        self._done = 0
        self._in_state = in_state
        self._looked_at = self._seen = 0
        self._running: dict[str, tuple[str, float]] = {}
        self._looking: dict[str, None] = {}
        """Resources that are being looked at, in order."""
        self._failed: dict[str, tuple[str, float]] = {}
        """Those whose reason is still to come."""
        self._unplaced: list[str] = []
        """Reasons that name no resource: when destroying, Terraform leaves the address out."""

    def waiting(self) -> Iterator[Event]:
        """Every resource of the plan, before anything happens to it."""
        for address in self._left:
            yield ResourceRow(address, self._actions[address], "waiting")
        if self._total:
            yield Progress(0, self._total, "resources")

    def hear(self, message: Message) -> Iterator[Event]:
        """What one message changes."""
        if message.type not in TOLD:
            return
        address = message.address
        if not address or stream.is_data(address) or message.action == "read":
            return
        match message.type:
            case "planned_change":
                yield from self._expect(message)
            case "refresh_start":
                self._looked_at += 1
                self._looking[address] = None
            case "refresh_complete":
                self._seen += 1
                self._looking.pop(address, None)
                total = max(self._in_state, self._looked_at, self._seen)
                yield Progress(self._seen, total, "resources looked at")
            case "apply_start" | "apply_progress":
                self._running[address] = action, seconds = (self._action(message), message.seconds)
                yield ResourceRow(address, action, "running", seconds)
            case "apply_complete":
                yield from self._completed(message)
            case "apply_errored":
                self._running.pop(address, None)
                self._failed[address] = (self._action(message), message.seconds)
                yield ResourceRow(address, self._action(message), "failed", message.seconds, _REASON_LATER)

    def _expect(self, message: Message) -> Iterator[Event]:
        """An apply tells its plan first: that is how one which somebody else started is counted."""
        if message.action in _STEPS and message.address not in self._left:
            self._left[message.address] = _STEPS[message.action]
            self._actions.setdefault(message.address, message.action)
            self._total += 1
            if self._announces:
                yield ResourceRow(message.address, message.action, "waiting")

    def silence(self, seconds: float) -> str:
        """Why nothing was heard for so long, as far as that is known; empty while it is nothing unusual."""
        return silence.reason(
            seconds, {address: action for address, (action, _) in self._running.items()}, tuple(self._looking)
        )

    def blame(self, found: Diagnostic) -> Iterator[Event]:
        """The reason of a failure, which comes when everything else has ended."""
        if found.severity != "error":
            return
        if not found.address:
            self._unplaced.append(found.summary)
        elif found.address in self._failed:
            action, seconds = self._failed.pop(found.address)
            cut = bool(_CANCELLED.search(found.summary))
            yield ResourceRow(found.address, action, "failed", seconds, _short(found.summary), unsure=cut)

    def ended(self) -> Iterator[Event]:
        """No row waits for a word that does not come any more."""
        alone = len(self._failed) == len(self._unplaced) == 1
        reason = _short(self._unplaced[0]) if alone else _REASON_BELOW
        for address, (action, seconds) in self._failed.items():
            yield ResourceRow(address, action, "failed", seconds, reason)
        for address, (action, seconds) in self._running.items():
            yield ResourceRow(address, action, "failed", seconds, _CUT_SHORT, unsure=True)

    def _completed(self, message: Message) -> Iterator[Event]:
        address = message.address
        self._running.pop(address, None)
        left = self._left.get(address, 1) - 1
        self._left[address] = left
        if left > 0:
            yield ResourceRow(address, self._action(message), "running", message.seconds)
            return
        self._done += 1
        yield ResourceRow(address, self._action(message), "done", message.seconds)
        yield Progress(self._done, max(self._total, self._done), "resources")

    def _action(self, message: Message) -> str:
        """The plan's word for it, which tells a replacement from a delete."""
        return self._actions.get(message.address, message.action)


def _short(reason: str) -> str:
    return one_line(_NOISE.sub("", reason), 400)
