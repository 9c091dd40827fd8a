"""What draws in a process of its own? Takes Vega-Lite texts, gives SVG texts, until nobody asks any more.

Run as a file: it imports nothing of ours, so that it starts at once. The library may end the process (a sign that XML
lacks, too little address space), run for ever or take all memory: limits see to the last two, and the parent notices. It
is run by `lab.host.confinement`, so that it can write no file and reaches no network.
"""

import contextlib
import signal
import sys
from multiprocessing.connection import Connection

SECONDS, MEMORY_BYTES = 60, 2 << 30  # for one picture; a slow one takes a second


def main(descriptor: int) -> None:
    """Answer each text by `+` and the drawing, or by `-` and the reason why there is none."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # not the address space: the library reserves 100 GB of it and uses little
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    import vl_convert

    channel = Connection(descriptor)
    while True:
        try:
            text = channel.recv_bytes().decode()
        except (EOFError, OSError):
            return
        signal.alarm(SECONDS)  # its default action ends the process, whatever that is doing
        try:
            answer = b"+" + vl_convert.vegalite_to_svg(text, allowed_base_urls=[]).encode()
        except BaseException as error:  # noqa: BLE001 - a panic of the library is none of Python's exceptions
            answer = b"-" + " ".join(str(error).split())[:200].encode("utf-8", "backslashreplace")
        signal.alarm(0)
        channel.send_bytes(answer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
