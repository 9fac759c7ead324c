"""The full-screen front end: one client of `core.flow.Flow`, drawn with Textual.

- `app`      the program: themes, keys that always work, signals, the end
- `shell`    the one screen: bar, rail, pane, aside, footer; moving between steps
- `pane`     how any step looks, driven by its events; `panes/` holds the few that look different
- `jobs`     the one door through which steps are run
- `widgets/` one look each: a form, findings, a diff, a plan, a gauge, a log …
- `screens/` what lies on top for a moment: help, a sheet to copy, a question about leaving
"""
