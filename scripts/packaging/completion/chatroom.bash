# shellcheck shell=bash
# bash completion for chatroom and chatroom-server: the options that --help lists, what they take, and
# hosts and saved rooms.
_chatroom() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} help
  help=$("$1" --help 2>/dev/null)
  # --option=value comes as three words.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  case ${1##*/}$before in
    *--bell) mapfile -t COMPREPLY < <(compgen -W 'mention all never' -- "$word") ;;
    *--notify) mapfile -t COMPREPLY < <(compgen -W 'mention never' -- "$word") ;;
    *--history) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$word") ;;
    *--color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word") ;;
    *--transcript-sync) mapfile -t COMPREPLY < <(compgen -W 'always second never' -- "$word") ;;
    *--transcript-max) mapfile -t COMPREPLY < <(compgen -W '10M 100M 1G' -- "$word") ;;
    *--log-level) mapfile -t COMPREPLY < <(compgen -W 'error warning info' -- "$word") ;;
    chatroom-server--log) mapfile -t COMPREPLY < <(compgen -W 'plain json' -- "$word") ;;
    *--accounts | *--transcript | *--unix | *--password-file | *--log)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    *--ssh) mapfile -t COMPREPLY < <(compgen -A hostname -- "$word") ;;
    *)
      if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^ +--[a-z-]+' <<<"$help")" -- "$word")
      elif [[ ${1##*/} == chatroom ]] && ! grep -qE -- "^ +$before [[A-Z]" <<<"$help"; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" --list 2>/dev/null | cut -f 1)" -- "$word")
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -A hostname -- "$word")
      fi
      ;;
  esac
}
complete -F _chatroom chatroom chatroom-server
