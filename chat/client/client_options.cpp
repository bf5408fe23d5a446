#include "chat/client/client_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

#include "chat/base/environment.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/text.hpp"
#include "chat/base/usage.hpp"
#include "chat/client/proxy_command.hpp"
#include "chat/net/address.hpp"
#include "chat/wire/limits.hpp"

namespace chat {
namespace {

struct Option;

// Sets something in the options, and gives what is wrong with the value; empty: nothing.
using Set = std::string (*)(ClientOptions&, const Option&, const std::string& value);

struct Option {
  std::string_view name;
  char letter;                // the same in short; 0: there is none
  std::string_view argument;  // as --help names it; empty: it takes none
  std::string_view takes;     // the same in words, for one who leaves it out
  std::string_view help;
  Set set;
  bool once = false;  // for the command line only
};

std::string refusal(const Option& option, const std::string& value) {
  return "takes " + std::string(option.takes) + ", not '" + value + "'";
}

template <auto kMember, bool kValue>
std::string turn(ClientOptions& options, const Option&, const std::string&) {
  options.*kMember = kValue;
  return {};
}

template <auto kMember>
std::string text(ClientOptions& options, const Option& option, const std::string& value) {
  options.*kMember = value;
  return value.empty() ? "takes " + std::string(option.takes) : "";
}

std::string take_port(ClientOptions& options, const std::string& text) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, options.port);
  if (error == std::errc() && stopped == end && options.port != 0) return {};
  return "takes 1 to 65535, not '" + text + "'";
}

std::string set_port(ClientOptions& options, const Option&, const std::string& value) {
  return take_port(options, value);
}

template <protocol::Mode kMode>
std::string come_in(ClientOptions& options, const Option& option, const std::string& name) {
  if (options.mode) return "is one too many: one of --login and --register";
  if (!is_name(name)) return refusal(option, neutralised(name));
  if (!options.name.empty() && folded_name(options.name) != folded_name(name)) {
    return "is another name than that of NAME@HOST";
  }
  options.mode = kMode;
  options.name = name;
  return {};
}

std::string set_ssh(ClientOptions& options, const Option& option, const std::string& host) {
  return text<&ClientOptions::ssh>(options, option, host.starts_with('-') ? "" : host);
}

std::string set_save(ClientOptions& options, const Option&, const std::string& room) {
  options.save = room;
  return is_name(room) ? "" : "takes a name like a user's, not '" + neutralised(room) + "'";
}

// What the server would refuse is refused at once.
std::string set_send(ClientOptions& options, const Option&, const std::string& text) {
  if (text == "-") {
    options.send_input = true;
    return {};
  }
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    if (line.size() + (line.front() == '/' ? 1 : 0) > kMaxLine) {
      return "takes lines of at most " + std::to_string(kMaxLine) + " bytes";
    }
    if (!is_utf8(line)) return "takes UTF-8 only";
    options.send.push_back(std::move(line));
  }
  return options.send.empty() ? "takes a text" : "";
}

std::string set_to(ClientOptions& options, const Option& option, const std::string& name) {
  options.to = name;
  return is_name(name) ? "" : refusal(option, neutralised(name));
}

std::string set_timeout(ClientOptions& options, const Option& option, const std::string& text) {
  const auto seconds = parse_number(text);
  if (!seconds || *seconds == 0 || *seconds > 60 * kMostMinutes) return refusal(option, text);
  options.timeout = std::chrono::seconds(*seconds);
  return {};
}

std::string set_bell(ClientOptions& options, const Option& option, const std::string& when) {
  if (when != "mention" && when != "all" && when != "never") return refusal(option, when);
  options.bell = when == "all" ? Bell::kAll : when == "never" ? Bell::kNever : Bell::kMention;
  return {};
}

std::string set_notify(ClientOptions& options, const Option& option, const std::string& when) {
  if (when != "mention" && when != "never") return refusal(option, when);
  options.notify = when == "mention";
  return {};
}

std::string set_color(ClientOptions& options, const Option& option, const std::string& when) {
  if (when != "auto" && when != "always" && when != "never") return refusal(option, when);
  options.color.reset();
  if (when != "auto") options.color = when == "always";
  return {};
}

std::string set_history(ClientOptions& options, const Option& option, const std::string& kept) {
  options.history = kept == "on";
  return kept == "on" || kept == "off" ? "" : refusal(option, kept);
}

using O = ClientOptions;

// In the order of --help.
constexpr std::array kOptions = {
    Option{"port", 'p', "N", "a number", "the server's port (default 3490)", set_port},
    Option{"ssh", 0, "[USER@]HOST", "[USER@]HOST",
           "by ssh to HOST, and from there to its own port: instead of HOST", set_ssh},
    Option{"proxy-command", 0, "CMD", "a command", "by a program's standard input and output",
           text<&O::proxy_command>},
    Option{"login", 0, "NAME", "a username", "log in as NAME, and ask for the password only",
           come_in<protocol::Mode::kLogin>},
    Option{"register", 0, "NAME", "a username", "register NAME, and ask for a password only",
           come_in<protocol::Mode::kRegister>},
    Option{"take-over", 0, "", "", "where NAME is online already, go on in its place",
           turn<&O::take_over, true>},
    Option{"password-file", 0, "FILE", "a file, or - for standard input",
           "take the password from FILE's first line; - is standard input",
           text<&O::password_file>},
    Option{"password-command", 0, "CMD", "a command",
           "take it from the first line that a command prints", text<&O::password_command>},
    Option{"save", 0, "NAME", "a name", "save these options as room NAME, and do nothing else",
           set_save, true},
    Option{"list", 0, "", "", "list the saved rooms", turn<&O::list, true>, true},
    Option{"send", 0, "TEXT", "a text",
           "say TEXT, or (-) each line of the input, wait until it has come back, leave", set_send,
           true},
    Option{"msg", 0, "NAME", "a username", "say it to NAME alone", set_to, true},
    Option{"me", 0, "", "", "say it as /me does", turn<&O::me, true>, true},
    Option{"timeout", 0, "N", "seconds",
           "wait N s for the server, for NAME to be free, and for all to come back", set_timeout},
    Option{"listen", 0, "", "", "print what comes, for ever: the input is not read",
           turn<&O::listen, true>},
    Option{"log", 0, "FILE", "a file", "append what comes to FILE, with date and time",
           text<&O::log>},
    Option{"json", 0, "", "", "print a JSON object for each line: time, number, kind, from, text",
           turn<&O::json, true>},
    Option{"bell", 0, "WHEN", "mention, all or never", "ring at a mention (default), all or never",
           set_bell},
    Option{"notify", 0, "WHEN", "mention or never",
           "notify of mentions while you look elsewhere (default), or never", set_notify},
    Option{"color", 0, "WHEN", "auto, always or never",
           "auto (default: unless NO_COLOR is set), always or never", set_color},
    Option{"no-time", 0, "", "", "no time before each line", turn<&O::time, false>},
    Option{"no-status", 0, "", "", "no status line", turn<&O::status, false>},
    Option{"plain", 0, "", "", "one line after the other, nothing is painted: for screen readers",
           turn<&O::plain, true>},
    Option{"no-reconnect", 0, "", "",
           "a lost connection is the end (default: comes back, misses nothing)",
           turn<&O::reconnect, false>},
    Option{"history", 0, "off", "on or off", "what you type is not kept for the next session",
           set_history},
    Option{"version", 0, "", "", "which one this is", turn<&O::version, true>, true},
    Option{"help", 'h', "", "", "this text", turn<&O::help, true>, true},
};

// With -- or, of one letter, -; nullptr: there is none.
const Option* find(std::string_view typed) {
  const bool is_long = typed.starts_with("--");
  const auto found = std::find_if(kOptions.begin(), kOptions.end(), [&](const Option& each) {
    return is_long ? each.name == typed.substr(2)
                   : each.letter != 0 && typed == std::string{'-', each.letter};
  });
  return found == kOptions.end() ? nullptr : &*found;
}

// --name value or --name=value, at `i` of the arguments, which is moved to the last one taken.
std::string take_option(ClientOptions& options, const std::vector<std::string>& arguments,
                        std::size_t& i) {
  const std::string& argument = arguments[i];
  const std::string name = argument.substr(0, argument.find('='));
  const bool has_value = name.size() < argument.size();
  const Option* const option = find(name);
  if (option == nullptr || (has_value && option->argument.empty())) {
    return "unknown option " + argument;
  }
  std::string value;
  if (has_value) {
    value = argument.substr(name.size() + 1);
  } else if (!option->argument.empty()) {
    if (++i == arguments.size()) return name + " needs " + std::string(option->takes);
    value = arguments[i];
  }
  const std::string wrong = option->set(options, *option, value);
  if (!wrong.empty()) return name + " " + wrong;
  options.given.push_back({std::string(option->name), option->argument.empty() ? "on" : value});
  return {};
}

// [NAME@]HOST[:PORT], where an IPv6 address that is followed by a port is in brackets.
std::string take_host(ClientOptions& options, const std::string& argument) {
  if (!options.host.empty()) return "one HOST only, not also '" + argument + "'";
  std::string host = argument;
  if (host.starts_with(kUnix)) {
    options.host = host;
    return {};
  }
  if (const std::size_t at = host.find('@'); at != std::string::npos) {
    const std::string name = host.substr(0, at);
    if (!is_name(name)) return "NAME@HOST takes a username, not '" + neutralised(name) + "'";
    if (!options.mode) options.name = name;
    if (folded_name(options.name) != folded_name(name))
      return "one name only, not also '" + name + "'";
    host.erase(0, at + 1);
  }
  const std::size_t end = host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0;
  const std::size_t colon = host.find(':', end);
  std::string wrong;
  if (colon != std::string::npos && colon == host.rfind(':')) {
    wrong = take_port(options, host.substr(colon + 1));
    host.erase(colon);
  }
  if (!wrong.empty()) return "HOST:PORT " + wrong;
  if (end > 0) {
    if (!host.ends_with(']')) return "HOST has no ] at its end";
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) return "HOST is empty";
  options.host = host;
  return {};
}

// Takes a line of the file. Refuses options that make sense only once.
std::string take_setting(ClientOptions& options, const Setting& setting) {
  const std::string& key = setting.key;
  std::string value = setting.value;
  if (key == "host") return take_host(options, value);
  if (key == "password") {
    return "a password does not stand here: it is password-file or password-command";
  }
  const Option* const option = find("--" + key);
  if (option == nullptr) return "there is no setting '" + neutralised(key) + "'";
  if (option->once) return key + " is for the command line";
  const bool is_switch = option->argument.empty();
  if (is_switch && value != "on" && value != "off" && !value.empty()) {
    return key + " takes on or off, not '" + neutralised(value) + "'";
  }
  if (is_switch && value == "off") return {};
  if (option->argument == "FILE" && value.starts_with("~/")) {
    value.replace(0, 1, environment("HOME"));
  }
  const std::string wrong = option->set(options, *option, value);
  return wrong.empty() ? "" : key + " " + wrong;
}

std::string contradiction(const ClientOptions& options) {
  if (!options.ssh.empty() && !options.proxy_command.empty()) {
    return "--ssh is a --proxy-command: one of them";
  }
  if (!options.ssh.empty() && !options.host.empty()) return "--ssh takes the HOST: not another";
  if (options.host.empty() && options.ssh.empty() && options.proxy_command.empty()) {
    return "HOST is missing";
  }
  if (!options.password_file.empty() && !options.password_command.empty()) {
    return "--password-command is in place of --password-file: one of them";
  }
  if (options.take_over && options.mode != protocol::Mode::kLogin) {
    return "--take-over needs --login";
  }
  if (!options.says() && (options.me || !options.to.empty())) {
    return "--msg and --me say how: they need --send";
  }
  if (options.me && !options.to.empty()) return "--msg or --me: one of them";
  if (options.says() && options.listen) return "--send or --listen: one of them";
  if (!options.send.empty() && options.send_input) return "--send -: nothing else besides";
  if (options.mode) return {};
  if (!options.password_file.empty()) return "--password-file needs --login or --register";
  if (!options.password_command.empty()) return "--password-command needs --login or --register";
  if (options.says()) return "--send needs --login or --register";
  if (options.listen) return "--listen needs --login or --register";
  if (options.timeout) return "--timeout needs --login or --register";
  return {};
}

}  // namespace

std::string wrong_with(const Setting& setting) {
  ClientOptions scratch;
  return take_setting(scratch, setting);
}

ClientOptions parse_client_options(const std::vector<std::string>& arguments,
                                   const std::vector<Setting>& settings, std::string_view room) {
  ClientOptions options;
  for (const Setting& setting : settings) {
    if (options.error.empty()) options.error = take_setting(options, setting);
  }
  options.password_file_is_saved = !options.password_file.empty();
  bool named = room.empty();
  for (std::size_t i = 0; i < arguments.size() && options.error.empty(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with('-')) {
      if (!std::exchange(named, named || argument == room)) continue;
      options.error = take_host(options, argument);
      options.given.push_back({"host", argument});
    } else {
      options.error = take_option(options, arguments, i);
    }
    if (options.help || options.version || options.list) return options;
  }
  if (options.error.empty()) options.error = contradiction(options);
  if (!options.ssh.empty()) options.proxy_command = ssh_command(options.ssh, options.port);
  if (options.host.empty()) {
    options.host = options.ssh.empty() ? options.proxy_command : options.ssh;
    options.host.resize(std::min(options.host.find(' '), options.host.size()));
  }
  return options;
}

std::string client_usage() {
  std::string usage =
      "usage: " + program_name() +
      " [HOST] [OPTION]...\n"
      "\n"
      "Enters the chatroom that runs on HOST, which may be written NAME@HOST:PORT, or at the\n"
      "Unix socket unix:PATH, or is the name of a saved room. Without HOST: the room that was\n"
      "used last, of those that are saved.\n"
      "\n";
  for (const Option& each : kOptions) {
    const std::string argument = (each.argument.empty() ? "" : " ") + std::string(each.argument);
    std::string typed = "--" + std::string(each.name) + argument;
    if (each.letter != 0) typed += std::string(", -") + each.letter + argument;
    usage += usage_row(typed, each.help);
  }
  return usage +
         "\n"
         "Ctrl+C, Ctrl+D or /quit leave. Status: 0 after a normal end, 1 where connecting, coming\n"
         "in or the connection failed, 2 for wrong arguments.\n";
}

}  // namespace chat
