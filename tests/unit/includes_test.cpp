// The sources keep to the table of folders in chat/README.md: who may use whom.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Words = std::set<std::string>;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  BOOST_REQUIRE_MESSAGE(file, "the tests run in the project's folder");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The words in `text` that stand between backquotes.
std::vector<std::string> quoted(const std::string& text) {
  static const std::regex word("`([a-z_]+)`");
  std::vector<std::string> words;
  for (std::sregex_iterator i(text.begin(), text.end(), word), end; i != end; ++i) {
    words.push_back((*i)[1]);
  }
  return words;
}

// | `folder` | what it is | `may`, `use` |
std::map<std::string, Words> allowed() {
  std::istringstream lines(content("chat/README.md"));
  std::map<std::string, Words> table;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| folder |")) {
      inside = true;
    } else if (line.empty()) {
      inside = false;
    } else if (inside && line.starts_with("| `")) {
      const std::size_t last = line.rfind('|', line.size() - 2);
      const auto uses = quoted(line.substr(last));
      table[quoted(line.substr(0, line.find('|', 1))).at(0)] = Words(uses.begin(), uses.end());
    }
  }
  return table;
}

// What each source in chat/ includes of chat/, as "folder/module".
std::map<std::string, Words> includes() {
  static const std::regex include("#include \"chat/([a-z]+/[a-z_]+)\\.hpp\"");
  std::map<std::string, Words> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("chat")) {
    const auto& path = entry.path();
    if (path.extension() != ".cpp" && path.extension() != ".hpp") continue;
    const std::string name = path.parent_path().filename().string() + "/" + path.stem().string();
    const std::string text = content(path);
    Words& used = found[name];
    for (std::sregex_iterator i(text.begin(), text.end(), include), end; i != end; ++i) {
      used.insert((*i)[1]);
    }
  }
  return found;
}

std::string folder_of(const std::string& module) { return module.substr(0, module.find('/')); }

// Whether one comes from `module` to itself along `arrows`.
bool goes_round(const std::map<std::string, Words>& arrows, const std::string& module) {
  Words reached;
  std::vector<std::string> next{module};
  while (!next.empty()) {
    const std::string from = next.back();
    next.pop_back();
    for (const std::string& to : arrows.at(from)) {
      if (to == module && from != module) return true;
      if (reached.insert(to).second) next.push_back(to);
    }
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(includes_of_the_sources)

BOOST_AUTO_TEST_CASE(each_folder_uses_only_what_the_table_allows) {
  const auto table = allowed();
  BOOST_TEST(table.size() > 5u);
  for (const auto& [module, used] : includes()) {
    const auto row = table.find(folder_of(module));
    BOOST_REQUIRE_MESSAGE(row != table.end(), module + ": its folder is not in the table");
    for (const std::string& other : used) {
      const std::string folder = folder_of(other);
      BOOST_TEST((folder == row->first || row->second.contains(folder)),
                 module << " uses " << other);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_module_uses_itself_by_way_of_others) {
  const auto arrows = includes();
  for (const auto& [module, used] : arrows) BOOST_TEST(!goes_round(arrows, module), module);
}

BOOST_AUTO_TEST_CASE(the_table_describes_each_module) {
  const auto words = quoted(content("chat/README.md"));
  const Words described(words.begin(), words.end());
  for (const auto& [module, used] : includes()) {
    BOOST_TEST(described.contains(module.substr(module.find('/') + 1)), module);
  }
}

BOOST_AUTO_TEST_SUITE_END()
