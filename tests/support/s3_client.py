"""A small S3 client of the tests' own, to make buckets and to tamper with objects behind sealift's back."""

import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree as ElementTree

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class S3Error(Exception):
    def __init__(self, method, path, status, text):
        super().__init__(f"{method} {path}: {status}: {text[:500]}")
        self.status = status


class S3Client:
    def __init__(self, port, access_key, secret_key, region):
        self.port, self.access_key, self.secret_key, self.region = port, access_key, secret_key, region

    def make_bucket(self, bucket, object_lock=False):
        self.request("PUT", f"/{bucket}", more_headers={"x-amz-bucket-object-lock-enabled": "true"} if object_lock else None)

    def put(self, bucket, key, data):
        self.request("PUT", f"/{bucket}/{key}", data)

    def get(self, bucket, key):
        return self.request("GET", f"/{bucket}/{key}")

    def delete(self, bucket, key):
        self.request("DELETE", f"/{bucket}/{key}")

    def list(self, bucket, prefix=""):
        """All keys and sizes, in the server's order."""
        found, token = {}, None
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            page = ElementTree.fromstring(self.request("GET", f"/{bucket}", query=query))
            for entry in page.iter():
                if entry.tag.endswith("Contents"):
                    values = {child.tag.replace(NAMESPACE, ""): child.text for child in entry}
                    found[values["Key"]] = int(values["Size"])
            token = next((entry.text for entry in page.iter() if entry.tag.endswith("NextContinuationToken")), None)
            if not token:
                return found

    def versions(self, bucket, prefix=""):
        """(key, version) of all that there is and was, as far as one page has it; deletions too."""
        page = ElementTree.fromstring(self.request("GET", f"/{bucket}", query={"versions": "", "prefix": prefix}))
        return [(entry.find(f"{NAMESPACE}Key").text, entry.find(f"{NAMESPACE}VersionId").text) for entry in page
                if entry.tag.removeprefix(NAMESPACE) in ("Version", "DeleteMarker")]

    def delete_version(self, bucket, key, version):
        self.request("DELETE", f"/{bucket}/{key}", query={"versionId": version})

    def request(self, method, path, body=b"", query=None, more_headers=None):
        """One request, signed with Signature Version 4."""
        host = f"127.0.0.1:{self.port}"
        quoted = urllib.parse.quote(path, safe="/-_.~")
        asked = "&".join(f"{urllib.parse.quote(name, safe='-_.~')}={urllib.parse.quote(value, safe='-_.~')}"
                         for name, value in sorted((query or {}).items()))
        now = datetime.datetime.utcnow()
        headers = {"host": host, "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
                   **(more_headers or {})}
        signed = ";".join(sorted(headers))
        canonical = "\n".join([method, quoted, asked, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", signed,
                               headers["x-amz-content-sha256"]])
        scope = f"{now:%Y%m%d}/{self.region}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            connection.request(method, f"{quoted}?{asked}" if asked else quoted, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise S3Error(method, path, answer.status, text.decode(errors="replace"))
        return text
