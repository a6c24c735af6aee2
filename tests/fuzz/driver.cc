// Drives a fuzz target where libFuzzer does not: in every build, so that GCC's sanitizers and CTest see the
// targets too. It runs each seed, then a fixed number of mutations of them. The generator starts from the
// seeds' own bytes, so that every run of one corpus does exactly the same.
//
//   fuzz_TARGET FOLDER [MUTATIONS]   the seeds in the folder, and mutations of them
//   fuzz_TARGET FILE                 one input, to see again what it did
//
// Where a target ends the program, the input that did it is left in fuzz_TARGET.input.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include "fuzz.h"

namespace {

constexpr std::size_t kMostBytes = 8 << 10;
constexpr std::size_t kMutations = 4000;

// What the signal handler writes down; it may call nothing that allocates.
std::string current_input;
std::string input_file;

extern "C" void keep_input(int signal_number) {
  const int fd = open(input_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd >= 0) {
    [[maybe_unused]] const ssize_t written = write(fd, current_input.data(), current_input.size());
    close(fd);
  }
  std::signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void run(std::string input) {
  current_input = std::move(input);
  // A copy of exactly its size, so that AddressSanitizer sees a read past the end.
  const std::vector<std::uint8_t> bytes(current_input.begin(), current_input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {
    std::string all;
    for (const std::string& seed : seeds) all += seed;
    std::seed_seq sequence(all.begin(), all.end());
    random_.seed(sequence);
  }

  std::string next() {
    std::string input = seeds_[below(seeds_.size())];
    for (std::size_t steps = 1 + below(6); steps > 0; --steps) mutate(input);
    input.resize(std::min(input.size(), kMostBytes));
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  void mutate(std::string& input) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t count = below(std::min<std::size_t>(input.size() - at, 64) + 1);
    switch (below(7)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
        break;
      case 2:
        input.erase(at, count);
        break;
      case 3:
        input.insert(at, input.substr(at, count));
        break;
      case 4:
        input.insert(at, kTokens[below(kTokens.size())]);
        break;
      case 5:
        input.replace(at, count, kTokens[below(kTokens.size())]);
        break;
      default:
        splice(input, at);
    }
  }

  // The input up to `at`, then another seed from somewhere on.
  void splice(std::string& input, std::size_t at) {
    const std::string& other = seeds_[below(seeds_.size())];
    input = input.substr(0, at) + other.substr(below(other.size() + 1));
  }

  static constexpr std::array<std::string_view, 40> kTokens = {
      "{",       "}",     "[",       "]",        "\"",    "\\",
      ":",       ",",     ";",       "=",        "/",     "//",
      "..",      "../",   "@",       "#",        "?",     "%",
      "%2e",     "%00",   " ",       "\t",       "\r\n",  "\n",
      "<",       ">",     "-1",      "0",        "1e999", "9223372036854775808",
      "null",    "true",  "\\u0000", "\\ud800",  "\xff",  "\xc5\xbf",
      "\x1b[2J", "[::1]", "sha256:", "localhost"};

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_;
};

std::vector<std::string> read_seeds(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  std::transform(paths.begin(), paths.end(), std::back_inserter(seeds), read);
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3 || !std::filesystem::exists(argv[1])) {
    std::cerr << argv[0] << ": name an existing folder of seeds, or one input.\n";
    return 2;
  }
  input_file = std::filesystem::path(argv[0]).filename().string() + ".input";
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal_number, keep_input);
  }
  if (!std::filesystem::is_directory(argv[1])) {
    run(read(argv[1]));
    return 0;
  }
  const std::vector<std::string> seeds = read_seeds(argv[1]);
  if (seeds.empty()) {
    std::cerr << argv[0] << ": there is no seed in " << argv[1] << ".\n";
    return 2;
  }
  const std::size_t mutations = argc == 3 ? std::stoul(argv[2]) : kMutations;
  run("");
  for (const std::string& seed : seeds) run(seed);
  Mutator mutator(seeds);
  for (std::size_t i = 0; i < mutations; ++i) run(mutator.next());
  std::cout << seeds.size() << " seeds and " << mutations << " mutations of them: nothing found\n";
}
