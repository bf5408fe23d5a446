# fish completion for chatroom and chatroom-server: the options that --help lists, what they take, and
# hosts and saved rooms.
for program in chatroom chatroom-server
    complete -c $program -f
    for line in ($program --help 2>/dev/null)
        set -l part (string match -r '^ +--([a-z-]+)((?: [[A-Z][^ ]*)?) *(.*)' -- $line)
        or continue
        set -l does -l $part[2] -d "$part[4]"
        switch $program--$part[2]
            case '*--bell'
                set -a does -x -a 'mention all never'
            case '*--notify'
                set -a does -x -a 'mention never'
            case '*--history'
                set -a does -x -a 'on off'
            case '*--color'
                set -a does -x -a 'auto always never'
            case '*--transcript-sync'
                set -a does -x -a 'always second never'
            case '*--transcript-max'
                set -a does -x -a '10M 100M 1G'
            case '*--log-level'
                set -a does -x -a 'error warning info'
            case 'chatroom-server--log'
                set -a does -x -a 'plain json'
            case '*--accounts' '*--transcript' '*--unix' '*--password-file' '*--log'
                set -a does -r -F
            case '*--ssh'
                set -a does -x -a '(__fish_print_hostnames)'
            case '*'
                test -n "$part[3]"
                and set -a does -x
        end
        complete -c $program $does
    end
end
complete -c chatroom -a '(chatroom --list 2>/dev/null | cut -f 1; __fish_print_hostnames)'
