#include "chat/base/json.hpp"

namespace chat {

void add_json(std::string& json, std::string_view key, std::string_view text) {
  json.append(json.empty() ? "{\"" : ",\"").append(key).append("\":\"");
  for (const char c : text) {
    if (c == '\t') {
      json += "\\t";
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  json += '"';
}

}  // namespace chat
