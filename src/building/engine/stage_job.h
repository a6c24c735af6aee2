// What an engine is asked to build, and what it answers: plain data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/event.h"
#include "engine/run_limits.h"
#include "oci/descriptor.h"
#include "oci/manifest.h"
#include "oci/platform.h"

namespace ixian::engine {

// A secret that RUN --mount=type=secret,id=… may read. Its value is read when a RUN needs it, is part of no
// key, and is written to no layer, history, log or store.
struct SecretSource {
  std::string id;
  std::string file;         // where it is read from, or
  std::string environment;  // the variable that holds it
};

// What RUN --mount=type=ssh,id=… may sign with. It is part of no key, and is written to no layer, history,
// log or store.
struct SshSource {
  std::string id;
  // Absolute paths: the socket of an agent that runs, or private keys without passphrases, for which one is
  // started. Empty where SSH_AUTH_SOCK was to say and is not set.
  std::vector<std::string> places;
};

// The network of RUN instructions that do not name one.
enum class BuildNetwork { kDefault, kNone, kHost };

// A name that means something else than a stage or an image of that name: --build-context.
struct NamedContext {
  std::string name;             // compared as names of images are
  std::string image{};          // a reference as text, or
  std::string remote{};         // the URL of a git repository or an archive, or
  std::string folder{};         // an absolute directory
  bool has_ignore_file = true;  // of `folder`, as below
};

// When registries are asked for the images that a Dockerfile names by a tag.
enum class PullPolicy {
  kMissing,  // where the store does not know the image
  kAlways,
  kNewer,  // always, and an image of the store will do where no registry can be asked
  kNever,
};

// What resolv.conf(5) of a RUN says; what is empty is this machine's.
struct DnsSettings {
  std::vector<std::string> servers;  // addresses
  std::vector<std::string> search;   // domains; "." alone is none
  std::vector<std::string> options;

  bool any() const { return !servers.empty() || !search.empty() || !options.empty(); }
};

// Which modes the files of a context get, in keys and in layers alike.
enum class ContextModes {
  kAsTheyAre,  // Docker's habit: the mode and the time of the file
  kGit,        // 0755 or 0644, times of SOURCE_DATE_EPOCH or one fixed date: the same from every checkout
};

// One image to build: the stage `target` of a Dockerfile, with all that this stage needs.
struct StageJob {
  std::string dockerfile;       // its text
  std::string dockerfile_name;  // what messages call it
  std::string dockerfile_path;  // where it lies, absolute, for <Dockerfile>.dockerignore; "" is nowhere
  std::string context;          // an absolute folder; "" is none, and then COPY from it is an error
  bool has_ignore_file = true;  // .dockerignore counts; not in a context from elsewhere, as with BuildKit

  std::vector<NamedContext> contexts;  // before stages and images of their names

  // Patterns as in .dockerignore, after its own: what is in no context of this project.
  std::vector<std::string> excluded;

  std::vector<std::string> tags;  // of the image, references as text; given when it is complete

  std::string target;                             // a stage's name or number; "" is the last one
  std::optional<oci::Platform> platform;          // unset: this machine's
  std::map<std::string, std::string> build_args;  // those that a Dockerfile does not declare are warned of
  // HTTP_PROXY and the like of this machine: every RUN has them in its environment, where build_args has
  // none. No ARG gets them, no key and no history holds them.
  std::map<std::string, std::string> proxies;
  std::map<std::string, std::string> labels;       // of the image
  std::set<std::string> unset_labels;              // those of the Dockerfile and its base that it lacks
  std::set<std::string> unset_environment;         // the same of its variables; a RUN has them
  std::map<std::string, std::string> annotations;  // of its manifest
  std::vector<SecretSource> secrets;
  std::vector<SshSource> ssh;
  BuildNetwork network = BuildNetwork::kDefault;
  RunLimits limits;                                              // of each RUN
  std::vector<std::pair<std::string, std::string>> extra_hosts;  // name, address: /etc/hosts of each RUN
  DnsSettings dns;                                               // of each RUN; in no key
  bool new_privileges =
      false;  // set-user-ID programs of RUN (sudo, su, ping) change their user, as under Docker

  bool devices = false;   // RUN --device is allowed
  bool insecure = false;  // RUN --security=insecure is allowed
  bool host_network =
      false;  // RUN --network=host is, where `network` is another one; in a project it always is

  bool no_cache = false;                  // nothing is taken from the cache
  std::set<std::string> no_cache_stages;  // nothing for these stages, by name
  // Images that the Dockerfile names → the digest that each one stands for in this build, whatever its name
  // stands for by now.
  std::map<std::string, std::string> pinned;
  // Images that the Dockerfile names, as references as text, which whoever asks can make again: where one of
  // them, or a part of it, cannot be had, build() throws LostResult.
  std::set<std::string> stages;
  PullPolicy pull = PullPolicy::kMissing;

  // Repositories ("registry.local/shop/web") whose tags "cache-<key>" say what instructions came to, asked in
  // order where the local cache has nothing; and the one that gets what is built here. "" is none. One that
  // cannot be used is warned of once, and the build goes on without it.
  std::vector<std::string> cache_from;
  std::string cache_to;

  // Repositories that may say what is in a layer (a tag "listing-<diffID>"), so that a COPY over layers that
  // nobody has pulled need not pull them; and the one that gets to know of layers that are made here. "" is
  // none. Those of the cache know without being named.
  std::vector<std::string> listings_from;
  std::string listings_to;

  // Layers that nobody has read stay in the registry that has them. The image may then not be `whole`, which
  // is for those who only push it: export_image() mounts such layers, or passes them on.
  bool lazy_layers = false;

  ContextModes modes = ContextModes::kAsTheyAre;
  // Every time in the image that would be this moment is this one instead, and no time is later. Seconds
  // since 1970.
  std::optional<std::int64_t> source_date_epoch;

  // Who reads the messages: somebody who has written an image task, else somebody who has typed `ix build`.
  bool of_project = false;

  unsigned jobs = 0;  // instructions at once, of different stages; 0: as many as there are processors
};

// What became of it.
struct BuiltStage {
  oci::RawManifest manifest;  // an OCI image manifest
  oci::Descriptor config;
  bool complete = true;  // all its blobs are in the engine's place; else it has got no name, is known by its
                         // digest alone, to this engine object alone
  unsigned instructions = 0;  // that the target needed
  unsigned cached = 0;        // of these, how many were answered by the cache
  std::vector<std::string>
      cache_tags;            // in `cache_to` and `listings_to` that stand for its instructions and layers
  unsigned base_layers = 0;  // the first so many layers of the manifest are those of the base image; 0 also
                             // where the engine cannot tell
};

}  // namespace ixian::engine
