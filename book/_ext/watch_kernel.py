"""Run in a kernel of the build before its first cell: at the end, write what the chapter took."""


def watch() -> None:
    """Count programs and note modules and files of the checkout until the kernel ends."""
    import atexit
    import json
    import os
    import sys
    import time
    from collections import Counter

    from jax import monitoring

    root = os.environ["W2S_ROOT"] + os.sep
    counts, files = Counter(), set()

    def note(event, arguments):
        if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(root):
            files.add(arguments[0].removeprefix(root))

    def compiled(event, duration_secs, **unused):
        if event == "/jax/core/compile/backend_compile_duration":
            counts["programs"] += 1
            counts["compile_seconds"] += duration_secs

    def found(event, **unused):
        counts["found"] += event == "/jax/compilation_cache/cache_hits"

    def write():
        modules = [name for name in sys.modules if name.split(".")[0] == "w2s_jax"]
        spent = dict(counts) | {"cpu_seconds": round(time.process_time(), 2)}
        spent |= {"modules": sorted(modules), "files": sorted(files)}
        with open(os.environ["W2S_SPENT"], "w", encoding="utf8") as stream:
            json.dump(spent, stream)

    sys.addaudithook(note)
    monitoring.register_event_duration_secs_listener(compiled)
    monitoring.register_event_listener(found)
    atexit.register(write)


watch()
del watch
