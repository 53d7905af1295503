#!/usr/bin/env python3
"""An HTTP proxy on 127.0.0.1 that makes a network of it: a delay each way, and a rate that all connections share. Standard library only.

  python3 shaped_proxy.py --delay 0.025 --rate 20000000      prints its address; HTTP_PROXY=ADDRESS any client. GET requests only.
"""
import argparse, asyncio, time
from urllib.parse import urlsplit

PIECE = 16384


class Link:
    """Bytes leave one after the other at the link's rate."""

    def __init__(self, rate):
        self.rate, self.free = rate, time.monotonic()

    async def send(self, count):
        now = time.monotonic()
        self.free = max(self.free, now) + count / self.rate
        await asyncio.sleep(self.free - now)


async def answer(reader, writer, link, delay):
    """Passes what a server sends: each piece takes its turn on the link, and arrives a delay later."""
    queue = asyncio.Queue(maxsize=256)

    async def arrive():
        while (entry := await queue.get()) is not None:
            due, data = entry
            await asyncio.sleep(due - time.monotonic())
            writer.write(data)
            await writer.drain()

    arriving = asyncio.create_task(arrive())
    try:
        while data := await reader.read(PIECE):
            await link.send(len(data))
            await queue.put((time.monotonic() + delay, data))
    finally:
        await queue.put(None)
        await arriving


async def serve(reader, writer, link, delay):
    await asyncio.sleep(2 * delay)  # a connection costs a way there and back
    target, upstream, passing = None, None, None
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(delay)
            method, address, rest = head.split(b" ", 2)
            url = urlsplit(address.decode())
            if (url.hostname, url.port) != target:
                if upstream:
                    upstream.close()
                target = (url.hostname, url.port)
                down, upstream = await asyncio.open_connection(*target)
                passing = asyncio.create_task(answer(down, writer, link, delay))
            upstream.write(method + b" " + (url.path + ("?" + url.query if url.query else "")).encode() + b" " + rest)
            await upstream.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        if upstream:
            upstream.close()
        if passing:
            passing.cancel()
        writer.close()


async def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--delay", type=float, default=0.025, help="seconds each way")
    p.add_argument("--rate", type=float, default=20e6, help="bytes a second")
    a = p.parse_args()
    link = Link(a.rate)
    server = await asyncio.start_server(lambda r, w: serve(r, w, link, a.delay), "127.0.0.1", 0)
    print("http://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
