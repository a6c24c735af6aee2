#include "registry/link.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace ixian::registry {
namespace {

TEST(NextLinkTest, ATargetMayBeRelativeOrAbsolute) {
  EXPECT_EQ(next_link({R"(</v2/a/tags/list?last=x&n=100>; rel="next")"}), "/v2/a/tags/list?last=x&n=100");
  EXPECT_EQ(next_link({R"(<https://r.example.com/v2/?n=1>;rel=next)"}), "https://r.example.com/v2/?n=1");
}

TEST(NextLinkTest, CommasAndSemicolonsOfTargetsAndValuesDoNotSeparate) {
  EXPECT_EQ(next_link({R"(</a,b;c>; title="x, <no>; rel=next"; rel=prev, </d,e>; rel="next")"}), "/d,e");
}

TEST(NextLinkTest, RelMayHaveSeveralWordsInAnyCase) {
  EXPECT_EQ(next_link({R"(</a>; REL="last NEXT")"}), "/a");
  EXPECT_EQ(next_link({R"(</a>; rel="nextish")"}), std::nullopt);
}

TEST(NextLinkTest, OnlyTheFirstRelOfALinkCounts) {
  EXPECT_EQ(next_link({R"(</a>; rel=prev; rel=next)"}), std::nullopt);
}

TEST(NextLinkTest, AllFieldsAreLookedAt) {
  EXPECT_EQ(next_link({"</a>; rel=first", "</b>; rel=next"}), "/b");
}

TEST(NextLinkTest, WithoutANextThereIsNone) {
  EXPECT_EQ(next_link({}), std::nullopt);
  EXPECT_EQ(next_link({"", " , ", "</a>", "</a>;", "</a>;rel", "</a>;rel=", "</a>; rel=last,"}),
            std::nullopt);
}

TEST(NextLinkTest, WhatCannotBeReadIsNotTakenForNone) {
  for (const char* field :
       {"<", "</a", "rel=next", "/v2/a/tags/list?last=x; rel=\"next\"", "</a>; rel=last, /b; rel=next",
        "</a> rel=next", "\"/a\"; rel=next", "</a>; title=\"x; rel=next"})
    EXPECT_THROW(next_link({field}), std::invalid_argument) << field;
}

TEST(NextLinkTest, AnEmptyTargetIsATarget) {
  EXPECT_EQ(next_link({"<>; rel=next"}), "");
}

TEST(NextLinkTest, AnyBytesAreSurvived) {
  std::mt19937 random(2);
  const std::string alphabet = "<>;=\",\\ rel next";
  for (int round = 0; round < 20'000; ++round) {
    std::string field;
    for (auto left = random() % 30; left > 0; --left) field += alphabet[random() % alphabet.size()];
    try {
      next_link({field});
    } catch (const std::invalid_argument&) {
    }
  }
}

}  // namespace
}  // namespace ixian::registry
