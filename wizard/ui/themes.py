"""Two quiet themes, dark and light, with the same roles for the same colours."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="htd-dark",
    primary="#4fb3bf",
    secondary="#7aa2c8",
    accent="#e0b05c",
    foreground="#d7dde4",
    background="#12171d",
    surface="#1a2129",
    panel="#222b35",
    success="#7fb77e",
    warning="#e0b05c",
    error="#e2777a",
    dark=True,
    variables={
        "block-cursor-background": "#2c4a54",
        "block-cursor-foreground": "#f2f6f8",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#4fb3bf",
        "footer-background": "#1a2129",
        "border": "#4fb3bf",
        "border-blurred": "#2b3641",
        "input-selection-background": "#4fb3bf 35%",
    },
)
LIGHT = Theme(
    name="htd-light",
    primary="#0f6e7b",
    secondary="#2f5f8a",
    accent="#8a5a00",
    foreground="#1f2933",
    background="#f7f6f2",
    surface="#ffffff",
    panel="#e9e7df",
    success="#2c6e2f",
    warning="#8a5a00",
    error="#a8322f",
    dark=False,
    variables={
        "block-cursor-background": "#cfe6e8",
        "block-cursor-foreground": "#10242a",
        "block-cursor-text-style": "bold",
        "footer-key-foreground": "#0f6e7b",
        "footer-background": "#e9e7df",
        "border": "#0f6e7b",
        "border-blurred": "#c9c6ba",
        "input-selection-background": "#0f6e7b 25%",
    },
)


def other(name: str) -> str:
    """The theme that `t` changes to."""
    return LIGHT.name if name != LIGHT.name else DARK.name
