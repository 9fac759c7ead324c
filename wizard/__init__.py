"""htd-wizard: from "AWS says no" to a running, healthy Databricks serverless SQL warehouse.

A map of the house, from the heart outwards. Imports point one way only:
`ui, plain, cli -> steps -> services -> core`; `demo -> services, core`; only `wiring` imports `demo`.

- `core/`      pure rules and data, standard library only: facts, findings, problems, events, questions, flow
- `services/`  everything that touches the outside: `aws`, `databricks`, `terraform`, `hcl`, `process`,
  `verification`
- `steps/`     one module a step of the journey; `steps.STEPS` is the only list of them
- `ui/`        the full-screen front end (Textual)
- `plain/`     the line-by-line front end
- `demo/`      a pretend outside world over real HTTP, its scenarios, an autopilot and the picture maker
- `wiring.py`  decides, in one function each, what is real and what is pretend
- `commands/`  the commands of the command line, one module each; `cli.py` reads it and runs one
"""

__version__ = "0.1.0"
