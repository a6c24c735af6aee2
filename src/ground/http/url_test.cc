#include "http/url.h"

#include <gtest/gtest.h>

namespace ixian::http {
namespace {

TEST(ParseUrlTest, PartsAreAsTheyWereSpelt) {
  const auto url = parse_url("HTTPS://Registry.Example.COM:5000/v2/A%2fb/?q=%20&x#fragment");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "registry.example.com");
  EXPECT_EQ(url->port, 5000);
  EXPECT_EQ(url->path, "/v2/A%2fb/");
  EXPECT_EQ(url->query, "q=%20&x");
  EXPECT_EQ(url->text(), "https://registry.example.com:5000/v2/A%2fb/?q=%20&x");
}

TEST(ParseUrlTest, UsualPortsAreLeftOut) {
  EXPECT_EQ(parse_url("https://a:443/x")->origin(), "https://a");
  EXPECT_EQ(parse_url("http://a:80")->text(), "http://a/");
  EXPECT_EQ(parse_url("http://a:443")->authority(), "a:443");
  EXPECT_EQ(parse_url("http://a:/x")->port, 80);
  EXPECT_EQ(parse_url("https://a?x=/y")->text(), "https://a/?x=/y");
}

TEST(ParseUrlTest, Ipv6KeepsItsBracketsInTheAuthority) {
  const auto url = parse_url("http://[2001:DB8::1]:5000/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->authority(), "[2001:db8::1]:5000");
}

TEST(ParseUrlTest, WhatParsersReadDifferentlyIsRefused) {
  for (const char* text : {"",
                           "registry.example.com",
                           "//a/b",
                           "ftp://a/",
                           "http:/a",
                           "http://",
                           "http:///x",
                           "http://user@a/",
                           "http://user:password@a/",
                           "http://a@b@c/",
                           "http://a:0/",
                           "http://a:65536/",
                           "http://a:+80/",
                           "http://a:8x/",
                           "http://a:99999999999/",
                           "http://a b/",
                           "http://a/b c",
                           "http://a/\tb",
                           "http://a/\nb",
                           "http://a\\@b/",
                           "http://[::1",
                           "http://[::1]x/",
                           "http://[1.2.3.4]/",
                           "http://[fe80::1%25eth0]/",
                           "http://::1/",
                           "http://127%2e0.0.1/",
                           "http://\xef\xbc\x91\x32\x37.0.0.1/",
                           "http://.a/",
                           "http://a,b/",
                           " http://a/",
                           "http://a/\x7f"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

struct Resolution {
  const char* reference;
  const char* result;
};

// RFC 3986 section 5.4, but for the schemes and fragments that are not ours.
TEST(ResolveUrlTest, FollowsTheStandardsExamples) {
  const Url base = *parse_url("http://a/b/c/d;p?q");
  for (const auto& [reference, result] : std::initializer_list<Resolution>{
           {"g", "http://a/b/c/g"},
           {"./g", "http://a/b/c/g"},
           {"g/", "http://a/b/c/g/"},
           {"/g", "http://a/g"},
           {"//g", "http://g/"},
           {"?y", "http://a/b/c/d;p?y"},
           {"g?y", "http://a/b/c/g?y"},
           {"g#s", "http://a/b/c/g"},
           {";x", "http://a/b/c/;x"},
           {"", "http://a/b/c/d;p?q"},
           {"#s", "http://a/b/c/d;p?q"},
           {".", "http://a/b/c/"},
           {"./", "http://a/b/c/"},
           {"..", "http://a/b/"},
           {"../", "http://a/b/"},
           {"../g", "http://a/b/g"},
           {"../..", "http://a/"},
           {"../../", "http://a/"},
           {"../../g", "http://a/g"},
           {"../../../g", "http://a/g"},
           {"../../../../g", "http://a/g"},
           {"/./g", "http://a/g"},
           {"/../g", "http://a/g"},
           {"g.", "http://a/b/c/g."},
           {".g", "http://a/b/c/.g"},
           {"g..", "http://a/b/c/g.."},
           {"..g", "http://a/b/c/..g"},
           {"./../g", "http://a/b/g"},
           {"./g/.", "http://a/b/c/g/"},
           {"g/./h", "http://a/b/c/g/h"},
           {"g/../h", "http://a/b/c/h"},
           {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
           {"g;x=1/../y", "http://a/b/c/y"},
           {"g?y/../x", "http://a/b/c/g?y/../x"},
       }) {
    const auto url = resolve_url(base, reference);
    ASSERT_TRUE(url) << reference;
    EXPECT_EQ(url->text(), result) << reference;
  }
}

TEST(ResolveUrlTest, LocationsOfRegistries) {
  const Url base = *parse_url("https://r.example.com:5000/v2/app/blobs/uploads/");
  EXPECT_EQ(resolve_url(base, "/v2/app/blobs/uploads/1?_state=a%3D%3D")->text(),
            "https://r.example.com:5000/v2/app/blobs/uploads/1?_state=a%3D%3D");
  EXPECT_EQ(resolve_url(base, "https://cdn.example.com/x?y=http://z")->text(),
            "https://cdn.example.com/x?y=http://z");
  EXPECT_EQ(resolve_url(base, "//other/x")->text(), "https://other/x");
  EXPECT_FALSE(resolve_url(base, "ftp://other/x"));
  EXPECT_FALSE(resolve_url(base, "localhost:5000/x"));
  EXPECT_FALSE(resolve_url(base, "//user@other/x"));
  EXPECT_FALSE(resolve_url(base, "/a b"));
}

TEST(UrlTest, OriginsAreSchemeHostAndPort) {
  const auto same = [](const char* a, const char* b) { return same_origin(*parse_url(a), *parse_url(b)); };
  EXPECT_TRUE(same("https://a/x", "https://A:443/y?z"));
  EXPECT_FALSE(same("https://a/", "http://a/"));
  EXPECT_FALSE(same("https://a/", "https://a:444/"));
  EXPECT_FALSE(same("https://a/", "https://b.a/"));
}

TEST(AddressTest, LoopbackIsThisMachineOnly) {
  for (const char* host :
       {"localhost", "LOCALHOST", "a.localhost", "localhost.", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host :
       {"localhost.example.com", "notlocalhost", "10.0.0.1", "::2", "128.0.0.1", "127.example.com"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST(AddressTest, PrivateAddressesAreSeenInEverySpelling) {
  for (const char* host : {"127.0.0.1",
                           "127.1",
                           "2130706433",
                           "0x7f000001",
                           "0x7f.1",
                           "0177.0.0.1",
                           "017700000001",
                           "10.1.2.3",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.0.1",
                           "169.254.169.254",
                           "0xa9fea9fe",
                           "100.64.0.1",
                           "0.0.0.0",
                           "0",
                           "224.0.0.1",
                           "255.255.255.255",
                           "10.0.0.1.",
                           "::",
                           "::1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "ff02::1",
                           "::ffff:10.0.0.1",
                           "::ffff:a9fe:a9fe",
                           "::10.0.0.1",
                           "64:ff9b::10.0.0.1",
                           "2002:0a00:0001::",
                           "localhost",
                           "x.localhost"}) {
    EXPECT_TRUE(is_private_address(host)) << host;
  }
}

TEST(AddressTest, PublicAddressesAndNamesAreNotPrivate) {
  for (const char* host :
       {"8.8.8.8", "172.15.0.1", "172.32.0.1", "192.167.0.1", "100.128.0.1", "11.0.0.1", "2606:4700::1111",
        "::ffff:8.8.8.8", "registry.example.com", "10.example.com", "cafe", ""}) {
    EXPECT_FALSE(is_private_address(host)) << host;
  }
}

TEST(UrlEncodeTest, OnlyUnreservedCharactersStay) {
  EXPECT_EQ(url_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(url_encode("sha256:a/b c+\xc3\xa4"), "sha256%3Aa%2Fb%20c%2B%C3%A4");
  EXPECT_EQ(url_encode("a/b:c", true), "a/b%3Ac");
}

TEST(WithQueryTest, AddsToWhatIsThere) {
  EXPECT_EQ(with_query("http://a/b", "digest", "sha256:1"), "http://a/b?digest=sha256%3A1");
  EXPECT_EQ(with_query("http://a/b?x=1", "y", "&"), "http://a/b?x=1&y=%26");
  EXPECT_EQ(with_query("http://a/b?", "y", "z"), "http://a/b?y=z");
}

}  // namespace
}  // namespace ixian::http
