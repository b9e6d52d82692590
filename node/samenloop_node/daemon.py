"""`samenloop-node run`: the daemon. Serves the socket, finishes what was begun, repeats its jobs, stops gracefully."""

import asyncio
import signal

from samenloop.audit.fields import Event
from samenloop_node import periodic, socket_server
from samenloop_node.app import App, one_daemon
from samenloop_node.config import NodeConfig


async def run(config: NodeConfig, *, demo: bool = False, evaluation: bool = False) -> None:
    """Run until SIGTERM or SIGINT; raises SamenloopError when the node cannot start."""
    with one_daemon(config.state):
        app = App.open(config, demo=demo, evaluation=evaluation)
        try:
            await _serve(app)
        finally:
            await app.ownlog.write(Event.STOP, {})
            app.ownlog.integrate()
            await app.close()
            config.socket.unlink(missing_ok=True)


async def _serve(app: App) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await app.ownlog.write(Event.START, {})
    for job in periodic.jobs(app):
        app.background.repeat(job)
    listening = await socket_server.serve(app, app.config.socket)
    app.log.info("started", participant=app.config.participant)
    await stop.wait()
    app.log.info("stopping")
    listening.close()
    await app.background.stop()
    await listening.finish()
