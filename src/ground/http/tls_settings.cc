// certs.d, as Docker and podman read it: in a directory by the registry's name (with its port) every .crt is
// a CA, and each X.cert with X.key beside it a client certificate. The first of the places that has a
// directory for the host counts, and the others are not looked into. They are the user's before the
// machine's.
#include "http/tls_settings.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "files/trust.h"

namespace ixian::http {
namespace {

namespace fs = std::filesystem;

// Regular files with one of the endings, sorted, so that each run sees the same.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) found.push_back(it->path());
  }
  if (error) base::fail_registry("cannot read the directory " + folder.string() + ": " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

bool present(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

void take_pair(TlsSettings& settings, const fs::path& certificate, const fs::path& key) {
  if (!present(key)) {
    base::fail_registry("client certificate " + certificate.string() +
                        " has no key\nhint: put it beside the certificate, as " + key.filename().string() +
                        "");
  }
  if (!present(certificate)) {
    base::fail_registry("client key " + key.string() +
                        " has no certificate\nhint: put it beside the key, as " +
                        certificate.filename().string() + " (CAs end in .crt)");
  }
  if (!settings.client_certificate.empty()) return;  // the first by name, as others do
  settings.client_certificate = certificate.string();
  settings.client_key = key.string();
}

TlsSettings read_folder(const fs::path& folder) {
  TlsSettings settings;
  for (const fs::path& path : entries(folder)) {
    const std::string ending = path.extension().string();
    if (ending == ".crt") settings.ca_files.push_back(path.string());
    if (ending == ".cert") take_pair(settings, path, fs::path(path).replace_extension(".key"));
    if (ending == ".key") take_pair(settings, fs::path(path).replace_extension(".cert"), path);
  }
  return settings;
}

}  // namespace

TlsSettings read_certs_d(const std::vector<std::string>& folders, std::string_view authority) {
  if (authority.empty() || authority == "." || authority == ".." ||
      authority.find('/') != std::string_view::npos) {
    return {};
  }
  for (const std::string& folder : folders) {
    const fs::path path = fs::path(folder) / authority;
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) continue;
    // Whoever can write here can pose as the registry.
    files::warn_if_untrusted(path);
    for (const auto& entry : fs::directory_iterator(path, ignored)) files::warn_if_untrusted(entry.path());
    return read_folder(path);
  }
  return {};
}

std::vector<std::string> certs_d_folders() {
  std::vector<std::string> folders;
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') folders.push_back(std::string(home) + "/.config/containers/certs.d");
  folders.emplace_back("/etc/containers/certs.d");
  folders.emplace_back("/etc/docker/certs.d");
  return folders;
}

}  // namespace ixian::http
