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
#include "chat/client/proxy_command.hpp"
#include "chat/net/address.hpp"

namespace chat {
namespace {

// Each sets something in the options, and gives what is wrong with the value; empty: nothing.
using Set = std::string (*)(ClientOptions&, const std::string& value);

struct Option {
  std::string_view name;
  std::string_view value;  // what it takes, for who leaves it out; empty: nothing
  Set set;
};

std::string set_port(ClientOptions& options, const std::string& text) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, options.port);
  if (error == std::errc() && stopped == end && options.port != 0) return {};
  return "takes 1 to 65535, not '" + text + "'";
}

std::string come_in(ClientOptions& options, protocol::Mode mode, const std::string& name) {
  if (options.mode) return "is one too many: one of --login and --register";
  if (!is_name(name)) return "takes a username, not '" + neutralised(name) + "'";
  if (!options.name.empty() && folded_name(options.name) != folded_name(name)) {
    return "is another name than that of NAME@HOST";
  }
  options.mode = mode;
  options.name = name;
  return {};
}

std::string set_password_file(ClientOptions& options, const std::string& file) {
  options.password_file = file;
  return file.empty() ? "takes a file, or - for standard input" : "";
}

std::string set_password_command(ClientOptions& options, const std::string& command) {
  options.password_command = command;
  return command.empty() ? "takes a command" : "";
}

std::string set_save(ClientOptions& options, const std::string& room) {
  options.save = room;
  return is_name(room) ? "" : "takes a name like a user's, not '" + neutralised(room) + "'";
}

std::string set_log(ClientOptions& options, const std::string& file) {
  options.log = file;
  return file.empty() ? "takes a file" : "";
}

std::string set_ssh(ClientOptions& options, const std::string& host) {
  options.ssh = host;
  return host.empty() || host.starts_with('-') ? "takes [USER@]HOST" : "";
}

std::string set_proxy_command(ClientOptions& options, const std::string& command) {
  options.proxy_command = command;
  return command.empty() ? "takes a command" : "";
}

// What the server would refuse is refused at once.
std::string set_send(ClientOptions& options, const std::string& text) {
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

std::string set_help(ClientOptions& options, const std::string&) {
  options.help = true;
  return {};
}

std::string set_bell(ClientOptions& options, const std::string& when) {
  if (when != "mention" && when != "all" && when != "never") {
    return "takes mention, all or never, not '" + when + "'";
  }
  options.bell = when == "all" ? Bell::kAll : when == "never" ? Bell::kNever : Bell::kMention;
  return {};
}

std::string set_color(ClientOptions& options, const std::string& when) {
  if (when != "auto" && when != "always" && when != "never") {
    return "takes auto, always or never, not '" + when + "'";
  }
  options.color.reset();
  if (when != "auto") options.color = when == "always";
  return {};
}

std::string set_history(ClientOptions& options, const std::string& kept) {
  options.history = kept == "on";
  return kept == "on" || kept == "off" ? "" : "takes on or off, not '" + kept + "'";
}

constexpr std::array kOptions = {
    Option{"--port", "a number", set_port},
    Option{"-p", "a number", set_port},
    Option{"--ssh", "[USER@]HOST", set_ssh},
    Option{"--proxy-command", "a command", set_proxy_command},
    Option{"--login", "a username",
           [](ClientOptions& options, const std::string& name) {
             return come_in(options, protocol::Mode::kLogin, name);
           }},
    Option{"--register", "a username",
           [](ClientOptions& options, const std::string& name) {
             return come_in(options, protocol::Mode::kRegister, name);
           }},
    Option{"--take-over", "",
           [](ClientOptions& options, const std::string&) {
             options.take_over = true;
             return std::string();
           }},
    Option{"--password-file", "a file, or - for standard input", set_password_file},
    Option{"--password-command", "a command", set_password_command},
    Option{"--save", "a name", set_save},
    Option{"--list", "",
           [](ClientOptions& options, const std::string&) {
             options.list = true;
             return std::string();
           }},
    Option{"--send", "a text", set_send},
    Option{"--log", "a file", set_log},
    Option{"--json", "",
           [](ClientOptions& options, const std::string&) {
             options.json = true;
             return std::string();
           }},
    Option{"--bell", "mention, all or never", set_bell},
    Option{"--color", "auto, always or never", set_color},
    Option{"--no-time", "",
           [](ClientOptions& options, const std::string&) {
             options.time = false;
             return std::string();
           }},
    Option{"--no-status", "",
           [](ClientOptions& options, const std::string&) {
             options.status = false;
             return std::string();
           }},
    Option{"--plain", "",
           [](ClientOptions& options, const std::string&) {
             options.plain = true;
             return std::string();
           }},
    Option{"--history", "on or off", set_history},
    Option{"--no-reconnect", "",
           [](ClientOptions& options, const std::string&) {
             options.reconnect = false;
             return std::string();
           }},
    Option{"--version", "",
           [](ClientOptions& options, const std::string&) {
             options.version = true;
             return std::string();
           }},
    Option{"--help", "", set_help},
    Option{"-h", "", set_help},
};

// --name value or --name=value, at `i` of the arguments, which is moved to the last one taken.
std::string take_option(ClientOptions& options, const std::vector<std::string>& arguments,
                        std::size_t& i) {
  const std::string& argument = arguments[i];
  const std::string name = argument.substr(0, argument.find('='));
  const bool has_value = name.size() < argument.size();
  for (const Option& option : kOptions) {
    if (option.name != name || (has_value && option.value.empty())) continue;
    std::string value;
    if (has_value) {
      value = argument.substr(name.size() + 1);
    } else if (!option.value.empty()) {
      if (++i == arguments.size()) return name + " needs " + std::string(option.value);
      value = arguments[i];
    }
    const std::string wrong = option.set(options, value);
    if (!wrong.empty()) return std::string(name).append(" ").append(wrong);
    const std::string key =
        name == "-p" ? "port" : name.substr(std::min<std::size_t>(2, name.size()));
    options.given.push_back({key, option.value.empty() ? "on" : value});
    return {};
  }
  return "unknown option " + argument;
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
    wrong = set_port(options, host.substr(colon + 1));
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
  if (value.starts_with("~/") && (key == "password-file" || key == "log")) {
    value.replace(0, 1, environment("HOME"));
  }
  if (key == "host") return take_host(options, value);
  if (key == "password") {
    return "a password does not stand here: it is password-file or password-command";
  }
  for (const std::string_view never : {"help", "version", "save", "list", "send"}) {
    if (key == never) return key + " is for the command line";
  }
  for (const Option& option : kOptions) {
    if (!option.name.starts_with("--") || option.name.substr(2) != key) continue;
    const bool is_switch = option.value.empty();
    if (is_switch && value != "on" && value != "off" && !value.empty()) {
      return key + " takes on or off, not '" + neutralised(value) + "'";
    }
    if (is_switch && value == "off") return {};
    std::string wrong = option.set(options, value);
    return wrong.empty() ? "" : key + " " + std::move(wrong);
  }
  return "there is no setting '" + neutralised(key) + "'";
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
  if (options.mode) return {};
  if (!options.password_file.empty()) return "--password-file needs --login or --register";
  if (!options.password_command.empty()) return "--password-command needs --login or --register";
  if (!options.send.empty()) return "--send needs --login or --register";
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
  return "usage: " + program_name() +
         " [HOST] [OPTION]...\n"
         "\n"
         "Enters the chatroom that runs on HOST, which may be written NAME@HOST:PORT, or at the\n"
         "Unix socket unix:PATH, or is the name of a saved room. Without HOST: the room that was\n"
         "used last, of those that are saved.\n"
         "\n"
         "  --port N, -p N        the server's port (default 3490)\n"
         "  --ssh [USER@]HOST     by ssh to HOST, and from there to its own port: instead of HOST\n"
         "  --proxy-command CMD   by a program's standard input and output\n"
         "  --login NAME          log in as NAME, and ask for the password only\n"
         "  --register NAME       register NAME, and ask for a password only\n"
         "  --take-over           where NAME is online already, go on in its place\n"
         "  --password-file FILE  take the password from FILE's first line; - is standard input\n"
         "  --password-command CMD  take it from the first line that a command prints\n"
         "  --save NAME           save these options as room NAME, and do nothing else\n"
         "  --list                list the saved rooms\n"
         "  --send TEXT           say TEXT, wait until it has come back, leave; prints nothing\n"
         "  --log FILE            append what comes to FILE, with date and time\n"
         "  --json                print a JSON object for each line: time, number, kind, from, "
         "text\n"
         "  --bell WHEN           ring at a mention (default), all or never\n"
         "  --color WHEN          auto (default: unless NO_COLOR is set), always or never\n"
         "  --no-time             no time before each line\n"
         "  --no-status           no status line\n"
         "  --plain               one line after the other, nothing is painted: for screen "
         "readers\n"
         "  --no-reconnect        a lost connection is the end (default: comes back, misses "
         "nothing)\n"
         "  --history off         what you type is not kept for the next session\n"
         "  --version             which one this is\n"
         "  --help, -h            this text\n"
         "\n"
         "Ctrl+C, Ctrl+D or /quit leave. Status: 0 after a normal end, 1 where connecting, coming\n"
         "in or the connection failed, 2 for wrong arguments.\n";
}

}  // namespace chat
