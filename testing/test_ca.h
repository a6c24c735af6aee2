// A certificate authority made by the test, and the certificates that it signs.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include "testing/temp_folder.h"

namespace ixian::testing {

// PEM files.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

class TestCa {
 public:
  static constexpr long kDay = 24 * 60 * 60;

  explicit TestCa(const TempFolder& folder, const std::string& name = "ca")
      : folder_(folder), name_(name), key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
    certificate_ = make(name, key_.get(), name, -kDay, kDay, "critical,CA:TRUE", "");
    files_ = write(name, certificate_.get(), key_.get());
  }

  const std::string& file() const { return files_.certificate; }

  // `names` as "DNS:localhost,IP:127.0.0.1"; valid from and until, in seconds from now.
  CertificateFiles sign(const std::string& file_name, const std::string& names, long from = -kDay,
                        long until = kDay) {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Certificate certificate = make(file_name, key.get(), name_, from, until, "CA:FALSE", names);
    return write(file_name, certificate.get(), key.get());
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
  using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

  static void set_name(X509_NAME* name, const std::string& text) {
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.c_str()),
                               -1, -1, 0);
  }
  static void extend(X509* certificate, int nid, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("TestCa: bad extension " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  Certificate make(const std::string& subject, EVP_PKEY* key, const std::string& issuer, long from,
                   long until, const std::string& constraints, const std::string& names) {
    Certificate certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
    X509_set_pubkey(certificate.get(), key);
    set_name(X509_get_subject_name(certificate.get()), subject);
    set_name(X509_get_issuer_name(certificate.get()), issuer);
    extend(certificate.get(), NID_basic_constraints, constraints);
    if (!names.empty()) extend(certificate.get(), NID_subject_alt_name, names);
    if (X509_sign(certificate.get(), key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error("TestCa: not signed");
    return certificate;
  }

  CertificateFiles write(const std::string& name, X509* certificate, EVP_PKEY* key) const {
    CertificateFiles files{folder_ / (name + ".pem"), folder_ / (name + ".key.pem")};
    const auto open = [](const std::string& path) {
      return std::unique_ptr<std::FILE, int (*)(std::FILE*)>(std::fopen(path.c_str(), "w"), std::fclose);
    };
    PEM_write_X509(open(files.certificate).get(), certificate);
    PEM_write_PrivateKey(open(files.key).get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return files;
  }

  const TempFolder& folder_;
  std::string name_;
  Key key_;
  Certificate certificate_{nullptr, X509_free};
  CertificateFiles files_;
  long serial_ = 0;
};

}  // namespace ixian::testing
