"""Ways through the sign-in step, headless: what a person, a prompt or an answers file goes through alike."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any
from urllib.request import urlopen

from wizard.core.facts import AwsIdentity
from wizard.core.finding import Finding
from wizard.core.journey import Visit
from wizard.steps import FRONT


def test_aws_is_asked_which_of_them_work(play: Any) -> None:
    with play() as played:
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", {"source": "try", "checked": "profile:htd-user"}))
        assert played.flow.facts.need(AwsIdentity).arn.endswith("user/htd-user")
        told = {e.id: e.evidence for _, e in played.events if isinstance(e, Finding)}
        assert "AWS_PROFILE names it" in told["aws.source"]


def test_a_browser_on_this_computer_signs_in_without_a_code(play: Any) -> None:
    def browse(address: str) -> bool:
        Thread(target=urlopen, args=(address,), daemon=True).start()
        return True

    with play("fresh") as played:
        services = played.flow.services
        services.local_browser, services.open_browser = True, browse
        played.visit(Visit(FRONT.id))
        played.visit(Visit("credentials", {"source": "profile:htd-admin"}))
        assert "AdministratorAccess" in played.flow.facts.need(AwsIdentity).arn
        secret = json.loads(next(played.home.rglob("sso/cache/*.json")).read_text())
        journal = next(played.home.rglob("journal.jsonl")).read_text()
        assert secret.get("accessToken", secret["clientSecret"]) not in journal
