#include "chat/storage/password_hash.hpp"

#include <crypt.h>
#include <string.h>  // explicit_bzero

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "chat/base/system_call.hpp"

namespace chat {
namespace {

constexpr std::string_view kPrefix = "$y$";  // yescrypt
constexpr std::size_t kMaxSalt = 86;         // see crypt(5)
constexpr std::size_t kResult = 43;          // 256 bits, six in a character

// The memory in which libcrypt works knows the password afterwards.
struct WipeAndDelete {
  void operator()(crypt_data* work) const {
    ::explicit_bzero(work, sizeof *work);
    delete work;
  }
};

// What crypt_r() makes of `password`; nothing, and errno, where it fails.
std::optional<std::string> crypt_with(std::string_view password, const std::string& setting) {
  // On the heap: it is 32 KiB, and a worker's stack is small.
  const std::unique_ptr<crypt_data, WipeAndDelete> work(new crypt_data{});
  // A C string: it would end at a NUL, and all passwords that begin alike would be one.
  if (password.size() >= sizeof work->input || password.find('\0') != std::string_view::npos) {
    errno = EINVAL;
    return std::nullopt;
  }
  std::copy(password.begin(), password.end(), work->input);
  const char* result = ::crypt_r(work->input, setting.c_str(), work.get());
  if (result == nullptr || *result == '*') return std::nullopt;  // "*0" and "*1": no hash at all
  return result;
}

// One or more of the characters in which crypt(5) writes numbers and bytes.
bool is_field(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '/';
  });
}

}  // namespace

bool equal_in_constant_time(std::string_view secret, std::string_view guess) {
  volatile unsigned char difference = secret.size() == guess.size() ? 0 : 1;
  for (std::size_t i = 0; i < guess.size(); ++i) {
    const char c = i < secret.size() ? secret[i] : '\0';
    difference = static_cast<unsigned char>(difference | (c ^ guess[i]));
  }
  return difference == 0;
}

std::string decoy() {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  // Cost 0 is libcrypt's default; no random bytes given means that it asks the kernel for them.
  if (::crypt_gensalt_rn(kPrefix.data(), 0, nullptr, 0, setting.data(),
                         static_cast<int>(setting.size())) == nullptr) {
    throw_errno("crypt_gensalt_rn");
  }
  return setting.data();
}

// A hash is $y$cost$salt$result, and cost and salt alone are what libcrypt works from: it comes to
// a result, and with a result it is never equal to what has none.
std::string decoy_like(std::string_view hash) {
  return std::string(hash.substr(0, hash.rfind('$')));
}

std::string hash_password(std::string_view password) {
  auto hash = crypt_with(password, decoy());
  if (!hash) throw_errno("crypt_r");
  return *std::move(hash);
}

bool verify_password(std::string_view password, const std::string& hash) {
  const auto computed = crypt_with(password, hash);
  return computed && equal_in_constant_time(hash, *computed);
}

bool is_password_hash(std::string_view hash) {
  if (!hash.starts_with(kPrefix)) return false;
  hash.remove_prefix(kPrefix.size());
  const auto cost_end = hash.find('$');
  if (cost_end == std::string_view::npos) return false;
  const auto salt_end = hash.find('$', cost_end + 1);
  if (salt_end == std::string_view::npos) return false;
  const auto salt = hash.substr(cost_end + 1, salt_end - cost_end - 1);
  const auto result = hash.substr(salt_end + 1);
  return is_field(hash.substr(0, cost_end)) && is_field(salt) && salt.size() <= kMaxSalt &&
         is_field(result) && result.size() == kResult;
}

}  // namespace chat
