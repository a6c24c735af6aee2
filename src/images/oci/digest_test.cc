#include "oci/digest.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace ixian::oci {
namespace {

const std::string kHex(64, 'a');
const std::string kLongHex(128, '0');
const std::string kOfAbc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, TakesSha256AndSha512InLowerCase) {
  const auto short_one = Digest::parse("sha256:" + kHex);
  ASSERT_TRUE(short_one);
  EXPECT_EQ(short_one->text(), "sha256:" + kHex);
  EXPECT_EQ(short_one->algorithm(), "sha256");
  EXPECT_EQ(short_one->hex(), kHex);
  EXPECT_EQ(short_one->short_hex(), "aaaaaaaaaaaa");
  const auto long_one = Digest::parse("sha512:" + kLongHex);
  ASSERT_TRUE(long_one);
  EXPECT_EQ(long_one->algorithm(), "sha512");
  EXPECT_EQ(long_one->hex(), kLongHex);
}

TEST(Digest, RefusesWhatCouldBeAPathOrAnotherSpelling) {
  const std::string nul("sha256:" + std::string(63, 'a') + std::string(1, '\0'));
  for (const std::string& text : {std::string(),
                                  std::string("sha256"),
                                  std::string("sha256:"),
                                  std::string("sha256:../../x"),
                                  "sha256:" + std::string(58, 'a') + "/../..",
                                  "sha256:" + std::string(63, 'a') + "/",
                                  "sha256:" + std::string(64, 'A'),
                                  "SHA256:" + kHex,
                                  "sha256:" + kHex + "a",
                                  "sha256:" + kHex + "\n",
                                  "sha256:" + std::string(63, 'a'),
                                  "sha256:" + std::string(63, 'a') + "g",
                                  "sha512:" + kHex,
                                  "sha256:" + kLongHex,
                                  "sha384:" + std::string(96, 'a'),
                                  "md5:" + std::string(32, 'a'),
                                  " sha256:" + kHex,
                                  "sha256-" + kHex,
                                  kHex,
                                  nul,
                                  "sha256:" + kHex + std::string(1, '\0'),
                                  "sha256+b64:" + kHex}) {
    EXPECT_FALSE(Digest::parse(text)) << text;
  }
}

TEST(Digest, AnUnknownAlgorithmWithoutAnyHexIsNone) {
  for (const char* text : {"../../:", "foobar:", "sha384:", "      :", "SHA256:", "sha256:", "sha512:"}) {
    EXPECT_FALSE(Digest::parse(text)) << text;
  }
}

TEST(Digest, OfContentIsItsSha256) {
  EXPECT_EQ(Digest::of("abc").text(), kOfAbc);
  EXPECT_EQ(Digest::of("").text(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, ComparesByText) {
  EXPECT_EQ(Digest::of("abc"), *Digest::parse(kOfAbc));
  EXPECT_NE(Digest::of("abc"), Digest::of("abd"));
  EXPECT_LT(*Digest::parse("sha256:" + kHex), *Digest::parse("sha512:" + kLongHex));
}

TEST(Digester, HashesWhatComesInPieces) {
  Digester digester;
  digester.update("a");
  digester.update("");
  digester.update("bc");
  EXPECT_EQ(digester.finish().text(), kOfAbc);
}

TEST(Digester, UsesTheAlgorithmOfTheExpectedDigest) {
  Digester digester("sha512");
  digester.update("abc");
  EXPECT_EQ(digester.finish().text(),
            "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digester, RefusesOtherAlgorithms) {
  for (const char* algorithm : {"", "md5", "sha1", "SHA256", "sha384"}) {
    EXPECT_THROW(Digester{algorithm}, std::invalid_argument) << algorithm;
  }
}

TEST(Digester, MovesWithWhatItHasSeen) {
  Digester first;
  first.update("ab");
  Digester second = std::move(first);
  second.update("c");
  EXPECT_EQ(second.finish().text(), kOfAbc);
}

}  // namespace
}  // namespace ixian::oci
