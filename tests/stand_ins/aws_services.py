"""What the services of AWS answer, as far as ix asks them."""

import base64
import json
import re
import time
import urllib.parse
from xml.sax.saxutils import escape

from aws_signature import Refused, Signature

ACCOUNT = "123456789012"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

DEFAULTS = {
    # Who may sign: access key → secret, and perhaps session_token, expires (epoch) and arn.
    "keys": {ACCESS_KEY: {"secret": SECRET_KEY, "arn": f"arn:aws:iam::{ACCOUNT}:user/ci"}},
    "region": None,  # the only one that signatures may be scoped to, beside us-east-1 for ECR Public; None is any
    "clock_skew": 0,  # seconds that our clock is ahead
    "credential_seconds": 3600,  # of what roles, containers, … get
    "denied": [],  # permissions that nobody has: "ecr:CreateRepository"
    # What is answered instead, in order: {"action": "ecr:GetAuthorizationToken", "times": 1, "status": 400, "type": "…", "message": "…"}
    "errors": [],
    "ecr_password": "ecr-password-canary",
    "ecr_token_seconds": 43200,
    "repositories": [],
    "secrets": {"app/password": '{"user": "app", "password": "sm-canary"}'},
    "parameters": {"/app/password": "ssm-canary"},
    "roles": {f"arn:aws:iam::{ACCOUNT}:role/deploy": {}},  # with external_id, if it must be given
    "web_identity_tokens": ["web-identity-canary"],
    "sso_tokens": ["sso-token-canary"],
    "sso_refresh_tokens": {"sso-refresh-canary": "sso-token-renewed"},
    "sso_role": [ACCOUNT, "Developer"],
    "instance_role": "instance-role",  # None: the instance has none
    "container_token": None,  # what Authorization must say
}

SERVICES = {
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "SpencerFrontendService": "ecr-public",
    "secretsmanager": "secretsmanager",
    "AmazonSSM": "ssm",
}


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Services:
    """Needs `config`, as DEFAULTS has it, and `now()`."""

    def clear(self):
        self._issued = 0
        self._imds_tokens = set()

    def route(self, asked, entry):
        target = asked.header("X-Amz-Target")
        if asked.path.startswith("/latest/"):
            return self._instance(asked)
        if asked.path.startswith("/container"):
            return self._container(asked)
        if asked.path == "/federation/credentials":
            return self._sso_portal(asked)
        if asked.path == "/token":
            return self._sso_oidc(asked)
        if asked.method == "POST" and asked.path == "/" and target:
            return self._json_service(asked, target, entry)
        if asked.method == "POST" and asked.path == "/":
            return self._sts(asked, entry)
        raise Refused(404, "UnknownOperationException", f"nothing answers {asked.method} {asked.path}")

    def refusal(self, asked, refused):
        if asked.action.startswith("sts:"):
            body = (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{refused.kind}'
                    f"</Code><Message>{escape(refused.message)}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>")
            return refused.status, "text/xml", body, {}
        body = json.dumps({"__type": f"com.amazonaws.stand_in#{refused.kind}", "message": refused.message})
        return refused.status, "application/x-amz-json-1.1", body, {"x-amzn-ErrorType": refused.kind + ":http://internal.amazon.com/"}

    def _check_injected(self, asked):
        for error in self.config["errors"]:
            if error.get("action") in (None, asked.action) and error.get("times", 1) > 0:
                error["times"] = error.get("times", 1) - 1
                raise Refused(error.get("status", 400), error.get("type", "ServerException"), error.get("message", "injected"))

    def _verify(self, asked, service, entry):
        signature = Signature(asked, service)
        entry["key"] = signature.key
        known = self.config["keys"].get(signature.key)
        signature.verify(known, self.now(), "us-east-1" if service == "ecr-public" else self.config["region"])
        if asked.action in self.config["denied"]:
            raise Refused(403 if service == "sts" else 400, "AccessDenied" if service == "sts" else "AccessDeniedException",
                          f"User: {known.get('arn', signature.key)} is not authorized to perform: {asked.action}")
        return known

    def _issue(self, arn):
        """New temporary keys, good for signing."""
        self._issued += 1
        number = f"{self._issued:04}"
        key, secret, token = f"ASIASTANDIN{number}", f"stand-in-secret-{number}", f"stand-in-session/{number}+token=="
        expires = int(self.now()) + self.config["credential_seconds"]
        self.config["keys"][key] = {"secret": secret, "session_token": token, "expires": expires, "arn": arn}
        return key, secret, token, expires

    def _json_service(self, asked, target, entry):
        prefix, _, action = target.rpartition(".")
        service = SERVICES.get(prefix)
        if service is None:
            raise Refused(400, "UnknownOperationException", "")
        asked.action = f"{service}:{action}"
        if asked.header("Content-Type") != "application/x-amz-json-1.1":
            raise Refused(400, "UnknownOperationException", "the content type is not application/x-amz-json-1.1")
        self._check_injected(asked)
        self._verify(asked, service, entry)
        try:
            body = json.loads(asked.body)
        except ValueError:
            raise Refused(400, "SerializationException", "") from None
        answer = {
            "ecr:GetAuthorizationToken": self._ecr_token,
            "ecr-public:GetAuthorizationToken": self._ecr_token,
            "ecr:CreateRepository": self._create_repository,
            "ecr-public:CreateRepository": self._create_repository,
            "ecr:DescribeRepositories": self._describe_repositories,
            "secretsmanager:GetSecretValue": self._secret,
            "ssm:GetParameter": self._parameter,
        }.get(asked.action)
        if answer is None:
            raise Refused(400, "UnknownOperationException", "")
        return 200, "application/x-amz-json-1.1", json.dumps(answer(asked, body)), {}

    def _ecr_token(self, asked, _):
        data = {"authorizationToken": base64.b64encode(f"AWS:{self.config['ecr_password']}".encode()).decode(),
                "expiresAt": round(self.now() + self.config["ecr_token_seconds"], 3)}
        if asked.action.startswith("ecr-public"):
            return {"authorizationData": data}
        return {"authorizationData": [{**data, "proxyEndpoint": f"https://{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"}]}

    def _repository(self, name):
        return {"repositoryName": name, "registryId": ACCOUNT, "repositoryArn": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/{name}",
                "repositoryUri": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/{name}"}

    def _create_repository(self, _, body):
        name = body.get("repositoryName", "")
        if not re.fullmatch(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*", name):
            raise Refused(400, "InvalidParameterException", f"Invalid parameter at 'repositoryName': {name!r}")
        if name in self.config["repositories"]:
            raise Refused(400, "RepositoryAlreadyExistsException", f"The repository with name '{name}' already exists")
        self.config["repositories"].append(name)
        return {"repository": self._repository(name)}

    def _describe_repositories(self, _, body):
        names = body.get("repositoryNames") or self.config["repositories"]
        for name in names:
            if name not in self.config["repositories"]:
                raise Refused(400, "RepositoryNotFoundException", f"The repository with name '{name}' does not exist")
        return {"repositories": [self._repository(name) for name in names]}

    def _secret(self, _, body):
        value = self.config["secrets"].get(body.get("SecretId"))
        if value is None:
            raise Refused(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return {"ARN": "arn:aws:secretsmanager:x", "Name": body["SecretId"], "SecretString": value, "VersionStages": ["AWSCURRENT"]}

    def _parameter(self, _, body):
        value = self.config["parameters"].get(body.get("Name"))
        if value is None:
            raise Refused(400, "ParameterNotFound", "")
        clear = body.get("WithDecryption") is True
        return {"Parameter": {"Name": body["Name"], "Type": "SecureString", "Value": value if clear else "AQICAHh-encrypted"}}

    def _sts(self, asked, entry):
        form = dict(urllib.parse.parse_qsl(asked.body.decode("utf-8"), keep_blank_values=True))
        action = form.get("Action", "")
        asked.action = "sts:" + action
        if form.get("Version") != "2011-06-15":
            raise Refused(400, "InvalidAction", f"Could not find operation {action} for version {form.get('Version')}")
        self._check_injected(asked)
        if action == "GetCallerIdentity":
            who = self._verify(asked, "sts", entry)
            result = f"<Arn>{escape(who.get('arn', ''))}</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account>"
        elif action == "AssumeRole":
            self._verify(asked, "sts", entry)
            result = self._assumed(form, self.config["roles"].get(form.get("RoleArn"), None))
        elif action == "AssumeRoleWithWebIdentity":
            if form.get("WebIdentityToken") not in self.config["web_identity_tokens"]:
                raise Refused(400, "InvalidIdentityToken", "The web identity token that was passed is not valid.")
            result = self._assumed(form, self.config["roles"].get(form.get("RoleArn"), None))
        else:
            raise Refused(400, "InvalidAction", f"Could not find operation {action}")
        body = (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{result}</{action}Result>'
                f"<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{action}Response>")
        return 200, "text/xml", body, {}

    def _assumed(self, form, role):
        arn, session = form.get("RoleArn", ""), form.get("RoleSessionName", "")
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", session):
            raise Refused(400, "ValidationError", f"the session name {session!r} is not valid")
        if not 900 <= int(form.get("DurationSeconds", 3600)) <= 43200:
            raise Refused(400, "ValidationError", "the duration is not valid")
        if role is None or role.get("external_id") != form.get("ExternalId"):
            raise Refused(403, "AccessDenied", f"not authorized to perform: sts:AssumeRole on resource: {arn}")
        assumed = arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/" + session
        key, secret, token, expires = self._issue(assumed)
        return (f"<AssumedRoleUser><Arn>{escape(assumed)}</Arn><AssumedRoleId>AROA:{session}</AssumedRoleId></AssumedRoleUser><Credentials>"
                f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{escape(token)}</SessionToken>"
                f"<Expiration>{iso(expires)}</Expiration></Credentials>")

    def _sso_portal(self, asked):
        asked.action = "sso:GetRoleCredentials"
        self._check_injected(asked)
        if asked.header("x-amz-sso_bearer_token") not in self.config["sso_tokens"]:
            raise Refused(401, "UnauthorizedException", "Session token not found or invalid")
        if [asked.query.get("account_id"), asked.query.get("role_name")] != self.config["sso_role"]:
            raise Refused(403, "ForbiddenException", "No access")
        key, secret, token, expires = self._issue(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developer/dev")
        return 200, "application/json", json.dumps({"roleCredentials": {
            "accessKeyId": key, "secretAccessKey": secret, "sessionToken": token, "expiration": expires * 1000}}), {}

    def _sso_oidc(self, asked):
        asked.action = "sso-oidc:CreateToken"
        self._check_injected(asked)
        body = json.loads(asked.body)
        renewed = self.config["sso_refresh_tokens"].pop(body.get("refreshToken"), None)  # good once
        if body.get("grantType") != "refresh_token" or renewed is None or not body.get("clientId") or not body.get("clientSecret"):
            raise Refused(400, "InvalidGrantException", "")
        self.config["sso_tokens"].append(renewed)
        following = body["refreshToken"] + "-next"
        self.config["sso_refresh_tokens"][following] = renewed + "-next"
        return 200, "application/json", json.dumps({"accessToken": renewed, "expiresIn": 28800, "refreshToken": following,
                                                    "tokenType": "Bearer"}), {}

    def _metadata(self, arn):
        key, secret, token, expires = self._issue(arn)
        return json.dumps({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
                           "Expiration": iso(expires), "LastUpdated": iso(self.now())})

    def _instance(self, asked):
        asked.action = "imds"
        self._check_injected(asked)
        if asked.method == "PUT" and asked.path == "/latest/api/token":
            if not (asked.header("X-aws-ec2-metadata-token-ttl-seconds") or "").isdigit():
                return 400, "text/plain", "", {}
            token = f"imds-token-{len(self._imds_tokens)}"
            self._imds_tokens.add(token)
            return 200, "text/plain", token, {}
        if asked.header("X-aws-ec2-metadata-token") not in self._imds_tokens:
            return 401, "text/plain", "", {}
        role, folder = self.config["instance_role"], "/latest/meta-data/iam/security-credentials/"
        if role and asked.path == folder:
            return 200, "text/plain", role, {}
        if role and asked.path == folder + role:
            return 200, "text/plain", self._metadata(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/i-1"), {}
        return 404, "text/plain", "", {}

    def _container(self, asked):
        asked.action = "container"
        self._check_injected(asked)
        if self.config["container_token"] not in (None, asked.header("Authorization")):
            return 401, "application/json", json.dumps({"code": "AuthorizationHeaderIncorrect", "message": "the token is not valid"}), {}
        return 200, "application/json", self._metadata(f"arn:aws:sts::{ACCOUNT}:assumed-role/task/1"), {}
