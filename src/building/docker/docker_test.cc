// What a daemon is asked and how what it says is understood, against a scripted one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "docker/build_progress.h"
#include "docker/context_archive.h"
#include "docker/daemon_address.h"
#include "docker/docker_api.h"
#include "docker/legacy_builder.h"
#include "docker/login.h"
#include "tar/reader.h"
#include "testing/http_server.h"
#include "testing/memory_view.h"
#include "testing/recording_sink.h"
#include "testing/temp_folder.h"
#include "testing/test_ca.h"

namespace ixian::docker {
namespace {

using testing::Connection;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpServer;
using testing::ServerRequest;

base::Cancellation never;

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

// The message of the Error that the action throws; "" where it throws none.
template <typename Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.advised();
  }
  return "";
}

TEST(DaemonAddress, IsTheUsualSocketWhereNothingElseIsSaid) {
  const DaemonAddress address = daemon_address(variables({}));
  EXPECT_EQ(address.unix_socket, "/var/run/docker.sock");
  EXPECT_EQ(daemon_address(variables({{"DOCKER_HOST", "unix:///run/x.sock"}})).unix_socket, "/run/x.sock");
}

TEST(DaemonAddress, OverTcpIsPlainUnlessTlsIsAskedFor) {
  const DaemonAddress plain = daemon_address(variables({{"DOCKER_HOST", "tcp://build.local"}}));
  EXPECT_EQ(plain.url, "http://build.local:2375");
  const DaemonAddress secure = daemon_address(variables({{"DOCKER_HOST", "tcp://build.local:7000"},
                                                         {"DOCKER_TLS_VERIFY", "1"},
                                                         {"DOCKER_CERT_PATH", "/certs"}}));
  EXPECT_EQ(secure.url, "https://build.local:7000");
  EXPECT_TRUE(secure.tls.verify);
  EXPECT_EQ(secure.tls.client_certificate, "/certs/cert.pem");
  EXPECT_THAT(secure.tls.ca_files, ElementsAre("/certs/ca.pem"));
  const DaemonAddress unverified =
      daemon_address(variables({{"DOCKER_HOST", "tcp://[::1]"}, {"DOCKER_CERT_PATH", "/certs"}}));
  EXPECT_EQ(unverified.url, "https://[::1]:2376");
  EXPECT_FALSE(unverified.tls.verify);
}

TEST(DaemonAddress, ThatCannotBeUsedIsAnErrorThatSaysWhatCan) {
  for (const char* host : {"ssh://host", "docker.sock", "unix://relative", "npipe:////./pipe/docker"}) {
    EXPECT_THAT(message_of([&] { daemon_address(variables({{"DOCKER_HOST", host}})); }), HasSubstr(host));
  }
}

TEST(RegistryAuth, IsWhatTheDaemonReads) {
  EXPECT_EQ(
      registry_auth("docker.io", RegistryAuth{"me", base::Secret("p?>"), {}}).reveal(),
      "eyJwYXNzd29yZCI6InA_PiIsInNlcnZlcmFkZHJlc3MiOiJodHRwczovL2luZGV4LmRvY2tlci5pby92MS8iLCJ1c2VybmFtZSI6"
      "Im1lIn0=");
}

// A daemon of API 1.41 on a socket, that answers by a table of "METHOD /path".
class Api : public ::testing::Test {
 protected:
  Api()
      : server_([this](const ServerRequest& request, Connection& connection) { answer(request, connection); },
                options()) {}

  DockerApi& api() { return api_; }

  testing::TempFolder folder_;
  std::map<std::string, std::pair<int, std::string>> answers_;
  std::string version_ = "1.41";
  HttpServer server_;
  DockerApi api_{DaemonAddress{"unix://" + socket(), "http://docker", socket(), {}}, never};

 private:
  std::string socket() const { return folder_ / "socket"; }
  HttpServer::Options options() const {
    HttpServer::Options made;
    made.unix_socket = socket();
    return made;
  }
  void answer(const ServerRequest& request, Connection& connection) {
    if (request.path == "/_ping") return connection.respond(200, {{"Api-Version", version_}}, "OK");
    const auto found = answers_.find(request.method + " " + request.path);
    if (found == answers_.end()) return connection.respond(404, {}, R"({"message":"No such thing"})");
    connection.respond(found->second.first, {}, found->second.second);
  }
};

TEST_F(Api, IsSpokenInTheOlderOfBothVersions) {
  answers_["GET /v1.41/volumes/data"] = {200, "{}"};
  EXPECT_TRUE(api().volume_exists("data"));
  EXPECT_FALSE(api().volume_exists("other"));
}

TEST_F(Api, OfANewerDaemonIsSpokenAsItIsKnownHere) {
  version_ = "1.99";
  answers_["GET /v1.47/volumes/data"] = {200, "{}"};
  EXPECT_TRUE(api().volume_exists("data"));
}

TEST_F(Api, OfSomethingElseIsRefused) {
  version_ = "";
  EXPECT_THAT(message_of([&] { api().volume_exists("data"); }), HasSubstr("not a Docker daemon"));
}

TEST_F(Api, SaysWhatTheDaemonSaysWhereItRefuses) {
  answers_["DELETE /v1.41/images/app%3A1"] = {409, R"({"message":"it is in use"})"};
  EXPECT_THAT(message_of([&] { api().remove("app:1"); }), HasSubstr("it is in use"));
  EXPECT_FALSE(api().remove("none:1"));
}

TEST_F(Api, TakesAFailureOutOfAStreamThatBeganWell) {
  answers_["POST /v1.41/images/create"] = {
      200, "{\"status\":\"Pulling\"}\r\n{\"errorDetail\":{\"message\":\"denied\"},\"error\":\"denied\"}\r\n"};
  std::vector<std::string> seen;
  EXPECT_THAT(message_of([&] {
                api().pull("registry.local/app", "1", "", base::Secret("e30="),
                           [&](const base::Json& message) { seen.push_back(message.dump()); });
              }),
              HasSubstr("denied"));
  EXPECT_EQ(seen.size(), 2u);
  const auto request = server_.requests().back();
  EXPECT_EQ(request.header("X-Registry-Auth"), "e30=");
  EXPECT_EQ(request.parameter("fromImage"), "registry.local/app");
  EXPECT_EQ(request.parameter("tag"), "1");
}

TEST_F(Api, SaysWhatToDoWhereNobodyAnswers) {
  server_.stop();
  EXPECT_THAT(message_of([&] { api().inspect_image("app"); }),
              ::testing::AllOf(HasSubstr("no Docker daemon at"), HasSubstr("--engine embedded")));
}

TEST(ApiOverTls, ShowsTheClientsCertificate) {
  const testing::TempFolder folder;
  testing::TestCa ca(folder);
  const auto server_files = ca.sign("server", "IP:127.0.0.1");
  const auto client_files = ca.sign("client", "DNS:client");
  HttpServer::Options options;
  options.certificate = server_files.certificate;
  options.key = server_files.key;
  options.client_ca = ca.file();
  HttpServer server(
      [](const ServerRequest&, Connection& connection) {
        connection.respond(200, {{"Api-Version", "1.41"}}, "{}");
      },
      options);
  DaemonAddress address{"tcp://", "https://" + server.authority(), "", {}};
  address.tls = {{ca.file()}, client_files.certificate, client_files.key, true};
  EXPECT_TRUE(DockerApi(address, never).volume_exists("data"));
}

TEST(Messages, AreOneALine) {
  base::TextSource text("{\"a\":1}\n\n{\"b\":2}");
  int count = 0;
  for_each_message(text, [&](const base::Json&) { ++count; });
  EXPECT_EQ(count, 2);
  base::TextSource other("<html>\n");
  EXPECT_THAT(message_of([&] { for_each_message(other, [](const base::Json&) {}); }),
              HasSubstr("invalid answer"));
}

// "name=content" of every member; folders end in a slash.
std::vector<std::string> members(const ContextArchive& archive) {
  const http::RequestBody body = archive.body();
  const auto source = body.open(0);
  std::string bytes;
  char buffer[300];
  while (const std::size_t count = source->read(buffer, sizeof buffer)) bytes.append(buffer, count);
  EXPECT_EQ(bytes.size(), body.size);
  base::TextSource text(bytes);
  tar::TarReader reader(text);
  std::vector<std::string> all;
  while (const auto entry = reader.next()) {
    std::string content;
    while (const std::size_t count = reader.read(buffer, sizeof buffer)) content.append(buffer, count);
    all.push_back(entry->name + (entry->link.empty() ? "" : " -> " + entry->link) + "=" + content);
    EXPECT_EQ(entry->uid, 0u);
  }
  return all;
}

TEST(Context, IsAnArchiveOfKnownLength) {
  const auto view = std::make_shared<testing::MemoryView>();
  view->file("a", std::string(513, 'x')).file("src/b", "b", 0644, 1000).link("src/l", "b").folder("empty");
  ContextArchive archive(view, never);
  archive.add_text("Dockerfile", "FROM scratch\n");
  EXPECT_THAT(members(archive), ElementsAre("a=" + std::string(513, 'x'), "empty/=", "src/=", "src/b=b",
                                            "src/l -> b=", "Dockerfile=FROM scratch\n"));
}

TEST(Context, CanBeSentAgainFromAnyPlace) {
  const auto view = std::make_shared<testing::MemoryView>();
  view->file("a", "a");
  const http::RequestBody body = ContextArchive(view, never).body();
  const auto rest = body.open(512);
  char first = 0;
  ASSERT_EQ(rest->read(&first, 1), 1u);
  EXPECT_EQ(first, 'a');
}

TEST(Context, AFileThatChangesMeanwhileIsAnError) {
  struct Shrinking : testing::MemoryView {
    std::optional<tar::TarEntry> find(const std::string& path) const override {
      auto entry = MemoryView::find(path);
      if (entry && path == "a") entry->size += 1;
      return entry;
    }
  };
  const auto view = std::make_shared<Shrinking>();
  view->file("a", "a");
  const ContextArchive archive(view, never);
  EXPECT_THAT(message_of([&] { members(archive); }), HasSubstr("changed during the build"));
}

engine::StageJob job_of(const std::string& dockerfile) {
  engine::StageJob job;
  job.dockerfile = dockerfile;
  job.dockerfile_name = "Dockerfile";
  return job;
}

TEST(LegacyBuild, CountsStepsAsTheBuilderDoes) {
  auto job =
      job_of("ARG V=12\nFROM debian:$V AS one\nRUN a\nFROM one AS two\nRUN b\nFROM scratch\nCOPY c /\n");
  job.target = "two";
  const LegacyBuild build = plan_classic_build(job);
  std::vector<std::string> titles;
  for (const BuilderStep& step : build.steps) titles.push_back(step.stage + ":" + step.title);
  EXPECT_THAT(titles, ElementsAre(":ARG V=12", "one:FROM debian:$V AS one", "one:RUN a",
                                  "two:FROM one AS two", "two:RUN b"));
  EXPECT_THAT(build.images, ElementsAre("docker.io/library/debian:12"));
}

TEST(LegacyBuild, TakesFromImagesBesidesTheBase) {
  const auto build = plan_classic_build(job_of("FROM scratch\nCOPY --from=registry.local/tools:2 /t /t\n"));
  EXPECT_THAT(build.images, ElementsAre("registry.local/tools:2"));
}

TEST(LegacyBuild, RefusesWhatOnlyBuildKitKnowsAtItsPlace) {
  for (const char* line : {"RUN --mount=type=secret,id=x true", "RUN --network=none true", "RUN <<E\nx\nE",
                           "COPY --link a /", "COPY --chmod=1 a /", "COPY --exclude=x a /",
                           "COPY <<E /x\nx\nE", "ADD --checksum=sha256:aa http://x/y /"}) {
    const std::string text = std::string("FROM scratch\n") + line + "\n";
    EXPECT_THAT(message_of([&] { plan_classic_build(job_of(text)); }),
                ::testing::AllOf(HasSubstr("Dockerfile:2:1"), HasSubstr("--engine embedded")))
        << line;
  }
}

class Progress : public ::testing::Test {
 protected:
  void say(const std::string& text) { progress_.take({{"stream", text}}); }

  const LegacyBuild build_ = plan_classic_build(job_of("FROM scratch AS s\nRUN make\nCOPY a /\n"));
  testing::RecordingSink sink_;
  BuildProgress progress_{build_, sink_};
};

TEST_F(Progress, MakesAnActivityOfEachStepAndLinesOfWhatItsCommandWrites) {
  say("Step 1/3 : FROM scratch AS s\n");
  say(" ---> \n");
  say("Step 2/3 : RUN make\n");
  say(" ---> Running in 0123\n");
  say("one\ntw");
  say("o\n");
  say("Removing intermediate container 0123\n ---> 4567\n");
  say("Step 3/3 : COPY a /\n");
  say(" ---> Using cache\n ---> 89ab\n");
  progress_.take({{"aux", {{"ID", "sha256:89ab"}}}});
  say("Successfully built 89ab\n");
  progress_.finish();
  EXPECT_THAT(sink_.outputs(), ElementsAre("s 2/3: one", "s 2/3: two"));
  EXPECT_EQ(sink_.ended().at("s 2/3"), base::ActivityStatus::kDone);
  EXPECT_EQ(sink_.ended().at("s 3/3"), base::ActivityStatus::kSkipped);
  EXPECT_EQ(progress_.steps(), 2u);
  EXPECT_EQ(progress_.cached(), 1u);
  EXPECT_EQ(progress_.image_id(), "sha256:89ab");
  EXPECT_FALSE(sink_.contract_broken());
}

TEST_F(Progress, NamesTheStepThatFailedWithItsExitCodeAndLine) {
  say("Step 1/3 : FROM scratch AS s\n");
  say("Step 2/3 : RUN make\n ---> Running in 0123\n");
  progress_.take({{"errorDetail", {{"code", 2}, {"message", "returned a non-zero code: 2"}}},
                  {"error", "returned a non-zero code: 2"}});
  EXPECT_THAT(message_of([&] { progress_.finish(); }),
              ::testing::AllOf(HasSubstr("Dockerfile:2:1"), HasSubstr("`RUN make` failed: exit code: 2")));
  EXPECT_EQ(sink_.ended().at("s 2/3"), base::ActivityStatus::kFailed);
}

TEST_F(Progress, AStepThatCannotEvenBeginSaysWhy) {
  say("Step 1/3 : FROM scratch AS s\n");
  say("Step 2/3 : RUN make\n");
  say("Step 3/3 : COPY a /\n");
  progress_.take({{"errorDetail", {{"message", "no a"}}}, {"error", "no a"}});
  EXPECT_THAT(message_of([&] { progress_.finish(); }),
              ::testing::AllOf(HasSubstr("Dockerfile:3:1"), HasSubstr("no a")));
}

TEST_F(Progress, ABuildWithoutAnImageIsAFailure) {
  say("Step 1/3 : FROM scratch AS s\n");
  EXPECT_THAT(message_of([&] { progress_.finish(); }), HasSubstr("without an image"));
}

TEST_F(Progress, WarningsAreWarnings) {
  say("[Warning] One or more build-args [X] were not consumed\n");
  EXPECT_THAT(sink_.logs(), ElementsAre("One or more build-args [X] were not consumed"));
}

}  // namespace
}  // namespace ixian::docker
