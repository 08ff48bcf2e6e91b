"""The entry of the command `w2s`, outside the package: a Ctrl-C while that is imported is heard."""

import os
import signal
import sys

_STOPPED = 130


def main() -> int:
    """Import and run the command; at Ctrl-C before it has begun leave in silence.

    Example:
        >>> sys.argv = ["w2s", "--version"]
        >>> main()
        Traceback (most recent call last):
            ...
        SystemExit: 0
    """
    heard = signal.getsignal(signal.SIGINT)
    if heard == signal.default_int_handler:  # a shell's background ignores it
        signal.signal(signal.SIGINT, lambda *_: os._exit(_STOPPED))
    from w2s_jax.audit.command import main as run

    try:
        signal.signal(signal.SIGINT, heard)
        return run()
    except KeyboardInterrupt:  # before `run` hears it
        return _STOPPED


if __name__ == "__main__":
    sys.exit(main())
