"""A picture says the same whoever draws it, and nothing in it is stretched."""

from __future__ import annotations

from wizard.demo.shots import steady

DRAWN = '<text class="terminal-123-r1" x="12.2" textLength="{length}" y="20">{shown}</text>'


def test_the_folder_of_a_session_gets_a_name_of_its_own_length() -> None:
    folder = "/tmp/htd-wizard-demo-ab12cd_x/home/project"
    drawn = DRAWN.format(length=12.2 * (len(folder) + 3), shown=f"in&#160;{folder}")
    told = DRAWN.format(length=f"{12.2 * 20:g}", shown="in&#160;/home/you/project").replace("-123", "")
    assert steady(drawn) == told


def test_what_names_no_folder_keeps_its_length() -> None:
    drawn = DRAWN.format(length="24.4", shown="ab").replace("-123", "")
    assert steady(drawn) == drawn
