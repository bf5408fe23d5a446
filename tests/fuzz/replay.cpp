// Runs one fuzz target over files, such as the corpus, without a fuzzer: with any compiler, in no
// time. usage: TARGET FILE_OR_FOLDER...
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

using Path = std::filesystem::path;

void run(const Path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
  std::printf("%s\n", file.c_str());  // before, so that a crash says where
  std::fflush(stdout);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (const char* argument : std::vector<const char*>(argv + 1, argv + argc)) {
    std::vector<Path> files{argument};
    if (std::filesystem::is_directory(argument)) {
      files.assign(std::filesystem::directory_iterator(argument), {});
    }
    for (const Path& file : files) run(file);
    count += files.size();
  }
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;  // a corpus that is not there proves nothing
}
