"""Workers without systemd: the seed's PID file, made safe by a lock that the worker itself holds.

Nothing is remembered between two calls: each finds out anew what runs, so a call that was broken off anywhere is
simply repeated, or taken back by a stop.
"""

from __future__ import annotations

import os
import secrets
import signal
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

from apps.host.crash import CrashPoint
from apps.host.errors import HostError, Refused, Unavailable
from apps.host.memory import memory_of
from apps.host.supervisor import Status, Worker, find, listening, lock, logs, ports, ready, record, watch
from apps.host.supervisor.ask import Answer, ask
from apps.host.supervisor.ending import end, sweep
from apps.host.supervisor.launch import launch
from apps.host.supervisor.processes import Process, signal_process, since
from apps.host.supervisor.ready import (
    PATIENCE,
    answer_after,
    answer_of,
    reload_at,
    start_at,
    wait_until_grown,
    wait_until_taken,
    wanted_config,
    why_not,
)

WITHOUT_PHP_ENDS = 1.0
"""Seconds for a server whose PHP has gone: who waits for that waits in vain, and for as long as he is let."""
LOCKED = CrashPoint("supervisor.locked")
LAUNCHED = CrashPoint("supervisor.launched")
FOUND = CrashPoint("supervisor.found")
RECORDED = CrashPoint("supervisor.recorded")
ANSWERED = CrashPoint("supervisor.answered")
SIGNALLED = CrashPoint("supervisor.reload-signalled")
EMPTIED = CrashPoint("supervisor.emptied")
SHUT = CrashPoint("supervisor.shut")
ENDED = CrashPoint("supervisor.ended")
SWEPT = CrashPoint("supervisor.swept")


class PidFileSupervisor:
    """Each worker is nobody's child: it survives whoever started it."""

    def start(self, worker: Worker) -> None:
        """Worker Start 1 to 4. One that runs and answers is left alone; one that does not answer is replaced."""
        with lock.turn(worker.lock_file):
            self._start(worker)

    def drain(self, worker: Worker) -> None:
        """Shut its port by a reload, which loses no request, and wait for the end of that: for its grace at most."""
        with lock.turn(worker.lock_file):
            self._drain(worker)

    def stop(self, worker: Worker) -> None:
        """Worker Stop 1 to 6. Returns as soon as all of it is gone; where nothing runs, it only tidies up."""
        with lock.turn(worker.lock_file):
            self._stop(worker)

    def restart(self, worker: Worker) -> None:
        """For a new binary only: a changed configuration is taken by ``reload``, which loses no request."""
        with lock.turn(worker.lock_file):
            self._drain(worker)
            self._stop(worker)
            self._start(worker)

    def switch(self, worker: Worker) -> None:
        """The same where another program runs than the worker's; called again, it finds the right one running."""
        with lock.turn(worker.lock_file):
            server = find.server(worker)
            if server is not None and find.binary(server) != worker.binary:
                self._drain(worker)
                self._stop(worker)
            self._start(worker)

    def reload(self, worker: Worker) -> None:
        """Signal the server (SIGUSR1), and wait until it answers with the configuration as it stands now."""
        with lock.turn(worker.lock_file):
            self._reload(worker)

    def status(self, worker: Worker) -> Status:
        server = find.server(worker)
        if server is None:
            return Status(running=False)
        return Status(running=True, pid=server.pid, since=since(server), memory_pss=memory_of(server.pid) or None)

    def has_died(self, lock_file: Path, pid_file: Path) -> bool:
        return watch.has_died(lock_file, pid_file)

    def logs(self, worker: Worker, lines: int) -> list[str]:
        return logs.tail(worker.log, lines)

    def port_holder(self, port: int) -> str | None:
        return ports.port_holder(port)

    def _start(self, worker: Worker) -> None:
        listening.make_whole(worker)
        config = wanted_config(worker)
        server = find.server(worker)
        answer = self._answer(worker, server) if server and not listening.is_shut(worker) else None
        if server is not None and answer is not None:
            record.write(worker.pid_file, server, answer.token)
            if answer.config != config:
                self._signal(worker, server, answer.token, config)
            return
        self._stop(worker)
        self._refuse_foreign(worker)
        self._start_anew(worker, config)
        ANSWERED()

    def _drain(self, worker: Worker) -> None:
        server = find.server(worker)
        if server is None or ask(worker.port) is None:
            return
        offset = logs.size(worker.log)
        listening.shut(worker)
        with listening.to_nobody(worker):
            EMPTIED()
            signal_process(server, signal.SIGUSR1)
            SHUT()
            wait_until_taken(worker, server, offset, worker.grace)

    def _stop(self, worker: Worker) -> None:
        server = find.server(worker)
        if server is not None:
            end(worker, server)
        ENDED()
        sweep(worker)
        SWEPT()
        record.remove(worker.pid_file)

    def _reload(self, worker: Worker) -> None:
        config = wanted_config(worker)
        server = find.server(worker)
        answer = self._answer(worker, server) if server else None
        if server is None or answer is None:
            raise Refused(f"The worker of {worker.slug} does not run, so it cannot be reloaded; start it.")
        self._signal(worker, server, answer.token, config)

    def _answer(self, worker: Worker, server: Process) -> Answer | None:
        """What a worker that runs already answers, with whatever configuration it has; None when it is not well."""
        wait_until_grown(server)
        token = find.token(worker, server)
        return answer_of(worker, server, token) if token else None

    def _signal(self, worker: Worker, server: Process, token: str, config: str) -> None:
        offset = logs.size(worker.log)
        listening.open_up(worker)
        signal_process(server, signal.SIGUSR1)
        SIGNALLED()
        if answer_after(reload_at(offset), worker, server, token, config) is None:
            said = logs.complaint(worker.log, offset)
            raise Refused(f"The worker of {worker.slug} {self._left_with(worker, offset)}. {said}")

    def _left_with(self, worker: Worker, offset: int) -> str:
        """What a configuration that was not taken has left. Where a script of worker mode fails, no PHP at all."""
        ask(worker.port)  # then the log says so
        if ready.WITHOUT_PHP not in logs.written_since(worker.log, offset):
            return "keeps its old configuration"
        self._stop(replace(worker, grace=WITHOUT_PHP_ENDS))
        return "did not take its new configuration, and was ended, for its PHP had"

    def _refuse_foreign(self, worker: Worker) -> None:
        holder = ports.port_holder(worker.port)
        if holder is not None:
            raise Refused(
                f"Port {worker.port} is used by {holder}: end that program, or give {worker.slug} another port."
            )

    def _start_anew(self, worker: Worker, config: str) -> None:
        offset = logs.size(worker.log)
        listening.shut(worker)
        token = secrets.token_hex(16)
        server = self._launched(worker, token)
        try:
            self._come_up(worker, server, token, config, offset)
        except HostError:
            self._stop(worker)
            raise

    def _launched(self, worker: Worker, token: str) -> Process | None:
        """The new server; None when it has ended already."""
        held = lock.take(worker.lock_file)
        if held is None:
            raise Unavailable(f"A program that is not the worker's holds {worker.lock_file}; end it and try again.")
        try:
            LOCKED()
            before = launch(worker, held, token)
            LAUNCHED()
        finally:
            os.close(held)
        until = monotonic() + PATIENCE
        while (server := find.server(worker, before)) is None and lock.is_held(worker.lock_file):
            if monotonic() > until:
                return None
            sleep(0.002)
        return server

    def _come_up(self, worker: Worker, server: Process | None, token: str, config: str, offset: int) -> None:
        FOUND()
        if server is not None:
            record.write(worker.pid_file, server, token)
            RECORDED()
        if server is None or answer_after(start_at(offset), worker, server, token, config) is None:
            raise why_not(worker, offset, server)
        self._signal(worker, server, token, config)
