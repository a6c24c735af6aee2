#include "oci/copy_referrers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oci/media_types.h"
#include "oci/referrers.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"

namespace ixian::oci {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Lists referrers under their tag alone, as folders and old registries do.
class PlainRepo : public ixian::testing::MemoryRepo {
 public:
  using MemoryRepo::MemoryRepo;
  std::vector<Descriptor> referrers(const Digest& subject) override {
    return referrers_by_tag(*this, subject);
  }
};

class CopyReferrers : public ::testing::Test {
 protected:
  CopyReferrers() { put_image(from_, "1", ixian::testing::sample_image("image")); }

  Descriptor image() { return *from_.find("1"); }

  // Pushes an artifact about `subject`, "" by digest alone.
  Descriptor about(const Descriptor& subject, const std::string& kind, const std::string& tag = "") {
    auto made = std::get<Manifest>(from_.read_manifest("1")->parsed());
    made.subject = subject;
    made.artifact_type = kind;
    const RawManifest pushed = raw(made);
    from_.put_manifest(tag.empty() ? pushed.descriptor.digest.text() : tag, pushed);
    return pushed.descriptor;
  }

  ReferrersResult copy(ImageRepo& to) {
    CopyOptions options;
    options.whole_index = true;
    copy_image(from_, "1", to, "1", options, never_);
    return copy_referrers(from_, image(), to, options, never_);
  }

  ixian::testing::MemoryRepo from_{"from"};
  base::Cancellation never_;
};

TEST_F(CopyReferrers, TagsThatAreAboutTheImageComeAlong) {
  for (const char* ending : {".sig", ".att", ""})
    put_image(from_, referrers_tag(image().digest) + ending, ixian::testing::sample_image(ending));
  put_image(from_, "unrelated", ixian::testing::sample_image("x"));
  ixian::testing::MemoryRepo to("to");
  EXPECT_EQ(copy(to).copied, 3u);
  EXPECT_THAT(to.tags(), SizeIs(4));
  EXPECT_EQ(copy(to).copied, 0u);
}

TEST_F(CopyReferrers, WhatStandsOnThemComesAlongToo) {
  const Descriptor bill = about(image(), "application/x-bill");
  const Descriptor signature = about(bill, "application/x-signature");
  ixian::testing::MemoryRepo to("to");
  EXPECT_EQ(copy(to).copied, 2u);
  EXPECT_TRUE(to.find(signature.digest.text()));
  EXPECT_THAT(to.referrers(image().digest), SizeIs(1));
}

TEST_F(CopyReferrers, OfTheEntriesOfAnIndexAsWell) {
  Index index{std::string(kOciIndex), {image()}, {}, {}, {}};
  const Descriptor signature = about(image(), "application/x-signature");
  from_.put_manifest("1", raw(index));
  ixian::testing::MemoryRepo to("to");
  copy(to);
  EXPECT_TRUE(to.find(signature.digest.text()));
}

TEST_F(CopyReferrers, WhereNobodyKeepsTrackTheyAreListedUnderTheirTag) {
  about(image(), "application/x-bill");
  PlainRepo to("to");
  copy(to);
  about(image(), "application/x-signature");
  EXPECT_EQ(copy(to).copied, 1u);
  EXPECT_THAT(to.referrers(image().digest), SizeIs(2));
}

TEST_F(CopyReferrers, FromWhereTheyAreListedUnderATagToo) {
  PlainRepo from("old");
  put_image(from, "1", ixian::testing::sample_image("image"));
  const Descriptor listed = *from.find("1");
  put_image(from, "bill", ixian::testing::sample_image("bill"));
  from.put_manifest(referrers_tag(listed.digest),
                    raw(Index{std::string(kOciIndex), {*from.find("bill")}, {}, {}, {}}));
  PlainRepo to("to");
  CopyOptions options;
  copy_image(from, "1", to, "1", options, never_);
  EXPECT_THAT(copy_referrers(from, listed, to, options, never_).stays, IsEmpty());
  EXPECT_THAT(to.referrers(listed.digest), SizeIs(1));
}

TEST_F(CopyReferrers, WhatTheDestinationHasOtherwiseStaysAndIsTold) {
  const std::string tag = referrers_tag(image().digest) + ".sig";
  put_image(from_, tag, ixian::testing::sample_image("mine"));
  ixian::testing::MemoryRepo to("to");
  put_image(to, tag, ixian::testing::sample_image("theirs"));
  const Digest before = to.find(tag)->digest;
  const auto result = copy(to);
  ASSERT_THAT(result.stays, SizeIs(1));
  EXPECT_THAT(result.stays[0], ::testing::HasSubstr(tag));
  EXPECT_EQ(to.find(tag)->digest, before);
}

}  // namespace
}  // namespace ixian::oci
