// A whole session on any bytes, and one member who hears what comes of them: nothing but lines of
// the room about those two, and lines of the other under its own name.
#include "chat/session/session.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "chat/base/text.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/support/house.hpp"
#include "tests/support/running_room.hpp"
#include "tests/support/socket_pair.hpp"

namespace {

std::string read_all(chat::Socket& socket) {
  std::string all;
  std::array<char, 4096> part;
  while (true) {
    const auto received = socket.receive(part);
    if (received.io != chat::Io::kDone) return all;
    all.append(part.data(), received.bytes);
  }
}

void check_lines(std::string_view heard, bool for_one) {
  while (!heard.empty()) {
    const auto end = heard.find('\n');
    check(end != std::string_view::npos, "a line has its end");
    const std::string_view line = heard.substr(0, end);
    heard.remove_prefix(end + 1);
    check(!chat::needs_neutralising(line), "a line is harmless");
    const auto name = line.substr(0, line.find(": "));
    const bool said = name.size() < line.size() && chat::is_name(name) && name != "watcher";
    const bool room = line.starts_with("* ") || (for_one && line.starts_with("! "));
    check(said || room, "a line is the room's, or somebody's under a name");
    const bool notice = line.ends_with(" the chat") || line.starts_with("* online (") ||
                        line.starts_with("* hello ") || line == "* the server is shutting down";
    check(said || for_one || notice, "the room says to all only who comes and goes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto accounts = accounts_of({{"owner", "right"}});
  const std::string_view sent(reinterpret_cast<const char*>(bytes), size);
  const bool by_proxy = sent.starts_with("PROXY");
  House house(
      accounts, 2,
      by_proxy ? chat::TrustedProxy::parse("127.0.0.2") : std::optional<chat::TrustedProxy>());
  SocketPair watcher;
  chat::Subscriber member(watcher.near);
  auto entered = house.room.registry.enter_registered("watcher", "pw", member);
  check(entered.entry == chat::Registry::Entry::kIn, "the watcher is in");
  SocketPair client;
  chat::Connection connection;
  connection.socket = std::move(client.near);
  check(client.far.send_all(sent), "it fits into the socket");
  client.far.shutdown_write();
  if (by_proxy) connection.peer = chat::peer_at("127.0.0.2", 1).value();
  house.room.lobby.admit(connection.place, connection.socket, connection.peer);
  chat::Session(house.room, connection).run();
  connection.socket.shutdown();
  check_lines(read_all(client.far), true);
  (void)house.room.registry.leave(std::move(entered.membership), true);
  house.room.broadcast.wait_until_released(member);
  watcher.near.shutdown();
  check_lines(read_all(watcher.far), false);
  return 0;
}
