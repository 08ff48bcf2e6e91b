"""Run in a kernel of the build before its first cell: at the end, write what the chapter took."""


def watch() -> None:
    """Count programs and note files of the checkout until the kernel ends."""
    import atexit
    import json
    import os
    import sys
    import time
    from collections import Counter
    from pathlib import Path

    from jax import monitoring

    root = os.environ["W2S_ROOT"] + os.sep
    counts, used = Counter(), set()

    def note(event, arguments):
        if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], str | Path):
            used.add(os.path.abspath(arguments[0]))

    def compiled(event, duration_secs, **unused):
        if event == "/jax/core/compile/backend_compile_duration":
            counts["programs"] += 1
            counts["compile_seconds"] += duration_secs

    def found(event, **unused):
        counts["found"] += event == "/jax/compilation_cache/cache_hits"

    def write():
        # Of a module that was compiled before only the compiled file is opened.
        loaded = (getattr(module, "__file__", None) for module in sys.modules.values())
        used.update(os.path.abspath(path) for path in loaded if isinstance(path, str))
        ours = (path.removeprefix(root) for path in used if path.startswith(root))
        used_here = sorted(path for path in ours if path.startswith(("src", "results")))
        spent = dict(counts) | {"cpu_seconds": round(time.process_time(), 2), "used": used_here}
        with open(os.environ["W2S_SPENT"], "w", encoding="utf8") as stream:
            json.dump(spent, stream)

    sys.addaudithook(note)
    monitoring.register_event_duration_secs_listener(compiled)
    monitoring.register_event_listener(found)
    atexit.register(write)


watch()
del watch
