// The CAs that connections are verified against.
#pragma once

#include <openssl/ossl_typ.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ixian::http {

// Reads the system's CAs once, and once more for each set of CAs that some hosts have besides. Thread-safe.
class TrustStores {
 public:
  using Store = std::shared_ptr<X509_STORE>;

  // The system's CAs, as OpenSSL finds them (SSL_CERT_FILE, SSL_CERT_DIR), and those in `ca_files`. Throws
  // Error{kRegistry} where one of `ca_files` cannot be read or holds no certificate.
  Store get(const std::vector<std::string>& ca_files);

 private:
  // Guards `stores_`, and is held while a store is made.
  std::mutex mutex_;
  std::map<std::vector<std::string>, Store> stores_;
};

}  // namespace ixian::http
