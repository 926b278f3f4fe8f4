"""A Chromium for the browser tests. `python -m tests.browser.chromium` installs one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def system_chromium() -> str | None:
    """The path of the system's Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def has_playwrights_own() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def install() -> None:
    """Debian's package as root, Playwright's own build elsewhere; the reason why when neither can be had."""
    if system_chromium() or has_playwrights_own():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    else:
        commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    for command in commands:
        print("Installing Chromium for the browser tests:", " ".join(command))
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            sys.exit(
                f"No Chromium for the browser tests, and it could not be installed:\n{done.stdout}{done.stderr}\n"
                "Install chromium with your system's package manager, then run `make test` again."
            )


if __name__ == "__main__":
    install()
