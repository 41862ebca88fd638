"""The part of a Kubernetes API server that Vault's Kubernetes login asks: is this service account's token genuine?"""

import base64
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.certificates import make_certificate
from support.process import free_port


def encode(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


class TokenReview:
    """Answers POST /apis/authentication.k8s.io/v1/tokenreviews for one service account, and only for tokens that it issued itself."""

    def __init__(self, folder, account="sealift", namespace="backup"):
        folder.mkdir(parents=True, exist_ok=True)
        self.account, self.namespace, self.uid = account, namespace, str(uuid.uuid4())
        self.ca = make_certificate(folder, "DNS:localhost").ca
        self.issued = set()
        self.http = ThreadingHTTPServer(("127.0.0.1", free_port()), self.make_handler())
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def issue(self, lifetime=3600):
        """A new token of the service account, as a pod would find it in its projected file."""
        now = int(time.time())
        claims = {"iss": "https://kubernetes.default.svc", "sub": f"system:serviceaccount:{self.namespace}:{self.account}",
                  "iat": now, "nbf": now, "exp": now + lifetime, "jti": str(uuid.uuid4()),
                  "kubernetes.io": {"namespace": self.namespace, "serviceaccount": {"name": self.account, "uid": self.uid}}}
        token = ".".join((encode({"alg": "RS256", "kid": "stub"}), encode(claims), "c2lnbmF0dXJl"))
        self.issued.add(token)
        return token

    def make_handler(self):
        review = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                genuine = asked["spec"]["token"] in review.issued
                status = {"authenticated": genuine}
                if genuine:
                    status["audiences"] = asked["spec"].get("audiences", [])
                    status["user"] = {"username": f"system:serviceaccount:{review.namespace}:{review.account}", "uid": review.uid}
                answer = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}).encode()
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        return Handler

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
