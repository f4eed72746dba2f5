"""Moto's server, answering one request at a time: ``moto_in_turn.py PORT``.

Its own command looks and writes without a lock, so of writers that come at once several are told that they created one
key: then it is a store that lies, which the probe refuses.
"""

import sys
from threading import Lock

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


def in_turn(app):
    lock = Lock()

    def answer(environ, start):
        with lock:
            return list(app(environ, start))

    return answer


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), in_turn(DomainDispatcherApplication(create_backend_app)), threaded=True)
