"""The far side of the box: a process that has imported the reader, and forks a worker in milliseconds when asked.

Not `multiprocessing`'s fork server: that one runs the caller's main module again in every child, and ours is a crawler.
It ends when the box's end of the socket closes, and its workers with it.
"""

import gc
import os
import resource
import signal
import socket
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

from archive.errors import ArchiveError
from archive.memory_limit import limit_memory
from archive.model import Reading
from archive.plainlog import plain_logs
from archive.reading.job import OUTCOMES, Batch, Job, Limits, Loader

ASK_FORK, ASK_STATUS = b"f", b"s"
PID = 8
NO_ROOM = "memory limit"
NICE = 5  # a crawl beside it goes first
STATM = Path("/proc/self/statm")


def main(control_fd: int, loader: str) -> None:
    """Serve the box until it goes: `f` with a socket forks a worker on it, `s` and a pid waits for one."""
    os.nice(NICE)
    plain_logs()
    read_with = _warm(loader)
    with socket.socket(fileno=control_fd) as control:
        control.sendall(b"!")
        while True:
            message, fds, _, _ = socket.recv_fds(control, 1 + PID, 1)
            if not message:
                return
            if message[:1] == ASK_FORK:
                control.sendall(_fork(control, fds[0], read_with).to_bytes(PID))
            else:
                _, status = os.waitpid(int.from_bytes(message[1:]), 0)
                control.sendall(os.waitstatus_to_exitcode(status).to_bytes(PID, signed=True))


def _warm(loader: str) -> Loader:
    """Import everything a page can need, so that no page pays for it, and take it out of the collector's sight."""
    reader = import_module("archive.reading.article")
    import_module("justext").get_stoplists()
    page = b"<html><body><article><p>" + b"The ferry resumes on Tuesday, they said. " * 20 + b"</p>"
    reader.read_article(page, "https://warm.test/")
    module, _, name = loader.partition(":")
    found: Loader = getattr(import_module(module), name)
    gc.collect()
    gc.freeze()  # pages of the parent stay shared after the fork
    gc.set_threshold(50_000)  # 4 % of reading's CPU went into collections that found nothing
    return found


def _fork(control: socket.socket, fd: int, loader: Loader) -> int:
    pid = os.fork()
    if pid:
        os.close(fd)
        return pid
    control.close()
    status = 1
    try:
        _work(Connection(fd), loader)
        status = 0
    finally:
        os._exit(status)  # never back into the zygote's loop


def _work(box: Connection, loader: Loader) -> None:
    """Read batches until the box closes; say None before retiring for having grown too large."""
    limited, is_fresh = False, True
    while True:
        try:
            batch: Batch = box.recv()
        except EOFError:
            return
        if not limited:
            limit_memory(batch.limits.memory_bytes)
            limited = True
        for number, job in enumerate(batch.jobs, batch.first):
            # SIGPROF is left to its default, which ends the process wherever it is: in C code as well.
            signal.setitimer(signal.ITIMER_PROF, batch.limits.cpu_s)
            reading = read_job(job, loader)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if reading.reason == NO_ROOM and not is_fresh:
                box.send(None)  # what earlier pages left behind may have filled it: a new worker reads this one
                return
            box.send((number, reading))
            is_fresh = False
        if _is_large(batch.limits):
            box.send(None)
            return


def read_job(job: Job, loader: Loader) -> Reading:
    """Return what became of one page; whatever goes wrong costs this page alone."""
    article_module = import_module("archive.reading.article")
    digest: str = import_module("archive.reading.reader").READER
    try:
        page = loader(*(job.original or (job.path, job.offset, job.length)))
        article = article_module.read_article(
            page.body, job.url, fetched_at=job.fetched_at, headers=page.headers, rules=job.rules
        )
    except MemoryError:
        return Reading("unreadable", digest, reason=NO_ROOM)
    except ArchiveError as error:
        return Reading("unreadable", digest, reason=str(error))
    except Exception as error:  # noqa: BLE001 - the edge: a parser's bug on one page must not stop the others
        return Reading("unreadable", digest, reason=f"{type(error).__name__}: {error}"[:300])
    return Reading(OUTCOMES.get(article.page_kind, "ok"), digest, article)


def _is_large(limits: Limits) -> bool:
    if STATM.exists():
        rss = int(STATM.read_text().split()[1]) * resource.getpagesize()
    else:
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return rss > limits.recycle_rss
