"""A network between client and server that fails: a proxy, with a fate for each connection.

A connection that fails does so in one of five ways: refused at once, reset after some bytes, cut
short, or answered by the proxy itself with 502 or 503. Each link (a port of its own, as each person
has one) draws its fates from the seed, so that what one client meets does not depend on how fast
the others are. It runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import subprocess
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_RESET_AT_CLOSE: Final = struct.pack("ii", 1, 0)
_AT_ONCE: Final = 65536
_PATIENCE: Final = 5.0
"""Seconds for a client to notice that nothing more comes."""
_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\n"
_RETRY_AFTER: Final = b"Retry-After: 1\r\n"
_BAD_GATEWAY: Final = b"HTTP/1.1 502 Bad Gateway\r\n"
_NOTHING_MORE: Final = b"Content-Length: 0\r\nConnection: close\r\n\r\n"

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Server: TypeAlias = Callable[[], Awaitable[Streams]]
"""How the proxy reaches the server, once for each connection."""


class Fate(Enum):
    """What becomes of a connection."""

    PASS = auto()
    DELAY = auto()
    """It goes through, later. That is no failure."""
    REFUSE = auto()
    """Reset before anything went over it."""
    RESET = auto()
    """Reset after so many bytes of what is asked or of what is answered."""
    TRUNCATE = auto()
    """Ended after so many bytes, as if there were no more."""
    BUSY = auto()
    """503, every second time with Retry-After; http only."""
    BAD_GATEWAY = auto()
    """502; http only."""


FAILURES: Final = frozenset(Fate) - {Fate.PASS, Fate.DELAY}
OVER_HTTP: Final = tuple(fate for fate in Fate if fate in FAILURES)
OVER_SSH: Final = (Fate.REFUSE, Fate.RESET, Fate.TRUNCATE)


@dataclass(frozen=True)
class Weather:
    """The share of connections by their fate; the rest passes.

    A delayed one waits up to `longest_delay` seconds. Of one that is cut some bytes go over, at
    least and at most so many; `cuts` is "requests", "answers", or empty for either. `latency` are
    the seconds that each byte of every connection takes, in each direction.
    """

    shares: Mapping[Fate, float] = field(default_factory=dict)
    longest_delay: float = 0.2
    bytes_let_through: tuple[int, int] = (0, 900)
    cuts: str = ""
    latency: float = 0.0


def failing(
    share: float, ways: Sequence[Fate] = OVER_HTTP, bytes_let_through: tuple[int, int] = (0, 900)
) -> Weather:
    """Return the weather in which this share of all connections fails, in each way as often.

    One in ten is delayed besides.
    """
    shares = {**dict.fromkeys(ways, share / len(ways)), Fate.DELAY: 0.1}
    return Weather(shares, bytes_let_through=bytes_let_through)


@dataclass(frozen=True)
class _Cut:
    """Where a connection is cut: after so many bytes of the request, or of the answer."""

    of_request: bool
    after: int


class Link:
    """One port of the proxy. `met` counts what its connections have met up to now."""

    def __init__(self, weather: Weather, seed: str) -> None:
        self.weather = weather
        self.met: Counter[Fate] = Counter()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._fates = Random(seed)  # noqa: S311 - no secret
        self._details = Random(seed)  # noqa: S311 - no secret

    @property
    def port(self) -> int:
        """Where clients connect to."""
        port: int = self.listener.getsockname()[1]
        return port

    def draw(self) -> Fate:
        """Return the fate of the next connection."""
        left = self._fates.random()
        for fate, share in self.weather.shares.items():
            left -= share
            if left < 0:
                return fate
        return Fate.PASS

    def cut(self) -> _Cut:
        """Return where a connection is cut."""
        of_request = self._details.random() < 0.5
        after = self._details.randint(*self.weather.bytes_let_through)
        return _Cut(
            self.weather.cuts == "requests" or (of_request and not self.weather.cuts), after
        )

    def delay(self) -> float:
        """Return for how many seconds a connection is delayed."""
        return self._details.uniform(0, self.weather.longest_delay)


class FaultyNetwork:
    """The links to one server."""

    def __init__(self, server: Server, links: Sequence[Link]) -> None:
        self.links = links
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        # The loop holds tasks weakly, and streams hold each other.
        self._connections: set[asyncio.Task[None] | None] = set()

    @property
    def met(self) -> Counter[Fate]:
        """What all connections have met up to now."""
        return sum((link.met for link in self.links), Counter[Fate]())

    @property
    def failed(self) -> int:
        """The number of connections that have failed."""
        return sum(count for fate, count in self.met.items() if fate in FAILURES)

    def clear_up(self) -> None:
        """Let all connections pass from now on."""
        for link in self.links:
            link.weather = Weather()

    def run(self) -> None:
        """Serve until the end is told; the body of the thread."""
        self._loop.run_until_complete(self._run())
        self._loop.close()

    def end(self) -> None:
        """Tell the thread to end."""
        self._loop.call_soon_threadsafe(self._end.set)

    async def _run(self) -> None:
        servers = [await self._listen(link) for link in self.links]
        await self._end.wait()
        for server in servers:
            server.close()
        under_way = [connection for connection in self._connections if connection is not None]
        for connection in under_way:
            connection.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _listen(self, link: Link) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = asyncio.current_task()
            self._connections.add(connection)
            try:
                # The client is gone, or the network ends.
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await self._serve(link, (reader, writer))
            finally:
                await _close(writer)
                self._connections.discard(connection)

        return await asyncio.start_server(serve, sock=link.listener)

    async def _serve(self, link: Link, client: Streams) -> None:
        fate = link.draw()
        if fate is Fate.REFUSE:
            _reset(client[1])
        elif fate in {Fate.BUSY, Fate.BAD_GATEWAY}:
            hint = _RETRY_AFTER if link.met[Fate.BUSY] % 2 else b""
            await _answer(client, _BUSY + hint if fate is Fate.BUSY else _BAD_GATEWAY)
        else:
            if fate is Fate.DELAY:
                await asyncio.sleep(link.delay())
            cut = link.cut() if fate in FAILURES else None
            was_cut = await self._connect(client, cut, link.weather.latency)
            if was_cut and fate is Fate.RESET:
                _reset(client[1])
            elif was_cut:
                await _end_cleanly(client)
            elif cut is not None:
                fate = Fate.PASS  # it was over before
        link.met[fate] += 1

    async def _connect(self, client: Streams, cut: _Cut | None, latency: float) -> bool:
        """Let client and server talk; return whether they were cut off."""
        if latency:
            await asyncio.sleep(2 * latency)  # the handshake, which the kernel has done already
        server = await self._server()
        asked = answered = None
        if cut is not None:
            asked, answered = (cut.after, None) if cut.of_request else (None, cut.after)
        directions = [
            asyncio.create_task(_carry(client[0], server[1], asked, latency)),
            asyncio.create_task(_carry(server[0], client[1], answered, latency)),
        ]
        try:
            return await _first_cut(directions)
        finally:
            await _close(server[1])


async def _first_cut(directions: Sequence[asyncio.Task[bool]]) -> bool:
    """Wait until one direction is cut, or both are over."""
    left = set(directions)
    try:
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            if any(one.exception() is not None or one.result() for one in done):
                return all(one.exception() is None for one in done)
    finally:
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)
    return False


async def _carry(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: int | None, latency: float
) -> bool:
    """Carry bytes until there are no more, or more than `most` (None: any): then return true."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def take() -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(_AT_ONCE):
                under_way.put_nowait((loop.time() + latency, chunk))
        under_way.put_nowait((loop.time() + latency, b""))

    taking = asyncio.create_task(take())
    try:
        while True:
            due, chunk = await under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not chunk:
                sink.write_eof()
                return False
            sink.write(chunk if most is None else chunk[:most])
            await sink.drain()
            if most is not None and (most := most - len(chunk)) < 0:
                return True
    except OSError:
        return False  # the other side is gone
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


async def _answer(client: Streams, head: bytes) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError):
        await client[0].readuntil(b"\r\n\r\n")
        client[1].write(head + _NOTHING_MORE)
        await _end_cleanly(client)


async def _end_cleanly(client: Streams) -> None:
    """Say that nothing more comes, and drop what the client says until it has noticed."""
    client[1].write_eof()
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(client[0].read(-1), _PATIENCE)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()


def listening_at(port: int) -> Server:
    """Return how a server is reached that listens on this machine."""
    return lambda: asyncio.open_connection("127.0.0.1", port)


def started_by(command: Sequence[str]) -> Server:
    """Return how a server is reached that is started for each connection (`sshd -i`)."""

    def start() -> socket.socket:
        ours, its = socket.socketpair()
        with its:
            end = its.fileno()
            process = subprocess.Popen(command, stdin=end, stdout=end, stderr=subprocess.DEVNULL)
        threading.Thread(target=process.wait).start()
        return ours

    return lambda: asyncio.open_connection(sock=start())


@contextlib.contextmanager
def faulty_network(
    server: Server, weather: Weather, *, seed: int = 0, links: int = 1
) -> Iterator[FaultyNetwork]:
    """Stand between a server and its clients; each of the `links` draws its own fates."""
    network = FaultyNetwork(server, [Link(weather, f"{seed}-{n}") for n in range(links)])
    thread = threading.Thread(target=network.run)
    thread.start()
    try:
        yield network
    finally:
        network.end()
        thread.join()
