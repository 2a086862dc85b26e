"""scission-explore as a process, for the tests that talk to it."""
import pathlib
import signal
import subprocess
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
ARGUMENTS = ["data/example", "network.csv", "vgg19"]


class Explorer:
    """Runs the tool of the folder `bin` until the end of a with-block."""

    def __init__(self, bin, arguments=ARGUMENTS):
        self.started = time.monotonic()
        self.process = subprocess.Popen([f"{bin}/scission-explore", *arguments], cwd=PROJECT, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise RuntimeError(self.process.stderr.read())
        self.seconds_to_address = time.monotonic() - self.started

    @property
    def port(self):
        return int(self.address.split(":")[2].split("/")[0])

    @property
    def path(self):
        return "/" + self.address.split("/", 3)[3]

    def interrupt(self):
        """Ends it as Ctrl-C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
