"""One HTTP request with JSON in and out."""

import json
import ssl
import urllib.error
import urllib.request


class HttpError(Exception):
    def __init__(self, method, url, status, text):
        super().__init__(f"{method} {url}: {status}: {text[:500]}")
        self.status = status


def request_json(method, url, body=None, headers=None, ca_cert=None, timeout=20, client=None):
    """`client` is a support.certificates.Certificate that says who asks, where TLS does that."""
    context = ssl.create_default_context(cafile=str(ca_cert)) if ca_cert else None
    if client:
        context.load_cert_chain(client.certificate, client.key)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=context) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise HttpError(method, url, error.code, error.read().decode(errors="replace")) from error
    return json.loads(text) if text else {}
