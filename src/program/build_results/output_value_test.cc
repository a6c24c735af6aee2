#include "build_results/output_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::build_results {
namespace {

using Destination = exporter::OutputType::Destination;
using ::testing::HasSubstr;

std::string refusal(const std::string& text, const std::function<void(const std::string&)>& parse) {
  try {
    parse(text);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kUsage);
    return error.message() + error.hint();
  }
  return "";
}

std::string output_refusal(const std::string& text) {
  return refusal(text, [](const std::string& value) { parse_output(value); });
}

TEST(OutputValue, TakesTheKeysOfBuildKitsExporters) {
  const auto all = parse_output(
      "type=registry,name=r.local/"
      "a,push-by-digest=true,compression=zstd,compression-level=19,force-compression=1,"
      "unpack=false,name-canonical=true,annotation.org.x=A=b,annotation-manifest[linux/amd64].y=1");
  ASSERT_EQ(all.size(), 1U);
  const exporter::Output& output = all[0];
  EXPECT_TRUE(output.by_digest);
  EXPECT_EQ(output.form.compression, compression::Compression::kZstd);
  EXPECT_EQ(output.form.level, 19);
  EXPECT_TRUE(output.form.force);
  EXPECT_EQ(output.form.annotations, (std::map<std::string, std::string>{{"org.x", "A=b"}, {"y", "1"}}));
}

TEST(OutputValue, PushAndStoreSayWhereAnImageGoes) {
  const auto destination = [](const std::string& text) {
    return parse_output(text).front().type->destination;
  };
  EXPECT_EQ(destination("type=image"), Destination::kStore);
  EXPECT_EQ(destination("type=image,push=true"), Destination::kRegistry);
  EXPECT_EQ(destination("type=image,store=false"), Destination::kNowhere);
  EXPECT_EQ(destination("type=cacheonly"), Destination::kNowhere);
  EXPECT_EQ(destination("type=docker"), Destination::kDaemon);
  EXPECT_EQ(destination("type=docker,dest=/tmp/x.tar"), Destination::kFile);
  const auto both = parse_output("type=image,push=true,store=true");
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].type->destination, Destination::kStore);
  EXPECT_EQ(both[1].type->destination, Destination::kRegistry);
}

TEST(OutputValue, RefusesWithTheReasonAndAWayOut) {
  EXPECT_THAT(output_refusal("type=image,compression=estargz"), HasSubstr("use compression=zstd or gzip"));
  EXPECT_THAT(output_refusal("type=image,compression=gzip,compression-level=10"), HasSubstr("0 to 9"));
  EXPECT_THAT(output_refusal("type=image,compresion=gzip"), HasSubstr("did you mean compression?"));
  EXPECT_THAT(output_refusal("type=docker,tar=false,dest=d"), HasSubstr("type=oci,tar=false"));
  EXPECT_THAT(output_refusal("type=local,dest=d,compression=zstd"), HasSubstr("no layers"));
  EXPECT_THAT(output_refusal("type=image,oci-mediatypes=false,annotation.a=b"), HasSubstr("cannot be used"));
  EXPECT_THAT(output_refusal("type=registry,name=r.local/a:1,push-by-digest=true"),
              HasSubstr("without its tag"));
  EXPECT_THAT(output_refusal("type=image,annotation-index.a=b"), HasSubstr("single platform export"));
  EXPECT_THAT(output_refusal("out,push=true"), HasSubstr("invalid field \"out\""));
  EXPECT_THAT(output_refusal("dest=x"), HasSubstr("missing type="));
}

TEST(AnnotationValue, GoesToTheManifestUnlessATypeStandsBefore) {
  const Annotation plain = parse_annotation("org.opencontainers.image.url=https://x:1/");
  EXPECT_EQ(plain.key, "org.opencontainers.image.url");
  EXPECT_EQ(plain.value, "https://x:1/");
  EXPECT_TRUE(plain.on_manifest);
  const Annotation both = parse_annotation("manifest[linux/arm64],manifest-descriptor:a:b=c");
  EXPECT_TRUE(both.on_manifest && both.on_descriptor);
  EXPECT_EQ(both.platform, "linux/arm64");
  EXPECT_EQ(both.key, "a:b");
}

TEST(AnnotationValue, IndexesAndUnknownTypesAreRefused) {
  const auto parse = [](const std::string& value) { parse_annotation(value); };
  EXPECT_THAT(refusal("index:a=b", parse),
              HasSubstr("index annotations not supported for single platform export"));
  EXPECT_THAT(refusal("a:b=c", parse), HasSubstr("invalid annotation type \"a\""));
  EXPECT_THAT(refusal("a", parse), HasSubstr("[TYPE:]KEY=VALUE"));
}

}  // namespace
}  // namespace ixian::build_results
