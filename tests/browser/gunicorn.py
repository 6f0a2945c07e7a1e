"""The site as it is served in earnest: by gunicorn, its files collected, hashed and compressed."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

from barnetwatch.env import BASE_DIR
from tests.servers import free_port
from tests.workers.processes import wait_until


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of manage.py: what it printed, which is shown nowhere."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, check=True, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[str]:
    """The address of the site on the record that the environment names."""
    port = free_port()
    environment = environment | {
        "DJANGO_SETTINGS_MODULE": "tests.browser.served",
        "PORT": str(port),
    }
    manage(environment, "collectstatic", "--noinput")
    options = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
    with tempfile.TemporaryFile() as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "barnetwatch.wsgi", *options],
            cwd=BASE_DIR,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        site = f"http://localhost:{port}"
        try:
            wait_until(lambda: _answers(f"{site}/livez"), "the site answers")
            yield site
        finally:
            program.terminate()
            program.wait(timeout=30)


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):
            return True
    except OSError:
        return False
