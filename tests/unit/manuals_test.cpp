// Each message that a manual explains is one that a program prints.
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  BOOST_REQUIRE_MESSAGE(file, "the tests run in the project's folder");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> found(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> words;
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) {
    words.push_back((*i)[1]);
  }
  return words;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// All sources without their comments, and with literals that stand side by side as one.
std::string all_literals() {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("chat")) {
    const auto extension = entry.path().extension();
    if (extension == ".cpp" || extension == ".hpp") text += content(entry.path());
  }
  text += content("server.cpp") + content("client.cpp");
  text = std::regex_replace(text, std::regex("//[^\n]*|\"\\s+(<< )?\""), "");
  return replaced(text, "\\\"", "\"");
}

std::string without_system_error(std::string message) {
  for (int code = 1; code < 134; ++code) {
    const std::string reason = ": " + std::generic_category().message(code);
    if (message.ends_with(reason)) message.resize(message.size() - reason.size());
  }
  return message;
}

// The parts of a message that are the same each time: words in capitals stand for the others.
std::vector<std::string> parts_of(const std::string& message) {
  const std::regex different("\\b[A-Z]{2,}\\b|\\bN\\b|: ");
  const std::string cut = std::regex_replace(without_system_error(message), different, "\n");
  std::vector<std::string> parts;
  std::istringstream lines(cut);
  for (std::string part; std::getline(lines, part);) {
    while (!part.empty() && std::isalnum(static_cast<unsigned char>(part.front())) == 0) {
      part.erase(0, 1);
    }
    while (!part.empty() && std::isalnum(static_cast<unsigned char>(part.back())) == 0) {
      part.pop_back();
    }
    if (part.size() > 3) parts.push_back(part);
  }
  return parts;
}

// An event is a word and a text, which are two literals.
bool is_said(const std::string& part, const std::string& literals) {
  if (literals.find(part) != std::string::npos) return true;
  const std::size_t space = part.find(' ');
  return space != std::string::npos &&
         literals.find('"' + part.substr(0, space) + '"') != std::string::npos &&
         literals.find('"' + part.substr(space + 1)) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manuals)

BOOST_AUTO_TEST_CASE(each_message_that_a_manual_explains_is_in_the_sources) {
  const std::string literals = all_literals();
  for (const std::string page : {"chatroom-server.8", "chatroom.1"}) {
    const std::string text = content("scripts/packaging/man/" + page);
    const auto messages =
        found(text.substr(text.find(".Sh DIAGNOSTICS")), "\n\\.It Li \"((?:[^\"\n]|\"\")+)\"\n");
    BOOST_TEST(messages.size() > 20u, page);
    for (const std::string& message : messages) {
      for (const std::string& part : parts_of(replaced(message, "\"\"", "\""))) {
        BOOST_TEST(is_said(part, literals), page << ": " << message << ": " << part);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
