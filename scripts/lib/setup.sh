# shellcheck shell=bash
# What run.sh, join.sh, test.sh and demo.sh share: the packages the chatroom needs, and the build.

# The compiler and its options, as make would take them from the environment.
read -ra compiler <<<"${CXX:-g++}"

# Whether programs can be linked with this library.
links_with() {
  "${compiler[@]}" -x c++ - -o /dev/null "-l$1" <<<'int main() {}'
}

# Whether clang has its fuzzer's library.
links_with_fuzzer() {
  clang++ -fsanitize=fuzzer -x c++ - -o /dev/null \
    <<<'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'
}

# Whether what a Debian package is needed for is there, whoever installed it.
have() {
  case $1 in
    g++) command -v "${compiler[0]}" ;;
    make) command -v make ;;
    libcrypt-dev) links_with crypt ;;
    clang) command -v clang++ ;;
    libclang-rt-dev) links_with_fuzzer ;;
    strace) command -v strace ;;
    libfaketime) compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' ;;
    util-linux) command -v setpriv && command -v prlimit ;;
    iproute2) command -v ip ;;
    stunnel4) command -v stunnel ;;
    openssl) command -v openssl ;;
    python3) command -v python3 ;;
    mandoc) command -v mandoc ;;
    zsh) command -v zsh ;;
    fish) command -v fish ;;
    libboost-test-dev) links_with boost_unit_test_framework ;;
  esac &>/dev/null
}

# Installs those of the packages that are missing, with apt, as root or through sudo. Where nothing
# is missing, nothing is touched; where neither works, it says what it would have installed.
install_missing() {
  local package missing=() as_root=()
  for package in "$@"; do
    have "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local apt=(apt-get -o DPkg::Lock::Timeout=300)
  local install=("${apt[@]}" install --yes --no-install-recommends "${missing[@]}")
  if ((EUID != 0)); then
    as_root=(sudo)
    # Without a terminal nobody can type a password: then only a sudo that needs none will do.
    [[ -t 0 ]] || as_root+=(-n)
  fi
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! "${as_root[@]}" true 2>/dev/null; }; then
    echo "Missing: ${missing[*]}. This needs apt and root (or sudo). As root it would run:" >&2
    echo "  apt-get install --yes --no-install-recommends ${missing[*]}" >&2
    return 1
  fi

  echo "Installing ${missing[*]}" >&2
  # The lock lets two scripts that start at the same time install one after the other.
  local script='apt-get update && exec "$@"'
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    flock /var/lib/apt/lists sh -c "$script" install "${install[@]}" </dev/null >&2
}

# Runs make with all processors, one script at a time: two that build the same tree at the same
# time would link each other's half-written objects.
build() {
  mkdir -p build
  flock build make --jobs="$(nproc)" "$@" </dev/null >&2
}
