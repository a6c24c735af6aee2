#include "base/error.h"

#include <gtest/gtest.h>

namespace ixian::base {
namespace {

TEST(Error, TheHintIsTheLastLineOfTheContext) {
  const Error error(ErrorCode::kRegistry, "cannot push: permission denied\nhint: log in", "note: 403");
  EXPECT_EQ(error.message(), "cannot push: permission denied");
  EXPECT_EQ(error.context(), "note: 403\nhint: log in");
  EXPECT_EQ(error.hint(), "log in");
  EXPECT_EQ(error.evidence(), "note: 403");
  EXPECT_EQ(error.advised(), "cannot push: permission denied\nhint: log in");
}

TEST(Error, TheHintMayStandAlone) {
  const Error error(ErrorCode::kUsage, "unknown task: x\nhint: list tasks with `ix help`");
  EXPECT_EQ(error.context(), "hint: list tasks with `ix help`");
  EXPECT_EQ(error.hint(), "list tasks with `ix help`");
  EXPECT_EQ(error.evidence(), "");
}

TEST(Error, WhatPassesBothOnKeepsTheHint) {
  const Error inner(ErrorCode::kUsage, "no space left on device\nhint: free some space", "at byte 5");
  const Error outer(inner.code(), "cannot write F: " + inner.message(), inner.context());
  EXPECT_EQ(outer.message(), "cannot write F: no space left on device");
  EXPECT_EQ(outer.context(), "at byte 5\nhint: free some space");
}

TEST(Error, ThereMayBeNone) {
  const Error error(ErrorCode::kUsage, "not found", "what it was asked: hint: none");
  EXPECT_EQ(error.hint(), "");
  EXPECT_EQ(error.advised(), "not found");
  EXPECT_EQ(error.evidence(), error.context());
  EXPECT_EQ(error.context(), "what it was asked: hint: none");
}

}  // namespace
}  // namespace ixian::base
