#include "oci/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oci/copy_image.h"
#include "testing/memory_repo.h"
#include "testing/sample_image.h"

namespace ixian::oci {
namespace {

using testing::MemoryRepo;
using testing::put_image;
using testing::sample_image;

class LossesTest : public ::testing::Test {
 protected:
  LossesTest() { put_image(*inner, "1", image); }

  CopyResult copy(ImageRepo& from, ImageRepo& to, bool look_closer = false) {
    CopyOptions options;
    options.look_closer = look_closer;
    return copy_image(from, "1", to, "1", options, cancellation);
  }

  const testing::SampleImage image = sample_image("a");
  const Descriptor layer = image.manifest.layers[0];
  const std::shared_ptr<MemoryRepo> inner = std::make_shared<MemoryRepo>("there");
  const std::shared_ptr<Losses> losses = std::make_shared<Losses>();
  const std::shared_ptr<ImageRepo> repo = without_lost(inner, losses);
  base::Cancellation cancellation;
};

TEST_F(LossesTest, WhatIsLostIsNotBelievedToBeThereUntilItIsPutAgain) {
  EXPECT_TRUE(repo->find("1") && repo->has_blob(layer));
  EXPECT_FALSE(losses->any_in("there"));
  EXPECT_TRUE(losses->note("there", "1"));
  EXPECT_FALSE(losses->note("there", "1"));
  EXPECT_TRUE(losses->may_warn_of("there"));
  EXPECT_FALSE(losses->may_warn_of("there"));
  losses->note("there", layer.digest.text());
  EXPECT_TRUE(losses->any_in("there"));
  EXPECT_FALSE(repo->find("1") || repo->read_manifest("1") || repo->has_blob(layer));
  MemoryRepo other("other");
  put_image(other, "1", image);
  EXPECT_EQ(copy(other, *repo).moved, 1u);
  EXPECT_TRUE(repo->find("1") && repo->has_blob(layer));
}

TEST_F(LossesTest, AnImageIsWholeWithAllItsParts) {
  EXPECT_TRUE(is_complete(*repo, "1", *losses));
  EXPECT_FALSE(is_complete(*repo, "2", *losses));
  EXPECT_FALSE(losses->any_in("there"));  // that was never there
  inner->drop_blob(image.manifest.config.digest);
  EXPECT_FALSE(is_complete(*repo, "1", *losses));
  EXPECT_FALSE(repo->find("1"));
}

TEST_F(LossesTest, ReadingTellsWhatIsLost) {
  MemoryRepo to("to");
  inner->replace_blob(layer.digest, std::string(layer.size, 'x'));
  try {
    copy(*repo, to);
    FAIL();
  } catch (const Lost& lost) {
    EXPECT_EQ(lost.repository(), "there");
    EXPECT_EQ(lost.ref(), layer.digest.text());
  }
}

TEST_F(LossesTest, ACloserLookSendsWhatTheDestinationLacks) {
  MemoryRepo to("to");
  copy(*repo, to);
  EXPECT_TRUE(copy(*repo, to, true).unchanged);
  to.drop_blob(layer.digest);
  EXPECT_TRUE(copy(*repo, to).unchanged);
  EXPECT_EQ(copy(*repo, to, true).moved, 1u);
  EXPECT_TRUE(is_complete(to, "1", *losses));
}

}  // namespace
}  // namespace ixian::oci
