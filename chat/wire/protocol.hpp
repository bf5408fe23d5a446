// The words of the wire (PROTOCOL.md): what a client's line asks for, and the lines the room says.
// Pure, and thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::protocol {

inline constexpr std::string_view kWelcome =
    "* Welcome to the chatroom. Type login or register, press Enter, then type user,password\n";
inline constexpr std::string_view kAskCredentials = "* user,password?\n";
inline constexpr std::string_view kShuttingDown = "* the server is shutting down\n";

// Refusals: the server closes the connection after any of them.
inline constexpr std::string_view kExpectedMode = "! expected login, register or resume\n";
inline constexpr std::string_view kExpectedProxy = "! expected a PROXY line\n";
inline constexpr std::string_view kNameUsed = "! username is already used\n";
inline constexpr std::string_view kOnlyAccounts = "! only accounts come in now\n";
inline constexpr std::string_view kRoomFull = "! max chat users\n";
inline constexpr std::string_view kAddressFull =
    "! max chat users from your address: try again when one has left\n";
inline constexpr std::string_view kTooOften =
    "! too many came in from your address: try again in a minute\n";
inline constexpr std::string_view kAlreadyIn = "! password already used\n";
inline constexpr std::string_view kWrongCredentials = "! wrong username or password\n";
inline constexpr std::string_view kTimedOut = "! login timed out\n";
inline constexpr std::string_view kEndlessLine = "! line too long: no line end in 65536 bytes\n";
inline constexpr std::string_view kOutOfResources =
    "! the server cannot take more connections now\n";
inline constexpr std::string_view kMadeRoom =
    "! too many connections wait to come in: yours made room for another\n";
inline constexpr std::string_view kGuessedTooOften =
    "! too many wrong passwords came from your address: try again later\n";
inline constexpr std::string_view kResumedElsewhere =
    "! your session goes on in another connection\n";
inline constexpr std::string_view kCrowded = "! too many log in now: try again\n";

// A line of the server's own, without its mark and its end.
std::string_view text_of(std::string_view line);

// Whether a refusal, without its mark and its end, says that the server has too much to do just
// now, rather than that it does not want this user.
bool is_passing(std::string_view refusal);

// What a refusal, a whole line, comes down to, without what is different each time: one of a few.
std::string_view reason_of(std::string_view refusal);

// Whether an error, without its mark and its end, ends the session: the client must not come back
// by itself.
bool is_final(std::string_view error_text);

// Why a password is refused; and what is told of one that is changed.
inline constexpr const char* kNoPassword =
    "a password is 1 to 511 bytes of text without control characters";
inline constexpr std::string_view kPasswordChanged = "* your password is changed\n";

// Errors in the room: nothing was sent on.
inline constexpr std::string_view kLineTooLong = "! line too long: at most 4096 bytes\n";
inline constexpr std::string_view kNotUtf8 = "! not UTF-8: the line was not sent\n";

inline constexpr std::string_view kTelnet =
    "! telnet commands are not understood: connect without telnet (in PuTTY: Raw)\n";

inline constexpr std::string_view kNotANumber = "! how many? A whole number, as in /history 20\n";
inline constexpr std::string_view kNotALineNumber = "! since which line? As in /since 1042\n";

inline constexpr std::string_view kPing = "/ping";
inline constexpr std::string_view kPong = "* pong\n";

inline constexpr std::string_view kTagCommand = "/tagged";
inline constexpr std::string_view kTagged = "* lines are tagged from here on\n";
inline constexpr std::string_view kBeganAnew =
    "* the room's lines have begun anew since: all that are kept follow\n";

// `line` without the telnet commands at its beginning: what a telnet client sends unasked.
std::string_view without_telnet(std::string_view line);

// How someone comes in.
enum class Mode { kLogin, kRegister, kResume };
std::optional<Mode> parse_mode(std::string_view line);

struct Credentials {
  std::string name;
  std::string password;
};
// `line` is user,password: the first comma ends the name. Nothing and `reason` where it is not.
// Where `none` the password may be missing: then it is empty.
std::optional<Credentials> parse_credentials(std::string_view line, std::string& reason,
                                             bool none = false);

std::string hello(std::string_view name);
inline constexpr std::string_view kOperator = "* you are an operator\n";
std::string wrong_format(std::string_view reason);
// Everyone in `names`, in as many lines as it takes.
std::string online(const std::vector<std::string>& names);
// One line of that, from name number `next` on, which moves behind it.
std::string online_line(const std::vector<std::string>& names, std::size_t& next);
// Whether a notice, without its mark and its end, is one of those lines.
bool is_online_line(std::string_view notice_text);
// The same of those who are away.
std::string away_line(const std::vector<std::string>& names, std::size_t& next);

std::string private_line(std::string_view from, std::string_view to, std::string_view text);
std::string nobody_called(std::string_view name);

// TEXT of the notice that says what somebody makes of an own line: what it should be, or that it is
// taken back.
std::string correction(std::uint64_t number, std::string_view text);
std::string withdrawal(std::uint64_t number);
bool is_correction(std::string_view text);

// What is told about lines of the room by their numbers; and whether a notice, without its mark and
// its end, says so.
std::string missed_lines(std::uint64_t first, std::uint64_t last);
bool is_missed_lines(std::string_view notice_text);
std::string not_kept(std::uint64_t first, std::uint64_t last);
bool is_not_kept(std::string_view notice_text);
std::string nothing_after(std::uint64_t number);
bool is_nothing_after(std::string_view notice_text);

// "/name arguments", split; nothing where `line` is not a command.
struct Command {
  std::string_view name;
  std::string_view arguments;
};
std::optional<Command> parse_command(std::string_view line);

// The commands that hold passwords. A TAB stands before the new one, which no password holds:
//   /password OLD<TAB>NEW
//   /account add NAME<TAB>PASSWORD
struct SecretCommand {
  std::string_view head;     // what stands before the passwords
  std::string_view account;  // NAME; empty: it is /password
  std::string_view old_password;
  std::optional<std::string_view> password;  // nothing: the line lacks it

  bool is_of_account() const { return head.size() != std::string_view("/password").size(); }
};
// Nothing: `line` is another one.
std::optional<SecretCommand> parse_secret_command(std::string_view line);

// `line` as it may be shown: without its passwords.
std::string without_passwords(std::string_view line);

}  // namespace chat::protocol
