"""A word from a form or a card that it stands and can take the focus."""

from __future__ import annotations

from textual.message import Message


class Placed(Message):
    """Mounted with all that is in it."""
