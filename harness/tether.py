"""Run a program that dies with its starter: `python tether.py STARTER_PID PROGRAM ARGUMENTS...`.

The kernel's parent death signal works even when the starter is killed. It is set here, in a process of its
own, because code between fork and exec is not safe in a starter that has threads. Linux sends the signal when
the starting *thread* ends: start from one that lives as long as the program should.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    starter = int(sys.argv[1])
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit(f"cannot set the parent death signal: {os.strerror(ctypes.get_errno())}")
    # The starter may have gone before the signal was set.
    if os.getppid() != starter:
        sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])
