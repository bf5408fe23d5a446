# shellcheck shell=bash
# bash completion for chatroom and chatroom-server: the options that --help lists, and files.
_chatroom() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  case $before in
    --bell) mapfile -t COMPREPLY < <(compgen -W 'mention all never' -- "$word") ;;
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word") ;;
    --transcript-sync) mapfile -t COMPREPLY < <(compgen -W 'always second never' -- "$word") ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'error warning info' -- "$word") ;;
    --accounts | --transcript | --unix | --password-file | --log)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    *)
      if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("$1" --help | grep -oE '^ +--[a-z-]+')" -- "$word")
      else
        mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
      fi
      ;;
  esac
}
complete -F _chatroom chatroom chatroom-server
