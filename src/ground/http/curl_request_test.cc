#include "http/curl_request.h"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/sha256.h"
#include "base/text.h"
#include "testing/http_fixture.h"

namespace ixian::http {
namespace {

using ixian::testing::Connection;
using ixian::testing::HttpServer;
using ixian::testing::HttpTest;
using ixian::testing::ServerRequest;
using ::testing::HasSubstr;

std::string hmac(const std::string& key, const std::string& text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[c & 15]};
  }
  return text;
}

std::string between(const std::string& text, const std::string& start, const std::string& end) {
  const std::size_t from = text.find(start) + start.size();
  return text.substr(from, text.find(end, from) - from);
}

// What AWS computes from the request as it arrived.
std::string expected_signature(const ServerRequest& request, const std::string& secret,
                               const std::string& body) {
  const std::string authorization = request.header("Authorization");
  const std::string scope = between(authorization, "Credential=AKID/", ",");
  const std::string names = between(authorization, "SignedHeaders=", ",");
  std::string canonical = request.method + "\n" + request.path + "\n" + request.query + "\n";
  for (const std::string_view name : base::split(names, ';')) {
    canonical += std::string(name) + ":" + request.header(name) + "\n";
  }
  canonical += "\n" + names + "\n" + base::sha256_hex(body);
  std::string key = "AWS4" + secret;
  for (const std::string_view part : base::split(scope, '/')) key = hmac(key, std::string(part));
  return hex(hmac(key, "AWS4-HMAC-SHA256\n" + request.header("X-Amz-Date") + "\n" + scope + "\n" +
                           base::sha256_hex(canonical)));
}

class SignatureTest : public HttpTest {
 protected:
  Request signed_request(const std::string& path) {
    Request request;
    request.url = server_.url(path);
    request.aws_signature =
        AwsSignature{"eu-central-1", "ecr", base::Secret("AKID"), base::Secret("a:b/c+d"), {}};
    return request;
  }
  void expect_good_signature(const Request& request, const std::string& body) {
    EXPECT_EQ(transport().send(request).head.status, 200);
    const ServerRequest seen = server_.requests().back();
    const std::string authorization = seen.header("Authorization");
    EXPECT_THAT(authorization, HasSubstr("/eu-central-1/ecr/aws4_request"));
    EXPECT_EQ(between(authorization, "Signature=", "\n"), expected_signature(seen, "a:b/c+d", body));
    EXPECT_EQ(seen.body, body);
  }

  HttpServer server_{[](const ServerRequest&, Connection& connection) { connection.respond(200); }};
};

TEST_F(SignatureTest, JsonPost) {
  Request request = signed_request("/");
  request.method = "POST";
  request.headers.add("Content-Type", "application/x-amz-json-1.1");
  request.headers.add("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  request.body = text_body("{\"a\": \"\xc3\xa4\"}");
  expect_good_signature(request, "{\"a\": \"\xc3\xa4\"}");
  EXPECT_THAT(server_.requests().back().header("Authorization"), HasSubstr("x-amz-target"));
}

TEST_F(SignatureTest, SessionTokensAreSigned) {
  Request request = signed_request("/");
  request.method = "POST";
  request.body = text_body("");
  request.aws_signature->session_token = base::Secret("to/ken==");
  expect_good_signature(request, "");
  EXPECT_EQ(server_.requests().back().header("X-Amz-Security-Token"), "to/ken==");
  EXPECT_THAT(server_.requests().back().header("Authorization"), HasSubstr("x-amz-security-token"));
}

TEST_F(SignatureTest, QueriesAreSorted) {
  expect_good_signature(signed_request("/?Version=2011-06-15&Action=GetCallerIdentity&Flag"), "");
  EXPECT_EQ(server_.requests().back().query, "Action=GetCallerIdentity&Flag=&Version=2011-06-15");
}

TEST_F(SignatureTest, BodiesOverAMebibyteAreRefused) {
  Request request = signed_request("/");
  request.method = "POST";
  request.body = text_body(std::string((1 << 20) + 1, 'x'));
  EXPECT_THROW(transport().send(request), base::Error);
}

}  // namespace
}  // namespace ixian::http
