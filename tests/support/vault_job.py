"""A machine that is told of a cluster of OpenBao servers."""


def name_of(server):
    """HOST:PORT, as messages name it."""
    return server.address.split("://")[1]


def cluster_access(cluster, by, folder, address=None):
    """The arguments behind `kms set vault`: `by` is one of support.kms_access; `address` None: all servers, the active one first."""
    active = cluster.active
    arguments = by(active, folder).arguments
    cluster.settle()
    address = address or cluster.address(active)
    return [address if argument == active.address else argument for argument in arguments] + ["--ca-cert", cluster.certificate.ca]


def set_cluster(machine, cluster, by, folder, address=None):
    return machine.ok("kms", "set", "vault", *cluster_access(cluster, by, folder, address))
