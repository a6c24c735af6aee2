"""Whether a request is signed as AWS wants it (Signature Version 4), by computing the signature anew with botocore's own signer."""

import calendar
import hashlib
import hmac
import re
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\d{8})/([^/, ]+)/([^/, ]+)/aws4_request, ?"
                           r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")
LARGEST_SKEW = 300  # seconds


class Refused(Exception):
    """What is answered instead, in the words AWS uses."""

    def __init__(self, status, kind, message):
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


class Signer(SigV4Auth):
    """Signs a request over exactly the headers that its sender has signed."""

    def __init__(self, credentials, service, region, names):
        super().__init__(credentials, service, region)
        self._names = names

    def headers_to_sign(self, request):
        headers = HTTPHeaders()
        for name in self._names:
            for value in request.headers.get_all(name) or [""]:
                headers[name] = value
        return headers

    def expected(self, request):
        return self.signature(self.string_to_sign(request, self.canonical_request(request)), request)


class Signature:
    """Of one request. `asked` has method, target, headers and body."""

    def __init__(self, asked, service):
        self._asked, self._service = asked, service
        self._is_sts = service == "sts"  # which has names of its own for errors
        authorization = asked.header("Authorization")
        if not authorization:
            raise Refused(403, self._name("MissingAuthenticationToken"), "Missing Authentication Token")
        match = AUTHORIZATION.fullmatch(authorization)
        self._stamp = asked.header("X-Amz-Date") or ""
        if not match or not re.fullmatch(r"\d{8}T\d{6}Z", self._stamp) or not self._stamp.startswith(match[2]):
            raise Refused(403, self._name("IncompleteSignature"), f"Authorization header is not usable: {authorization}")
        self.key, _, self._region, self._scope, names, self._signature = match.groups()
        self._names = names.split(";")

    def verify(self, known, now, region):
        """Against what is known of the key: secret, and perhaps session_token and expires. `region` None is any."""
        token = self._asked.header("X-Amz-Security-Token")
        if known is None or known.get("session_token") != token:
            raise Refused(403 if self._is_sts else 400, "InvalidClientTokenId" if self._is_sts else "UnrecognizedClientException",
                          "The security token included in the request is invalid.")
        self._check_scope(region)
        self._check_time(now)
        self._check_signature(Credentials(self.key, known["secret"], token))
        if known.get("expires", float("inf")) <= now:
            raise Refused(403 if self._is_sts else 400, self._name("ExpiredToken"), "The security token included in the request is expired")

    def _name(self, error):
        return error if self._is_sts else error + "Exception"

    def _mismatch(self, message):
        return Refused(403, "SignatureDoesNotMatch" if self._is_sts else "InvalidSignatureException", message)

    def _check_scope(self, region):
        sent = [name.lower() for name in self._asked.headers]
        unsigned = [name for name in sent if name.startswith("x-amz-") and name not in self._names]
        if unsigned or "host" not in self._names:
            raise self._mismatch(f"There were headers present in the request which were not signed: {unsigned}")
        if self._scope != self._service:
            raise self._mismatch(f"Credential should be scoped to correct service: '{self._service}'. ")
        if region not in (None, self._region):
            raise self._mismatch(f"Credential should be scoped to a valid region. '{region}'")

    def _check_time(self, now):
        skew = now - calendar.timegm(time.strptime(self._stamp, "%Y%m%dT%H%M%SZ"))
        if abs(skew) > LARGEST_SKEW:
            word = "Signature expired" if skew > 0 else "Signature not yet current"
            raise self._mismatch(f"{word}: {self._stamp} is {abs(skew):.0f} s away from now")

    def _check_signature(self, credentials):
        asked = self._asked
        claimed = asked.header("X-Amz-Content-SHA256")
        if claimed and claimed != hashlib.sha256(asked.body).hexdigest():
            raise self._mismatch("The provided 'x-amz-content-sha256' header does not match what was computed.")
        request = AWSRequest(method=asked.method, url=f"http://{asked.header('Host')}{asked.target}", data=asked.body)
        for name, value in asked.headers.items():
            request.headers[name] = value
        request.context["timestamp"] = self._stamp
        expected = Signer(credentials, self._service, self._region, self._names).expected(request)
        if not hmac.compare_digest(expected, self._signature):
            raise self._mismatch("The request signature we calculated does not match the signature you provided. "
                                 "Check your AWS Secret Access Key and signing method.")
