"""Three OpenBao servers with one storage (raft), behind TLS: one is active, the others stand by."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.certificates import make_certificate
from support.openbao import OpenBao
from support.process import wait_until


class OpenBaoCluster:
    """`servers` are support.openbao.OpenBao; what an admin does is asked of the active one."""

    def __init__(self, folder):
        folder = Path(folder)
        self.certificate = make_certificate(folder, "DNS:localhost,IP:127.0.0.1")
        self.servers = [OpenBao(folder / name, self.certificate) for name in ("one", "two", "three")]

    def start(self):
        first, *others = self.servers
        first.start_stored()
        first.call("POST", "sys/storage/raft/autopilot/configuration", {"server_stabilization_time": "1s"})
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda server: server.start_stored([first]), others))
        first.serving = others[0].serving
        wait_until(self.all_vote, "each server votes, so that any one of them may die")
        return self

    def all_vote(self):
        peers = self.active.call("GET", "sys/storage/raft/configuration")["data"]["config"]["servers"]
        return len(peers) == len(self.servers) and all(peer["voter"] for peer in peers)

    @property
    def active(self):
        """Waits until there is one."""
        found = []

        def find():
            found[:] = [server for server in self.servers if server.server and server.health() == "ready"]
            return found

        wait_until(find, "a server of the cluster is active")
        return found[0]

    @property
    def standbys(self):
        active = self.active
        return [server for server in self.servers if server is not active]

    def mend(self):
        """All three serve again, whatever was done to them."""
        for server in self.servers:
            if server.server is None:
                server.start_stored()
            elif server.health() == "sealed":
                server.unseal()
        wait_until(lambda: all(server.health() in server.serving for server in self.servers), "each server serves")
        return self.active

    def settle(self):
        """Standbys answer what only reads by themselves, and are some milliseconds behind: waits until each has what the active one has now."""
        wanted = self.active.call("GET", "sys/leader")["raft_committed_index"]
        wait_until(lambda: all(server.call("GET", "sys/leader")["raft_applied_index"] >= wanted for server in self.servers), "standbys have caught up")

    def kill_active(self):
        """SIGKILL. Returns the one that is dead now."""
        dead = self.active
        dead.kill()
        return dead

    def address(self, first=None):
        """As `kms set vault` is told it, beginning with the server `first`."""
        return ",".join(server.address for server in sorted(self.servers, key=lambda server: server is not first))

    def stop(self):
        for server in self.servers:
            if server.server:
                server.kill()
