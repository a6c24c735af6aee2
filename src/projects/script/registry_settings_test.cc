// CONFIG.DOCKER.REGISTRIES as a project writes it, in Python.
#include "script/registry_settings.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/provider_table.h"
#include "base/error.h"
#include "testing/python_project.h"

namespace ixian::script {
namespace {

using registry::RegistryKind;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RegistrySettingsTest : public ::testing::Test {
 protected:
  std::vector<registry::RegistrySettings> settings(const std::string& registries) {
    project_.run("CONFIG.DOCKER.REGISTRIES = " + registries);
    return registry_settings(project_.services);
  }

  registry::RegistrySettings only(const std::string& entry) {
    const auto found = settings("{'registry.local:5000': " + entry + "}");
    return found.at(0);
  }

  base::Error failure(const std::string& registries) {
    try {
      settings(registries);
    } catch (const base::Error& error) {
      return error;
    }
    return {base::ErrorCode::kTaskFailed, "nothing was thrown"};
  }

  ixian::testing::PythonProject project_;
};

std::string client_of(const registry::RegistrySettings& settings) {
  if (settings.kind == RegistryKind::kDirectory) return "directory";
  return settings.kind == RegistryKind::kRemote ? std::string(settings.provider_type->name) : "custom";
}

TEST_F(RegistrySettingsTest, AProjectWithoutTheDockerModuleHasNone) {
  EXPECT_TRUE(registry_settings(project_.services).empty());
  EXPECT_TRUE(configured_repositories().empty());
  EXPECT_EQ(project_.value("'DOCKER' in vars(CONFIG)"), "False");
}

TEST_F(RegistrySettingsTest, HasNoneByDefault) {
  EXPECT_EQ(project_.value("CONFIG.DOCKER.REGISTRIES"), "{}");
  EXPECT_TRUE(registry_settings(project_.services).empty());
}

TEST_F(RegistrySettingsTest, AnEmptyEntryIsADockerClient) {
  for (const char* entry : {"{}", "{'client': None}", "{'options': {}}", "{'options': None}"}) {
    const auto found = only(entry);
    EXPECT_EQ(found.host, "registry.local:5000");
    EXPECT_EQ(client_of(found), "docker");
    EXPECT_EQ(found.client, "DockerClient");
    EXPECT_EQ(found.options, base::Json::object());
    EXPECT_EQ(found.provider, nullptr);
  }
}

TEST_F(RegistrySettingsTest, KnowsTheBuiltInClientsByClassAndByName) {
  const std::pair<const char*, const char*> clients[] = {
      {"DockerClient", "docker"},
      {"ECRDockerClient", "ecr"},
      {"OpenShiftDockerClient", "openshift"},
      {"OCILayoutClient", "directory"},
  };
  for (const auto& [name, client] : clients) {
    EXPECT_EQ(client_of(only(std::string("{'client': ") + name + "}")), client) << name;
    EXPECT_EQ(client_of(only(std::string("{'client': '") + name + "'}")), client) << name;
    const auto dotted =
        only(std::string("{'client': 'ixian_docker.modules.docker.utils.client.") + name + "'}");
    EXPECT_EQ(client_of(dotted), client) << name;
    EXPECT_EQ(dotted.client, name);
  }
}

// A row that no class leads to would be of no use to a project.
TEST_F(RegistrySettingsTest, EachProviderHasAClassOfIts) {
  project_.run("from ixian_docker._registries import KINDS");
  for (const auth::ProviderType& each : auth::provider_types())
    EXPECT_EQ(project_.value(fmt::format("'{}' in KINDS.values()", each.name)), "True");
}

TEST_F(RegistrySettingsTest, ASubclassThatChangesNothingHereIsWhatItIsDerivedFrom) {
  project_.run("class Ours(ECRDockerClient):\n  def helper(self): pass\n");
  const auto found = only("{'client': Ours}");
  EXPECT_EQ(client_of(found), "ecr");
  EXPECT_EQ(found.client, "Ours");
}

TEST_F(RegistrySettingsTest, ASubclassOfASubclassThatLogsInIsCustom) {
  project_.run("class A(DockerClient):\n  def login(self): pass\nclass B(A): pass\n");
  EXPECT_EQ(only("{'client': B}").kind, RegistryKind::kCustom);
}

TEST_F(RegistrySettingsTest, AFolderNeedsNoCredentials) {
  project_.run("class Ours(OCILayoutClient):\n  def login(self): pass\n");
  EXPECT_EQ(only("{'client': Ours}").kind, RegistryKind::kDirectory);
}

TEST_F(RegistrySettingsTest, VariablesAreReplacedWhenItIsRead) {
  project_.run("CONFIG.DOCKER.REGISTRY_PATH = 'early'");
  project_.run(
      "CONFIG.DOCKER.REGISTRIES = {'{DOCKER.REGISTRY}': {'options': {'username': '{DOCKER.REGISTRY_PATH}', "
      "'deep': [{'a': '{DOCKER.REGISTRY_PATH}'}], 'insecure': True}}}");
  project_.run("CONFIG.DOCKER.REGISTRY_PATH = 'late'; CONFIG.DOCKER.REGISTRY = 'registry.local:5000'");
  const auto found = registry_settings(project_.services).at(0);
  EXPECT_EQ(found.host, "registry.local:5000");
  EXPECT_EQ(found.options,
            base::Json::parse(R"({"username": "late", "deep": [{"a": "late"}], "insecure": true})"));
}

TEST_F(RegistrySettingsTest, KeepsTheOrderAndNormalisesNames) {
  std::vector<std::string> hosts;
  for (const auto& each :
       settings("{'z.example.com': {}, 'Registry.Example.com:443': {}, 'https://index.docker.io/v1/': {}}")) {
    hosts.push_back(each.host);
  }
  EXPECT_THAT(hosts, ElementsAre("z.example.com", "registry.example.com:443", "docker.io"));
}

TEST_F(RegistrySettingsTest, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"[]", {"REGISTRIES is a list"}},
      {"'registry.local'", {"REGISTRIES is a str"}},
      {"{1: {}}", {"an int for a name"}},
      {"{'registry.local': []}", {"registry.local", "a list of 0", "not a mapping"}},
      {"{'registry.local': {'clients': DockerClient}}",
       {"registry.local", "'clients'", "did you mean client"}},
      {"{'registry.local': {'password': 'canary'}}", {"registry.local", "'password'", "'options'"}},
      {"{'registry.local': {'client': 7}}", {"registry.local", "an int", "not a class"}},
      {"{'registry.local': {'client': DockerClient('registry.local')}}",
       {"registry.local", "a DockerClient, not a class", "without calling"}},
      {"{'registry.local': {'client': dict}}", {"registry.local", "dict", "not derived from DockerClient"}},
      {"{'registry.local': {'client': 'EcrClient'}}", {"registry.local", "'EcrClient'", "ECRDockerClient"}},
      {"{'registry.local': {'client': 'no.such.Client'}}", {"registry.local", "no.such.Client"}},
      {"{'registry.local': {'client': 'os.path.Client'}}", {"registry.local", "os.path.Client"}},
      {"{'registry.local': {'options': ['canary']}}", {"registry.local", "options", "a list of 1"}},
      {"{'registry.local': {'options': {1: 'canary'}}}", {"registry.local", "an int"}},
      {"{'registry.local': {'options': {'password': object()}}}",
       {"registry.local", "password", "an object"}},
      {"{'registry.local': {'options': {'username': '{NO.SUCH}'}}}",
       {"registry.local", "username", "NO.SUCH"}},
      {"{'': {}}", {"''", "host"}},
      {"{'registry': {}}", {"'registry'", "dot or a port"}},
      {"{'a b.example.com': {}}", {"a b.example.com"}},
      {"{'docker.io': {}, 'index.docker.io': {}}", {"duplicate registry docker.io", "'index.docker.io'"}},
  };
  for (const auto& [registries, said] : cases) {
    const auto error = failure(registries);
    EXPECT_EQ(error.code(), base::ErrorCode::kProject) << registries << ": " << error.message();
    for (const auto& each : said) EXPECT_THAT(error.advised(), HasSubstr(each)) << registries;
    EXPECT_THAT(error.message() + error.context(), ::testing::Not(HasSubstr("canary")));
  }
}

TEST_F(RegistrySettingsTest, FindsTheRepositoriesThatTheProjectNames) {
  project_.run(
      "CONFIG.PROJECT_NAME = 'shop'\nCONFIG.DOCKER.REGISTRY = 'registry.local'\n"
      "class Broken(Config):\n  REPOSITORY = '{NO.SUCH}'\n"
      "CONFIG.add('BROKEN', Broken)\n");
  EXPECT_THAT(configured_repositories(), ElementsAre("registry.local/library/shop"));
  project_.run("del CONFIG.__dict__['BROKEN']; CONFIG.PROJECT_NAME = None");
}

TEST_F(RegistrySettingsTest, OneClientForEachRegistry) {
  project_.run(
      "CONFIG.DOCKER.REGISTRIES = {'registry.local': {'client': ECRDockerClient, 'options': {'a': 1}}}");
  EXPECT_EQ(project_.value("DockerClient.for_registry('registry.local') is "
                           "DockerClient.for_registry('registry.local')"),
            "True");
  EXPECT_EQ(project_.value("type(DockerClient.for_registry('registry.local')).__name__"), "ECRDockerClient");
  EXPECT_EQ(project_.value("DockerClient.for_registry('registry.local').options"), "{'a': 1}");
  EXPECT_EQ(project_.value("DockerClient.for_registry('registry.local').registry"), "registry.local");
  project_.run("CONFIG.DOCKER.REGISTRIES = {'registry.local': {}}");
  EXPECT_EQ(project_.value("type(DockerClient.for_registry('registry.local')).__name__"), "DockerClient");
}

TEST_F(RegistrySettingsTest, AnUnknownRegistryIsNamedWithWhatToDo) {
  project_.run(
      "try: DockerClient.for_registry('other.example.com')\nexcept UnknownRegistry as error: said = "
      "str(error)");
  EXPECT_THAT(project_.value("said"),
              AllOf(HasSubstr("other.example.com"), HasSubstr("CONFIG.DOCKER.REGISTRIES")));
}

// What a project sets before it loads the module stays.
TEST_F(RegistrySettingsTest, SettingsMayPrecedeTheModule) {
  project_.run(
      "from ixian.module import load_module\n"
      "docker = CONFIG.DOCKER\ndocker.REGISTRY = 'registry.local'\n"
      "load_module('ixian_docker.modules.docker')\n");
  EXPECT_EQ(project_.value("CONFIG.DOCKER is docker"), "True");
  EXPECT_EQ(project_.value("CONFIG.DOCKER.REGISTRY"), "registry.local");
}

}  // namespace
}  // namespace ixian::script
