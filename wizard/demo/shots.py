"""Draws the pictures of the README from the running app: `python -m wizard.demo.shots FOLDER`.

The wizard walks the demo's journey in a headless terminal and is photographed at every step. Ports and temporary
folders are replaced by fixed names; times are those of this walk.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import sys
from pathlib import Path

SIZE = (104, 34)
"""Columns and rows of the pictures."""

_SHOTS = {
    ("start", "done"): "start",
    ("credentials", "ask source"): "credentials",
    ("permissions", "stopped"): "permissions",
    ("workspace", "ask url"): "workspace",
    ("variables", "ask write"): "variables",
    ("apply", "ask apply"): "apply",
    ("connect", "ask change"): "connect",
    ("warehouse", "done"): "warehouse",
    ("proof", "done"): "proof",
}


_TEXT = re.compile(
    r'(?P<before><text\b[^>]*?\btextLength=")(?P<length>[\d.]+)(?P<between>"[^>]*>)(?P<shown>[^<]*)</text>'
)


async def shoot(folder: Path) -> list[str]:
    """Walk the journey and write one SVG a step into `folder`; returns the names."""
    from wizard import wiring
    from wizard.demo.hands import Hands
    from wizard.ui.app import WizardApp

    taken: list[str] = []
    with wiring.demo("stuck", wiring.Options(engine="recording", attended=False)) as opening:
        app = WizardApp(opening.flow, opening.front, badge=opening.badge)

        async def look(step: str, moment: str) -> None:
            name = _SHOTS.get((step, moment))
            if name and name not in taken:
                await pilot.pause()
                taken.append(name)
                (folder / f"{name}.svg").write_text(
                    steady(app.export_screenshot(title="htd-wizard")), "utf-8"
                )

        async with app.run_test(size=SIZE) as pilot:
            await Hands(app, pilot, look).walk(opening.visits)
    return taken


def steady(svg: str) -> str:
    """The picture without what differs from session to session."""
    svg = _TEXT.sub(_at_home, svg)
    # The fonts are named, not fetched: a picture asks nothing of the network.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", svg)
    svg = re.sub(r"since&#160;\d\d&#160;\w{3}&#160;\d\d:\d\d", "since&#160;02&#160;Jan&#160;12:00", svg)
    svg = re.sub(r"\d{8}-\d{6}-\d{6}", "20260102-120000-000000", svg)
    svg = re.sub(
        r"(looked&#160;at&#160;)\d\d:\d\d:\d\d(,&#160;next&#160;in&#160;)\d\d", r"\g<1>12:00:00\g<2>60", svg
    )
    return re.sub(r"terminal-\d+", "terminal", svg)


def _at_home(text: re.Match[str]) -> str:
    """The folder of this session by a fixed name, and the length of its text with it, or it would be stretched."""
    before, length, between, shown = text["before"], float(text["length"]), text["between"], text["shown"]
    told = re.sub(r"/[^\s<&]*?htd-wizard-demo-\w{8}/home", "/home/you", shown)
    if told != shown:
        length *= len(html.unescape(told)) / len(html.unescape(shown))
    return f"{before}{length:g}{between}{told}</text>"


def main() -> None:
    """Draw all pictures into the folder named on the command line."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    for name in asyncio.run(shoot(folder)):
        print(folder / f"{name}.svg")


if __name__ == "__main__":
    main()
