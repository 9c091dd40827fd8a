"""What may a process do that handles other people's files? Read, and write into one folder; it reaches no network.

Linux keeps this: Landlock forbids to change files elsewhere, to use TCP and to signal other processes, and an empty network of
its own (a namespace) leaves no other way out either. Both hold for all that the process starts, and neither can be undone (but
root could join another network). What a kernel or a container does not allow is left out without a word, as are other
systems: limits on time and memory hold anyway.

As a script (`python confinement.py FOLDER SCRIPT [...]`) it runs another one so; it imports nothing of ours, to start at once.
"""

import contextlib
import ctypes
import os
import runpy
import struct
import sys
from pathlib import Path

__all__ = ["confine"]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # system calls of Landlock, the same on all processors
_VERSION, _BENEATH = 1, 1  # <linux/landlock.h>: LANDLOCK_CREATE_RULESET_VERSION, LANDLOCK_RULE_PATH_BENEATH
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_CHANGES = _WRITE_FILE | sum(
    1 << bit for bit in range(4, 13)
)  # to write, to remove and to make whatever is in a folder
_SINCE = ((2, 1 << 13), (3, _TRUNCATE))  # the version that brought a right: to link elsewhere, to truncate
_TCP, _SCOPED = 0b11, 0b11  # to bind and connect (version 4); abstract sockets and signals (version 6)
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # <linux/sched.h>
_NO_NEW_PRIVILEGES, _CAPABILITIES_3 = 38, 0x20080522  # <linux/prctl.h>, <linux/capability.h>


def confine(folder: str) -> list[str]:
    """Confine this process, which must have one thread only, for ever; a folder without a name is none.

    Returns
    -------
    list of str
        What holds now: "files", "network", both or neither.
    """
    if sys.platform != "linux":
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    holds = ["network"] if _leave_network(libc) else []  # first: it has to write where Landlock forbids it
    return (["files"] if _keep_files(libc, folder) else []) + holds


def _leave_network(libc: ctypes.CDLL) -> bool:
    """Move to a network without any way out; a user who may not gets one as the root of a namespace, and is none after that."""
    if libc.unshare(_NEW_NETWORK) == 0:
        return True
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_USER | _NEW_NETWORK):
        return False
    for name, content in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with contextlib.suppress(OSError):  # it only has another number then
            Path(f"/proc/self/{name}").write_text(content, encoding="ascii")
    libc.capset(struct.pack("Ii", _CAPABILITIES_3, 0), bytes(24))
    return True


def _keep_files(libc: ctypes.CDLL, folder: str) -> bool:
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return False
    changes = _CHANGES | sum(right for since, right in _SINCE if version >= since)
    ruled = struct.pack("QQQ", changes, _TCP * (version >= 4), _SCOPED * (version >= 6))
    ruled = ruled[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = libc.syscall(_CREATE_RULESET, ruled, ctypes.c_size_t(len(ruled)), 0)
    if rules < 0:
        return False
    try:
        for place, rights in ((folder, changes), (os.devnull, (_WRITE_FILE | _TRUNCATE) & changes)):
            if place and not _allow(libc, rules, place, rights):
                return False
        return libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, place: str, rights: int) -> bool:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return libc.syscall(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", rights, handle), 0) == 0
    finally:
        os.close(handle)


if __name__ == "__main__":
    confine(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
