// Answers that are not quite HTTP. Whatever the parser makes of them: never wrong bytes, never without an
// end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "testing/fault_scenario.h"

namespace ixian::testing {
namespace {

using ::testing::Combine;
using ::testing::Values;

constexpr const char* kType = "application/vnd.oci.image.manifest.v1+json";

// What is sent instead of a good answer, made from its body.
struct Oddity {
  enum class Verdict { kFails, kSurvives, kEither };
  std::string name;
  Verdict verdict;
  std::function<std::string(const std::string& body)> answer;
};
using enum Oddity::Verdict;
void PrintTo(const Oddity& oddity, std::ostream* out) {
  *out << oddity.name;
}

std::string length(const std::string& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}
std::string head(const std::string& more) {
  return std::string("HTTP/1.1 200 OK\r\nContent-Type: ") + kType + "\r\n" + more;
}
std::string chunked(const std::string& body) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", body.size());
  return size + body + "\r\n0\r\n\r\n";
}

class HttpParsing : public ::testing::TestWithParam<std::tuple<Oddity, std::string>> {};

TEST_P(HttpParsing, HasItsVerdict) {
  const Oddity& oddity = std::get<0>(GetParam());
  FaultFixture scene;
  scene.hold_image_in_registry();
  scene.registry.rule("GET", std::get<1>(GetParam()), [&](Exchange& exchange) {
    exchange.connection.send_raw(oddity.answer(exchange.serve_it().body));
    exchange.connection.close();
  });
  const Outcome outcome = scene.pull();
  if (oddity.verdict == kSurvives || (oddity.verdict == kEither && !outcome.error)) {
    scene.expect_pulled(outcome);
  } else {
    scene.expect_not_pulled(outcome);
  }
}

const Oddity kOddities[] = {
    {"SameLengthTwice", kEither,
     [](const std::string& b) { return head(length(b) + length(b)) + "\r\n" + b; }},
    {"TwoLengths", kFails,
     [](const std::string& b) { return head(length(b) + "Content-Length: 7\r\n") + "\r\n" + b; }},
    {"TwoLengthsTheOtherWay", kFails,
     [](const std::string& b) { return head("Content-Length: 7\r\n" + length(b)) + "\r\n" + b; }},
    {"TwoLengthsInOne", kFails,
     [](const std::string& b) { return head("Content-Length: 7, 8\r\n") + "\r\n" + b; }},
    {"LengthAndChunks", kEither,
     [](const std::string& b) {
       return head("Content-Length: 7\r\nTransfer-Encoding: chunked\r\n") + "\r\n" + chunked(b);
     }},
    {"ChunksAndLength", kEither,
     [](const std::string& b) {
       return head("Transfer-Encoding: chunked\r\nContent-Length: 7\r\n") + "\r\n" + chunked(b);
     }},
    {"NegativeLength", kFails,
     [](const std::string& b) { return head("Content-Length: -1\r\n") + "\r\n" + b; }},
    {"LengthOfNoSense", kFails,
     [](const std::string& b) { return head("Content-Length: many\r\n") + "\r\n" + b; }},
    {"LengthOverflows", kFails,
     [](const std::string& b) { return head("Content-Length: 18446744073709551617\r\n") + "\r\n" + b; }},
    {"UnknownTransferEncoding", kFails,
     [](const std::string& b) { return head("Transfer-Encoding: rot13\r\n") + "\r\n" + b; }},
    {"ChunkSizeOverflows", kFails,
     [](const std::string& b) {
       return head("Transfer-Encoding: chunked\r\n") + "\r\nfffffffffffffffff\r\n" + b;
     }},
    {"ChunkSizeOfNoSense", kFails,
     [](const std::string& b) { return head("Transfer-Encoding: chunked\r\n") + "\r\nxyz\r\n" + b; }},
    {"FoldedHeader", kEither,
     [](const std::string& b) { return head("X-Long: a\r\n  b\r\n" + length(b)) + "\r\n" + b; }},
    {"FoldedLength", kEither,
     [](const std::string& b) {
       return head("Content-Length:\r\n " + std::to_string(b.size()) + "\r\n") + "\r\n" + b;
     }},
    {"HeaderOf1MiB", kFails,
     [](const std::string& b) {
       return head("X-Long: " + std::string(1 << 20, 'x') + "\r\n" + length(b)) + "\r\n" + b;
     }},
    {"TenThousandHeaders", kFails,
     [](const std::string& b) {
       std::string many;
       for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
       return head(many + length(b)) + "\r\n" + b;
     }},
    {"BareLineFeeds", kEither,
     [](const std::string& b) {
       return "HTTP/1.1 200 OK\nContent-Type: " + std::string(kType) +
              "\nContent-Length: " + std::to_string(b.size()) + "\n\n" + b;
     }},
    {"BareCarriageReturns", kFails,
     [](const std::string& b) {
       return "HTTP/1.1 200 OK\rContent-Length: " + std::to_string(b.size()) + "\r\r" + b;
     }},
    {"NulInAHeader", kEither,
     [](const std::string& b) {
       return head("X-Nul: a" + std::string(1, '\0') + "b\r\n" + length(b)) + "\r\n" + b;
     }},
    {"SpaceBeforeTheColon", kEither,
     [](const std::string& b) {
       return head("Content-Length : " + std::to_string(b.size()) + "\r\n") + "\r\n" + b;
     }},
    {"LineWithoutAColon", kEither,
     [](const std::string& b) { return head("nonsense\r\n" + length(b)) + "\r\n" + b; }},
    {"NotHttpAtAll", kFails, [](const std::string&) { return "SSH-2.0-OpenSSH_9.2\r\n"; }},
    {"OldHttp", kFails, [](const std::string& b) { return b; }},
    {"StatusOfNoSense", kFails,
     [](const std::string& b) { return "HTTP/1.1 abc OK\r\n" + length(b) + "\r\n" + b; }},
    {"StatusTooLarge", kFails,
     [](const std::string& b) { return "HTTP/1.1 2000 OK\r\n" + length(b) + "\r\n" + b; }},
    {"HttpOfTheFuture", kFails,
     [](const std::string& b) { return "HTTP/9.9 200 OK\r\n" + length(b) + "\r\n" + b; }},
    {"OneInterimAnswer", kSurvives,
     [](const std::string& b) {
       return "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + head(length(b)) + "\r\n" + b;
     }},
    {"FloodOfInterimAnswers", kFails,
     [](const std::string& b) {
       std::string flood;
       for (int i = 0; i < 100'000; ++i) flood += "HTTP/1.1 103 Early Hints\r\n\r\n";
       return flood + head(length(b)) + "\r\n" + b;
     }},
    {"SwitchingProtocols", kFails,
     [](const std::string& b) { return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + b; }},
};

std::string oddity_name(const ::testing::TestParamInfo<std::tuple<Oddity, std::string>>& info) {
  const bool manifest = std::get<1>(info.param) == "/manifests/";
  return std::get<0>(info.param).name + (manifest ? "InManifest" : "InBlob");
}
INSTANTIATE_TEST_SUITE_P(Registry, HttpParsing,
                         Combine(::testing::ValuesIn(kOddities),
                                 Values(std::string("/manifests/"), std::string("/blobs/"))),
                         oddity_name);

// Sent for as long as somebody listens.
void expect_end_of(const std::string& first, const std::string& again, std::uint64_t most) {
  RegistryStack::Options client;
  client.retries = 1;
  client.stall_time = std::chrono::seconds(1);
  FaultFixture scene({}, client);
  std::atomic<std::uint64_t> sent{0};
  scene.registry.rule("GET", "/manifests/", [&](Exchange& exchange) {
    exchange.connection.send_raw(first);
    std::string block;
    while (block.size() < 64 << 10) block += again;
    while (exchange.connection.open() && !exchange.connection.stopped() && sent < (std::uint64_t{4} << 30)) {
      exchange.connection.send_raw(block);
      sent += block.size();
    }
  });
  scene.expect_not_pulled(scene.pull());
  EXPECT_LT(sent.load(), most);
}

TEST(HttpParsingEnds, AFloodOfInterimAnswers) {
  expect_end_of("", "HTTP/1.1 103 Early Hints\r\n\r\n", 64 << 20);
}
TEST(HttpParsingEnds, AFloodOfHeaders) {
  expect_end_of("HTTP/1.1 200 OK\r\n", "X-A: b\r\n", 64 << 20);
}
TEST(HttpParsingEnds, AHeaderWithoutEnd) {
  expect_end_of("HTTP/1.1 200 OK\r\nX-A: ", "b", 64 << 20);
}
TEST(HttpParsingEnds, AStatusLineWithoutEnd) {
  expect_end_of("HTTP/1.1 200 O", "K", 64 << 20);
}
// libcurl has no limit for these. They are no progress, so they end with the time for a stall.
TEST(HttpParsingEnds, AChunkExtensionWithoutEnd) {
  expect_end_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", std::uint64_t{3} << 30);
}
TEST(HttpParsingEnds, TrailersWithoutEnd) {
  expect_end_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "X-A: b\r\n",
                64 << 20);
}
TEST(HttpParsingEnds, AnErrorPageWithoutEnd) {
  expect_end_of("HTTP/1.1 404 Not Found\r\nContent-Length: 1000000000000\r\n\r\n", "<p>", 64 << 20);
}

}  // namespace
}  // namespace ixian::testing
