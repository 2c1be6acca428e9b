"""What the machine may answer: it never will, or it may later."""

from __future__ import annotations


class HostError(Exception):
    """The machine said no. The message is a sentence for a person: what is wrong, and what to do."""


class Refused(HostError):
    """It never will, as things stand: what was done so far is taken back."""


class Unavailable(HostError):
    """It may pass by itself (a server is down): the step is tried again for a while."""


class CommandFailed(Refused):
    """A program ended with an error. *output* is what it printed: for the log, not for a person."""

    def __init__(self, program: str, code: int, output: str) -> None:
        super().__init__(f"{program} ended with code {code}: {output.strip()[-400:]}")
        self.program = program
        self.code = code
        self.output = output


class NotStarted(CommandFailed):
    """The program is not there, or whoever it was started for may not run it."""

    def __init__(self, program: str, code: int, output: str) -> None:
        super().__init__(program, code, output)
        self.args = (f"The program {program} is not there or may not be run; install it where all users can reach it.",)
