"""docker-compose.yml holds together, and holds no secret."""

import re
import shutil
import subprocess

import pytest
import yaml

from barnetwatch.env import BASE_DIR

FILE = BASE_DIR / "docker-compose.yml"
OURS = {"web", "worker", "beat"}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY\b", re.IGNORECASE)
REQUIRED = re.compile(r"\$\{(\w+):\?")


@pytest.fixture(scope="module")
def composed() -> dict:
    return yaml.safe_load(FILE.read_text())


def test_it_has_the_site_the_worker_the_scheduler_and_their_servers(composed):
    assert set(composed["services"]) == OURS | {"postgres", "redis", "mailpit"}


def test_every_service_says_when_it_is_healthy(composed):
    for name, service in composed["services"].items():
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


def test_what_is_kept_lies_in_named_volumes(composed):
    used = set()
    for name, service in composed["services"].items():
        for volume in service["volumes"]:
            source, _, _ = volume.partition(":")
            assert not source.startswith((".", "/")), f"{name} mounts a folder of the host"
            used.add(source)

    assert used == set(composed["volumes"])


def test_no_secret_stands_in_it(composed):
    for name, service in composed["services"].items():
        for variable, value in service.get("environment", {}).items():
            value = re.sub(r"\$\{\w+:(\?[^}]*|-)\}", "FROM_ENV", value)
            if SECRET.search(variable):
                assert value == "FROM_ENV", f"{name}: {variable}"
            for password in re.findall(r"://[^/@]*:([^/@]+)@", value):
                assert password == "FROM_ENV", f"{name}: {variable}"


def test_only_this_machine_reaches_its_ports(composed):
    for service in composed["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "ports" not in composed["services"]["postgres"]
    assert "ports" not in composed["services"]["redis"]


def test_the_sites_own_containers_may_do_little(composed):
    for name in OURS:
        service = composed["services"][name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
    assert re.search(r"^USER (?!root)", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)


def test_the_example_names_every_value_that_must_be_filled_in():
    example = (BASE_DIR / ".env.example").read_text()
    names = re.findall(r"^#?(\w+)=", example, re.MULTILINE)

    assert set(REQUIRED.findall(FILE.read_text())) <= set(names)
    assert set(re.findall(r"\$\{(\w+):", FILE.read_text())) - {"MAILPIT_PORT"} <= set(names)


def compose_answers() -> bool:
    if not shutil.which("docker"):
        return False
    command = ["docker", "compose", "version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not compose_answers(), reason="`docker compose version` does not answer")
def test_compose_itself_reads_it(tmp_path):
    filled_in = tmp_path / "env"
    names = REQUIRED.findall(FILE.read_text())
    filled_in.write_text("".join(f"{name}=http://localhost\n" for name in set(names)))
    command = ["docker", "compose", "--env-file", str(filled_in), "config", "--quiet"]

    read = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)

    assert read.returncode == 0, read.stderr
