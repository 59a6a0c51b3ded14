"""The alternative that posting is held against: the same aiohttp server reading the body and answering, no work."""

import asyncio
import gc
import sys

import uvloop
from aiohttp import web

_ANSWER = b'{"accepted":1,"refused":0,"retry":0,"results":[{"index":0,"id":"c0ffee-1","status":"accepted"}]}'


async def post(request: web.Request) -> web.Response:
    """Read the body, say yes."""
    await request.read()
    return web.Response(body=_ANSWER, status=202, content_type="application/json")


async def main(port: int) -> None:
    """Serve until killed."""
    app = web.Application(client_max_size=8 << 20)
    app.router.add_post("/v1/events", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    gc.freeze()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
