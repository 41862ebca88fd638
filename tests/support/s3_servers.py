"""Real S3 servers, one chosen by $SEALIFT_TEST_S3: seaweedfs (the default), minio, versitygw, garage."""

import json
import os
import subprocess
from pathlib import Path

from support.cache import installed
from support.process import Server, accepts, free_port
from support.s3_client import S3Client, S3Error

ACCESS_KEY = "sealifttestaccess"
SECRET_KEY = "sealift-test-secret-0123456789"


class S3Server:
    """What the four have in common: `endpoint`, the keys, the region, and a client."""

    name = None
    region = "us-east-1"
    beside = ()  # what it takes with each port

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port(*self.beside)
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.access_key, self.secret_key = ACCESS_KEY, SECRET_KEY
        self.server = None

    @property
    def client(self):
        return S3Client(self.port, self.access_key, self.secret_key, self.region)

    @property
    def environment(self):
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    def answers(self):
        """A signed listing of all buckets succeeds."""
        try:
            self.client.request("GET", "/")
            return True
        except (OSError, S3Error):
            return False

    def stop(self):
        if self.server:
            self.server.stop()


class SeaweedFS(S3Server):
    name = "seaweedfs"
    beside = (10000,)  # for gRPC

    def start(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        configuration = self.folder / "s3.json"
        configuration.write_text(json.dumps({"identities": [
            self.identity("admin", "admin", ["Admin", "Read", "List", "Tagging", "Write"]),
            self.identity(self.access_key, self.secret_key, ["Read", "List", "Tagging", "Write", "PutObjectRetention"])]}))
        master, volume, filer = (free_port(*self.beside) for _ in range(3))
        self.server = Server(self.name, [installed("seaweedfs", "seaweedfs-4.48/bin/weed"), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                                         f"-dir={data}", f"-master.port={master}", f"-volume.port={volume}", "-filer",
                                         f"-filer.port={filer}", "-s3", f"-s3.port={self.port}", f"-s3.config={configuration}",
                                         "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false", "-volume.max=100",
                                         "-master.volumeSizeLimitMB=512"], self.folder,
                             {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"})  # else each bucket takes seven volumes
        self.server.start(self.is_writable, timeout=120)
        return self

    @staticmethod
    def identity(access_key, secret_key, actions):
        return {"name": access_key, "credentials": [{"accessKey": access_key, "secretKey": secret_key}], "actions": actions}

    @property
    def client(self):
        """As an admin: whoever may do everything makes a missing bucket by the first PUT, which tests of sealift must not."""
        return S3Client(self.port, "admin", "admin", self.region)

    def is_writable(self):
        """The S3 port answers before the first volume can be written: try a whole round."""
        try:
            self.client.make_bucket("ready-probe")
            self.client.put("ready-probe", "probe", b"ready")
            return self.client.get("ready-probe", "probe") == b"ready"
        except S3Error as error:
            return error.status == 409
        except OSError:
            return False


class Minio(S3Server):
    name = "minio"

    def start(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        self.server = Server(self.name, [installed("minio", "go/bin/minio"), "server", "--quiet", "--address", f"127.0.0.1:{self.port}",
                                         "--console-address", f"127.0.0.1:{free_port()}", data], self.folder,
                             {"MINIO_ROOT_USER": self.access_key, "MINIO_ROOT_PASSWORD": self.secret_key, "MINIO_UPDATE": "off"})
        self.server.start(self.answers)
        return self


class VersityGw(S3Server):
    name = "versitygw"

    def start(self):
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        self.server = Server(self.name, [installed("versitygw", "go/bin/versitygw"), "--access", self.access_key, "--secret", self.secret_key,
                                         "--port", f"127.0.0.1:{self.port}", "--quiet", "posix", data], self.folder)
        self.server.start(self.answers)
        return self


class Garage(S3Server):
    """The store that has no conditional PUT: it ignores `If-None-Match`."""

    name = "garage"
    region = "garage"

    def start(self):
        binary = installed("garage", "garage-2.5.0/bin/garage")
        configuration = self.folder / "garage.toml"
        rpc = free_port()
        configuration.write_text(f'metadata_dir = "{self.folder}/meta"\ndata_dir = "{self.folder}/data"\ndb_engine = "sqlite"\n'
                                 f'replication_factor = 1\nrpc_bind_addr = "127.0.0.1:{rpc}"\nrpc_public_addr = "127.0.0.1:{rpc}"\n'
                                 f'rpc_secret = "{"ab" * 32}"\n[s3_api]\ns3_region = "garage"\napi_bind_addr = "127.0.0.1:{self.port}"\n')
        configuration.chmod(0o600)
        self.server = Server(self.name, [binary, "-c", configuration, "server"], self.folder)
        self.server.start(lambda: accepts(self.port) and accepts(rpc))
        admin = [str(binary), "-c", str(configuration)]
        node = subprocess.run([*admin, "node", "id", "-q"], check=True, capture_output=True, text=True).stdout.split("@")[0]
        for command in (["layout", "assign", "-z", "dc1", "-c", "10G", node.strip()], ["layout", "apply", "--version", "1"],
                        ["key", "import", "--yes", "-n", "sealift", f"GK{'a1' * 12}", "b2" * 32],
                        ["key", "allow", "--create-bucket", "sealift"]):
            subprocess.run([*admin, *command], check=True, capture_output=True)
        self.access_key, self.secret_key = f"GK{'a1' * 12}", "b2" * 32
        return self


class Place:
    """A prefix in a bucket, as sealift is told it and as a test looks into it: keys are those behind the prefix."""

    def __init__(self, server, bucket, prefix):
        self.server, self.bucket, self.prefix = server, bucket, prefix
        self.arguments = [f"s3://{bucket}/{prefix}", "--endpoint", server.endpoint, "--region", server.region]

    @property
    def url(self):
        return self.arguments[0]

    def list(self):
        return [key.removeprefix(f"{self.prefix}/") for key in self.server.client.list(self.bucket, f"{self.prefix}/")]

    def get(self, key):
        return self.server.client.get(self.bucket, f"{self.prefix}/{key}")


SERVERS = {server.name: server for server in (SeaweedFS, Minio, VersityGw, Garage)}


def chosen_s3(folder):
    return SERVERS[os.environ.get("SEALIFT_TEST_S3", "seaweedfs")](folder)
