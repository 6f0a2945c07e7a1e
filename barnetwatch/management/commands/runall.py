"""The site, the worker and the scheduler on one machine: started together, ended together."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management.base import BaseCommand

from barnetwatch.celery import app

GRACE_SECONDS = 10
CELERY = ["celery", "--app", "barnetwatch", "--quiet"]


def programs() -> dict[str, list[str]]:
    """Two web processes of four threads: SQLite takes one write at a time anyway."""
    return {
        "web": [
            *("gunicorn", "barnetwatch.wsgi", "--bind", f"127.0.0.1:{settings.PORT}"),
            *("--workers", "2", "--threads", "4", "--graceful-timeout", "5"),
            *("--log-level", "warning", "--no-control-socket"),
        ],
        "worker": [
            *(*CELERY, "worker", "--concurrency", "2", "--loglevel", "WARNING"),
            # Workers that talk to each other; here there is one.
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        "beat": [*CELERY, "beat", "--loglevel", "WARNING"],
    }


class Command(BaseCommand):
    help = "Run the site, the worker and the scheduler until Ctrl-C."
    requires_system_checks: list[str] = []  # Each of the three makes its own.

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = threading.Event()
        self.children: dict[str, subprocess.Popen[str]] = {}
        with self.claim_var_dir():
            self.refuse_taken_port()
            empty_message_folder()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: self.stopping.set())
            try:
                for name, arguments in programs().items():
                    self.start(name, arguments)
                dead = self.watch()
            finally:
                self.end_all()
        if dead:
            code = self.children[dead].returncode
            self.fail(f"The {dead} process stopped by itself (exit code {code}).")

    def fail(self, sentence: str) -> None:
        self.stderr.write(self.style.ERROR(sentence))
        sys.exit(1)

    def claim_var_dir(self) -> IO[str]:
        """Two schedulers on one record would ask for everything twice."""
        lock = (settings.VAR_DIR / "runall.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.fail(f"BarnetWatch is already running on {settings.VAR_DIR}. Stop that first.")
        return lock

    def refuse_taken_port(self) -> None:
        port = settings.PORT
        with socket.socket() as probe:
            # As gunicorn does, or a run that ended a moment ago would still count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                self.fail(
                    f"Port {port} cannot be used ({error.strerror}). Stop the program that"
                    f" has it, or choose another port: PORT={port % 65535 + 1} make run"
                )

    def start(self, name: str, arguments: list[str]) -> None:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            # A group of its own: Ctrl-C reaches this process alone, which ends the rest.
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self.children[name] = child
        threading.Thread(target=self.repeat, args=(name, child), daemon=True).start()

    def repeat(self, name: str, child: "subprocess.Popen[str]") -> None:
        for line in filter(str.strip, child.stdout or ()):
            self.stdout.write(f"{name:<6} | {line.rstrip()}")
            self.stdout.flush()

    def watch(self) -> str | None:
        """Until told to stop, or until a child dies: then its name."""
        answered = False
        while not self.stopping.wait(0.2):
            for name, child in self.children.items():
                if child.poll() is not None:
                    return name
            if not answered and alive():
                answered = True
                self.say_where()
        return None

    def say_where(self) -> None:
        sign_in = settings.VAR_DIR / "sign-in.txt"
        if settings.EMBEDDED and sign_in.exists():
            how = sign_in.read_text().strip()
        else:
            how = "To sign in, make an account first: .venv/bin/python manage.py createsuperuser"
        self.stdout.write(f"\nBarnetWatch is at {settings.SITE_URL}/\n{how}\nCtrl-C ends it.\n")
        self.stdout.flush()

    def end_all(self) -> None:
        self.stdout.write("\nEnding...")
        for child in self.children.values():
            # The leader alone: each ends its own processes, after their work in hand.
            child.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self.children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0, deadline - time.monotonic()))
            # Whatever is left of the group: one that would not end, or lost its leader.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def empty_message_folder() -> None:
    """Old messages ask for sweeps of the past. The queue's own entry is written before
    the worker and beat start: both would write it, and one could read it half-written."""
    if settings.ENV.redis_url:
        return
    shutil.rmtree(settings.VAR_DIR / "celery", ignore_errors=True)
    with app.connection_for_write() as connection:
        for queue in app.amqp.queues.values():
            queue(connection.default_channel).declare()


def alive() -> bool:
    """Asked by the site's own name, which is the one that it answers to."""
    request = Request(f"http://127.0.0.1:{settings.PORT}/livez")
    request.add_header("Host", urlsplit(settings.SITE_URL).netloc)
    try:
        with urlopen(request, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
