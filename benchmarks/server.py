"""The app as its users get it: a process of its own, on a free port of this machine."""

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
START_SECONDS = 60


@dataclass(frozen=True)
class App:
    """A server that answers."""

    port: int
    started: float  # time.perf_counter() just before the process was started
    process: psutil.Process

    def url(self, slug: str, query: str = "") -> str:
        """The address of a page; the home page has no slug."""
        return f"http://{HOST}:{self.port}/{slug}{'?' + query if query else ''}"

    def cpu_seconds(self) -> float:
        """Processor time of all threads since the start."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def script_cpu_seconds(self) -> float:
        """The same without the main thread, which only sends and receives: scripts run on threads of their own."""
        main = next(thread for thread in self.process.threads() if thread.id == self.process.pid)
        return self.cpu_seconds() - float(main.user_time + main.system_time)

    def megabytes(self, field: str) -> float:
        """A size of the process as /proc tells it: RssAnon or VmRSS, in 10⁶ bytes."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        kibibytes = next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
        return kibibytes * 1024 / 1e6


@contextmanager
def running() -> Iterator[App]:
    """Starts the app, waits until it answers, and stops it in the end."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.port", str(port), "--server.address", HOST]
    with tempfile.TemporaryFile("w+") as log:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() > started + START_SECONDS:
                    log.seek(0)
                    raise RuntimeError(f"The app did not start:\n{log.read()}")
                time.sleep(0.02)
            yield App(port, started, psutil.Process(process.pid))
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
