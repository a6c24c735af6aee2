"""That the stand-in is right about AWS: botocore and the real AWS CLI can talk to it, and what does not verify is refused."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).parent))
import aws  # noqa: E402

ROLE = f"arn:aws:iam::{aws.ACCOUNT}:role/deploy"
CLI = "/usr/bin/aws"


@pytest.fixture
def stand_in(tmp_path):
    with aws.AwsStandIn(log=str(tmp_path / "log.jsonl")) as server:
        yield server


def client(stand_in, service, key=aws.ACCESS_KEY, secret=aws.SECRET_KEY, token=None, region="eu-west-1"):
    session = botocore.session.Session()
    return session.create_client(service, region_name=region, endpoint_url=stand_in.url, aws_access_key_id=key,
                                 aws_secret_access_key=secret, aws_session_token=token,
                                 config=Config(retries={"max_attempts": 0}, proxies={}))


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


class TestWithBotocore:
    def test_a_token_of_ecr(self, stand_in):
        data = client(stand_in, "ecr").get_authorization_token()["authorizationData"][0]
        assert base64.b64decode(data["authorizationToken"]) == b"AWS:ecr-password-canary"
        assert data["expiresAt"].timestamp() > time.time() + 40000
        assert stand_in.actions() == ["ecr:GetAuthorizationToken"]

    def test_a_token_of_ecr_public_comes_from_us_east_1_alone(self, stand_in):
        assert client(stand_in, "ecr-public", region="us-east-1").get_authorization_token()["authorizationData"]["authorizationToken"]
        assert refusal(client(stand_in, "ecr-public").get_authorization_token) == "InvalidSignatureException"

    def test_repositories_are_made_once(self, stand_in):
        ecr = client(stand_in, "ecr")
        assert ecr.create_repository(repositoryName="team/app")["repository"]["registryId"] == aws.ACCOUNT
        assert refusal(ecr.create_repository, repositoryName="team/app") == "RepositoryAlreadyExistsException"
        assert refusal(ecr.create_repository, repositoryName="Team") == "InvalidParameterException"
        assert [r["repositoryName"] for r in ecr.describe_repositories()["repositories"]] == ["team/app"]
        assert refusal(ecr.describe_repositories, repositoryNames=["other"]) == "RepositoryNotFoundException"

    def test_secrets_and_parameters(self, stand_in):
        value = client(stand_in, "secretsmanager").get_secret_value(SecretId="app/password")["SecretString"]
        assert json.loads(value)["password"] == "sm-canary"
        ssm = client(stand_in, "ssm")
        assert ssm.get_parameter(Name="/app/password", WithDecryption=True)["Parameter"]["Value"] == "ssm-canary"
        assert ssm.get_parameter(Name="/app/password")["Parameter"]["Value"] != "ssm-canary"
        assert refusal(ssm.get_parameter, Name="/other") == "ParameterNotFound"

    def test_an_assumed_role_can_sign_until_it_ends(self, stand_in):
        sts = client(stand_in, "sts")
        assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{aws.ACCOUNT}:user/ci"
        keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
        as_role = client(stand_in, "sts", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        assert as_role.get_caller_identity()["Arn"] == f"arn:aws:sts::{aws.ACCOUNT}:assumed-role/deploy/test"
        stand_in.config["keys"][keys["AccessKeyId"]]["expires"] = 0
        assert refusal(as_role.get_caller_identity) == "ExpiredToken"
        ecr = client(stand_in, "ecr", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        assert refusal(ecr.get_authorization_token) == "ExpiredTokenException"

    def test_roles_ask_for_their_external_id(self, stand_in):
        stand_in.configure(roles={ROLE: {"external_id": "e-1"}})
        sts = client(stand_in, "sts")
        assert refusal(sts.assume_role, RoleArn=ROLE, RoleSessionName="test") == "AccessDenied"
        assert sts.assume_role(RoleArn=ROLE, RoleSessionName="test", ExternalId="e-1")["Credentials"]

    def test_web_identity_is_not_signed(self, stand_in):
        sts = client(stand_in, "sts")
        arguments = {"RoleArn": ROLE, "RoleSessionName": "test"}
        assert sts.assume_role_with_web_identity(WebIdentityToken="web-identity-canary", **arguments)["Credentials"]
        assert stand_in.requests[-1]["key"] is None
        assert refusal(sts.assume_role_with_web_identity, WebIdentityToken="other", **arguments) == "InvalidIdentityToken"

    def test_the_sso_portal_and_its_renewals(self, stand_in):
        sso = client(stand_in, "sso")
        role = {"roleName": "Developer", "accountId": aws.ACCOUNT}
        assert sso.get_role_credentials(accessToken="sso-token-canary", **role)["roleCredentials"]["accessKeyId"]
        assert refusal(sso.get_role_credentials, accessToken="other", **role) == "UnauthorizedException"
        oidc = client(stand_in, "sso-oidc")
        renewal = {"clientId": "c", "clientSecret": "s", "grantType": "refresh_token", "refreshToken": "sso-refresh-canary"}
        assert oidc.create_token(**renewal)["accessToken"] == "sso-token-renewed"
        assert refusal(oidc.create_token, **renewal) == "InvalidGrantException"

    def test_instances_and_containers(self, stand_in, monkeypatch, tmp_path):
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", stand_in.url)
        found = botocore.session.Session().get_credentials()
        assert (found.method, stand_in.actions()) == ("iam-role", ["imds"] * 3)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", stand_in.url + "/container/x")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-canary")
        stand_in.configure(container_token="container-canary")
        assert botocore.session.Session().get_credentials().method == "container-role"

    def test_what_does_not_verify_is_refused(self, stand_in):
        assert refusal(client(stand_in, "ecr", secret="wrong").get_authorization_token) == "InvalidSignatureException"
        assert refusal(client(stand_in, "sts", secret="wrong").get_caller_identity) == "SignatureDoesNotMatch"
        assert refusal(client(stand_in, "ecr", key="AKIAOTHER").get_authorization_token) == "UnrecognizedClientException"
        assert refusal(client(stand_in, "sts", key="AKIAOTHER").get_caller_identity) == "InvalidClientTokenId"
        assert refusal(client(stand_in, "ecr", token="unexpected").get_authorization_token) == "UnrecognizedClientException"
        stand_in.configure(clock_skew=3600)
        assert refusal(client(stand_in, "ecr").get_authorization_token) == "InvalidSignatureException"

    def test_denials_and_injected_errors(self, stand_in):
        stand_in.configure(denied=["ecr:CreateRepository"], errors=[{"action": "ecr:GetAuthorizationToken", "type": "ThrottlingException"}])
        ecr = client(stand_in, "ecr")
        assert refusal(ecr.create_repository, repositoryName="app") == "AccessDeniedException"
        assert refusal(ecr.get_authorization_token) == "ThrottlingException"
        assert ecr.get_authorization_token()

    def test_requests_are_logged(self, stand_in, tmp_path):
        client(stand_in, "ecr").get_authorization_token()
        entry = json.loads((tmp_path / "log.jsonl").read_text())
        assert (entry["action"], entry["status"], entry["key"]) == ("ecr:GetAuthorizationToken", 200, aws.ACCESS_KEY)


class TestTampering:
    """What is changed after signing."""

    BODY = b'{"repositoryName": "app"}'

    def send(self, stand_in, change):
        request = AWSRequest("POST", stand_in.url + "/", data=self.BODY, headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.CreateRepository",
            "Host": f"127.0.0.1:{stand_in.port}"})
        SigV4Auth(Credentials(aws.ACCESS_KEY, aws.SECRET_KEY), "ecr", "eu-west-1").add_auth(request)
        sent = {"headers": dict(request.headers.items()), "body": self.BODY}
        change(sent)
        call = urllib.request.Request(stand_in.url + "/", data=sent["body"], headers=sent["headers"], method="POST")
        try:
            with urllib.request.urlopen(call) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["__type"].rpartition("#")[2]

    def test_nothing_changed(self, stand_in):
        assert self.send(stand_in, lambda sent: None)[0] == 200

    @pytest.mark.parametrize("change", [
        lambda sent: sent.update(body=b'{"repositoryName": "other"}'),
        lambda sent: sent["headers"].update({"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"}),
        lambda sent: sent["headers"].update({"X-Amz-Extra": "not signed"}),
        lambda sent: sent["headers"].update({"X-Amz-Content-SHA256": "0" * 64}),
        lambda sent: sent["headers"].update({"X-Amz-Date": "20200101T000000Z"}),
    ])
    def test_a_change_is_noticed(self, stand_in, change):
        status, kind = self.send(stand_in, change)
        assert (status, kind) in [(403, "InvalidSignatureException"), (403, "IncompleteSignatureException")]
        assert stand_in.config["repositories"] == []

    def test_without_a_signature(self, stand_in):
        assert self.send(stand_in, lambda sent: sent["headers"].pop("Authorization")) == (403, "MissingAuthenticationTokenException")


@pytest.mark.skipif(not shutil.which(CLI), reason="the AWS CLI is not installed")
class TestWithTheAwsCli:
    def run(self, stand_in, tmp_path, *arguments):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": aws.ACCESS_KEY,
               "AWS_SECRET_ACCESS_KEY": aws.SECRET_KEY, "AWS_DEFAULT_REGION": "eu-west-1", "NO_PROXY": "*"}
        return subprocess.run([CLI, "--endpoint-url", stand_in.url, "--output", "json", *arguments], env=env, capture_output=True,
                              text=True, timeout=60, check=False)

    def test_it_logs_in_and_makes_repositories(self, stand_in, tmp_path):
        assert self.run(stand_in, tmp_path, "ecr", "get-login-password").stdout.strip() == "ecr-password-canary"
        made = self.run(stand_in, tmp_path, "ecr", "create-repository", "--repository-name", "app")
        assert json.loads(made.stdout)["repository"]["repositoryName"] == "app", made.stderr
        who = self.run(stand_in, tmp_path, "sts", "get-caller-identity")
        assert json.loads(who.stdout)["Account"] == aws.ACCOUNT, who.stderr

    def test_it_understands_a_refusal(self, stand_in, tmp_path):
        stand_in.configure(denied=["ecr:GetAuthorizationToken"])
        refused = self.run(stand_in, tmp_path, "ecr", "get-login-password")
        assert refused.returncode != 0 and "AccessDeniedException" in refused.stderr


def test_as_a_program_it_prints_its_port_and_ends_with_its_input(tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"instance_role": "other-role"}))
    with subprocess.Popen([sys.executable, aws.__file__, "--config", str(config), "--until-eof"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as program:
        url = f"http://127.0.0.1:{int(program.stdout.readline())}/latest/"
        opening = urllib.request.Request(url + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"})
        token = urllib.request.urlopen(opening).read().decode()
        naming = urllib.request.Request(url + "meta-data/iam/security-credentials/", headers={"X-aws-ec2-metadata-token": token})
        assert urllib.request.urlopen(naming).read() == b"other-role"
        program.stdin.close()
        assert program.wait(timeout=10) == 0
