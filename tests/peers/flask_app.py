"""Flask under Werkzeug's server, a WebSocket route by flask-sock: `python -m tests.peers.flask_app PORT`."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask
from flask_sock import Sock

from tests.peers.process import HOST

app = Flask(__name__)
sock = Sock(app)


@app.route("/page")
def page() -> str:
    return "hello"


def echo(websocket: Any) -> None:
    try:
        while True:
            websocket.send(websocket.receive())
    finally:
        # The library tells its handler of a Close before it answers it: Werkzeug's own answer could overtake that one.
        websocket.thread.join()


sock.route("/ws")(echo)

if __name__ == "__main__":
    app.run(HOST, int(sys.argv[1]), threaded=True)
