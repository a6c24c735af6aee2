#include "http/tls_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "files/fs.h"
#include "testing/temp_folder.h"

namespace ixian::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CertsDTest : public ::testing::Test {
 protected:
  void put(const std::string& name) {
    files::make_directories(folder_ / name.substr(0, name.rfind('/')));
    folder_.write(name, "x");
  }
  TlsSettings read(std::string_view authority) {
    return read_certs_d({folder_ / "user", folder_ / "missing", folder_ / "system"}, authority);
  }

  ixian::testing::TempFolder folder_;
};

TEST_F(CertsDTest, ReadsCasAndAClientCertificate) {
  for (const char* name : {"b.crt", "a.crt", "client.cert", "client.key", "README"}) {
    put("system/registry.test:5000/" + std::string(name));
  }
  const TlsSettings settings = read("registry.test:5000");
  const std::string path = folder_ / "system/registry.test:5000/";
  EXPECT_THAT(settings.ca_files, ElementsAre(path + "a.crt", path + "b.crt"));
  EXPECT_EQ(settings.client_certificate, path + "client.cert");
  EXPECT_EQ(settings.client_key, path + "client.key");
  EXPECT_TRUE(settings.verify);
}

TEST_F(CertsDTest, TheFirstFolderThatExistsCountsAlone) {
  put("system/registry.test/ca.crt");
  files::make_directories(folder_ / "user/registry.test");
  EXPECT_THAT(read("registry.test").ca_files, IsEmpty());
}

TEST_F(CertsDTest, AnotherPortIsAnotherRegistry) {
  put("system/registry.test/ca.crt");
  EXPECT_THAT(read("registry.test:5000").ca_files, IsEmpty());
}

TEST_F(CertsDTest, HalfAPairSaysWhatIsMissing) {
  put("system/a/x.cert");
  put("system/b/y.key");
  for (const auto& [authority, missing] : {std::pair("a", "x.key"), std::pair("b", "y.cert")}) {
    try {
      read(authority);
      ADD_FAILURE() << authority;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.code(), base::ErrorCode::kRegistry);
      EXPECT_THAT(error.advised(), HasSubstr(missing));
    }
  }
}

TEST_F(CertsDTest, AuthoritiesAreNoPaths) {
  put("system/ca.crt");
  put("ca.crt");
  for (const char* authority : {"", ".", "..", "../system", "a/../.."}) {
    EXPECT_THAT(read(authority).ca_files, IsEmpty()) << authority;
  }
}

}  // namespace
}  // namespace ixian::http
