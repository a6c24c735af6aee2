"""Whom ix trusts, and how it shows who it is: certs.d as Docker and Podman read it."""

import shutil

import images
import pytest
from authority import Authority


@pytest.fixture
def tls(start_registry):
    made = start_registry("tls")
    made.put("team/app", "1", images.small_image())
    return made


def inspect(ix, registry):
    return ix("image", "inspect", registry.name("team/app"))


def test_an_authority_in_certs_d_is_trusted(ix, tls):
    ix.log_in(tls)
    inspect(ix, tls).ok()


def test_an_unknown_authority_gets_nothing(ix, tls):
    ix.docker_config(tls.config)
    done = inspect(ix, tls).failed(4, tls.host, "certificate")
    assert "certs.d" in done.stderr or "ca_file" in done.stderr
    assert "401" not in done.stderr


def test_another_authority_gets_nothing(ix, tls, tmp_path):
    ix.docker_config(tls.config)
    ix.trust(tls.host, Authority(tmp_path / "other", "Other CA"))
    inspect(ix, tls).failed(4, tls.host, "certificate")


def test_an_authority_of_another_host_is_not_trusted_here(ix, tls):
    ix.docker_config(tls.config)
    ix.trust("other.example", tls.authority)
    inspect(ix, tls).failed(4, tls.host, "certificate")


def test_a_certificate_for_another_name_is_refused(ix, start_registry, tmp_path):
    class Elsewhere(Authority):
        def server(self, name="server", alternative_names="DNS:elsewhere.example"):
            return super().server(name, alternative_names)

    registry = start_registry("tls", authority=Elsewhere(tmp_path / "elsewhere"))
    ix.log_in(registry)
    ix("image", "tags", f"{registry.host}/team/app").failed(4, registry.host, "certificate")


def test_a_client_shows_its_certificate(ix, start_registry, tmp_path):
    clients = Authority(tmp_path / "clients", "Client CA")
    registry = start_registry("tls", client_authority=clients)
    ix.log_in(registry)
    ix("image", "tags", f"{registry.host}/team/app").failed(4, registry.host)
    ix.trust(registry.host, registry.authority, clients.client())
    ix("image", "tags", f"{registry.host}/team/app").ok()


def test_a_certificate_without_its_key_is_named(ix, tls, tmp_path):
    ix.log_in(tls)
    certificate, _ = Authority(tmp_path / "clients").client()
    shutil.copy(certificate, ix.certs_d(tls.host) / "client.cert")
    inspect(ix, tls).failed(4, "client.key")


def test_a_registry_with_tls_is_not_spoken_to_without(ix, tls):
    """Nor is one without TLS that is not on this machine; 127.0.0.1 is the one exception."""
    ix("image", "tags", "registry.invalid/team/app").failed(4, "registry.invalid")
    ix.docker_config(tls.config)
    inspect(ix, tls).failed(4)
    assert "Authorization" not in tls.log.read_text()
