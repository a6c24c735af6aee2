#include "layout/docker_name.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ixian::layout {
namespace {

TEST(DockerName, IsWrittenAsDockerWritesIt) {
  EXPECT_EQ(familiar_name("debian"), "debian:latest");
  EXPECT_EQ(familiar_name("docker.io/library/debian:12"), "debian:12");
  EXPECT_EQ(familiar_name("index.docker.io/shop/web:1"), "shop/web:1");
  EXPECT_EQ(familiar_name("registry.local:5000/debian:12"), "registry.local:5000/debian:12");
  EXPECT_EQ(familiar_name("localhost/library/debian:12"), "localhost/library/debian:12");
  const std::string digest = "@sha256:" + std::string(64, 'a');
  EXPECT_EQ(familiar_name("debian:12" + digest), "debian:12");
  EXPECT_EQ(familiar_name("debian" + digest), "");
  EXPECT_THROW(familiar_name("Not A Name"), base::Error);
}

TEST(DockerName, IsOneInAllItsSpellings) {
  for (const char* name : {"debian", "debian:latest", "library/debian", "docker.io/debian:latest"}) {
    EXPECT_EQ(full_name(name), "docker.io/library/debian:latest") << name;
  }
  EXPECT_EQ(full_name("Not A Name"), "Not A Name");
  EXPECT_EQ(tag_of("debian"), "latest");
  EXPECT_EQ(tag_of("localhost:5000/web:1"), "1");
  EXPECT_EQ(tag_of("Not A Name"), "");
}

}  // namespace
}  // namespace ixian::layout
