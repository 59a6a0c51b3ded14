import json
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner

from palautevirta.__main__ import main
from palautevirta.local.directory import DataDirectory
from palautevirta.local.issuer import AUDIENCE, Issuer

ONE, OTHER = "1.2.246.562.99.12345678901", "1.2.246.562.10.10000000001"
SCOPES = "feedback:write figures:read"


@pytest.mark.parametrize(
    "mistake",
    [
        ["--provider", "1.2.3", "--scope", "operations"],
        ["--scope", "feedback:wrte"],
        ["--scope", " "],
        ["--scope", "operations", "--expires-in", "-5"],
        ["--provider", ONE],
    ],
)
def test_a_token_that_would_be_refused_later_is_not_printed(data_dir: Path, mistake: list[str]) -> None:
    Issuer.of(DataDirectory(data_dir))
    result = CliRunner().invoke(main, ["token", "--data-dir", str(data_dir), *mistake])
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_token_is_printed_for_the_stack_of_a_data_directory(data_dir: Path) -> None:
    issuer = Issuer.of(DataDirectory(data_dir))
    arguments = ["token", "--data-dir", str(data_dir), "--provider", ONE, "--provider", OTHER, "--scope", SCOPES]
    token = CliRunner().invoke(main, [*arguments, "--client-id", "school"], catch_exceptions=False).stdout.strip()
    claims = jwt.decode(token, jwt.PyJWK(issuer.jwks["keys"][0]), algorithms=["ES256"], audience=AUDIENCE)
    assert (claims["organisations"], claims["scope"], claims["client_id"]) == ([ONE, OTHER], SCOPES, "school")


def test_no_token_is_printed_where_no_stack_ran(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["token", "--data-dir", str(tmp_path), "--scope", "operations"])
    assert result.exit_code == 1
    assert "palautevirta up" in result.stderr


@pytest.mark.parametrize("role", ["owner", "aggregator"])
def test_the_environment_of_a_stack_is_printed_for_a_shell_and_nothing_is_made(data_dir: Path, role: str) -> None:
    arguments = ["env", "--data-dir", str(data_dir), "--role", role]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, "palautevirta up" in result.stderr, data_dir.exists()) == (1, True, False)
    directory = DataDirectory(data_dir)
    ports = {"postgres": 20001, "kafka": 20002}
    (data_dir / "ports.json").write_text(json.dumps(ports))
    for name in ("postgres", "palautevirta_aggregator", "digest-key-1"):
        directory.secret(name)
    lines = CliRunner().invoke(main, arguments, catch_exceptions=False).stdout.splitlines()
    user = {"owner": "postgres"}.get(role, f"palautevirta_{role}")
    dsn = f"postgresql://{user}:{directory.secret(user)}@127.0.0.1:{ports['postgres']}/palautevirta"
    assert lines[:2] == [f"export DATABASE_URL={dsn}", f"export KAFKA_BOOTSTRAP=127.0.0.1:{ports['kafka']}"]
    keys = [f"export DIGEST_KEYS=1:{directory.secret('digest-key-1')}"]
    assert lines[2:] == ([] if role == "owner" else keys)


def test_a_token_that_speaks_for_nobody_is_printed_with_a_warning(data_dir: Path) -> None:
    Issuer.of(DataDirectory(data_dir))
    for scope, warned in (("feedback:write operations", True), ("figures:national", False)):
        result = CliRunner().invoke(main, ["token", "--data-dir", str(data_dir), "--scope", scope])
        assert (result.exit_code, "speaks for nobody" in result.stderr) == (0, warned)


def test_the_addresses_of_a_stopped_stack_are_printed_with_a_warning(data_dir: Path) -> None:
    directory = DataDirectory(data_dir)
    directory.port("postgres", 20001)
    directory.port("kafka", 20002)
    directory.secret("postgres")
    arguments = ["env", "--data-dir", str(data_dir)]
    with directory.held():
        assert CliRunner().invoke(main, arguments).stderr == ""
    stopped = CliRunner().invoke(main, arguments)
    assert (stopped.exit_code, "no stack runs over" in stopped.stderr) == (0, True)


def test_an_unknown_command_is_a_usage_error() -> None:
    assert CliRunner().invoke(main, ["dance"]).exit_code == 2
