#include "base/sha256.h"

#include <gtest/gtest.h>

namespace ixian::base {
namespace {

constexpr char kEmpty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kMillion[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(sha256_hex(""), kEmpty);
  EXPECT_EQ(sha256_hex("abc"), kAbc);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), kMillion);
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
  Sha256 hash;
  for (int i = 0; i < 1000; ++i) hash.update(std::string(1000, 'a'));
  EXPECT_EQ(to_hex(hash.finish()), kMillion);
}

TEST(Sha256, MayBeUsedAgainAfterFinish) {
  Sha256 hash;
  hash.update("something else");
  hash.finish();
  EXPECT_EQ(to_hex(hash.finish()), kEmpty);
  hash.update("abc");
  EXPECT_EQ(to_hex(hash.finish()), kAbc);
}

}  // namespace
}  // namespace ixian::base
