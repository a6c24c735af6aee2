#include "http/resolver.h"

#include <gtest/gtest.h>
#include <netdb.h>

#include "http/curl_failure.h"

namespace ixian::http {
namespace {

using namespace std::chrono_literals;

TEST(ResolverTest, TellsNoSuchNameFromNoAnswer) {
  EXPECT_FALSE(means_no_answer(EAI_NONAME));
  EXPECT_FALSE(means_no_answer(EAI_FAIL));
  EXPECT_TRUE(means_no_answer(EAI_AGAIN));
  EXPECT_TRUE(resolver_is_silent("any.example", 10s)) << "a name server that is not there takes seconds";
}

TEST(ResolverTest, FindsTheNameInWhatCurlSays) {
  EXPECT_EQ(name_in_detail("Could not resolve host: nohost.example"), "nohost.example");
  EXPECT_EQ(name_in_detail("Could not resolve proxy: proxy.example"), "proxy.example");
  EXPECT_EQ(name_in_detail("something else: nohost.example"), "");
}

TEST(ResolverTest, KnowsWhereTheAddressesOfANameLie) {
  for (const auto& [host, kind] :
       {std::pair("127.0.0.1", AddressKind::kLoopback), std::pair("::1", AddressKind::kLoopback),
        std::pair("203.0.113.1", AddressKind::kPublic)}) {
    const auto addresses = addresses_of(host);
    ASSERT_EQ(addresses.size(), 1u) << host;
    EXPECT_EQ(addresses[0].text, host);
    EXPECT_EQ(addresses[0].kind, kind);
  }
}

TEST(ResolverTest, OnlySilenceIsWorthAskingAgain) {
  const Peer peer(*parse_url("https://nohost.example/"), Request{});
  CurlFailure failure;
  failure.code = CURLE_COULDNT_RESOLVE_HOST;
  EXPECT_FALSE(explain(peer, failure).transient());
  failure.resolver_silent = true;
  EXPECT_TRUE(explain(peer, failure).transient());
  failure.code = CURLE_COULDNT_RESOLVE_PROXY;
  EXPECT_TRUE(explain(peer, failure).transient());
  failure.resolver_silent = false;
  EXPECT_FALSE(explain(peer, failure).transient());
}

}  // namespace
}  // namespace ixian::http
