"""The way back as a journey of its own: what the wizard did, taken back in reverse, each change shown and asked first.

Every front end walks these steps as it walks the journey forth.
"""

from __future__ import annotations

from typing import Any

from wizard.steps.step import Step
from wizard.steps.undo.aws import Destroy
from wizard.steps.undo.databricks import Configuration, Registration, Stop
from wizard.steps.undo.stays import Stays

BACK: tuple[Step[Any], ...] = (Stop(), Configuration(), Registration(), Destroy(), Stays())
"""In this order: nothing is destroyed while something still needs it, and a warehouse that is stopped first does
not restart for the change of the configuration."""

ENDING = "That is the way back, as far as you said yes."
