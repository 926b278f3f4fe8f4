"""Users without a browser: they speak Streamlit's websocket protocol with the app on this machine.

The messages are Streamlit's own and private: they fit the pinned version of it. Such a client costs so little that
fifty of them and the server share a machine; it draws nothing, so no time of a browser is in its numbers.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from benchmarks.prompts import fresh_prompt
from benchmarks.server import HOST, App

PAGE = "next_token"
PAUSE = 5.0  # seconds from one action of a user to the next
ARRIVAL = 0.3  # seconds from one user who opens the page to the next
PATIENCE = 30.0  # seconds after which an answer is missing


class WrongAnswerError(Exception):
    """The app answered with an error, or without a figure."""


class Session:
    """One user of the Next token page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._page_hash = ""

    async def show(self, prompt: str, *, log: bool) -> float:
        """Goes to the address that shows this; seconds until the run has finished.

        Raises:
            WrongAnswerError: there is no figure in the end, or an error.
            TimeoutError: there is no end.
        """
        query = {"prompt": prompt} | ({f"{PAGE}_axis": "log"} if log else {})
        message = BackMsg()
        message.rerun_script.query_string = urlencode(query)
        # A browser names the page at first, and from then on gives the hash that it was told.
        message.rerun_script.page_name = "" if self._page_hash else PAGE
        message.rerun_script.page_script_hash = self._page_hash
        sent = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE):
            await self._finish()
        return time.perf_counter() - sent

    async def _finish(self) -> None:
        figures = 0
        while True:
            message = ForwardMsg.FromString(await self._socket.recv(decode=False))
            kind = message.WhichOneof("type")
            if kind == "navigation":
                self._page_hash = message.navigation.page_script_hash
            elif kind == "page_not_found":
                raise WrongAnswerError("page not found")
            elif kind == "delta":
                element = message.delta.new_element
                figures += element.WhichOneof("type") == "plotly_chart"
                if element.WhichOneof("type") == "exception":
                    raise WrongAnswerError(element.exception.type)
                if 'class="explorer-notice"' in element.html.body:
                    raise WrongAnswerError(element.html.body)
            elif kind == "script_finished":
                if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY or not figures:
                    raise WrongAnswerError("the run ended without a figure")
                return


@asynccontextmanager
async def opened(app: App) -> AsyncIterator[Session]:
    """A new user."""
    address = f"ws://{HOST}:{app.port}/_stcore/stream"
    async with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, proxy=None) as socket:
        yield Session(socket)


@dataclass
class Answers:
    """What a crowd saw: seconds of each answer by kind of action, and what went wrong."""

    prompts: list[float] = field(default_factory=list)
    toggles: list[float] = field(default_factory=list)
    planned: int = 0
    causes: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> list[float]:
        """Of all actions."""
        return self.prompts + self.toggles

    @property
    def missing(self) -> int:
        """Actions that were planned and have no good answer."""
        return self.planned - len(self.seconds)


async def crowd(app: App, sessions: int, seconds: float) -> Answers:
    """So many users for so long; each acts every `PAUSE` seconds, and a third of the actions is a new prompt.

    They arrive one after the other, and act when all are there; of the arrivals errors count, but not the time.
    """
    answers = Answers()
    actions = int(seconds / PAUSE)
    begin = time.perf_counter() + sessions * ARRIVAL
    users = (
        _user(app, number, number * ARRIVAL, begin + number * PAUSE / sessions, actions, answers)
        for number in range(sessions)
    )
    await asyncio.gather(*users)
    return answers


async def axis_toggles(app: App, count: int) -> tuple[float, float]:
    """Milliseconds of processor time of a rerun in which nothing but the axis changes: of the script, and in all."""
    async with opened(app) as session:
        prompt = fresh_prompt(0)
        for turn in range(10):
            await session.show(prompt, log=turn % 2 == 1)
        script, whole = app.script_cpu_seconds(), app.cpu_seconds()
        for turn in range(count):
            await session.show(prompt, log=turn % 2 == 1)
        script, whole = app.script_cpu_seconds() - script, app.cpu_seconds() - whole
        return script / count * 1000, whole / count * 1000


async def _user(app: App, number: int, wait: float, begin: float, actions: int, answers: Answers) -> None:
    """Arrives, acts, and leaves; after an error it can't go on, and its other actions count as missing."""
    answers.planned += actions
    await asyncio.sleep(wait)
    try:
        async with opened(app) as session:
            prompt, log = fresh_prompt(1000 * (number + 1)), False
            await session.show(prompt, log=log)
            for action in range(actions):
                await asyncio.sleep(begin + PAUSE * action - time.perf_counter())
                if (action + number) % 3 == 0:
                    prompt = fresh_prompt(1000 * (number + 1) + action + 1)
                    answers.prompts.append(await session.show(prompt, log=log))
                else:
                    log = not log
                    answers.toggles.append(await session.show(prompt, log=log))
    except (WrongAnswerError, TimeoutError, OSError, WebSocketException) as error:
        answers.causes[f"{type(error).__name__}: {error}"] += 1
