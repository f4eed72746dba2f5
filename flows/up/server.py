"""A whole Prefect server, with its pages and services, on a socket that is handed down: ``flows.up.server FD``.

Its parent holds the socket, so that a server that is started again has the same address, and whoever asks in between
waits instead of being refused.
"""

import socket
import sys


def main(descriptor: int) -> None:
    """Serve until SIGTERM."""
    import uvicorn
    from prefect.server.api.server import create_app
    from sqlalchemy import Engine, event

    from flows.server_child import begin_immediate

    event.listen(Engine, "before_cursor_execute", begin_immediate, retval=True)
    config = uvicorn.Config(create_app(final=True), lifespan="on", log_level="warning", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
