// A password storage of any content: either it is refused with file and line number, or it comes
// back from a save as it was.
#include "chat/storage/password_storage.hpp"

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "chat/base/text.hpp"
#include "chat/storage/stored.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using chat::PasswordStorage;
using chat::Stored;

void check_refusal(std::string_view message, const std::string& file) {
  check(message.starts_with(file + " is damaged, line "), "damage is told with file and line");
  check(!chat::needs_neutralising(message), "and what is told may be shown");
}

void check_accounts(const PasswordStorage& storage) {
  check(storage.names().size() == storage.login_users(), "each account has a name");
  for (const std::string& name : storage.names()) {
    check(chat::is_name(name), "which is a name");
    check(storage.name_of(chat::lowercase(name)) == name, "and is found in any case");
    check(storage.contains(name, storage.id_of(name)), "and has an identity");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const TemporaryFolder folder;
  const std::string file = folder.file("accounts");
  folder.write("accounts", {reinterpret_cast<const char*>(bytes), size});
  PasswordStorage storage;
  try {
    storage = Stored<PasswordStorage>::load(file);
  } catch (const std::runtime_error& error) {
    check_refusal(error.what(), file);
    return 0;
  }
  check_accounts(storage);
  Stored<PasswordStorage>::save(file, storage);
  const std::string saved = folder.read("accounts");
  const PasswordStorage loaded = Stored<PasswordStorage>::load(file);
  check(loaded.names() == storage.names(), "what was saved is loaded");
  for (const std::string& name : storage.names()) {
    check(loaded.id_of(name) == storage.id_of(name), "as the same account");
    check(loaded.is_operator(name) == storage.is_operator(name), "with the same rights");
  }
  Stored<PasswordStorage>::save(file, loaded);
  check(folder.read("accounts") == saved, "hashes included");
  return 0;
}
