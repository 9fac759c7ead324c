"""The whole journey with real Terraform, against a shell script of the same commands by hand, each in a fresh world."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wizard.core.paths import Paths
from wizard.demo.engine import choose
from wizard.demo.scenario import load
from wizard.demo.world import World
from wizard.services.terraform import provider

SCENARIO = "fresh"
BY_HAND = r"""
set -eu
cd "$MODULE"
"$TERRAFORM" init -input=false
"$TERRAFORM" plan -input=false -out=first.tfplan
"$TERRAFORM" apply -input=false first.tfplan
echo "databricks_serverless_workspace_ids = [\"databricks-serverless-$WORKSPACE_ID\"]" >> terraform.tfvars
"$TERRAFORM" plan -input=false -out=second.tfplan
"$TERRAFORM" apply -input=false second.tfplan
"$TERRAFORM" output -json > outputs.json
profile=$(jq -r .instance_profile_arn.value outputs.json)
role=$(jq -r .role_arn.value outputs.json)
proof=$(jq -r .proof_location.value outputs.json)
ask() { curl -sS --fail-with-body -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" "$@"; }
ask -X POST "$WORKSPACE/api/2.0/instance-profiles/add" \
    -d "{\"instance_profile_arn\": \"$profile\", \"iam_role_arn\": \"$role\", \"skip_validation\": true}"
ask "$WORKSPACE/api/2.0/sql/config/warehouses" | jq ".instance_profile_arn = \"$profile\"" > config.json
ask -X PUT "$WORKSPACE/api/2.0/sql/config/warehouses" -d @config.json
ask -X POST "$WORKSPACE/api/2.0/sql/warehouses/$WAREHOUSE/start"
until ask "$WORKSPACE/api/2.0/sql/warehouses/$WAREHOUSE" | jq -e '.state == "RUNNING"' > running; do sleep 1; done
ask -X POST "$WORKSPACE/api/2.0/sql/statements" -d "{\"warehouse_id\": \"$WAREHOUSE\", \"wait_timeout\": \"30s\",
    \"statement\": \"SELECT * FROM read_files('$proof', format => 'csv', header => true)\"}" \
    | jq -e '.status.state == "SUCCEEDED"'
"""


STARTED = f"""
import os, tempfile, time
began = time.perf_counter()
from pathlib import Path
from wizard.core.paths import Paths
from wizard.demo.engine import choose
from wizard.demo.scenario import load
from wizard.demo.world import World
with tempfile.TemporaryDirectory() as place:
    engine = choose(os.environ, "terraform", Paths.of({{"HOME": place}}))
    with World(load({SCENARIO!r}), Path(place), os.environ, engine, attended=False):
        print(time.perf_counter() - began)
"""


def world_start() -> float:
    """Seconds until a world stands, in a Python of its own as in the demo."""
    ended = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    return float(ended.stdout)


def by_hand() -> float:
    """Seconds that the script takes, the world's own start left out."""
    scenario = load(SCENARIO)
    with tempfile.TemporaryDirectory(prefix="htd-bench-") as place:
        folder = Path(place)
        paths = Paths.of({"HOME": str(folder / "nobody")})
        engine = choose(os.environ, "terraform", paths)
        with World(scenario, folder, os.environ, engine, attended=False) as world:
            keys = world.aws.root
            environ = {
                # Providers come from where the wizard has them from.
                **provider.environment(world.environ, paths).environ,
                "AWS_ACCESS_KEY_ID": keys.access_key_id,
                "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
                "TERRAFORM": engine.argv[0],
                "MODULE": str(world.module),
                "WORKSPACE": world.workspace.url,
                "WORKSPACE_ID": str(scenario.workspace_id),
                "WAREHOUSE": scenario.warehouse_id,
                "TOKEN": world.workspace.token,
            }
            del environ["AWS_PROFILE"]
            return _seconds(["bash", "-c", BY_HAND], environ)


def wizard() -> float:
    """Seconds that the wizard takes for it all, the world's own start left out; in them is what no script does:
    signing in, checking every permission, asking the workspace who it is, reading back."""
    argv = [sys.executable, "-m", "wizard", "demo", SCENARIO, "--auto", "--json", "--engine", "terraform"]
    return _seconds(argv, dict(os.environ)) - world_start()


def _seconds(argv: list[str], environ: dict[str, str]) -> float:
    began = time.perf_counter()
    ended = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(
            f"{argv[0]} ended with {ended.returncode}: {ended.stderr[-2000:]}{ended.stdout[-2000:]}"
        )
    return time.perf_counter() - began


def main(rounds: int = 3) -> None:
    """Print the figures."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(wizard())
        theirs.append(by_hand())
    print(
        f"{'the whole journey, against a script by hand':<44} {min(ours):8.1f} s against {min(theirs):.1f} s, "
        f"ratio {min(ours) / min(theirs):.2f} "
        f"(all: {_row(ours)} against {_row(theirs)}; load {os.getloadavg()[0]:.1f})"
    )


def _row(seconds: list[float]) -> str:
    return ", ".join(f"{each:.1f}" for each in seconds)


if __name__ == "__main__":
    main()
