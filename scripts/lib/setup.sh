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
    git) command -v git ;;
    debootstrap) command -v debootstrap ;;
    debian-archive-keyring) [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] ;;
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

  keep "Installing ${missing[*]} with apt"
  # The lock lets two scripts that start at the same time install one after the other.
  local script='exec 9</var/lib/apt/lists
    flock --nonblock 9 || { echo "Waiting for another script that installs"; flock 9; }
    apt-get update && exec "$@"'
  {
    "${as_root[@]}" env LC_ALL=C DEBIAN_FRONTEND=noninteractive \
      sh -c "$script" install "${install[@]}" </dev/null 2>&1 ||
      echo "apt-get has failed"
  } | show_apt
}

# Shows a line on standard error, once: on a terminal, until the next one takes its place.
show() {
  [[ $1 != "${shown-}" ]] || return 0
  shown=$1
  if [[ -t 2 ]]; then
    printf '\r\e[K%.79s' "$1" >&2
  else
    printf '%s\n' "$1" >&2
  fi
}

# Shows a line that stays.
keep() {
  [[ ! -t 2 ]] || printf '\r\e[K' >&2
  printf '%s\n' "$1" >&2
}

# Reads what apt-get prints, and shows how far it is. Where it has failed, shows everything and
# returns 1.
show_apt() {
  local line everything='' name new count=0 downloaded=0 unpacked=0 set_up=0 begun=$SECONDS
  while IFS= read -r line; do
    everything+=$line$'\n'
    case $line in
      *' upgraded, '*' newly installed, '*)
        read -r count _ new _ <<<"$line"
        ((count += new)) || true
        ;;
      Get:*)
        read -r _ _ _ _ name _ <<<"$line"
        if ((count)); then
          show "downloading package $((++downloaded)) of $count: $name"
        else
          show "downloading apt's lists: ${line#* }"
        fi
        ;;
      'Unpacking '*' ...')
        read -r _ name _ <<<"$line"
        show "unpacking package $((++unpacked)) of $count: $name"
        ;;
      'Setting up '*' ...')
        read -r _ _ name _ <<<"$line"
        show "setting up package $((++set_up)) of $count: $name"
        ;;
      'Waiting for '*) show "$line" ;;
      'apt-get has failed')
        keep "$everything"
        return 1
        ;;
    esac
  done
  keep "Installed $count packages in $((SECONDS - begun)) s"
}

# Runs make with all processors, and shows how far it is.
build() {
  one_at_a_time make_shown "$@"
}

# Builds programs for those who only run them: where they are up to date, neither a compiler nor a
# package is looked for.
build_programs() {
  # Warnings are for those who change the code: one that only a newer compiler knows stops no build.
  if ! have make || ! one_at_a_time up_to_date WARNINGS= "$@"; then
    install_missing g++ make libcrypt-dev && build WARNINGS= "$@"
  fi
}

# Runs a command while no other script does so in this folder: two that build the same tree at the
# same time would link each other's half-written objects.
one_at_a_time() (
  mkdir -p build
  exec {lock}<build
  flock --nonblock "$lock" || {
    show "waiting for another build in this folder"
    flock "$lock"
  }
  "$@"
)

up_to_date() {
  make --question "$@" &>/dev/null
}

make_shown() {
  local files
  files=$(make --dry-run "$@" 2>/dev/null | grep -c -e ' -c -o ' -e ' -x c++-header ') || true
  { make --jobs="$(nproc)" "$@" </dev/null 2>&1 || echo "make has failed"; } | show_make "$files"
}

# Reads what make prints while it compiles so many files, and shows how far it is. Messages stay.
# Returns 1 where make has failed.
show_make() {
  local files=$1 line compiled=0 linked=0 begun=$SECONDS
  while IFS= read -r line; do
    case $line in
      *' -c -o '* | *' -x c++-header '*) show "compiling file $((++compiled)) of $files: ${line##* }" ;;
      *' -std=c++20 '*' -o '*)
        line=${line#* -o }
        ((++linked))
        show "linking ${line%% *}"
        ;;
      'make has failed') return 1 ;;
      'rm -f '* | 'echo '* | 'make '*) ;;
      make*' is up to date.' | make*' Nothing to be done '* | make*' directory '*) ;;
      *) keep "$line" ;;
    esac
  done
  ((compiled + linked == 0)) || keep "Built in $((SECONDS - begun)) s"
}
