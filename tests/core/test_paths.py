import stat
from pathlib import Path

from wizard.core.paths import Paths, private


def test_the_folders_are_where_xdg_puts_them(tmp_path: Path) -> None:
    paths = Paths.of(
        {"HOME": str(tmp_path), "XDG_STATE_HOME": "/var/states", "XDG_DATA_HOME": "not/absolute"}
    )
    assert paths.state == Path("/var/states/htd-wizard")
    assert paths.data == tmp_path / ".local/share/htd-wizard", (
        "a relative one is not valid and is passed over"
    )
    assert paths.cache == tmp_path / ".cache/htd-wizard"


def test_what_is_made_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "htd-wizard" / "runs"
    assert private(folder) == private(folder) == folder
    made = [folder, folder.parent, folder.parent.parent]
    assert [stat.S_IMODE(each.stat().st_mode) for each in made] == [0o700] * 3
