// What the room keeps, of any content: either it is refused with file and line number, or it comes
// back from a save as it was.
#include "chat/storage/room_storage.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "chat/base/text.hpp"
#include "chat/storage/limits.hpp"
#include "chat/storage/stored.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using chat::replace_file;
using chat::RoomStorage;
using chat::Stored;
using chat::WallTime;

void check_refusal(std::string_view message, const std::string& file) {
  check(message.starts_with(file + " is damaged, line "), "damage is told with file and line");
  check(!chat::needs_neutralising(message), "and what is told may be shown");
}

void check_bans(const RoomStorage& storage) {
  for (const chat::Ban& ban : storage.bans(WallTime())) {
    if (ban.range) {
      check(chat::AddressRange::parse(ban.target()) == *ban.range, "a range is its text");
      RoomStorage without = storage;
      check(!without.unban(ban.target()).empty(), "and is lifted by it");
    } else {
      check(storage.ban_of(ban.name, WallTime()) != nullptr, "who is banned is kept out");
    }
    check(ban.reason.size() <= chat::kMaxReason, "reasons have a bound");
    check(!chat::needs_neutralising(ban.reason), "and may be shown");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const TemporaryFolder folder;
  const std::string file = folder.file("accounts.room");
  folder.write("accounts.room", {reinterpret_cast<const char*>(bytes), size});
  RoomStorage storage;
  try {
    storage = Stored<RoomStorage>::load(file);
  } catch (const std::runtime_error& error) {
    check_refusal(error.what(), file);
    return 0;
  }
  check_bans(storage);
  check(!chat::needs_neutralising(storage.topic()), "the topic may be shown");
  check(!chat::needs_neutralising(storage.motd()), "and so may the message of the day");
  replace_file(file, storage.text(WallTime()));
  const std::string saved = folder.read("accounts.room");
  const RoomStorage loaded = Stored<RoomStorage>::load(file);
  check(loaded.bans(WallTime()) == storage.bans(WallTime()), "what was saved is loaded");
  replace_file(file, loaded.text(WallTime()));
  check(folder.read("accounts.room") == saved, "settings included");
  return 0;
}
