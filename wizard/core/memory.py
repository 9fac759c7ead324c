"""What the operator answered, kept so that nothing typed is lost. Never a secret."""

from __future__ import annotations

import json
from pathlib import Path

from wizard.core import atomic
from wizard.core.event import Ask
from wizard.core.paths import private
from wizard.core.question import Answers, Kind


class Memory:
    """Answers by `step.question`, in one JSON file of mode 0600."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._answers = _read(file)

    def recall(self, key: str) -> str | None:
        return self._answers.get(key)

    def keep(self, step: str, ask: Ask, answers: Answers) -> None:
        """Remember what may be remembered of one form."""
        for question in ask.questions:
            if question.kind is not Kind.SECRET and question.remember:
                answer = answers.get(question.key, "")
                self._answers[f"{step}.{question.key}"] = question.keep(answer) if question.keep else answer
        if self._file is not None:
            private(self._file.parent)
            text = json.dumps(self._answers, indent=2, sort_keys=True) + "\n"
            atomic.write(self._file, text.encode(), 0o600)


def _read(file: Path | None) -> dict[str, str]:
    if file is None or not file.exists():
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}
