"""Tokens and certificates for tests, made with Python's hmac and the openssl command: nothing of the
server's own code is asked, so it can be disagreed with."""

import base64
import hashlib
import hmac
import json
import subprocess
import time


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(header, claims):
    return encode(json.dumps(header).encode()) + "." + encode(json.dumps(claims).encode())


def claims_of(sub, seconds=3600, **more):
    """The claims of a good token; a claim that is None is left out."""
    return {k: v for k, v in {"sub": sub, "exp": time.time() + seconds, **more}.items() if v is not None}


def hs256(claims, secret, alg="HS256"):
    text = unsigned({"alg": alg, "typ": "JWT"}, claims)
    key = secret if isinstance(secret, bytes) else secret.encode()
    return text + "." + encode(hmac.new(key, text.encode(), hashlib.sha256).digest())


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60, **options).stdout


class KeyPair:
    """A key pair as two PEM files in `folder`; `alg` is RS256 or ES256."""

    def __init__(self, folder, alg, name="key"):
        self.alg = alg
        self.private = folder / f"{name}.private.pem"
        self.public = folder / f"{name}.public.pem"
        kind = ("RSA", "rsa_keygen_bits:2048") if alg == "RS256" else ("EC", "ec_paramgen_curve:P-256")
        openssl("genpkey", "-algorithm", kind[0], "-pkeyopt", kind[1], "-out", self.private)
        openssl("pkey", "-in", self.private, "-pubout", "-out", self.public)

    def token(self, claims, alg=None):
        text = unsigned({"alg": alg or self.alg, "typ": "JWT"}, claims)
        signature = openssl("dgst", "-sha256", "-sign", self.private, input=text.encode())
        return text + "." + encode(signature if self.alg == "RS256" else _side_by_side(signature))


def _side_by_side(der):
    """Of the two integers of an ECDSA signature in DER, 32 bytes each (RFC 7518 section 3.4)."""
    at, numbers = 2, b""
    for _ in range(2):
        length = der[at + 1]
        numbers += int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(32, "big")
        at += 2 + length
    return numbers


def make_certificate(folder, name):
    """A certificate for this machine's loopback, signed by itself; returns (certificate, key)."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", key, "-out", certificate, "-subj", f"/CN={name}",
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    return certificate, key
