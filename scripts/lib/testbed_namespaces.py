"""The testbed's links by the kernel: a network namespace for each system, tc's shaping between them."""
import contextlib
import os
import shutil
import subprocess


class Unable(Exception):
    """Why this machine cannot do it."""


def call(*command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Unable(f"`{' '.join(map(str, command))}` says: {done.stdout.strip()}")


def shaping(mbit, delay_ms):
    """The arguments of tc's queueing discipline; nothing where the link is not limited."""
    if delay_ms > 0:
        rate = ["rate", f"{mbit}mbit"] if mbit > 0 else []
        return ["netem", "delay", f"{delay_ms}ms", "limit", "20000", *rate]
    if mbit > 0:
        burst = max(16_384, round(mbit * 1e6 / 8 * 1e-3))  # a millisecond's bytes
        return ["tbf", "rate", f"{mbit}mbit", "burst", str(burst), "latency", "200ms"]
    return []


class Namespaces:
    """Each lives as long as a process that holds it, which ends with this one: nothing is left behind.

    Links are pairs of virtual Ethernet devices, one pair for every link, shaped at both ends, and one
    from the source to each other system that is not, by which segments are brought there.
    """

    def __init__(self, names, links):
        self.names, self.links = names, links
        self.holders = {}
        self.addresses = {}  # (from, to): the address of `to`
        self.deploy_addresses = {}

    def build(self):
        if os.geteuid() != 0:
            raise Unable("only root may make network namespaces")
        for tool in ("ip", "tc", "nsenter", "unshare", "setpriv"):
            if not shutil.which(tool):
                raise Unable(f"{tool} is not installed (packages iproute2, util-linux)")
        for name in self.names:
            self.hold(name)
        for number, (start, end, there, back) in enumerate(self.links):
            self.addresses[start, end], self.addresses[end, start] = self.connect(
                number, start, end, shaping(*there), shaping(*back))
        for number, name in enumerate(self.names[1:], start=len(self.links)):
            self.deploy_addresses[name], _ = self.connect(number, self.names[0], name, [], [])

    def hold(self, name):
        # It says when its namespace is there.
        holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c",
             "echo; exec sleep infinity"], stdout=subprocess.PIPE, start_new_session=True)
        self.holders[name] = holder
        if holder.stdout.readline() == b"":
            raise Unable("`unshare --net` does not work here")
        call(*self.inside(name), "ip", "link", "set", "lo", "up")

    def connect(self, number, start, end, there, back):
        """Returns the address of `end` and that of `start`."""
        network = f"10.213.{number // 64}.{4 * (number % 64)}".rsplit(".", 1)
        ends = [(start, f"link{number}a", f"{network[0]}.{int(network[1]) + 1}", there),
                (end, f"link{number}b", f"{network[0]}.{int(network[1]) + 2}", back)]
        call("ip", "link", "add", ends[0][1], "netns", str(self.holders[start].pid), "type", "veth",
             "peer", "name", ends[1][1], "netns", str(self.holders[end].pid))
        for name, device, address, shape in ends:
            inside = self.inside(name)
            call(*inside, "ip", "address", "add", f"{address}/30", "dev", device)
            call(*inside, "ip", "link", "set", device, "up")
            if shape:
                call(*inside, "tc", "qdisc", "add", "dev", device, "root", *shape)
        return ends[1][2], ends[0][2]

    def inside(self, name):
        """What a command begins with that runs there."""
        return ["nsenter", "--target", str(self.holders[name].pid), "--net", "--"]

    def remove(self):
        for holder in self.holders.values():
            with contextlib.suppress(OSError):
                holder.kill()
            holder.wait()
        self.holders = {}
