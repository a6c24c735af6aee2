// libcurl would parse the system's bundle of CAs for every connection of ours, because each has a multi
// handle of its own; and CURLOPT_CAINFO replaces the system's CAs where a registry needs one more. So we
// build the X509_STORE ourselves, once, and give every connection the same.
#include "http/trust_store.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.h"

namespace ixian::http {
namespace {

std::string openssl_error() {
  char text[256] = "";
  const unsigned long code = ERR_peek_last_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

// Whether OpenSSL can look CAs up there by the hash of their name, one at a time (c_rehash has been run).
bool hashed(const std::string& folder) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() == 10 && name.ends_with(".0")) return true;
  }
  return false;
}

std::string environment_or(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

// The bundle of some 140 certificates takes 20 ms to parse, so it is read only where there is no hashed
// folder. No CAs at all are no error here: a connection that needs one says that it is unknown.
void add_system(X509_STORE* store) {
  X509_STORE_set_default_paths(store);
  const std::string folder = environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  const bool chosen = !environment_or(X509_get_default_cert_file_env(), "").empty();
  const char* bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
  if (!chosen && bundle != nullptr && !hashed(folder)) X509_STORE_load_file(store, bundle);
  ERR_clear_error();
}

void add_file(X509_STORE* store, const std::string& path) {
  if (X509_STORE_load_file(store, path.c_str()) == 1) return;
  const std::string evidence = openssl_error();
  const std::string why = ::access(path.c_str(), R_OK) == 0
                              ? "contains no PEM certificate (expected: -----BEGIN CERTIFICATE-----)"
                              : "is missing or not readable";
  throw base::Error(base::ErrorCode::kRegistry, "CA file " + path + " " + why, evidence);
}

}  // namespace

TrustStores::Store TrustStores::get(const std::vector<std::string>& ca_files) {
  std::lock_guard lock(mutex_);
  Store& store = stores_[ca_files];
  if (store) return store;
  Store fresh(X509_STORE_new(), X509_STORE_free);
  // A certificate that is named as trusted is, whether or not it is a root.
  X509_STORE_set_flags(fresh.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  add_system(fresh.get());
  for (const std::string& path : ca_files) add_file(fresh.get(), path);
  store = std::move(fresh);
  return store;
}

}  // namespace ixian::http
