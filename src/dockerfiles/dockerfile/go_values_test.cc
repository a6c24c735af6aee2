// Mounts, modes, and the values in them.
#include "dockerfile/go_values.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "dockerfile/file_mode.h"
#include "dockerfile/mount.h"

namespace ixian::dockerfile {
namespace {

Mount mount(const std::string& text) {
  const base::Source source("Dockerfile", text);
  return parse_mount({text, {1, 1}}, source, [](const std::string& field) { return field; });
}

std::string refusal(const std::string& text) {
  try {
    mount(text);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST(Mount, IsABindByDefault) {
  const Mount m = mount("from=a,source=/s,target=/t");
  EXPECT_EQ(m.kind, MountKind::kBind);
  EXPECT_EQ(m.from, "a");
  EXPECT_EQ(m.source, "/s");
  EXPECT_EQ(m.target, "/t");
  EXPECT_TRUE(m.read_only);
  EXPECT_FALSE(mount("target=/t,rw").read_only);
  EXPECT_FALSE(mount("dst=/t,readonly=false").read_only);
  EXPECT_TRUE(mount("destination=/t,readwrite=0,src=x").read_only);
}

TEST(Mount, ACacheHasItsCleanTargetForAName) {
  const Mount m = mount("type=cache,target=/a/../b/");
  EXPECT_EQ(m.kind, MountKind::kCache);
  EXPECT_EQ(m.id, "/b");
  EXPECT_EQ(m.sharing, Sharing::kShared);
  EXPECT_FALSE(m.read_only);
  const Mount full =
      mount("type=cache,id=x,target=/a,sharing=PRIVATE,mode=0700,uid=1,gid=2,ro,from=b,source=c");
  EXPECT_EQ(full.id, "x");
  EXPECT_EQ(full.sharing, Sharing::kPrivate);
  EXPECT_EQ(full.mode, 0700u);
  EXPECT_EQ(full.uid, 1u);
  EXPECT_EQ(full.gid, 2u);
  EXPECT_TRUE(full.read_only);
}

TEST(Mount, ASecretHasAFileOrAVariable) {
  EXPECT_EQ(mount("type=secret,id=a/b").target, "/run/secrets/b");
  EXPECT_EQ(mount("type=secret,target=/x/y").id, "y");
  EXPECT_EQ(mount("type=secret,source=s").id, "s");
  const Mount m = mount("type=secret,id=a,env=TOKEN,required");
  EXPECT_EQ(m.env, "TOKEN");
  EXPECT_EQ(m.target, "");
  EXPECT_TRUE(m.required);
  EXPECT_EQ(mount("type=secret,id=a,env=T,target=/t").target, "/t");
  EXPECT_EQ(mount("type=secret,id=a,env=").env, "a");
}

TEST(Mount, AnSshMountHasTheIdDefaultAndATargetByItsNumber) {
  const Mount m = mount("type=ssh");
  EXPECT_EQ(m.id, "default");
  EXPECT_FALSE(m.required);
  EXPECT_EQ(mount("type=ssh,id=a,required,mode=0666,uid=7").mode, 0666u);
  std::vector<Mount> mounts = {m, mount("type=tmpfs,target=/t"), mount("type=ssh,target=/s"), m};
  number_ssh_mounts(mounts);
  EXPECT_EQ(mounts[0].target, "/run/buildkit/ssh_agent.0");
  EXPECT_EQ(mounts[2].target, "/s");
  EXPECT_EQ(mounts[3].target, "/run/buildkit/ssh_agent.2");
  EXPECT_NE(refusal("type=ssh,source=/x"), "");
}

TEST(Mount, ATmpfsMayHaveASize) {
  EXPECT_EQ(mount("type=tmpfs,target=/t,size=1k").size, 1024u);
  EXPECT_FALSE(mount("type=tmpfs,target=/t").read_only);
}

TEST(Mount, FieldsMayBeQuoted) {
  EXPECT_EQ(mount("type=cache,\"target=/a,b\"\"c\"").target, "/a,b\"c");
}

TEST(Mount, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(refusal("type=bind,tagret=/x"),
            "Dockerfile:1:1: --mount: unknown field \"tagret\" (did you mean target?)");
  EXPECT_EQ(refusal("type=tmpfs,target=/x,mode=1"),
            "Dockerfile:1:1: --mount: field mode cannot be used with type=tmpfs");
  for (const char* text :
       {"type=", "target", "", "type=cache,target=/x,sharing=all", "type=cache,target=/x,mode=9",
        "type=cache,target=/x,uid=-1", "target=/x,ro=maybe", "type=secret", "type=secret,id=a,source=b",
        "type=secret,id=a,from=b", "type=bind,target=/x,required", "type=bind,target=/x,size=1",
        "target=/x,\"ro", "type=tmpfs,target=/x,size=-1", "type=bind,target=/x,sharing=shared",
        "target=/x,env=y"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
}

std::uint32_t mode(const char* text, std::uint32_t from, bool directory = false) {
  return FileMode(text).apply(from, directory);
}

TEST(FileMode, IsOctalOrSymbolic) {
  EXPECT_EQ(mode("755", 0600), 0755u);
  EXPECT_EQ(mode("04755", 0), 04755u);
  EXPECT_EQ(mode("+x", 0644), 0755u);
  EXPECT_EQ(mode("u=rwX,go=rX", 0600), 0644u);
  EXPECT_EQ(mode("u=rwX,go=rX", 0700), 0755u);
  EXPECT_EQ(mode("u=rwX,go=rX", 0600, true), 0755u);
  EXPECT_EQ(mode("g=u", 0640), 0660u);
  EXPECT_EQ(mode("o=", 0777), 0770u);
  EXPECT_EQ(mode("u+s,g-w", 0775), 04755u);
  EXPECT_EQ(mode("a+rt", 0), 01444u);
  EXPECT_EQ(mode("u-x+w", 0500), 0600u);
  EXPECT_EQ(mode("a=rx", 01777), 01555u);
}

TEST(FileMode, RefusesWhatIsNone) {
  for (const char* text : {"", "8", "17777", "rwx", "u", "u+x,", ",u+x", "u,g+x", "u+q", "0x1", "755 "}) {
    EXPECT_THROW(FileMode{text}, std::invalid_argument) << text;
  }
}

TEST(Values, Durations) {
  using std::chrono::nanoseconds;
  EXPECT_EQ(parse_duration("0"), nanoseconds(0));
  EXPECT_EQ(parse_duration("1.5s"), nanoseconds(1500000000));
  EXPECT_EQ(parse_duration("1h2m3s4ms5us6ns"), nanoseconds(3723004005006));
  EXPECT_EQ(parse_duration("-2µs"), nanoseconds(-2000));
  EXPECT_EQ(parse_duration(".5m"), nanoseconds(30000000000));
  for (const char* text : {"", "5", "s", "1x", "1 s", "-", ".s", "9999999999h", "1s5"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Values, Sizes) {
  EXPECT_EQ(parse_size("64"), 64u);
  EXPECT_EQ(parse_size("64m"), 64u << 20);
  EXPECT_EQ(parse_size("1.5GiB"), 3u << 29);
  EXPECT_EQ(parse_size("2 kb"), 2048u);
  for (const char* text : {"", "m", "-1", "1x", "1bb", "1..5", "1e9", "9999999p", "inf"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Values, Ports) {
  using Ports = std::vector<std::string>;
  EXPECT_EQ(parse_ports("80"), Ports{"80/tcp"});
  EXPECT_EQ(parse_ports("80-81/UDP"), (Ports{"80/udp", "81/udp"}));
  EXPECT_EQ(parse_ports("127.0.0.1:8080:80"), Ports{"80/tcp"});
  EXPECT_EQ(parse_ports("[::1]:8080:80"), Ports{"80/tcp"});
  EXPECT_EQ(parse_ports("80/"), Ports{"80/tcp"});
  for (const char* text : {"", "x", "80/x", "81-80", "70000", "-1", "80-", "x:80", "h:1:80", "1-2:80-90"}) {
    EXPECT_EQ(parse_ports(text), std::nullopt) << text;
  }
}

TEST(Values, Signals) {
  for (const char* text : {"9", "KILL", "SIGKILL", "sigterm", "SIGRTMIN+3", "RTMAX-14", "64"}) {
    EXPECT_TRUE(is_signal(text)) << text;
  }
  for (const char* text : {"", "0", "65", "FOO", "SIG", "SIGRTMIN+16", "RTMAX-15", "RTMIN+0", "-9"}) {
    EXPECT_FALSE(is_signal(text)) << text;
  }
}

}  // namespace
}  // namespace ixian::dockerfile
