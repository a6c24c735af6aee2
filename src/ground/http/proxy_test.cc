#include "http/proxy.h"

#include <gtest/gtest.h>

#include <map>

namespace ixian::http {
namespace {

std::string proxy(const std::string& url, const std::map<std::string, std::string>& environment) {
  return proxy_for(*parse_url(url), [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(ProxyTest, TheSchemeOfTheRequestChooses) {
  const std::map<std::string, std::string> both{{"HTTPS_PROXY", "http://s:1"}, {"HTTP_PROXY", "http://p:2"}};
  EXPECT_EQ(proxy("https://r.example.com", both), "http://s:1");
  EXPECT_EQ(proxy("http://r.example.com", both), "http://p:2");
  EXPECT_EQ(proxy("http://r.example.com", {{"HTTPS_PROXY", "http://s:1"}}), "");
  EXPECT_EQ(proxy("https://r.example.com", {{"HTTP_PROXY", "http://p:2"}}), "");
}

TEST(ProxyTest, CapitalsComeBeforeSmallLettersAndBothBeforeAll) {
  EXPECT_EQ(proxy("https://r", {{"https_proxy", "http://small:1"}, {"HTTPS_PROXY", "http://big:1"}}),
            "http://big:1");
  EXPECT_EQ(proxy("https://r", {{"https_proxy", "http://small:1"}, {"ALL_PROXY", "http://all:1"}}),
            "http://small:1");
  EXPECT_EQ(proxy("https://r", {{"all_proxy", "socks5://all:1"}}), "socks5://all:1");
  EXPECT_EQ(proxy("https://r", {{"HTTPS_PROXY", " "}, {"https_proxy", "http://small:1"}}), "http://small:1");
}

TEST(ProxyTest, AValueWithoutASchemeIsHttp) {
  EXPECT_EQ(proxy("https://r", {{"HTTPS_PROXY", "proxy.local:3128"}}), "http://proxy.local:3128");
}

TEST(ProxyTest, WhatAClientOfACgiProgramMaySetDoesNotCount) {
  EXPECT_EQ(proxy("http://r", {{"REQUEST_METHOD", "GET"}, {"HTTP_PROXY", "http://evil:1"}}), "");
  EXPECT_EQ(proxy("http://r", {{"REQUEST_METHOD", "GET"}, {"http_proxy", "http://good:1"}}), "http://good:1");
}

TEST(ProxyTest, ThisMachineIsNeverAskedForByAProxy) {
  for (const char* url :
       {"http://localhost:5000", "http://127.0.0.1", "http://[::1]:5000", "http://x.localhost"})
    EXPECT_EQ(proxy(url, {{"HTTP_PROXY", "http://p:1"}, {"ALL_PROXY", "http://p:1"}}), "") << url;
}

struct Row {
  const char* list;
  const char* url;
  bool direct;
};

TEST(ProxyTest, NoProxyHasTheFormsOfGo) {
  const Row rows[] = {
      {"*", "https://r.example.com", true},
      {"example.com", "https://example.com", true},
      {"example.com", "https://r.example.com", true},
      {"example.com", "https://notexample.com", false},
      {".example.com", "https://r.example.com", true},
      {".example.com", "https://example.com", false},
      {"*.example.com", "https://r.example.com", true},
      {"*.example.com", "https://example.com", false},
      {"EXAMPLE.com", "https://R.Example.COM", true},
      {"a.com, r.example.com ,b.com", "https://r.example.com", true},
      {"a.com r.example.com", "https://r.example.com", true},
      {"r.example.com:5000", "https://r.example.com:5000", true},
      {"r.example.com:5000", "https://r.example.com", false},
      {"r.example.com:443", "https://r.example.com", true},
      {"10.1.2.3", "http://10.1.2.3:5000", true},
      {"10.1.2.3:5000", "http://10.1.2.3:5000", true},
      {"10.1.2.3:5001", "http://10.1.2.3:5000", false},
      {"10.0.0.0/8", "http://10.1.2.3", true},
      {"10.0.0.0/8", "http://11.1.2.3", false},
      {"10.0.0.0/33", "http://10.1.2.3", false},
      {"10.0.0.0/8", "https://r.example.com", false},
      {"fd00::/8", "http://[fd00::5]", true},
      {"fd00::5", "http://[fd00::5]:80", true},
      {"[fd00::5]:80", "http://[fd00::5]", true},
      {"[fd00::5]:81", "http://[fd00::5]", false},
      {"", "https://r.example.com", false},
      {",, ,", "https://r.example.com", false},
      {":443", "https://r.example.com", false},
  };
  for (const Row& row : rows) {
    const std::map<std::string, std::string> environment{
        {"HTTPS_PROXY", "http://p:1"}, {"HTTP_PROXY", "http://p:1"}, {"no_proxy", row.list}};
    EXPECT_EQ(proxy(row.url, environment).empty(), row.direct) << row.list << " for " << row.url;
  }
  EXPECT_EQ(proxy("https://r", {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "x"}, {"no_proxy", "r"}}),
            "http://p:1");
}

}  // namespace
}  // namespace ixian::http
