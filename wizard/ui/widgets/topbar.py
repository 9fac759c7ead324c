"""The top of the screen: what this is, whether it is real, and who and where will be changed."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from wizard.core.facts import AwsIdentity, Facts, WorkspaceProven
from wizard.ui.words import MUTED, joined, plain


class TopBar(Vertical):
    """Two lines: name and badge; account, identity, region and workspace."""

    DEFAULT_CSS = """
    TopBar { height: 2; background: $panel; }
    TopBar Horizontal { height: 1; }
    TopBar #product { width: auto; padding: 0 1; text-style: bold; color: $text-primary; }
    TopBar #badge { width: auto; padding: 0 1; background: $warning; color: $background; text-style: bold; }
    TopBar #clock { width: 1fr; text-align: right; padding: 0 1; color: $text-muted; }
    TopBar #where { width: 1fr; height: 1; padding: 0 1; }
    """

    def __init__(self, badge: str) -> None:
        super().__init__()
        self._badge = Static(plain(badge), id="badge", markup=False)
        self._badge.display = bool(badge)
        self._where = Static(id="where", markup=False)
        self._progress = Static(id="clock", markup=False)
        self._facts: Facts | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("htd-wizard", id="product", markup=False)
            yield self._badge
            yield self._progress
        yield self._where

    def show(self, facts: Facts, progress: str) -> None:
        """Show whom and what these facts name."""
        self._facts = facts
        self._progress.update(plain(progress))
        self._draw()

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002  # the width is read when drawing
        self._draw()

    def _draw(self) -> None:
        if self._facts is not None:
            self._where.update(where(self._facts, max(20, self.size.width - 2)))


def where(facts: Facts, width: int) -> Content:
    """Account, identity, region and workspace in at most `width` cells; words give way before names do."""
    tellings = (
        _told(facts, labels=True, session=True, domain=True),
        _told(facts, labels=True, session=True, domain=False),
        _told(facts, labels=True, session=False, domain=False),
        _told(facts, labels=False, session=False, domain=False),
    )
    fitting = next((told for told in tellings if told.cell_length <= width), tellings[-1])
    return fitting.truncate(width, ellipsis=True)


def _told(facts: Facts, *, labels: bool, session: bool, domain: bool) -> Content:
    aws, workspace = facts.get(AwsIdentity), facts.get(WorkspaceProven)
    parts: list[tuple[str, str]] = [("AWS ", aws.account if aws else "not signed in")]
    if aws is not None:
        parts += [("as ", _shortened(aws.arn.rsplit(":", 1)[-1], session)), ("in ", aws.region)]
    host = workspace.host if workspace else ""
    parts.append(
        ("workspace ", host if domain else host.split(".", 1)[0]) if host else ("", "no workspace yet")
    )
    return Content(" · ").join(
        joined((name if labels or name == "AWS " else "", MUTED), value) for name, value in parts
    )


def _shortened(who: str, session: bool) -> str:
    """`assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann` as `Admin/ann`: what a person would say."""
    words = who.split("/")
    if words[0] == "assumed-role" and len(words) >= 3:
        role = words[1]
        if role.startswith("AWSReservedSSO_"):
            role = role.removeprefix("AWSReservedSSO_").rsplit("_", 1)[0]
        return f"{role}/{words[-1]}" if session else role
    return who
