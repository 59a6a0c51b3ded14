import stat
from pathlib import Path

import pytest

from palautevirta.local.directory import DataDirectory, DirectoryInUse


def test_a_secret_is_private_and_the_same_in_every_run(data_dir: Path) -> None:
    secret = DataDirectory(data_dir).secret("postgres")
    assert len(bytes.fromhex(secret)) == 32
    assert DataDirectory(data_dir).secret("postgres") == secret
    assert DataDirectory(data_dir).secret("digest-key-1") != secret
    assert stat.S_IMODE((data_dir / "secrets.json").stat().st_mode) == 0o600


def test_two_stacks_cannot_hold_one_directory(data_dir: Path) -> None:
    with (
        DataDirectory(data_dir).held(),
        pytest.raises(DirectoryInUse, match="already runs"),
        DataDirectory(data_dir).held(),
    ):
        pytest.fail("held twice")


def test_a_directory_can_be_held_again_after_it_was_left(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    with directory.held():
        pass
    with directory.held():
        assert directory.folder("postgres").is_dir()


def test_a_fixed_port_is_taken_as_it_is_and_remembered(data_dir: Path) -> None:
    assert DataDirectory(data_dir).port("kafka", 9092) == 9092
    assert '"kafka": 9092' in (data_dir / "ports.json").read_text()
