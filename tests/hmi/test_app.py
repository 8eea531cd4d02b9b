"""The command line, the station's folder and the pictures."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from hmi import app
from hmi.pages import REGISTRY
from hmi.trust import Keys, KeysError, readable
from hmi.window import Window
from tests.hmi import plant


def test_the_stations_certificate_is_made_once_and_printed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hmi", "--certificate", "--dir", str(tmp_path)]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)]
    assert said[0] == said[1]
    found = x509.load_der_x509_certificate(Path(said[0]).read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier)[0].endswith(":otha:hmi")
    assert (tmp_path / "hmi.key.pem").stat().st_mode & 0o077 == 0


def test_a_damaged_list_of_servers_trusts_nobody(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.pin("opc.tcp://a", "ab")
    assert (keys.pinned("opc.tcp://a"), keys.pinned("opc.tcp://b")) == ("ab", None)
    (tmp_path / "servers.json").write_text("{", encoding="utf-8")
    with pytest.raises(KeysError, match="damaged"):
        keys.pinned("opc.tcp://a")


def test_a_fingerprint_is_read_in_fours() -> None:
    assert readable("00ffee1122") == "00FF EE11 22"


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    command = [sys.executable, "-m", "hmi", "--certificate", "--dir", str(file / "below")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "can't be used" in done.stderr


def test_pictures_of_every_page(qapp: QApplication, window: Window, tmp_path: Path) -> None:
    plant.connected(window.model)
    window.model.take_snapshot(plant.troubled())
    folder = tmp_path / "pictures"
    assert app.shoot(qapp, window, folder, "1280x720", settle_s=0.0) == 0
    assert {path.stem for path in folder.iterdir()} == {name for name, _, _ in REGISTRY}
    assert all(QImage(str(path)).width() == 1280 for path in folder.iterdir())


def test_pictures_without_a_connection_are_no_success(
    qapp: QApplication, window: Window, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window.model.take_station(plant.lost(window.model.station))
    assert app.shoot(qapp, window, tmp_path, "1280x720", wait_s=0.0, settle_s=0.0) == 1
    assert "not connected" in capsys.readouterr().err


def test_a_size_that_is_none_is_told(qapp: QApplication, window: Window, tmp_path: Path) -> None:
    assert app.shoot(qapp, window, tmp_path, "large") == 2
