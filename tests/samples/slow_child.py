"""A program for tests: says that it is there, then holds on, in compiled code that no thread can interrupt if asked to."""

import ctypes
import sys
import time

if __name__ == "__main__":
    sys.stdout.write("started\n")
    sys.stdout.flush()
    if sys.argv[1] == "locked":
        ctypes.PyDLL(None).sleep(60)  # PyDLL keeps the interpreter's lock
    time.sleep(60)
