// What chat/README.md says of the sources is so: which folder may use which, and that all exists
// which it names.
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

// All of `pattern`'s first group in `text`.
std::vector<std::string> found(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> words;
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) {
    words.push_back((*i)[1]);
  }
  return words;
}

// The words in `text` that stand between backquotes.
std::vector<std::string> quoted(const std::string& text) { return found(text, "`([a-z_]+)`"); }

// The rows of the table whose first column is `head`.
std::vector<std::string> rows(const std::string& head) {
  std::istringstream lines(content("chat/README.md"));
  std::vector<std::string> table;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| " + head + " |")) {
      inside = true;
    } else if (line.empty()) {
      inside = false;
    } else if (inside && line.starts_with("| ")) {
      table.push_back(line);
    }
  }
  BOOST_TEST(table.size() > 5u, head);
  return table;
}

std::string last_column(const std::string& row) {
  return row.substr(row.rfind('|', row.size() - 2));
}

// | `folder` | what it is | `may`, `use` |
std::map<std::string, Words> allowed() {
  std::map<std::string, Words> table;
  for (const std::string& row : rows("folder")) {
    const auto uses = quoted(last_column(row));
    table[quoted(row.substr(0, row.find('|', 1))).at(0)] = Words(uses.begin(), uses.end());
  }
  return table;
}

// The text of all files of chat/ that `row` names.
std::string files_of(const std::string& row) {
  std::string text;
  for (const std::string& file : found(row, "`([a-z]+/[a-z_]+\\.[ch]pp)`")) {
    text += content("chat/" + file);
  }
  return text;
}

Words all_tests() {
  Words names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("tests")) {
    if (entry.path().extension() != ".cpp") continue;
    for (const auto& name : found(content(entry.path()), "_TEST_CASE\\(\\s*(\\w+)")) {
      names.insert(name);
    }
  }
  return names;
}

// What each source in chat/ includes of chat/, as "folder/module".
std::map<std::string, Words> includes() {
  const std::string include = "#include \"chat/([a-z]+/[a-z_]+)\\.hpp\"";
  std::map<std::string, Words> table;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("chat")) {
    const auto& path = entry.path();
    if (path.extension() != ".cpp" && path.extension() != ".hpp") continue;
    const std::string name = path.parent_path().filename().string() + "/" + path.stem().string();
    Words& used = table[name];
    for (const std::string& module : found(content(path), include)) used.insert(module);
  }
  return table;
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

BOOST_AUTO_TEST_CASE(each_function_that_a_table_names_is_in_the_file_beside_it) {
  for (const std::string head : {"hop", "trap"}) {
    for (const std::string& row : rows(head)) {
      const std::string text = files_of(row);
      const auto functions = found(row, "`(\\w+::\\w+)\\(\\)`");
      BOOST_TEST(!functions.empty(), row);
      for (const std::string& function : functions) {
        BOOST_TEST(text.find(" " + function + "(") != std::string::npos, function);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(each_trap_names_its_tests) {
  const Words tests = all_tests();
  for (const std::string& row : rows("trap")) {
    const auto names = found(last_column(row), "`(\\w+)`");
    BOOST_TEST(!names.empty(), row);
    for (const std::string& name : names) BOOST_TEST(tests.contains(name), name);
  }
}

// Each mutex as "Class::name", in the table and in the headers.
BOOST_AUTO_TEST_CASE(the_table_of_mutexes_is_complete) {
  const auto table = rows("mutex");
  Words described;
  for (const std::string& row : table) {
    const std::string name = found(row, "`(\\w+::\\w+)`").at(0);
    const std::size_t colons = name.find("::");
    const std::string text = files_of(row);
    BOOST_TEST(text.find("class " + name.substr(0, colons) + " ") != std::string::npos, name);
    BOOST_TEST(text.find("Mutex " + name.substr(colons + 2) + ";") != std::string::npos, name);
    BOOST_TEST(described.insert(name).second, name);
  }
  for (const std::string& row : table) {
    for (const auto& taken : found(last_column(row), "`(\\w+::\\w+)`")) {
      BOOST_TEST(described.contains(taken), taken);
    }
  }
  std::size_t declared = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("chat")) {
    if (entry.path().extension() != ".hpp") continue;
    declared += found(content(entry.path()), "\n  (?:mutable )?Mutex (\\w+);").size();
  }
  BOOST_TEST(described.size() == declared);
}

BOOST_AUTO_TEST_CASE(each_module_that_the_guide_names_exists) {
  for (const auto& module : found(content("chat/README.md"), "`([a-z]+/[a-z_]+)`")) {
    BOOST_TEST(std::filesystem::exists("chat/" + module + ".hpp"), module);
  }
}

BOOST_AUTO_TEST_SUITE_END()
